//! The regimes carts are tried in: a shop, a company, and the rules between them.

use daybook::domain::{MappingRules, TaxMode};
use rust_decimal::{Decimal, dec};
use sandbox::company::{CompanyContents, Currency, Regime as Country};
use sandbox::store::Till;

/// How tax reaches the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// US, automated: the given tax is honoured.
    Automated,
    /// US: the company computes by one code.
    Manual,
    /// A code on each line.
    Codes,
    /// A line of its own.
    Line,
    /// There is none.
    Never,
}

/// A shop, a company, and the rules between them.
pub(super) struct Regime {
    pub(super) name: &'static str,
    pub(super) country: Country,
    pub(super) how: How,
    /// What orders are sold in.
    pub(super) currency: &'static str,
    /// The decimals of the store, which are those of its currency.
    pub(super) decimals: u32,
    /// Prices include tax.
    pub(super) inclusive: bool,
    /// The shop in the places it sells to.
    pub(super) shops: &'static [fn() -> Till],
    /// Tax classes of its products, each with the set of rates on it.
    pub(super) classes: &'static [(&'static str, &'static [&'static str])],
    /// How many of a thousand products are not taxable.
    pub(super) untaxed_goods: i64,
    /// Nothing at all is taxed.
    pub(super) untaxed: bool,
    /// Sets of rates and the codes of the company; "" is no tax.
    pub(super) codes: &'static [(&'static str, &'static str)],
    /// The code of goods in the class `zero-rate` on which the store charges no rate at all.
    pub(super) zero_class: Option<&'static str>,
    /// Of a million documents so many may be held; `None`: any number.
    pub(super) held: Option<u64>,
}

/// Under one per cent.
const FEW: Option<u64> = Some(10_000);

impl Regime {
    /// The company: discounts and the shipping field on or off.
    pub(super) fn contents(&self, discounts: bool, shipping: bool) -> CompanyContents {
        let contents = CompanyContents::fresh(self.country).with_preferences(|preferences| {
            preferences.allow_discount = discounts;
            preferences.allow_shipping = shipping;
        });
        let currency = Currency::from_code(self.currency).expect("it is a currency");
        if contents.preferences.home_currency == currency {
            contents
        } else {
            let mut contents = contents.with_multi_currency(&[currency]);
            contents.exchange_rates.push((currency, Decimal::TWO));
            contents
        }
    }

    /// The rules.
    pub(super) fn rules(&self) -> MappingRules {
        let mut rules = MappingRules::default();
        if self.how == How::Line {
            rules.tax.mode = TaxMode::Line;
        }
        for (rates, code) in self.codes {
            if rates.is_empty() {
                (*code).clone_into(&mut rules.tax.exempt_code);
            } else {
                let rates = (*rates).to_owned();
                rules.tax.rates.insert(rates, (*code).to_owned());
            }
        }
        rules
    }
}

fn shop(rates: &[(&str, Decimal, bool, bool)]) -> Till {
    let till = Till::new("", "");
    rates
        .iter()
        .fold(till, |till, (class, percent, compound, shipping)| {
            till.rate(class, *percent, *compound, *shipping)
        })
}

const STANDARD: &str = "standard";
const REDUCED: &str = "reduced-rate";
const ZERO: &str = "zero-rate";

fn california() -> Till {
    shop(&[
        (STANDARD, dec!(7.25), false, false),
        (STANDARD, dec!(2.25), false, false),
    ])
}

fn new_york() -> Till {
    shop(&[
        (STANDARD, dec!(8.875), false, true),
        (REDUCED, dec!(4), false, false),
        (ZERO, dec!(0), false, false),
    ])
}

fn one_rate() -> Till {
    shop(&[(STANDARD, dec!(8), false, true)])
}

fn tucson() -> Till {
    shop(&[
        (STANDARD, dec!(7.1), false, false),
        (STANDARD, dec!(2), false, false),
    ])
}

fn britain() -> Till {
    shop(&[
        (STANDARD, dec!(20), false, true),
        (REDUCED, dec!(5), false, true),
        (ZERO, dec!(0), false, true),
    ])
}

fn ontario() -> Till {
    shop(&[
        (STANDARD, dec!(5), false, true),
        (STANDARD, dec!(8), false, true),
        (ZERO, dec!(0), false, true),
    ])
}

fn columbia() -> Till {
    shop(&[
        (STANDARD, dec!(5), false, true),
        (STANDARD, dec!(7), false, false),
        (ZERO, dec!(0), false, true),
        (REDUCED, dec!(5), false, true),
    ])
}

fn quebec() -> Till {
    shop(&[
        (STANDARD, dec!(5), false, true),
        (STANDARD, dec!(9.975), false, true),
        (ZERO, dec!(0), false, true),
    ])
}

fn old_quebec() -> Till {
    shop(&[
        (STANDARD, dec!(5), false, true),
        (STANDARD, dec!(9.5), true, true),
        (ZERO, dec!(0), false, true),
    ])
}

fn australia() -> Till {
    shop(&[
        (STANDARD, dec!(10), false, true),
        (ZERO, dec!(0), false, true),
    ])
}

fn untaxed() -> Till {
    shop(&[])
}

const ONE: &[(&str, &[&str])] = &[("", &["1"])];
const TWO: &[(&str, &[&str])] = &[("", &["1", "2"])];
const THREE_CLASSES: &[(&str, &[&str])] = &[
    ("", &["1"]),
    ("", &["1"]),
    ("reduced-rate", &["2"]),
    ("zero-rate", &["3"]),
];
const TWO_AND_ZERO: &[(&str, &[&str])] =
    &[("", &["1", "2"]), ("", &["1", "2"]), ("zero-rate", &["3"])];
const BRITISH_CODES: &[(&str, &str)] = &[
    ("", "Exempt"),
    ("1", "20.0% S"),
    ("2", "5.0% R"),
    ("3", "0.0% Z"),
];

const BASE: Regime = Regime {
    name: "",
    country: Country::Uk,
    how: How::Codes,
    currency: "GBP",
    decimals: 2,
    inclusive: false,
    shops: &[britain],
    classes: THREE_CLASSES,
    untaxed_goods: 80,
    untaxed: false,
    codes: BRITISH_CODES,
    zero_class: Some("0.0% Z"),
    held: FEW,
};

pub(super) const US_AUTOMATED: Regime = Regime {
    name: "US, automated tax",
    country: Country::UsAst,
    how: How::Automated,
    currency: "USD",
    shops: &[california, new_york],
    classes: &[("", &["1"]), ("", &["1"]), ("reduced-rate", &["2"])],
    codes: &[],
    zero_class: None,
    held: Some(0),
    ..BASE
};

pub(super) const US_AUTOMATED_INCLUSIVE: Regime = Regime {
    name: "US, automated tax, prices with tax",
    inclusive: true,
    ..US_AUTOMATED
};

pub(super) const US_MANUAL: Regime = Regime {
    name: "US, own rates",
    country: Country::UsManual,
    how: How::Manual,
    currency: "USD",
    shops: &[one_rate],
    classes: ONE,
    codes: &[("1", "California")],
    zero_class: None,
    held: None,
    ..BASE
};

pub(super) const US_MANUAL_INCLUSIVE: Regime = Regime {
    name: "US, own rates, prices with tax",
    inclusive: true,
    ..US_MANUAL
};

pub(super) const US_MANUAL_TWO_RATES: Regime = Regime {
    name: "US, own rates, two on a line",
    shops: &[tucson],
    classes: TWO,
    codes: &[("1+2", "Tucson")],
    ..US_MANUAL
};

pub(super) const UK_EXCLUSIVE: Regime = Regime {
    name: "UK, prices without tax",
    ..BASE
};

pub(super) const UK_INCLUSIVE: Regime = Regime {
    name: "UK, prices with tax",
    inclusive: true,
    ..BASE
};

pub(super) const CANADA_HST: Regime = Regime {
    name: "Canada, HST",
    country: Country::Ca,
    currency: "CAD",
    shops: &[ontario],
    classes: TWO_AND_ZERO,
    codes: &[("", "Exempt"), ("1+2", "HST ON"), ("3", "Zero-rated")],
    zero_class: None,
    ..BASE
};

pub(super) const CANADA_PST: Regime = Regime {
    name: "Canada, GST and PST",
    shops: &[columbia],
    classes: &[
        ("", &["1", "2"]),
        ("", &["1", "2"]),
        ("zero-rate", &["3"]),
        ("reduced-rate", &["4"]),
    ],
    codes: &[
        ("", "Exempt"),
        ("1+2", "GST/PST BC"),
        ("1", "GST"),
        ("3", "Zero-rated"),
        ("4", "GST"),
    ],
    ..CANADA_HST
};

pub(super) const CANADA_QST: Regime = Regime {
    name: "Canada, GST and QST, prices with tax",
    inclusive: true,
    shops: &[quebec],
    codes: &[
        ("", "Exempt"),
        ("1+2", "GST/QST QC - 9.975"),
        ("3", "Zero-rated"),
    ],
    ..CANADA_HST
};

pub(super) const CANADA_COMPOUND: Regime = Regime {
    name: "Canada, compound tax",
    shops: &[old_quebec],
    codes: &[
        ("", "Exempt"),
        ("1+2", "GST/QST QC - 9.5"),
        ("3", "Zero-rated"),
    ],
    ..CANADA_HST
};

pub(super) const CANADA_COMPOUND_INCLUSIVE: Regime = Regime {
    name: "Canada, compound tax, prices with tax",
    inclusive: true,
    ..CANADA_COMPOUND
};

pub(super) const AUSTRALIA: Regime = Regime {
    name: "Australia, prices with tax",
    country: Country::Au,
    currency: "AUD",
    inclusive: true,
    shops: &[australia],
    classes: &[("", &["1"]), ("", &["1"]), ("zero-rate", &["2"])],
    codes: &[("", "Out of Scope"), ("1", "GST"), ("2", "GST free")],
    zero_class: Some("GST free"),
    ..BASE
};

pub(super) const TAX_AS_LINE: Regime = Regime {
    name: "UK, tax as a line",
    how: How::Line,
    codes: &[],
    ..BASE
};

pub(super) const UNTAXED: Regime = Regime {
    name: "US, no tax",
    country: Country::UsNoTax,
    how: How::Never,
    currency: "USD",
    shops: &[untaxed],
    classes: &[("", &[])],
    codes: &[],
    untaxed: true,
    ..BASE
};

pub(super) const YEN: Regime = Regime {
    name: "UK, yen, no decimals",
    currency: "JPY",
    decimals: 0,
    inclusive: true,
    ..BASE
};

pub(super) const DINAR: Regime = Regime {
    name: "UK, dinar, three decimals",
    currency: "BHD",
    decimals: 3,
    ..BASE
};

pub(super) const YEN_US: Regime = Regime {
    name: "US, automated tax, yen",
    currency: "JPY",
    decimals: 0,
    ..US_AUTOMATED
};
