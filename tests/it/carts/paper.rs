//! An order or refund as the search reads it, straight from the store's JSON: what each piece costs,
//! how it is taxed, and which code of the company that is.

use rust_decimal::{Decimal, RoundingStrategy};
use sandbox::company::{CompanyContents, Currency, TaxTables};
use serde_json::Value;

use super::regimes::{How, Regime};

/// Something that is booked under one code.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Before discounts, without tax.
    pub(super) before: Vec<Decimal>,
    /// Without tax; of a refund's what it is a share of, where that is known.
    pub(super) nets: Vec<Decimal>,
    /// With tax, the tax rounded by the store and not.
    pub(super) grosses: Vec<Decimal>,
    /// The company's code; 0 where there is none, or outside the US none is needed.
    pub(super) code: usize,
    /// Another one it may have: what is shipped with zero-rated goods can be either.
    pub(super) or_code: Option<usize>,
}

/// All pieces of a document.
pub(super) struct Paper {
    pub(super) pieces: Vec<Piece>,
    /// The store's tax of each rate of the company.
    pub(super) rates: Vec<(usize, Decimal)>,
    pub(super) tables: TaxTables,
    pub(super) currency: Currency,
    pub(super) decimals: u32,
    /// What a refund's lines come to without tax, by the store.
    pub(super) told: Decimal,
}

/// What is known of one line.
struct Read {
    /// Before discounts; only of products.
    before: Option<Decimal>,
    net: Decimal,
    tax: Decimal,
    /// By rate, before rounding.
    taxes: Vec<(String, Decimal)>,
}

impl Paper {
    fn empty(regime: &Regime, contents: &CompanyContents) -> Self {
        Self {
            pieces: Vec::new(),
            rates: Vec::new(),
            tables: contents.tax.clone(),
            currency: Currency::from_code(regime.currency).expect("it is a currency"),
            decimals: regime.decimals,
            told: Decimal::ZERO,
        }
    }

    /// Of an order.
    pub(super) fn of_order(order: &str, regime: &Regime, contents: &CompanyContents) -> Self {
        let order: Value = serde_json::from_str(order).expect("an order is JSON");
        let mut paper = Self::empty(regime, contents);
        for list in LISTS {
            for line in lines(&order, list) {
                let read = Read::of(line, Decimal::ONE);
                if list == "line_items" || !read.is_nothing() {
                    paper.add(&order, list, line, &read, None, regime);
                }
            }
        }
        paper.take_rates(&order, Decimal::ONE, regime);
        paper
    }

    /// Of a refund.
    pub(super) fn of_refund(
        order: &str,
        refund: &str,
        regime: &Regime,
        contents: &CompanyContents,
    ) -> Self {
        let order: Value = serde_json::from_str(order).expect("an order is JSON");
        let refund: Value = serde_json::from_str(refund).expect("a refund is JSON");
        let mut paper = Self::empty(regime, contents);
        for list in LISTS {
            for line in lines(&refund, list) {
                let read = Read::of(line, Decimal::NEGATIVE_ONE);
                if read.is_nothing() {
                    continue;
                }
                let of = source(&order, list, line);
                let share = share_of(of, line, &read, regime.decimals);
                paper.told += read.net;
                paper.add(&order, list, of, &read, share.as_ref(), regime);
            }
        }
        paper.take_rates(&refund, Decimal::NEGATIVE_ONE, regime);
        paper
    }

    /// Adds a line; a fee below zero lessens what is taxed in several ways in proportion.
    fn add(
        &mut self,
        order: &Value,
        list: &str,
        of: &Value,
        read: &Read,
        share: Option<&Read>,
        regime: &Regime,
    ) {
        let lessens = list == "fee_lines" && text(&of["total"]) < Decimal::ZERO;
        if lessens && of["tax_status"] == "taxable" {
            let costs = costs(order, regime);
            let all: Decimal = costs.iter().map(|(_, cost)| *cost).sum();
            if !all.is_zero() {
                let whole = share.unwrap_or(read).net;
                let shares = costs
                    .into_iter()
                    .map(|(rates, cost)| (rates, round(whole * cost / all, 9)));
                // what is less than half a cent is no line
                let half = Decimal::new(5, self.decimals + 1);
                let mut shares: Vec<(String, Decimal)> =
                    shares.filter(|(_, net)| net.abs() >= half).collect();
                shares.sort_by_key(|(_, net)| net.abs());
                let missing = whole - shares.iter().map(|(_, net)| *net).sum::<Decimal>();
                if let Some((_, largest)) = shares.last_mut() {
                    *largest += missing;
                }
                for (rates, net) in shares {
                    let code = self.code(&rates, regime);
                    let grosses = vec![net * self.factor(code)];
                    self.pieces.push(Piece {
                        before: vec![net],
                        nets: vec![net],
                        grosses,
                        code,
                        or_code: None,
                    });
                }
                return;
            }
        }
        let known = share.unwrap_or(read);
        let nets = vec![known.net];
        let grosses = vec![known.net + read.tax, known.net + known.exact_tax()];
        let rates = key(of);
        let zero_rated = |line: &Value| key(line).is_empty() && line["tax_class"] == "zero-rate";
        let zero = regime.zero_class.filter(|_| rates.is_empty());
        let zero = zero.and_then(|name| self.tables.code_named(name));
        let (code, or_code) = match (zero, list) {
            (Some(zero), "line_items") if zero_rated(of) => (zero, None),
            (Some(zero), "shipping_lines" | "fee_lines")
                if lines(order, "line_items").iter().any(zero_rated) =>
            {
                (self.code(&rates, regime), Some(zero))
            }
            _ => (self.code(&rates, regime), None),
        };
        let before = known.before.unwrap_or(known.net);
        self.pieces.push(Piece {
            before: vec![before],
            nets,
            grosses,
            code,
            or_code,
        });
    }

    /// The code for a set of rates: in the US taxed or not, elsewhere as the rules say.
    fn code(&self, rates: &str, regime: &Regime) -> usize {
        let mut named = regime.codes.iter().filter(|(key, _)| *key == rates);
        let code = named.next().map(|(_, name)| *name);
        match regime.how {
            How::Codes | How::Manual => code
                .and_then(|name| self.tables.code_named(name))
                .unwrap_or_default(),
            How::Automated | How::Line | How::Never => usize::from(!rates.is_empty()),
        }
    }

    fn factor(&self, code: usize) -> Decimal {
        let hundred = [(code, Decimal::from(1_000_000))];
        let taxes = sandbox::company::tax_on_top(&self.tables, self.currency, &hundred);
        let tax: Decimal = taxes.iter().map(|(_, tax)| *tax).sum();
        Decimal::ONE + tax / Decimal::from(1_000_000)
    }

    /// The store's tax of each rate, as the company's rates.
    fn take_rates(&mut self, of: &Value, sign: Decimal, regime: &Regime) {
        for line in lines(of, "tax_lines") {
            let tax = (text(&line["tax_total"]) + text(&line["shipping_tax_total"])) * sign;
            let rate = line["rate_id"].to_string();
            let percent: Decimal = text(&line["rate_percent"]);
            let codes = regime.codes.iter();
            let found = codes
                .filter(|(key, _)| key.split('+').any(|id| id == rate))
                .find_map(|(_, name)| self.tables.code(self.tables.code_named(name)?))
                .and_then(|code| match code.rates.as_slice() {
                    [(only, _)] => Some(*only),
                    several => several.iter().map(|(id, _)| *id).find(|id| {
                        self.tables
                            .rate(*id)
                            .is_some_and(|it| it.percent == percent)
                    }),
                });
            let Some(found) = found else { continue };
            match self.rates.iter_mut().find(|(known, _)| *known == found) {
                Some((_, sum)) => *sum += tax,
                None => self.rates.push((found, tax)),
            }
        }
    }
}

const LISTS: [&str; 3] = ["line_items", "shipping_lines", "fee_lines"];

impl Read {
    fn of(line: &Value, sign: Decimal) -> Self {
        let taxes = lines(line, "taxes");
        Self {
            before: text_or_none(&line["subtotal"]).map(|before| before * sign),
            net: text(&line["total"]) * sign,
            tax: text(&line["total_tax"]) * sign,
            taxes: taxes
                .iter()
                .map(|tax| (tax["id"].to_string(), text(&tax["total"]) * sign))
                .collect(),
        }
    }

    fn exact_tax(&self) -> Decimal {
        self.taxes.iter().map(|(_, tax)| *tax).sum()
    }

    fn is_nothing(&self) -> bool {
        self.net.is_zero() && self.tax.is_zero()
    }
}

/// What a refund's line is a share of, before the store rounded it: the whole of a shipping line or
/// fee, so many units of a product's.
fn share_of(of: &Value, line: &Value, read: &Read, decimals: u32) -> Option<Read> {
    let whole = Read::of(of, Decimal::ONE);
    let share = match (
        text_or_none(&line["quantity"]),
        text_or_none(&of["quantity"]),
    ) {
        (Some(back), Some(sold)) if !back.is_zero() => (-back, sold),
        (None, None) => (Decimal::ONE, Decimal::ONE),
        _ => return None,
    };
    let share = |of: Decimal| round(of * share.0 / share.1, 9);
    let taxes = whole.taxes.into_iter();
    let share = Read {
        before: None,
        net: share(whole.net),
        tax: share(whole.tax),
        taxes: taxes.map(|(rate, tax)| (rate, share(tax))).collect(),
    };
    (round(share.net, decimals) == round(read.net, decimals)).then_some(share)
}

/// What of an order is taxed how: rates and cost, the way the store lessens it by a fee below zero.
fn costs(order: &Value, regime: &Regime) -> Vec<(String, Decimal)> {
    let mut costs: Vec<(String, Decimal)> = Vec::new();
    let mut add = |rates: String, cost: Decimal| {
        if cost < Decimal::ZERO {
            return;
        }
        match costs.iter_mut().find(|(known, _)| *known == rates) {
            Some((_, sum)) => *sum += cost,
            None => costs.push((rates, cost)),
        }
    };
    for line in lines(order, "line_items") {
        add(key(line), text(&line["total"]));
    }
    for line in lines(order, "fee_lines") {
        add(key(line), text(&line["total"]));
    }
    // shipping counts as the first line's class, though it may be taxed less
    let first = lines(order, "line_items").first();
    let class = first.map_or("", |line| line["tax_class"].as_str().unwrap_or_default());
    let taxed = lines(order, "tax_lines");
    let of_class = regime.classes.iter().find(|(known, _)| *known == class);
    let rates = of_class.map_or(&[][..], |(_, rates)| *rates);
    let ids: Vec<String> = taxed
        .iter()
        .map(|line| line["rate_id"].to_string())
        .collect();
    let there = |id: &&&str| ids.iter().any(|known| known == **id);
    let rates: Vec<&str> = rates.iter().filter(there).copied().collect();
    for line in lines(order, "shipping_lines") {
        add(rates.join("+"), text(&line["total"]));
    }
    costs
}

/// The ids of the rates on a line.
fn key(line: &Value) -> String {
    let ids: Vec<String> = lines(line, "taxes")
        .iter()
        .map(|tax| tax["id"].to_string())
        .collect();
    ids.join("+")
}

/// The order's line that a refund's gives back.
fn source<'o>(order: &'o Value, list: &str, line: &Value) -> &'o Value {
    let meta = lines(line, "meta_data");
    let of = meta.iter().find(|meta| meta["key"] == "_refunded_item_id");
    let id: Option<u64> = of.and_then(|meta| meta["value"].as_str()?.parse().ok());
    let mut all = lines(order, list).iter();
    all.find(|line| line["id"].as_u64() == id)
        .expect("a refund gives back lines of its order")
}

fn lines<'v>(of: &'v Value, list: &str) -> &'v [Value] {
    of[list].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> Decimal {
    text_or_none(value).unwrap_or_default()
}

fn text_or_none(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

pub(super) fn round(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}
