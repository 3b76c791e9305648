//! Reads what there is only once: the company and its preferences.

use kit::{Failure, ListEntry, ListKind};
use serde::Deserialize;

use crate::api::{Company, Preferences, Ref};
use crate::client::Client;
use crate::list::{date, unreadable};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CompanyAnswer {
    company_info: CompanyInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CompanyInfo {
    id: String,
    sync_token: String,
    company_name: String,
    country: String,
    name_value: Vec<NameValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NameValue {
    name: String,
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PreferencesAnswer {
    preferences: Wire,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Wire {
    id: String,
    sync_token: String,
    #[serde(rename = "AccountingInfoPrefs")]
    accounting: Accounting,
    #[serde(rename = "ProductAndServicesPrefs")]
    products: Products,
    #[serde(rename = "SalesFormsPrefs")]
    sales: Sales,
    #[serde(rename = "TaxPrefs")]
    tax: Tax,
    #[serde(rename = "CurrencyPrefs")]
    currency: Currencies,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Accounting {
    track_departments: bool,
    class_tracking_per_txn: bool,
    class_tracking_per_txn_line: bool,
    book_close_date: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Products {
    quantity_on_hand: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the company's own switches"
)]
struct Sales {
    custom_txn_numbers: bool,
    allow_discount: bool,
    default_discount_account: Option<String>,
    allow_shipping: bool,
    default_shipping_account: Option<String>,
    allow_deposit: bool,
    custom_field: Vec<CustomFieldGroup>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CustomFieldGroup {
    custom_field: Vec<CustomFieldPref>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CustomFieldPref {
    name: String,
    string_value: Option<String>,
    boolean_value: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tax {
    using_sales_tax: bool,
    partner_tax_enabled: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Currencies {
    multi_currency_enabled: bool,
    home_currency: Option<Ref>,
}

/// The company, read and as an entry.
pub(crate) async fn company(client: &Client) -> Result<(Company, ListEntry), Failure> {
    let path = format!("companyinfo/{}", client.settings.realm_id);
    let CompanyAnswer { company_info: info } = client.read(&path).await?;
    let value = |name: &str| {
        let found = info.name_value.iter().find(|pair| pair.name == name);
        found.map(|pair| pair.value.clone()).unwrap_or_default()
    };
    let company = Company {
        name: info.company_name.clone(),
        country: two_letters(&info.country).to_owned(),
        subscription_status: value("SubscriptionStatus"),
        plan: value("OfferingSku"),
    };
    let body = serde_json::to_string(&company).map_err(|_| unreadable())?;
    let entry = ListEntry {
        kind: ListKind::Company,
        id: info.id,
        name: info.company_name,
        key: String::new(),
        sync_token: info.sync_token,
        body,
    };
    Ok((company, entry))
}

/// The preferences, read and as an entry.
pub(crate) async fn preferences(client: &Client) -> Result<(Preferences, ListEntry), Failure> {
    let PreferencesAnswer { preferences: prefs } = client.read("preferences").await?;
    let (id, sync_token) = (prefs.id.clone(), prefs.sync_token.clone());
    let preferences = flat(prefs);
    let body = serde_json::to_string(&preferences).map_err(|_| unreadable())?;
    let entry = ListEntry {
        kind: ListKind::Preferences,
        id,
        name: "Preferences".to_owned(),
        key: String::new(),
        sync_token,
        body,
    };
    Ok((preferences, entry))
}

fn flat(prefs: Wire) -> Preferences {
    let accounting = prefs.accounting;
    let sales = prefs.sales;
    Preferences {
        sales_custom_names: custom_names(&sales.custom_field),
        custom_txn_numbers: sales.custom_txn_numbers,
        allow_discount: sales.allow_discount,
        default_discount_account: sales.default_discount_account,
        allow_shipping: sales.allow_shipping,
        default_shipping_account: sales.default_shipping_account,
        allow_deposit: sales.allow_deposit,
        using_sales_tax: prefs.tax.using_sales_tax,
        partner_tax_enabled: prefs.tax.partner_tax_enabled,
        multi_currency_enabled: prefs.currency.multi_currency_enabled,
        home_currency: prefs
            .currency
            .home_currency
            .map(|home| home.value)
            .unwrap_or_default(),
        class_tracking_per_txn: accounting.class_tracking_per_txn,
        class_tracking_per_txn_line: accounting.class_tracking_per_txn_line,
        track_departments: accounting.track_departments,
        book_close_date: accounting.book_close_date.as_deref().and_then(date),
        quantity_on_hand: prefs.products.quantity_on_hand,
    }
}

/// The company's own fields: `SalesCustomName1` names definition 1, `UseSalesCustom1` switches it.
fn custom_names(groups: &[CustomFieldGroup]) -> Vec<String> {
    let fields = || groups.iter().flat_map(|group| &group.custom_field);
    let mut names: Vec<String> = (1..=3)
        .map(|number| {
            let used = format!("SalesFormsPrefs.UseSalesCustom{number}");
            let unused =
                fields().any(|field| field.name == used && field.boolean_value == Some(false));
            let name = format!("SalesFormsPrefs.SalesCustomName{number}");
            let named = fields().find(|field| field.name == name);
            named
                .filter(|_| !unused)
                .and_then(|field| field.string_value.clone())
                .unwrap_or_default()
        })
        .collect();
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    names
}

/// Countries come as two letters, in answers since October 2025 as three (FACTS: QuickBooks §6). The
/// ones `QuickBooks` Online is sold in.
fn two_letters(country: &str) -> &str {
    match country {
        "USA" => "US",
        "GBR" => "GB",
        "CAN" => "CA",
        "AUS" => "AU",
        "IND" => "IN",
        "FRA" => "FR",
        "IRL" => "IE",
        "NZL" => "NZ",
        "ZAF" => "ZA",
        "SGP" => "SG",
        "HKG" => "HK",
        "MYS" => "MY",
        "MEX" => "MX",
        "BRA" => "BR",
        "ARE" => "AE",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferences_in(text: &str) -> Preferences {
        let exchange: serde_json::Value = serde_json::from_str(text).unwrap();
        let body = exchange.get("response").unwrap_or(&exchange)["body"].to_string();
        let answer: PreferencesAnswer = serde_json::from_str(&body).unwrap();
        flat(answer.preferences)
    }

    #[test]
    fn recorded_preferences_are_read() {
        let plain = preferences_in(include_str!("../tests/recorded/preferences_read_json.json"));
        assert!(plain.allow_discount && plain.using_sales_tax && plain.quantity_on_hand);
        assert!(!plain.automated_sales_tax() && !plain.custom_txn_numbers);
        assert_eq!(plain.default_discount_account.as_deref(), Some("86"));
        assert_eq!(plain.home_currency, "USD");
        assert_eq!(plain.sales_custom_names, ["Crew #"]);
        let several = preferences_in(include_str!(
            "../tests/recorded/preferences_multicurrency_location_class.json"
        ));
        assert!(several.multi_currency_enabled && several.track_departments);
        assert!(several.class_tracking_per_txn_line && !several.class_tracking_per_txn);
        let old = preferences_in(include_str!("../tests/recorded/preferences.json"));
        assert_eq!(old.partner_tax_enabled, Some(false));
        assert!(!old.automated_sales_tax());
    }

    #[test]
    fn countries_come_in_two_lengths() {
        assert_eq!(
            [two_letters("US"), two_letters("USA"), two_letters("GBR")],
            ["US", "US", "GB"]
        );
    }
}
