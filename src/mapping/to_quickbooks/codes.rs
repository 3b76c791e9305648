//! Tax codes of the books and what picks them: the set of the store's rates on a line, else the
//! line's tax class, and only where the percentages agree.

use std::collections::HashMap;

use quickbooks::TaxCode;
use rust_decimal::Decimal;

use super::arithmetic::{Base, Code, Rate};
use super::books::{Books, find};
use super::resolved::{Lookup, Mode};
use crate::domain::TaxRules;

/// Classes of a British store: the codes every company has there (FACTS: QuickBooks §8), each used where the
/// configuration names no other for its class, and only where its percentage is the store's.
const BRITISH_CLASSES: [(&str, &str); 3] = [
    ("", "20.0% S"),
    ("reduced-rate", "5.0% R"),
    ("zero-rate", "0.0% Z"),
];

/// The same for Australia.
const AUSTRALIAN_CLASSES: [(&str, &str); 2] = [("", "GST"), ("zero-rate", "GST free")];

/// Tax codes, and what picks them.
#[derive(Clone, Debug, Default)]
pub(super) struct Codes {
    all: Vec<Code>,
    by_rates: HashMap<String, usize>,
    by_class: HashMap<String, usize>,
    exempt: Option<usize>,
}

impl Codes {
    /// The code for a set of the store's rates ([`rate_key`]).
    pub(super) fn of_rates(&self, key: &str) -> Option<&Code> {
        self.all.get(*self.by_rates.get(key)?)
    }

    /// The code for a tax class of the store.
    pub(super) fn of_class(&self, class: &str) -> Option<&Code> {
        self.all.get(*self.by_class.get(class)?)
    }

    /// The code for lines without tax.
    pub(super) fn exempt(&self) -> Option<&Code> {
        self.all.get(self.exempt?)
    }
}

/// A set of the store's rates as one text: their ids in order, joined by `+`.
pub(super) fn rate_key<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let mut ids: Vec<&str> = ids
        .into_iter()
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .collect();
    ids.sort_by_key(|id| (id.parse::<u64>().unwrap_or(u64::MAX), *id));
    ids.dedup();
    ids.join("+")
}

/// Looks the codes of the rules up.
pub(super) fn resolve_codes(rules: &TaxRules, mode: Mode, look: &mut Lookup<'_>) -> Codes {
    let mut codes = Codes::default();
    if !matches!(mode, Mode::Codes | Mode::UsManual) {
        return codes;
    }
    let books = look.books;
    for (key, name) in &rules.rates {
        if let Some(place) = codes.add(books, &format!("tax.rates.\"{key}\""), name, look) {
            codes.by_rates.insert(rate_key(key.split('+')), place);
        }
    }
    for (class, name) in &rules.classes {
        if let Some(place) = codes.add(books, &format!("tax.classes.\"{class}\""), name, look) {
            codes.by_class.insert(class.clone(), place);
        }
    }
    if mode == Mode::Codes {
        codes.add_usual_classes(books, rules);
    }
    let default = TaxRules::default().exempt_code;
    if mode == Mode::Codes {
        codes.exempt = match find(&books.tax_codes, &rules.exempt_code) {
            Ok(code) => Some(codes.keep(books, code)),
            Err(_) if rules.exempt_code == default => None,
            Err(reason) => {
                look.problem("tax.exempt_code", reason);
                None
            }
        };
    }
    codes
}

impl Codes {
    fn add(
        &mut self,
        books: &Books,
        key: &str,
        name: &str,
        look: &mut Lookup<'_>,
    ) -> Option<usize> {
        match find(&books.tax_codes, name) {
            Ok(code) => Some(self.keep(books, code)),
            Err(reason) => {
                look.problem(key, reason);
                None
            }
        }
    }

    /// The usual code of each class for which none is named.
    fn add_usual_classes(&mut self, books: &Books, rules: &TaxRules) {
        let unnamed = |(class, _): &&(&str, &str)| !rules.classes.contains_key(*class);
        for (class, name) in usual_classes(books).iter().filter(unnamed) {
            if let Ok(code) = find(&books.tax_codes, name) {
                let place = self.keep(books, code);
                self.by_class.insert((*class).to_owned(), place);
            }
        }
    }

    fn keep(&mut self, books: &Books, code: &TaxCode) -> usize {
        if let Some(place) = self.all.iter().position(|known| known.id == code.id) {
            return place;
        }
        self.all.push(code_with_rates(books, code));
        self.all.len() - 1
    }
}

/// What the classes of a store usually mean in this country.
fn usual_classes(books: &Books) -> &'static [(&'static str, &'static str)] {
    match books.company.country.as_str() {
        "GB" => &BRITISH_CLASSES,
        "AU" => &AUSTRALIAN_CLASSES,
        _ => &[],
    }
}

/// A code with its rates on sales, in the order of computation.
pub(super) fn code_with_rates(books: &Books, code: &TaxCode) -> Code {
    let mut rates = code.sales_rates.clone();
    rates.sort_by_key(|rate| rate.order);
    let rates = rates
        .into_iter()
        .map(|rate| Rate {
            percent: books
                .tax_rates
                .get(&rate.rate)
                .map_or(Decimal::ZERO, |it| it.percent),
            id: rate.rate,
            base: match rate.applies.as_str() {
                "TaxOnAmountPlusTax" => Base::NetAndTax,
                "TaxOnTax" => Base::Tax,
                _ => Base::Net,
            },
        })
        .collect();
    Code {
        id: code.id.clone(),
        name: code.name.clone(),
        rates,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_rates_has_one_name() {
        assert_eq!(rate_key(["10", "2", "10"]), "2+10");
        assert_eq!(rate_key(" 2 + 1 ".split('+')), "1+2");
        assert_eq!(rate_key([""]), "");
    }
}
