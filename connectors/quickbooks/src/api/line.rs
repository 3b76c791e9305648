//! The lines of documents, and the tax of a whole document.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::document::LinkedTxn;
use super::parts::Ref;

/// What kind of line a line is; the member of the same name holds the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DetailType {
    /// Something sold.
    #[default]
    SalesItemLineDetail,
    /// A discount on the whole form; its amount is positive and subtracted.
    DiscountLineDetail,
    /// Text alone; an amount is ignored.
    DescriptionOnly,
    /// An expense booked to an account.
    AccountBasedExpenseLineDetail,
    /// Tax of one rate, only within [`TxnTaxDetail`].
    TaxLineDetail,
    /// The subtotal the server adds; never sent.
    SubTotalLineDetail,
    /// Any other kind, made in the books; never sent.
    #[serde(other)]
    Other,
}

/// One line of a document. Without a quantity and a unit price the amount stands alone; with both it
/// must be their product rounded half up to two places, else 6070 (FACTS: QuickBooks §8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Line {
    /// The server's; an update that leaves it out makes a new line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// At most 4000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// In the document's currency, at most 10 digits before and 5 after the point.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub amount: Option<Decimal>,
    /// Required.
    pub detail_type: DetailType,
    /// For something sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sales_item_line_detail: Option<SalesItemLineDetail>,
    /// For a discount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount_line_detail: Option<DiscountLineDetail>,
    /// For text alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description_line_detail: Option<DescriptionLineDetail>,
    /// For an expense.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_based_expense_line_detail: Option<AccountBasedExpenseLineDetail>,
    /// Transactions the line is linked to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub linked_txn: Vec<LinkedTxn>,
}

impl Line {
    /// A line of something sold.
    pub fn sale(amount: Decimal, detail: SalesItemLineDetail) -> Self {
        Self {
            amount: Some(amount),
            detail_type: DetailType::SalesItemLineDetail,
            sales_item_line_detail: Some(detail),
            ..Self::default()
        }
    }

    /// A discount of a fixed, positive `amount` on the whole form, booked to `account` or, without
    /// one, to the company's discount account, of a class where classes are given by line. Needs
    /// `AllowDiscount`.
    pub fn discount(amount: Decimal, account: Option<Ref>, class: Option<Ref>) -> Self {
        Self {
            amount: Some(amount),
            detail_type: DetailType::DiscountLineDetail,
            discount_line_detail: Some(DiscountLineDetail {
                percent_based: false,
                discount_account_ref: account,
                class_ref: class,
                ..DiscountLineDetail::default()
            }),
            ..Self::default()
        }
    }

    /// A line of text.
    pub fn text(description: impl Into<String>) -> Self {
        Self {
            description: Some(description.into()),
            detail_type: DetailType::DescriptionOnly,
            description_line_detail: Some(DescriptionLineDetail::default()),
            ..Self::default()
        }
    }

    /// An expense booked to an account.
    pub fn expense(amount: Decimal, detail: AccountBasedExpenseLineDetail) -> Self {
        Self {
            amount: Some(amount),
            detail_type: DetailType::AccountBasedExpenseLineDetail,
            account_based_expense_line_detail: Some(detail),
            ..Self::default()
        }
    }

    /// The same line with a description.
    #[must_use]
    pub fn described(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// The particulars of something sold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SalesItemLineDetail {
    /// The item, or `SHIPPING_ITEM_ID` where the company allows shipping. Without one the line is
    /// documentation and its amount is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_ref: Option<Ref>,
    /// The class, where classes are given by line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_ref: Option<Ref>,
    /// In the document's currency; may be negative.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub unit_price: Option<Decimal>,
    /// How many.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub qty: Option<Decimal>,
    /// US: `TAX` or `NON`. Elsewhere a tax code's id, on every line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_code_ref: Option<Ref>,
    /// The day of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_date: Option<Date>,
    /// The line's amount with tax, where [`super::GlobalTaxCalculation::TaxInclusive`] holds;
    /// `Amount` is then without.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub tax_inclusive_amt: Option<Decimal>,
}

/// The particulars of a discount.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DiscountLineDetail {
    /// Whether the server computes the amount from the percentage.
    pub percent_based: bool,
    /// The percentage.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub discount_percent: Option<Decimal>,
    /// Where it is booked; the company's discount account where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount_account_ref: Option<Ref>,
    /// The class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_ref: Option<Ref>,
    /// The tax code outside the US.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_code_ref: Option<Ref>,
}

/// The particulars of a line of text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DescriptionLineDetail {
    /// The tax code outside the US.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_code_ref: Option<Ref>,
}

/// The particulars of an expense.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AccountBasedExpenseLineDetail {
    /// Where it is booked.
    pub account_ref: Ref,
    /// The class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_ref: Option<Ref>,
    /// The tax code; `NON` in the US.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_code_ref: Option<Ref>,
}

/// The tax of a whole document. In the US the code stands here and the lines say `TAX` or `NON`; an
/// explicit total is honoured under automated sales tax (FACTS: QuickBooks §8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TxnTaxDetail {
    /// US: the real tax code of the transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txn_tax_code_ref: Option<Ref>,
    /// All tax, in the document's currency.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub total_tax: Option<Decimal>,
    /// The tax of each rate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tax_line: Vec<TaxLine>,
}

/// The tax of one rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TaxLine {
    /// The tax, in the document's currency.
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub amount: Decimal,
    /// Always [`DetailType::TaxLineDetail`].
    pub detail_type: DetailType,
    /// How it came about.
    pub tax_line_detail: TaxLineDetail,
}

impl TaxLine {
    /// Tax of `amount` at a rate on `net`.
    pub fn of_rate(amount: Decimal, rate: Ref, percent: Decimal, net: Decimal) -> Self {
        Self {
            amount,
            detail_type: DetailType::TaxLineDetail,
            tax_line_detail: TaxLineDetail {
                tax_rate_ref: Some(rate),
                percent_based: true,
                tax_percent: Some(percent),
                net_amount_taxable: Some(net),
            },
        }
    }
}

/// How the tax of one rate came about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaxLineDetail {
    /// The rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rate_ref: Option<Ref>,
    /// Whether it is a percentage.
    pub percent_based: bool,
    /// The percentage.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub tax_percent: Option<Decimal>,
    /// The sum it is on, without tax.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "rust_decimal::serde::arbitrary_precision_option"
    )]
    pub net_amount_taxable: Option<Decimal>,
}
