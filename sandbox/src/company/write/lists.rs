//! The small lists: accounts, payment methods, classes, departments, terms,
//! currencies. FACTS: QuickBooks, `schema.json`.

use super::super::contents::classification;
use super::super::fault::Fault;
use super::super::index::Field;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::money::Currency;
use super::super::state::Company;
use super::checks::check_name_letters;
use super::items::feature_off;
use super::parties::mark_deleted;
use super::{Composer, Draft};

const ACCOUNT_TYPES: &[(&str, &str)] = &[
    ("Bank", "Checking"),
    ("Accounts Receivable", "AccountsReceivable"),
    ("Other Current Asset", "OtherCurrentAssets"),
    ("Fixed Asset", "OtherFixedAssets"),
    ("Other Asset", "OtherLongTermAssets"),
    ("Accounts Payable", "AccountsPayable"),
    ("Credit Card", "CreditCard"),
    ("Other Current Liability", "OtherCurrentLiabilities"),
    ("Long Term Liability", "OtherLongTermLiabilities"),
    ("Equity", "OpeningBalanceEquity"),
    ("Income", "SalesOfProductIncome"),
    ("Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("Expense", "OtherMiscellaneousServiceCost"),
    ("Other Income", "OtherMiscellaneousIncome"),
    ("Other Expense", "OtherMiscellaneousExpense"),
];

impl Company {
    pub(super) fn compose_listed(&mut self, draft: Draft<'_>) -> Result<Object, Fault> {
        match draft.kind {
            Kind::CompanyCurrency => return self.compose_currency(draft),
            Kind::Class if !self.tracks_classes() => return Err(feature_off("class tracking")),
            Kind::Department if !self.preferences.track_departments => {
                return Err(feature_off("location tracking"));
            }
            _ => {}
        }
        let name = json::text(&draft.body, "Name")
            .map(str::trim)
            .unwrap_or_default();
        if name.is_empty() {
            return Err(Fault::required("Name"));
        }
        let active = json::boolean(&draft.body, "Active").unwrap_or(true);
        let name = mark_deleted(name, active);
        let full_name = self.full_name(&draft, &name)?;
        let has_full_name = matches!(draft.kind, Kind::Account | Kind::Class | Kind::Department);
        let (field, key, wanted) = if has_full_name {
            (Field::FullName, "FullyQualifiedName", full_name.as_str())
        } else {
            (Field::Name, "Name", name.as_str())
        };
        if self.name_taken(draft.kind, field, key, wanted, draft.id) {
            return Err(Fault::duplicate_name_same(
                &draft.kind.label().to_lowercase(),
            ));
        }
        let kind = draft.kind;
        if kind == Kind::Account {
            return self.compose_account(draft, &name, &full_name, active);
        }
        if kind == Kind::Term
            && json::decimal(&draft.body, "DueDays").is_none()
            && json::decimal(&draft.body, "DayOfMonthDue").is_none()
        {
            return Err(Fault::required("DueDays"));
        }
        let nested = json::reference(&draft.body, "ParentRef").is_some();
        let mut composer = Composer::new(draft.body);
        composer.put("Name", name);
        match kind {
            Kind::Class => composer.put("SubClass", nested),
            Kind::Department => composer.put("SubDepartment", nested),
            _ => {}
        }
        if has_full_name {
            composer.put("FullyQualifiedName", full_name);
        }
        composer.put("Active", active);
        if kind == Kind::PaymentMethod {
            let sent = json::text(&composer.source, "Type")
                .unwrap_or("NON_CREDIT_CARD")
                .to_owned();
            if !matches!(sent.as_str(), "CREDIT_CARD" | "NON_CREDIT_CARD") {
                return Err(Fault::invalid_enumeration("Type", &sent));
            }
            composer.put("Type", sent);
        }
        Ok(composer.finish(&[]))
    }

    fn tracks_classes(&self) -> bool {
        self.preferences.class_per_line || self.preferences.class_per_transaction
    }

    fn compose_account(
        &self,
        draft: Draft<'_>,
        name: &str,
        full_name: &str,
        active: bool,
    ) -> Result<Object, Fault> {
        check_name_letters(&draft.body, &["Name"], &[':', '"'])?;
        let sent_type = json::text(&draft.body, "AccountType");
        let sent_subtype = json::text(&draft.body, "AccountSubType");
        let (account_type, usual_subtype) = match (sent_type, sent_subtype) {
            (None, None) => return Err(Fault::required("AccountType")),
            (Some(sent), _) => ACCOUNT_TYPES.iter().find(|(known, _)| *known == sent),
            (None, Some(subtype)) => ACCOUNT_TYPES.iter().find(|(_, known)| *known == subtype),
        }
        .copied()
        .ok_or_else(|| Fault::invalid_enumeration("AccountType", sent_type.unwrap_or("")))?;
        let subtype = sent_subtype.unwrap_or(usual_subtype).to_owned();
        let currency = self.preferences.home_currency;
        let nested = json::reference(&draft.body, "ParentRef").is_some();
        let mut composer = Composer::new(draft.body);
        composer.put("Name", name);
        composer.put("SubAccount", nested);
        composer.keep(&["ParentRef", "Description"]);
        composer.put("FullyQualifiedName", full_name);
        composer.put("Active", active);
        composer.put("Classification", classification(account_type));
        composer.put("AccountType", account_type);
        composer.put("AccountSubType", subtype);
        composer.keep(&["AcctNum"]);
        if !composer.source.contains_key("CurrencyRef") {
            let reference = json::make_reference(currency.code(), Some(currency.name()));
            composer.put("CurrencyRef", reference);
        }
        Ok(composer.finish(&["OpeningBalance", "OpeningBalanceDate"]))
    }

    fn compose_currency(&self, draft: Draft<'_>) -> Result<Object, Fault> {
        if !self.preferences.multi_currency {
            let text = "Multi Currency should be enabled to perform this operation";
            return Err(Fault::business(text));
        }
        let code = json::text(&draft.body, "Code").ok_or_else(|| Fault::required("Code"))?;
        let currency =
            Currency::from_code(code).ok_or_else(|| Fault::invalid_enumeration("Code", code))?;
        let code = currency.code().to_owned();
        let name = json::text(&draft.body, "Name")
            .unwrap_or(currency.name())
            .to_owned();
        if self.name_taken(draft.kind, Field::Name, "Name", &name, draft.id) {
            return Err(Fault::duplicate_name_same("currency"));
        }
        let mut composer = Composer::new(draft.body);
        composer.put("Name", name);
        composer.put("Code", code);
        composer.flag("Active", true);
        Ok(composer.finish(&[]))
    }
}
