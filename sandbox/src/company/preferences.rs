//! The company's switches, and how `GET preferences` shows them.
//! FACTS: QuickBooks §7; shape from `recorded/preferences_read_json.json`.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::json::Object;
use super::money::Currency;

/// What the company's owner has switched on.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent switches on a screen"
)]
pub struct Preferences {
    /// The owner numbers documents: a number that is not sent stays empty.
    pub custom_txn_numbers: bool,
    /// Discount lines are allowed.
    pub allow_discount: bool,
    /// The id of the account discounts go to.
    pub default_discount_account: Option<String>,
    /// The shipping field is on.
    pub allow_shipping: bool,
    /// The id of the account shipping goes to.
    pub default_shipping_account: Option<String>,
    /// The deposit field of invoices is on.
    pub allow_deposit: bool,
    /// Sales tax is set up.
    pub using_sales_tax: bool,
    /// `Some(true)`: automated sales tax; absent in companies that never had it.
    pub partner_tax_enabled: Option<bool>,
    /// The id of the tax code a US company uses by default.
    pub tax_group_code: Option<String>,
    /// Foreign currencies are allowed.
    pub multi_currency: bool,
    /// The currency of the books.
    pub home_currency: Currency,
    /// Locations are on.
    pub track_departments: bool,
    /// One class per transaction.
    pub class_per_transaction: bool,
    /// One class per line.
    pub class_per_line: bool,
    /// Nothing dated on or before this day may change.
    pub book_close_date: Option<Date>,
    /// Inventory is on.
    pub quantity_on_hand: bool,
    /// Names of the custom fields of sales forms, at most three; the first is
    /// `DefinitionId` 1.
    pub custom_fields: Vec<String>,
}

impl Preferences {
    /// The inner object of an answer, without id and stamps.
    pub(super) fn to_object(&self) -> Object {
        let mut accounting = json!({
            "UseAccountNumbers": false,
            "TrackDepartments": self.track_departments,
            "ClassTrackingPerTxn": self.class_per_transaction,
            "ClassTrackingPerTxnLine": self.class_per_line,
            "CustomerTerminology": "Customers"
        });
        add(
            &mut accounting,
            "BookCloseDate",
            self.book_close_date.map(|date| date.to_string()),
        );
        let mut tax = json!({ "UsingSalesTax": self.using_sales_tax });
        let code = self
            .tax_group_code
            .as_ref()
            .map(|code| json!({ "value": code }));
        add(&mut tax, "TaxGroupCodeRef", code);
        add(&mut tax, "PartnerTaxEnabled", self.partner_tax_enabled);
        let preferences = json!({
            "AccountingInfoPrefs": accounting,
            "ProductAndServicesPrefs": {
                "ForSales": true,
                "ForPurchase": true,
                "QuantityWithPriceAndRate": true,
                "QuantityOnHand": self.quantity_on_hand
            },
            "SalesFormsPrefs": self.sales_forms(),
            "TaxPrefs": tax,
            "CurrencyPrefs": {
                "MultiCurrencyEnabled": self.multi_currency,
                "HomeCurrency": { "value": self.home_currency.code() }
            },
            "ReportPrefs": { "ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": false },
            "OtherPrefs": { "NameValue": [
                { "Name": "DTXCopyMemo", "Value": "true" },
                { "Name": "Vendor1099Enabled", "Value": "true" }
            ] }
        });
        match preferences {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }

    fn sales_forms(&self) -> Value {
        let mut forms = json!({
            "CustomField": self.custom_field_definitions(),
            "CustomTxnNumbers": self.custom_txn_numbers,
            "AllowDeposit": self.allow_deposit,
            "AllowDiscount": self.allow_discount,
            "AllowEstimates": true,
            "ETransactionEnabledStatus": "NotApplicable",
            "ETransactionAttachPDF": false,
            "ETransactionPaymentEnabled": false,
            "IPNSupportEnabled": false,
            "AllowServiceDate": false,
            "AllowShipping": self.allow_shipping,
            "UsingPriceLevels": false
        });
        if self.allow_discount {
            add(
                &mut forms,
                "DefaultDiscountAccount",
                self.default_discount_account.clone(),
            );
        }
        if self.allow_shipping {
            add(
                &mut forms,
                "DefaultShippingAccount",
                self.default_shipping_account.clone(),
            );
        }
        forms
    }

    fn custom_field_definitions(&self) -> Value {
        let used: Vec<Value> = (1..=3)
            .map(|number| {
                json!({
                    "Name": format!("SalesFormsPrefs.UseSalesCustom{number}"),
                    "Type": "BooleanType",
                    "BooleanValue": number <= self.custom_fields.len()
                })
            })
            .collect();
        let names: Vec<Value> = self
            .custom_fields
            .iter()
            .take(3)
            .zip(1..)
            .map(|(name, number)| {
                json!({
                    "Name": format!("SalesFormsPrefs.SalesCustomName{number}"),
                    "Type": "StringType",
                    "StringValue": name
                })
            })
            .collect();
        json!([{ "CustomField": used }, { "CustomField": names }])
    }
}

fn add(object: &mut Value, key: &str, value: Option<impl Into<Value>>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(key.to_owned(), value.into());
    }
}
