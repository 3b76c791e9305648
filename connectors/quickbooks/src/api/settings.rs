//! What daybook reads once and keeps: the company, its preferences and its lists.
//!
//! These are our own flat shapes, written to [`kit::ListEntry::body`] and read back from it with
//! `serde_json::from_str`. How they are read out of `QuickBooks`' answers: `list.rs`.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use super::parts::{EmailAddress, Ref};

/// The company (FACTS: QuickBooks §7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Company {
    /// Its name.
    pub name: String,
    /// Where it is: two letters such as `US`, `GB`, `CA`, `AU`. An answer of three letters is
    /// shortened where the country is one of those.
    pub country: String,
    /// `PAID`, `TRIAL`, … as `QuickBooks` says it; empty where it does not.
    pub subscription_status: String,
    /// The plan; empty where `QuickBooks` does not say it.
    pub plan: String,
}

impl Company {
    /// Whether US rules hold: pseudo tax codes on lines, no `GlobalTaxCalculation`.
    pub fn is_us(&self) -> bool {
        self.country == "US"
    }
}

/// The preferences that matter to bookings (FACTS: QuickBooks §7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are switches of the company's own"
)]
pub struct Preferences {
    /// Sent document numbers are kept and checked for repetition. Where false they are stored all the
    /// same and "can lead to unwanted duplicates".
    pub custom_txn_numbers: bool,
    /// Discount lines are allowed.
    pub allow_discount: bool,
    /// Id of the account discounts are booked to.
    pub default_discount_account: Option<String>,
    /// The shipping field (`SHIPPING_ITEM_ID`) is allowed.
    pub allow_shipping: bool,
    /// Id of the account shipping is booked to.
    pub default_shipping_account: Option<String>,
    /// Deposits on invoices are allowed.
    pub allow_deposit: bool,
    /// Sales tax is on; without it tax that is sent is ignored.
    pub using_sales_tax: bool,
    /// Present where the company has US automated sales tax.
    pub partner_tax_enabled: Option<bool>,
    /// Several currencies; then every document needs one.
    pub multi_currency_enabled: bool,
    /// The home currency's code.
    pub home_currency: String,
    /// One class for a document.
    pub class_tracking_per_txn: bool,
    /// A class for each line.
    pub class_tracking_per_txn_line: bool,
    /// Locations are used.
    pub track_departments: bool,
    /// The last closed day; documents dated on or before it are refused.
    pub book_close_date: Option<Date>,
    /// Quantities on hand are tracked: inventory items can be made.
    pub quantity_on_hand: bool,
    /// The names of the company's own fields on sales forms; the first is definition `1`. Empty
    /// where a field is not in use.
    pub sales_custom_names: Vec<String>,
}

impl Preferences {
    /// Whether the tax engine of US companies is at work.
    pub fn automated_sales_tax(&self) -> bool {
        self.using_sales_tax && self.partner_tax_enabled.is_some()
    }
}

/// An account of the chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Fully qualified: `Parent:Child`.
    pub name: String,
    /// `Bank`, `Income`, `Other Current Asset`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `UndepositedFunds`, `SalesOfProductIncome`, …
    pub subtype: String,
    /// Its currency's code.
    pub currency: String,
    /// Whether it is in use.
    pub active: bool,
}

/// A tax code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaxCode {
    /// Its id; `TAX` and `NON` in the US.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether what has it is taxed.
    pub taxable: bool,
    /// Whether it combines rates.
    pub group: bool,
    /// Whether it is in use.
    pub active: bool,
    /// Its rates on sales.
    pub sales_rates: Vec<TaxCodeRate>,
}

/// One rate of a tax code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaxCodeRate {
    /// The rate's id.
    pub rate: String,
    /// `TaxOnAmount`, `TaxOnAmountPlusTax` or `TaxOnTax`; empty where the answer does not say.
    pub applies: String,
    /// Its place in the order of computation.
    pub order: i64,
    /// Which order's tax it is on top of.
    pub on_order: i64,
}

/// A tax rate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaxRate {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// In percent: 8.25 is 8.25 %.
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    pub percent: Decimal,
    /// The agency's id; empty where the answer does not say.
    pub agency: String,
    /// Whether it is in use.
    pub active: bool,
}

/// A payment method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaymentMethod {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
}

/// A class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Class {
    /// Its id.
    pub id: String,
    /// Fully qualified.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
}

/// A location.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Department {
    /// Its id.
    pub id: String,
    /// Fully qualified.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
}

/// An item as it is found in the books. Reads also the document daybook made it by: that is what is
/// kept of it until the list is read again, and by then it is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemEntry {
    /// Its id.
    pub id: String,
    /// Fully qualified.
    #[serde(alias = "Name")]
    pub name: String,
    /// Its SKU; empty where it has none.
    #[serde(alias = "Sku")]
    pub sku: String,
    /// `Inventory`, `Service`, `NonInventory`, `Group`, `Category`, …
    #[serde(rename = "type", alias = "Type")]
    pub kind: String,
    /// Inventory: sales dated earlier are refused (6270).
    #[serde(alias = "InvStartDate")]
    pub inv_start_date: Option<Date>,
    /// Id of the account of its sales; empty where the answer does not say.
    pub income_account: String,
    /// Whether it is in use.
    #[serde(default = "in_use")]
    pub active: bool,
}

/// A customer as it is found in the books. Reads also the document daybook made it by, as
/// [`ItemEntry`] does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomerEntry {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(alias = "DisplayName")]
    pub display_name: String,
    /// Its e-mail address; empty where it has none.
    #[serde(alias = "PrimaryEmailAddr", deserialize_with = "flat")]
    pub email: String,
    /// Its currency's code; fixed.
    #[serde(alias = "CurrencyRef", deserialize_with = "flat")]
    pub currency: String,
    /// Whether it is in use.
    #[serde(default = "in_use")]
    pub active: bool,
}

fn in_use() -> bool {
    true
}

/// A text as our flat shapes have it, or inside the object it stands in with `QuickBooks`.
fn flat<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Flat(String),
        Ref(Ref),
        Email(EmailAddress),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Flat(text) => text,
        Either::Ref(to) => to.value,
        Either::Email(email) => email.address,
    })
}
