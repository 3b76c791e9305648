//! What daybook sends to QuickBooks and what it keeps of the answers, member for member as the API
//! names it (FACTS: QuickBooks §6 to §8).
//!
//! Optional members are left out when empty, amounts are written as exact JSON numbers. A reference
//! to an object that is not known yet is a text of the mapping's in [`Ref::value`], which the engine
//! replaces before anything is sent. Not here: HTTP, queries, faults.

mod document;
mod line;
mod lists;
mod parts;
mod settings;
mod text;

pub use document::{
    CreditMemo, Invoice, LinkedTxn, Payment, PaymentLine, Purchase, RefundReceipt, SalesReceipt,
    SalesTransaction,
};
pub use line::{
    AccountBasedExpenseLineDetail, DescriptionLineDetail, DetailType, DiscountLineDetail, Line,
    SalesItemLineDetail, TaxLine, TaxLineDetail, TxnTaxDetail,
};
pub use lists::{Customer, Item, ItemType};
pub use parts::{
    CustomField, EmailAddress, GlobalTaxCalculation, MemoRef, PaymentType, PhysicalAddress, Ref,
    TelephoneNumber,
};
pub use settings::{
    Account, Class, Company, CustomerEntry, Department, ItemEntry, PaymentMethod, Preferences,
    TaxCode, TaxCodeRate, TaxRate,
};
pub use text::{
    DOC_NUMBER_LENGTH, clean_name, clean_text, clean_text_lines, fit_doc_number, latin1,
};
