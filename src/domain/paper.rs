//! What a record of the store and a document of the books say, in the few terms a person compares
//! them by. For people alone: nothing is decided from it.

use jiff::Timestamp;
use kit::Currency;
use rust_decimal::Decimal;

/// A moment in the life of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperMoment {
    /// It was placed, or the refund was made.
    Placed,
    /// It was paid.
    Paid,
    /// It was completed.
    Completed,
    /// It last changed in the store.
    Changed,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaperLine {
    /// What it is about.
    pub text: String,
    /// How many.
    pub quantity: Option<Decimal>,
    /// What it comes to, without tax and after discounts.
    pub amount: Decimal,
    /// The same before discounts.
    pub before_discount: Decimal,
    /// Whether it lowers the total: a discount.
    pub is_discount: bool,
    /// Its tax code, by id or name.
    pub tax_code: Option<String>,
}

/// An order, a refund or a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paper {
    /// Who bought.
    pub who: String,
    /// Their e-mail address.
    pub email: String,
    /// When what happened, in that order.
    pub moments: Vec<(PaperMoment, Timestamp)>,
    /// How it was paid, in words.
    pub paid_by: String,
    /// Where the order stands in the store.
    pub status: String,
    /// What the customer or the shop wrote about it.
    pub note: String,
    /// The lines.
    pub lines: Vec<PaperLine>,
    /// All tax, where it is said.
    pub tax: Option<Decimal>,
    /// The total with tax, where it is said.
    pub total: Option<Decimal>,
    /// The currency.
    pub currency: Option<Currency>,
    /// The account the money goes to, by its id in the books.
    pub deposit_to: Option<String>,
}
