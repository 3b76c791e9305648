//! Reads the company's settings and lists and keeps the members that matter, as the flat shapes of
//! `api/settings.rs`.

use jiff::civil::Date;
use kit::{Failure, ListEntry, ListKind};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::api::{
    Account, Class, Company, CustomerEntry, Department, EmailAddress, ItemEntry, PaymentMethod,
    Preferences, Ref, TaxCode, TaxCodeRate, TaxRate,
};
use crate::client::Client;
use crate::entity::{Answered, Rows};

/// Rows of one answer (FACTS: QuickBooks §9).
const PAGE: u32 = 1000;

/// An entry as `QuickBooks` shows it, whatever its list: members of other lists stay empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Entry {
    id: String,
    sync_token: String,
    name: Option<String>,
    display_name: Option<String>,
    fully_qualified_name: Option<String>,
    active: Option<bool>,
    account_type: Option<String>,
    account_sub_type: Option<String>,
    currency_ref: Option<Ref>,
    taxable: Option<bool>,
    tax_group: Option<bool>,
    sales_tax_rate_list: Option<RateList>,
    #[serde(with = "rust_decimal::serde::arbitrary_precision_option")]
    rate_value: Option<Decimal>,
    agency_ref: Option<Ref>,
    sku: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    inv_start_date: Option<String>,
    primary_email_addr: Option<EmailAddress>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RateList {
    tax_rate_detail: Vec<RateDetail>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RateDetail {
    tax_rate_ref: Ref,
    tax_type_applicable: Option<String>,
    tax_order: Option<i64>,
    tax_on_tax_order: Option<i64>,
}

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
    preferences: Prefs,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Prefs {
    id: String,
    sync_token: String,
    accounting_info_prefs: AccountingInfoPrefs,
    product_and_services_prefs: ProductPrefs,
    sales_forms_prefs: SalesFormsPrefs,
    tax_prefs: TaxPrefs,
    currency_prefs: CurrencyPrefs,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct AccountingInfoPrefs {
    track_departments: bool,
    class_tracking_per_txn: bool,
    class_tracking_per_txn_line: bool,
    book_close_date: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ProductPrefs {
    quantity_on_hand: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the company's own switches"
)]
struct SalesFormsPrefs {
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
struct TaxPrefs {
    using_sales_tax: bool,
    partner_tax_enabled: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CurrencyPrefs {
    multi_currency_enabled: bool,
    home_currency: Option<Ref>,
}

/// One page of a list.
pub(crate) async fn list(
    client: &Client,
    kind: ListKind,
    position: u32,
) -> Result<(Vec<ListEntry>, Option<u32>), Failure> {
    let entity = match kind {
        ListKind::Company => return Ok((vec![company(client).await?.1], None)),
        ListKind::Preferences => return Ok((vec![preferences(client).await?.1], None)),
        ListKind::Account => "Account",
        ListKind::TaxCode => "TaxCode",
        ListKind::TaxRate => "TaxRate",
        ListKind::PaymentMethod => "PaymentMethod",
        ListKind::Class => "Class",
        ListKind::Department => "Department",
        ListKind::Item => "Item",
        ListKind::Customer => "Customer",
    };
    // active entries only, which is what QuickBooks answers unless asked otherwise: an inactive one
    // cannot be used on a document
    let start = position.saturating_add(1);
    let question =
        format!("SELECT * FROM {entity} ORDERBY Id STARTPOSITION {start} MAXRESULTS {PAGE}");
    let answer: Answered<Entry> = client.query(&question).await?;
    let Rows { rows } = answer.response;
    let count = u32::try_from(rows.len()).unwrap_or(PAGE);
    let next = (count >= PAGE).then(|| position.saturating_add(count));
    let entries = rows
        .iter()
        .map(|row| entry(kind, row))
        .collect::<Result<_, _>>()?;
    Ok((entries, next))
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
    let entry = kept(
        ListKind::Company,
        &info.id,
        &info.sync_token,
        &company.name,
        "",
        &company,
    )?;
    Ok((company, entry))
}

/// The preferences, read and as an entry.
pub(crate) async fn preferences(client: &Client) -> Result<(Preferences, ListEntry), Failure> {
    let PreferencesAnswer { preferences: prefs } = client.read("preferences").await?;
    let (id, sync_token) = (prefs.id.clone(), prefs.sync_token.clone());
    let preferences = flat(prefs);
    let entry = kept(
        ListKind::Preferences,
        &id,
        &sync_token,
        "Preferences",
        "",
        &preferences,
    )?;
    Ok((preferences, entry))
}

fn flat(prefs: Prefs) -> Preferences {
    let accounting = prefs.accounting_info_prefs;
    let sales = prefs.sales_forms_prefs;
    Preferences {
        sales_custom_names: custom_names(&sales.custom_field),
        custom_txn_numbers: sales.custom_txn_numbers,
        allow_discount: sales.allow_discount,
        default_discount_account: sales.default_discount_account,
        allow_shipping: sales.allow_shipping,
        default_shipping_account: sales.default_shipping_account,
        allow_deposit: sales.allow_deposit,
        using_sales_tax: prefs.tax_prefs.using_sales_tax,
        partner_tax_enabled: prefs.tax_prefs.partner_tax_enabled,
        multi_currency_enabled: prefs.currency_prefs.multi_currency_enabled,
        home_currency: prefs
            .currency_prefs
            .home_currency
            .map(|home| home.value)
            .unwrap_or_default(),
        class_tracking_per_txn: accounting.class_tracking_per_txn,
        class_tracking_per_txn_line: accounting.class_tracking_per_txn_line,
        track_departments: accounting.track_departments,
        book_close_date: accounting.book_close_date.as_deref().and_then(date),
        quantity_on_hand: prefs.product_and_services_prefs.quantity_on_hand,
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

fn entry(kind: ListKind, row: &Entry) -> Result<ListEntry, Failure> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let id = row.id.clone();
    let name = row
        .fully_qualified_name
        .clone()
        .or_else(|| row.name.clone())
        .or_else(|| row.display_name.clone())
        .unwrap_or_default();
    let active = row.active.unwrap_or(true);
    let keep = |key: &str, body: &dyn Fn() -> Result<String, serde_json::Error>| {
        Ok(ListEntry {
            kind,
            id: row.id.clone(),
            name: name.clone(),
            key: key.to_owned(),
            sync_token: row.sync_token.clone(),
            body: body().map_err(|_| unreadable())?,
        })
    };
    match kind {
        ListKind::Account => {
            let account = Account {
                id,
                name: name.clone(),
                kind: text(&row.account_type),
                subtype: text(&row.account_sub_type),
                currency: row.currency_ref.clone().unwrap_or_default().value,
                active,
            };
            keep("", &|| serde_json::to_string(&account))
        }
        ListKind::TaxCode => {
            let code = TaxCode {
                id,
                name: name.clone(),
                taxable: row.taxable.unwrap_or(false),
                group: row.tax_group.unwrap_or(false),
                active,
                sales_rates: rates(row.sales_tax_rate_list.as_ref()),
            };
            keep("", &|| serde_json::to_string(&code))
        }
        ListKind::TaxRate => {
            let rate = TaxRate {
                id,
                name: name.clone(),
                percent: row.rate_value.unwrap_or_default(),
                agency: row.agency_ref.clone().unwrap_or_default().value,
                active,
            };
            keep("", &|| serde_json::to_string(&rate))
        }
        ListKind::PaymentMethod => {
            let method = PaymentMethod {
                id,
                name: name.clone(),
                active,
            };
            keep("", &|| serde_json::to_string(&method))
        }
        ListKind::Class => {
            let class = Class {
                id,
                name: name.clone(),
                active,
            };
            keep("", &|| serde_json::to_string(&class))
        }
        ListKind::Department => {
            let department = Department {
                id,
                name: name.clone(),
                active,
            };
            keep("", &|| serde_json::to_string(&department))
        }
        ListKind::Item => {
            let item = ItemEntry {
                id,
                name: name.clone(),
                sku: text(&row.sku),
                kind: text(&row.kind),
                inv_start_date: row.inv_start_date.as_deref().and_then(date),
                active,
            };
            keep(&item.sku, &|| serde_json::to_string(&item))
        }
        ListKind::Customer => {
            let customer = CustomerEntry {
                id,
                display_name: row.display_name.clone().unwrap_or_else(|| name.clone()),
                email: row.primary_email_addr.clone().unwrap_or_default().address,
                currency: row.currency_ref.clone().unwrap_or_default().value,
                active,
            };
            keep(&customer.email, &|| serde_json::to_string(&customer))
        }
        ListKind::Company | ListKind::Preferences => Err(unreadable()),
    }
}

fn rates(list: Option<&RateList>) -> Vec<TaxCodeRate> {
    let details = list
        .map(|list| list.tax_rate_detail.as_slice())
        .unwrap_or_default();
    details
        .iter()
        .map(|detail| TaxCodeRate {
            rate: detail.tax_rate_ref.value.clone(),
            applies: detail.tax_type_applicable.clone().unwrap_or_default(),
            order: detail.tax_order.unwrap_or(0),
            on_order: detail.tax_on_tax_order.unwrap_or(0),
        })
        .collect()
}

fn kept<T: Serialize + DeserializeOwned>(
    kind: ListKind,
    id: &str,
    sync_token: &str,
    name: &str,
    key: &str,
    content: &T,
) -> Result<ListEntry, Failure> {
    Ok(ListEntry {
        kind,
        id: id.to_owned(),
        name: name.to_owned(),
        key: key.to_owned(),
        sync_token: sync_token.to_owned(),
        body: serde_json::to_string(content).map_err(|_| unreadable())?,
    })
}

fn unreadable() -> Failure {
    Failure::reject(
        "unreadable_answer",
        "an entry of a list in QuickBooks cannot be kept",
        "report this to the makers of daybook",
    )
}

/// A day; some answers carry a time behind it (recorded: `item_create_inventory_mv4`).
fn date(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
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
