//! The four shops: where they are, how they tax, what they sell.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::super::model::catalogue::{Coupon, DiscountKind, Product, TaxRate};
use super::super::model::settings::Settings;
use super::super::money::CENTS;
use super::super::shop::Shop;
use super::dice::Dice;
use super::{GenerateOptions, Regime, words};

/// The first product's id.
const FIRST_PRODUCT: u64 = 10;

/// The shop of a regime with `options.products` products besides the odd ones.
pub(crate) fn shop(seed: u64, options: &GenerateOptions) -> Shop {
    let mut settings = settings(options.regime);
    settings.round_at_subtotal = options.round_at_subtotal;
    let opened = options
        .first_day
        .to_zoned(settings.zone.clone())
        .map_or(Timestamp::UNIX_EPOCH, |day| day.timestamp());
    let mut shelf = Shelf {
        products: Vec::new(),
        next: FIRST_PRODUCT,
        opened,
    };
    odd_products(&mut shelf, options.regime);
    plain_products(&mut shelf, seed, options);
    let mug = shelf.products.first().map_or(0, |mug| mug.id);
    let coupons = coupons(mug, shelf.next);
    Shop::new(settings, rates(options.regime), coupons, shelf.products)
}

fn settings(regime: Regime) -> Settings {
    let text = |text: &str| text.to_owned();
    let (name, zone, currency, symbol, html, currency_name) = match regime {
        Regime::Us => (
            "us",
            "America/New_York",
            "USD",
            "$",
            "&#36;",
            "United States (US) dollar",
        ),
        Regime::Uk => (
            "uk",
            "Europe/London",
            "GBP",
            "£",
            "&pound;",
            "Pound sterling",
        ),
        Regime::Ca => (
            "ca",
            "America/Toronto",
            "CAD",
            "$",
            "&#36;",
            "Canadian dollar",
        ),
        Regime::Au => (
            "au",
            "Australia/Sydney",
            "AUD",
            "$",
            "&#36;",
            "Australian dollar",
        ),
    };
    let (country, state, city, postcode, address) = match regime {
        Regime::Us => ("US", "NY", "New York", "10001", "1 Market St"),
        Regime::Uk => ("GB", "", "London", "SW1A 1AA", "1 High St"),
        Regime::Ca => ("CA", "ON", "Toronto", "M5V 2T6", "1 Rue du Marché"),
        Regime::Au => ("AU", "NSW", "Sydney", "2000", "1 George St"),
    };
    Settings {
        name: format!("Thistle &amp; Thyme ({name})"),
        zone_name: text(zone),
        zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
        currency: text(currency),
        currency_symbol: text(symbol),
        currency_symbol_html: text(html),
        currency_name: text(currency_name),
        country: text(country),
        state: text(state),
        city: text(city),
        postcode: text(postcode),
        address: text(address),
        prices_include_tax: matches!(regime, Regime::Uk | Regime::Au),
        round_at_subtotal: false,
        decimals: CENTS,
        version: "10.5.0".to_owned(),
    }
}

/// One row of the tax table: country, state, per cent in thousandths, name, priority, flags, class.
type RateRow = (
    &'static str,
    &'static str,
    i64,
    &'static str,
    u32,
    Flags,
    &'static str,
);

#[derive(Clone, Copy)]
struct Flags {
    shipping: bool,
    compound: bool,
}

const GOODS: Flags = Flags {
    shipping: false,
    compound: false,
};
const ALL: Flags = Flags {
    shipping: true,
    compound: false,
};
const COMPOUND: Flags = Flags {
    shipping: true,
    compound: true,
};

fn rates(regime: Regime) -> Vec<TaxRate> {
    let rows: &[RateRow] = match regime {
        Regime::Us => &[
            ("US", "CA", 7250, "CA State Tax", 1, GOODS, "standard"),
            (
                "US",
                "CA",
                2250,
                "Los Angeles County & City",
                2,
                GOODS,
                "standard",
            ),
            ("US", "NY", 8875, "NY Sales Tax", 1, ALL, "standard"),
            ("US", "TX", 8250, "TX Sales Tax", 1, ALL, "standard"),
            ("US", "FL", 7000, "FL Sales Tax", 1, GOODS, "standard"),
            ("US", "TX", 0, "TX Food (exempt)", 1, GOODS, "zero-rate"),
            ("US", "NY", 4000, "NY Reduced", 1, GOODS, "reduced-rate"),
        ],
        Regime::Uk => &[
            ("GB", "", 20_000, "VAT", 1, ALL, "standard"),
            ("GB", "", 5000, "VAT (reduced)", 1, ALL, "reduced-rate"),
            ("GB", "", 0, "VAT (zero)", 1, ALL, "zero-rate"),
            ("DE", "", 19_000, "MwSt.", 1, ALL, "standard"),
        ],
        Regime::Ca => &[
            ("CA", "", 5000, "GST/TPS", 1, ALL, "standard"),
            (
                "CA",
                "QC",
                9975,
                "QST/TVQ (compound)",
                2,
                COMPOUND,
                "standard",
            ),
            ("CA", "ON", 8000, "PST part of HST", 2, ALL, "standard"),
            ("CA", "BC", 7000, "PST", 2, GOODS, "standard"),
            ("CA", "AB", 0, "No PST", 2, GOODS, "standard"),
        ],
        Regime::Au => &[
            ("AU", "", 10_000, "GST", 1, ALL, "standard"),
            ("AU", "", 0, "GST-free", 1, ALL, "zero-rate"),
        ],
    };
    (1..)
        .zip(rows)
        .map(
            |(id, (country, state, percent, name, priority, flags, class))| TaxRate {
                id,
                country: (*country).to_owned(),
                state: (*state).to_owned(),
                postcode: if *percent == 2250 {
                    "90001...90099"
                } else {
                    ""
                }
                .to_owned(),
                city: if *percent == 2250 { "LOS ANGELES" } else { "" }.to_owned(),
                percent: Decimal::new(*percent, 3).normalize(),
                name: (*name).to_owned(),
                priority: *priority,
                compound: flags.compound,
                shipping: flags.shipping,
                class: (*class).to_owned(),
            },
        )
        .collect()
}

fn coupons(mug: u64, first: u64) -> Vec<Coupon> {
    let all = [
        ("ten%", DiscountKind::Percent, 10, Vec::new(), false),
        ("fiveoff", DiscountKind::FixedCart, 5, Vec::new(), false),
        ("mug2", DiscountKind::FixedProduct, 2, vec![mug], false),
        ("allfree", DiscountKind::Percent, 100, Vec::new(), true),
        ("third", DiscountKind::FixedCart, 10, Vec::new(), false),
    ];
    (first..)
        .zip(all)
        .map(
            |(id, (code, kind, amount, products, free_shipping))| Coupon {
                id,
                code: code.to_owned(),
                kind,
                amount: Decimal::from(amount),
                products,
                free_shipping,
            },
        )
        .collect()
}

struct Shelf {
    products: Vec<Product>,
    next: u64,
    opened: Timestamp,
}

impl Shelf {
    fn add(&mut self, name: &str, sku: &str, price: &str, edit: impl FnOnce(&mut Product)) -> u64 {
        let id = self.next;
        self.next += 1;
        let mut product = Product {
            id,
            parent_id: 0,
            kind: "simple".to_owned(),
            status: "publish".to_owned(),
            name: name.to_owned(),
            sku: sku.to_owned(),
            price: price.to_owned(),
            regular_price: price.to_owned(),
            tax_status: "taxable".to_owned(),
            tax_class: String::new(),
            is_virtual: false,
            is_downloadable: false,
            stock: None,
            created: self.opened,
            modified: self.opened,
            attributes: Vec::new(),
            total_sales: 0,
            recorded: None,
        };
        edit(&mut product);
        self.products.push(product);
        id
    }

    fn variation(&mut self, parent: u64, sku: &str, price: &str, options: &[(&str, &str)]) {
        let name = options
            .iter()
            .map(|(_, option)| *option)
            .collect::<Vec<_>>()
            .join(", ");
        self.add(&name, sku, price, |product| {
            product.parent_id = parent;
            "variation".clone_into(&mut product.kind);
            product.attributes = options
                .iter()
                .map(|(name, option)| {
                    (
                        name.to_lowercase(),
                        (*name).to_owned(),
                        (*option).to_owned(),
                    )
                })
                .collect();
        });
    }
}

/// The recorded store's products: every oddity that a name, a SKU or a price can have.
fn odd_products(shelf: &mut Shelf, regime: Regime) {
    let class =
        |class: &'static str| move |product: &mut Product| class.clone_into(&mut product.tax_class);
    let plain = |_: &mut Product| {};
    shelf.add("Stoneware Mug", "MUG-001", "18.50", |mug| {
        mug.stock = Some(297);
    });
    shelf.add("Gift Wrapping", "", "4.99", plain);
    shelf.add("Third-cent Beads", "BEAD-3", "0.333", plain);
    shelf.add("Tea Tasting Class", "CLASS-TEA", "75", |seat| {
        seat.is_virtual = true;
    });
    shelf.add("Blend Recipes (PDF)", "PDF-7", "12.00", |file| {
        file.is_virtual = true;
        file.is_downloadable = true;
    });
    shelf.add("Oolong Tin", "OOL-100", "22.49", |tin| {
        "29.99".clone_into(&mut tin.regular_price);
    });
    shelf.add("Green Tea", "GT-50", "9.00", plain);
    shelf.add("Green Tea", "GT-250", "31.00", plain);
    shelf.add(
        "Thé “Été” 🍵 &amp; <b>Café</b> – 5 © ½ 日本茶",
        "UNI/☕-1",
        "14.25",
        plain,
    );
    shelf.add(
        "Salt &amp; Pepper \"Set\" O'Brien's 10%",
        "S&P \"1\"",
        "19.99",
        plain,
    );
    let long = "Extraordinarily Long Product Name That Goes Past The One Hundred Character Limit Of Accounting Systems And Also Keeps Going: Handmade, Organic, Fair-Trade, Limited Edition No. 7";
    shelf.add(
        long,
        &format!("LONG-NAME-SKU-{}", "X".repeat(66)),
        "54.00",
        plain,
    );
    shelf.add(
        "Loose Leaf Assam (food)",
        "FOOD-1",
        "11.11",
        class("zero-rate"),
    );
    if matches!(regime, Regime::Us | Regime::Uk) {
        shelf.add("Wheat Warmer", "WARM", "10.50", class("reduced-rate"));
    }
    shelf.add("Gift Voucher 50", "GV-50", "50", |voucher| {
        "none".clone_into(&mut voucher.tax_status);
        voucher.is_virtual = true;
    });
    shelf.add("Freight Item", "FRT-1", "100", |item| {
        "shipping".clone_into(&mut item.tax_status);
    });
    shelf.add("Free Sample", "SAMPLE", "0", plain);
    shelf.add("Price On Request", "POR", "", plain);
    shelf.add("Unreleased Kettle", "KET-X", "89", |kettle| {
        "draft".clone_into(&mut kettle.status);
    });
    shelf.add("Sticker", "STK", "0.35", plain);
    let shirt = shelf.add("T-Shirt", "TEE", "19.00", |shirt| {
        "variable".clone_into(&mut shirt.kind);
        shirt.regular_price = String::new();
    });
    shelf.variation(
        shirt,
        "TEE-S-R",
        "20.00",
        &[("Size", "S"), ("Colour", "Red")],
    );
    shelf.variation(
        shirt,
        "TEE-M-G",
        "19.00",
        &[("Size", "M"), ("Colour", "Sea Green")],
    );
    shelf.variation(shirt, "", "25.00", &[("Size", "L")]);
}

fn plain_products(shelf: &mut Shelf, seed: u64, options: &GenerateOptions) {
    for number in 0..options.products {
        let mut dice = Dice::of(seed, 5, number as u64);
        let (first, second) = &words::PRODUCT_WORDS;
        let name = format!("{} {}", dice.pick(first, &""), dice.pick(second, &""));
        let cents = dice.between(2, 120) * 100 + *dice.pick(&[0, 50, 95, 99, 33], &0);
        let price = format!("{}.{:02}", cents / 100, cents % 100);
        let sku = if dice.chance(40) {
            String::new()
        } else {
            format!("P-{number:05}")
        };
        let product = shelf.add(&name, &sku, &price, |product| {
            if dice.chance(60) && options.regime != Regime::Ca {
                "zero-rate".clone_into(&mut product.tax_class);
            }
        });
        if dice.chance(70) {
            let sizes = ["S", "M", "L", "XL"];
            if let Some(parent) = shelf.products.iter_mut().find(|known| known.id == product) {
                "variable".clone_into(&mut parent.kind);
                parent.regular_price = String::new();
            }
            for size in sizes {
                let sku = format!("P-{number:05}-{size}");
                shelf.variation(product, &sku, &price, &[("Size", size)]);
            }
        }
    }
}
