//! Which code of the books fits a tax of the store. Only a code of exactly the same percentage is ever
//! proposed: with another one the tax of the books would not be the store's.

use quickbooks::TaxCode;
use rust_decimal::Decimal;

use super::super::arithmetic::{Base, Code};
use super::super::books::Books;
use super::super::codes::code_with_rates;
use super::rate_sets::RateSet;

/// Names of codes without tax, in the order in which a merchant needs them: zero-rated goods and
/// exports first, then what is exempt, then what is outside the tax.
const UNTAXED: [&[&str]; 3] = [&["zero", " z", "free"], &["exempt"], &[]];

/// The codes that fit a set, the best first.
pub(super) fn fitting(set: &RateSet<'_>, books: &Books) -> Vec<Code> {
    let Some(share) = set.share() else {
        return Vec::new();
    };
    if share.is_zero() {
        return untaxed(books);
    }
    let hints = set.hints().to_lowercase();
    let mut codes: Vec<Code> = usable(books).filter(|code| code.share() == share).collect();
    codes.sort_by(|left, right| {
        let rank = |code: &Code| {
            (
                percents(code) == set.percents() && compound(code) == set.compound(),
                named_alike(code, &hints),
            )
        };
        let (left_rank, right_rank) = (rank(left), rank(right));
        let close = |code: &Code| strsim::jaro_winkler(&code.name.to_lowercase(), &hints);
        right_rank
            .cmp(&left_rank)
            .then_with(|| close(right).total_cmp(&close(left)))
    });
    codes
}

/// The code whose percentage is nearest.
pub(super) fn nearest(share: Decimal, books: &Books) -> Option<Code> {
    usable(books)
        .filter(|code| !code.share().is_zero())
        .min_by_key(|code| (code.share() - share).abs())
}

/// The codes without tax: zero-rated, exempt, out of scope.
pub(super) fn untaxed(books: &Books) -> Vec<Code> {
    let mut codes: Vec<Code> = active(books)
        .map(|code| code_with_rates(books, code))
        .filter(|code| code.share().is_zero())
        .collect();
    codes.sort_by_key(|code| {
        let name = code.name.to_lowercase();
        let fits = |words: &&[&str]| {
            words.iter().any(|word| {
                name.contains(word.trim()) && (!word.starts_with(' ') || name.ends_with(word))
            })
        };
        UNTAXED.iter().position(fits).unwrap_or(UNTAXED.len())
    });
    codes
}

/// In percent, without zeros at the end.
pub(super) fn percent(share: Decimal) -> Decimal {
    (share * Decimal::ONE_HUNDRED).normalize()
}

/// Codes in use that tax something; `TAX` and `NON` of US companies are none.
fn usable(books: &Books) -> impl Iterator<Item = Code> + '_ {
    active(books)
        .filter(|code| !code.sales_rates.is_empty())
        .map(|code| code_with_rates(books, code))
}

fn active(books: &Books) -> impl Iterator<Item = &TaxCode> {
    let pseudo =
        |code: &&TaxCode| books.company.is_us() && matches!(code.id.as_str(), "TAX" | "NON");
    books
        .tax_codes
        .iter()
        .filter(move |code| code.active && !pseudo(code))
}

fn percents(code: &Code) -> Vec<Decimal> {
    let mut percents: Vec<Decimal> = code
        .rates
        .iter()
        .map(|rate| rate.percent.normalize())
        .collect();
    percents.sort_unstable();
    percents
}

fn compound(code: &Code) -> bool {
    code.rates.iter().any(|rate| rate.base != Base::Net)
}

/// Whether a word of the code's name, such as a province, stands in the store's words.
fn named_alike(code: &Code, hints: &str) -> bool {
    let words: Vec<&str> = hints
        .split(|letter: char| !letter.is_alphanumeric())
        .collect();
    let name = code.name.to_lowercase();
    let places = name
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.len() == 2 && word.chars().all(char::is_alphabetic));
    places.into_iter().any(|place| words.contains(&place))
}
