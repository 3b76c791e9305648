//! Reads the company's lists and keeps the members that matter, as the flat shapes of
//! `api/settings.rs`. What there is only once: `company.rs`.

use jiff::civil::Date;
use kit::{Failure, ListEntry, ListKind};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::api::{
    Account, Class, CustomerEntry, Department, EmailAddress, ItemEntry, PaymentMethod, Ref,
    TaxCode, TaxCodeRate, TaxRate,
};
use crate::client::Client;
use crate::company;
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
    income_account_ref: Option<Ref>,
    primary_email_addr: Option<EmailAddress>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct RateList {
    #[serde(rename = "TaxRateDetail")]
    details: Vec<RateDetail>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct RateDetail {
    #[serde(rename = "TaxRateRef")]
    rate: Ref,
    #[serde(rename = "TaxTypeApplicable")]
    applicable: Option<String>,
    #[serde(rename = "TaxOrder")]
    order: Option<i64>,
    #[serde(rename = "TaxOnTaxOrder")]
    on_order: Option<i64>,
}

/// One page of a list.
pub(crate) async fn list(
    client: &Client,
    kind: ListKind,
    position: u32,
) -> Result<(Vec<ListEntry>, Option<u32>), Failure> {
    let entity = match kind {
        ListKind::Company => return Ok((vec![company::company(client).await?.1], None)),
        ListKind::Preferences => return Ok((vec![company::preferences(client).await?.1], None)),
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
        .into_iter()
        .map(|row| entry(kind, row))
        .collect::<Result<_, _>>()?;
    Ok((entries, next))
}

fn entry(kind: ListKind, row: Entry) -> Result<ListEntry, Failure> {
    let id = row.id.clone();
    let name = row.any_name();
    let sync_token = row.sync_token.clone();
    let (key, body) = match kind {
        ListKind::Account => (String::new(), serde_json::to_string(&account(row))),
        ListKind::TaxCode => (String::new(), serde_json::to_string(&tax_code(row))),
        ListKind::TaxRate => {
            let rate = tax_rate(row);
            // no tax is so high, and what is computed with such a rate has no room
            if rate.percent.abs() > Decimal::ONE_THOUSAND {
                return Err(unreadable());
            }
            (String::new(), serde_json::to_string(&rate))
        }
        ListKind::PaymentMethod => {
            let (id, name, active) = row.plain();
            (
                String::new(),
                serde_json::to_string(&PaymentMethod { id, name, active }),
            )
        }
        ListKind::Class => {
            let (id, name, active) = row.plain();
            (
                String::new(),
                serde_json::to_string(&Class { id, name, active }),
            )
        }
        ListKind::Department => {
            let (id, name, active) = row.plain();
            (
                String::new(),
                serde_json::to_string(&Department { id, name, active }),
            )
        }
        ListKind::Item => {
            let item = item(row);
            let body = serde_json::to_string(&item);
            (item.sku, body)
        }
        ListKind::Customer => {
            let customer = customer(row);
            let body = serde_json::to_string(&customer);
            (customer.email, body)
        }
        ListKind::Company | ListKind::Preferences => return Err(unreadable()),
    };
    let body = body.map_err(|_| unreadable())?;
    Ok(ListEntry {
        kind,
        id,
        name,
        key,
        sync_token,
        body,
    })
}

impl Entry {
    /// Fully qualified where the list has such names.
    fn any_name(&self) -> String {
        let names = [&self.fully_qualified_name, &self.name, &self.display_name];
        names
            .into_iter()
            .flatten()
            .next()
            .cloned()
            .unwrap_or_default()
    }

    fn in_use(&self) -> bool {
        self.active.unwrap_or(true)
    }

    /// Id, name and whether it is in use.
    fn plain(self) -> (String, String, bool) {
        let (name, active) = (self.any_name(), self.in_use());
        (self.id, name, active)
    }
}

fn account(row: Entry) -> Account {
    Account {
        name: row.any_name(),
        active: row.in_use(),
        id: row.id,
        kind: row.account_type.unwrap_or_default(),
        subtype: row.account_sub_type.unwrap_or_default(),
        currency: row.currency_ref.unwrap_or_default().value,
    }
}

fn tax_code(row: Entry) -> TaxCode {
    TaxCode {
        name: row.any_name(),
        active: row.in_use(),
        id: row.id,
        taxable: row.taxable.unwrap_or(false),
        group: row.tax_group.unwrap_or(false),
        sales_rates: rates(row.sales_tax_rate_list.unwrap_or_default()),
    }
}

fn tax_rate(row: Entry) -> TaxRate {
    TaxRate {
        name: row.any_name(),
        active: row.in_use(),
        id: row.id,
        percent: row.rate_value.unwrap_or_default(),
        agency: row.agency_ref.unwrap_or_default().value,
    }
}

fn item(row: Entry) -> ItemEntry {
    ItemEntry {
        name: row.any_name(),
        active: row.in_use(),
        id: row.id,
        sku: row.sku.unwrap_or_default(),
        kind: row.kind.unwrap_or_default(),
        inv_start_date: row.inv_start_date.as_deref().and_then(date),
        income_account: row.income_account_ref.unwrap_or_default().value,
    }
}

fn customer(row: Entry) -> CustomerEntry {
    CustomerEntry {
        display_name: row.display_name.clone().unwrap_or_else(|| row.any_name()),
        active: row.in_use(),
        id: row.id,
        email: row.primary_email_addr.unwrap_or_default().address,
        currency: row.currency_ref.unwrap_or_default().value,
    }
}

fn rates(list: RateList) -> Vec<TaxCodeRate> {
    list.details
        .into_iter()
        .map(|detail| TaxCodeRate {
            rate: detail.rate.value,
            applies: detail.applicable.unwrap_or_default(),
            order: detail.order.unwrap_or(0),
            on_order: detail.on_order.unwrap_or(0),
        })
        .collect()
}

pub(crate) fn unreadable() -> Failure {
    Failure::reject(
        "unreadable_answer",
        "an entry of a list in QuickBooks cannot be kept",
        "report this to the makers of daybook",
    )
}

/// A day; some answers carry a time behind it (recorded: `item_create_inventory_mv4`).
pub(crate) fn date(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
