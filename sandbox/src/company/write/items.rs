//! Products and services. FACTS: QuickBooks §7 and `schema.json`, Item.

use serde_json::Value;

use super::super::books::Card;
use super::super::fault::Fault;
use super::super::index::Field;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::stamp::day;
use super::super::state::Company;
use super::checks::check_name_letters;
use super::parties::mark_deleted;
use super::{Composer, Draft};

const INCOME: &[&str] = &["Income", "Other Income", "Other Current Liability"];
const EXPENSE: &[&str] = &["Expense", "Other Expense", "Cost of Goods Sold"];

impl Company {
    pub(super) fn compose_item(&mut self, draft: Draft<'_>) -> Result<Object, Fault> {
        let body = &draft.body;
        let sent_name = json::text(body, "Name").map(str::trim).unwrap_or_default();
        if sent_name.is_empty() {
            return Err(Fault::required("Name"));
        }
        check_name_letters(body, &["Name"], &[':', '\t', '\n'])?;
        let form = match json::text(body, "Type") {
            Some(form @ ("Inventory" | "Service" | "NonInventory" | "Category")) => form.to_owned(),
            Some("Group") => return Err(Fault::unsupported("create")),
            Some(other) => return Err(Fault::invalid_enumeration("Type", other)),
            None => return Err(Fault::required("Type")),
        };
        let active = json::boolean(body, "Active").unwrap_or(true);
        let name = mark_deleted(sent_name, active);
        let full_name = self.full_name(&draft, &name)?;
        if self.name_taken(
            Kind::Item,
            Field::FullName,
            "FullyQualifiedName",
            &full_name,
            draft.id,
        ) {
            return Err(Fault::duplicate_name_same("product or service"));
        }
        let accounts = self.item_accounts(body, &form)?;
        let tracked = check_inventory(&draft, &form, self.preferences.quantity_on_hand)?;

        let mut composer = Composer::new(draft.body);
        composer.put("Name", name);
        composer.keep(&["Sku", "Description"]);
        composer.put("Active", active);
        composer.keep(&["SubItem", "ParentRef"]);
        composer.put("FullyQualifiedName", full_name);
        composer.flag("Taxable", false);
        composer.plain_number("UnitPrice", Some(0));
        composer.put("Type", form);
        for (key, account) in accounts {
            composer.put_some(key, account);
        }
        composer.plain_number("PurchaseCost", Some(0));
        composer.put("TrackQtyOnHand", tracked);
        if tracked {
            composer.plain_number("QtyOnHand", None);
            let start = json::text(&composer.source, "InvStartDate").and_then(day);
            composer.put_some("InvStartDate", start.map(|date| date.to_string()));
        }
        Ok(composer.finish(&[
            "QtyOnHand",
            "InvStartDate",
            "QtyOnPurchaseOrder",
            "QtyOnSalesOrder",
        ]))
    }

    /// `Parent:Child`; the parent must exist.
    pub(super) fn full_name(&self, draft: &Draft<'_>, name: &str) -> Result<String, Fault> {
        let Some(parent) = json::reference(&draft.body, "ParentRef") else {
            return Ok(name.to_owned());
        };
        let parent = self.resolve(draft.kind, parent, "ParentRef")?;
        Ok(format!("{}:{name}", parent.card.name()))
    }

    fn item_accounts(
        &self,
        body: &Object,
        form: &str,
    ) -> Result<[(&'static str, Option<Value>); 3], Fault> {
        if form == "Category" {
            return Ok([
                ("IncomeAccountRef", None),
                ("ExpenseAccountRef", None),
                ("AssetAccountRef", None),
            ]);
        }
        let inventory = form == "Inventory";
        let income = self.account_reference(body, "IncomeAccountRef", |kind, subtype| {
            INCOME.contains(&kind) && (!inventory || subtype == "SalesOfProductIncome")
        })?;
        let expense = self.account_reference(body, "ExpenseAccountRef", |kind, _| {
            EXPENSE.contains(&kind) && (!inventory || kind == "Cost of Goods Sold")
        })?;
        let asset = self.account_reference(body, "AssetAccountRef", |kind, subtype| {
            kind == "Other Current Asset" && subtype == "Inventory"
        })?;
        if inventory {
            let accounts = [
                ("IncomeAccountRef", &income),
                ("ExpenseAccountRef", &expense),
                ("AssetAccountRef", &asset),
            ];
            if let Some((missing, _)) = accounts.into_iter().find(|(_, account)| account.is_none())
            {
                return Err(Fault::required(missing));
            }
        } else if income.is_none() && expense.is_none() {
            return Err(Fault::required_at(
                "ExpenseAccountRef or IncomeAccountRef",
                "",
            ));
        }
        let asset = asset.filter(|_| inventory);
        Ok([
            ("IncomeAccountRef", income),
            ("ExpenseAccountRef", expense),
            ("AssetAccountRef", asset),
        ])
    }

    /// A named reference to an account of a fitting type, else 6430.
    pub(super) fn account_reference(
        &self,
        body: &Object,
        key: &str,
        fits: impl Fn(&str, &str) -> bool,
    ) -> Result<Option<Value>, Fault> {
        let Some(id) = json::reference(body, key) else {
            return Ok(None);
        };
        let stored = self.resolve(Kind::Account, id, key)?;
        let Card::Account {
            name,
            account_type,
            subtype,
        } = &stored.card
        else {
            return Err(Fault::account_type(key));
        };
        if !fits(account_type, subtype) {
            return Err(Fault::account_type(key));
        }
        Ok(Some(json::make_reference(id, Some(name))))
    }
}

/// Whether the stock is tracked, once what that takes is there.
fn check_inventory(draft: &Draft<'_>, form: &str, allowed: bool) -> Result<bool, Fault> {
    let body = &draft.body;
    let was_tracked = draft
        .old
        .is_some_and(|old| json::is_true(old, "TrackQtyOnHand"));
    if form != "Inventory" {
        if was_tracked {
            return Err(Fault::business("TrackQtyOnHand cannot be changed to false"));
        }
        return Ok(false);
    }
    if !allowed {
        return Err(feature_off("inventory"));
    }
    if !json::is_true(body, "TrackQtyOnHand") {
        return Err(Fault::required("TrackQtyOnHand"));
    }
    if json::decimal(body, "QtyOnHand").is_none() {
        return Err(Fault::required("QtyOnHand"));
    }
    match json::text(body, "InvStartDate") {
        None => Err(Fault::required("InvStartDate")),
        Some(text) if day(text).is_none() => Err(Fault::invalid_value("InvStartDate", text)),
        Some(_) => Ok(true),
    }
}

/// 5030: the plan or the owner has it switched off.
pub(super) fn feature_off(feature: &str) -> Fault {
    let detail =
        format!("Feature Not Supported Error : {feature} is not turned on in this company");
    Fault::validation(5030, "Feature Not Supported", detail, "")
}
