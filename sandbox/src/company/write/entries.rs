//! Journal entries and purchases. FACTS: QuickBooks §7 and `schema.json`.

use rust_decimal::Decimal;
use serde_json::Value;

use super::super::books::Card;
use super::super::fault::Fault;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::state::Company;
use super::{Composer, Draft};

impl Company {
    pub(super) fn compose_journal_entry(&mut self, draft: Draft<'_>) -> Result<Object, Fault> {
        let body = &draft.body;
        let date = self.transaction_date(&draft)?;
        let exchange = self.exchange(&draft, None)?;
        let decimals = exchange.currency.decimals();
        let mut lines: Vec<Value> = Vec::new();
        let (mut debits, mut credits) = (Decimal::ZERO, Decimal::ZERO);
        for line in json::elements(body, "Line")
            .iter()
            .filter_map(Value::as_object)
        {
            let empty = Object::new();
            let detail = json::inner(line, "JournalEntryLineDetail").unwrap_or(&empty);
            let amount =
                json::decimal(line, "Amount").ok_or_else(|| Fault::required("Line.Amount"))?;
            let amount = exchange.currency.round(amount);
            match json::text(detail, "PostingType") {
                Some("Debit") => debits += amount,
                Some("Credit") => credits += amount,
                Some(other) => return Err(Fault::invalid_enumeration("PostingType", other)),
                None => return Err(Fault::required("PostingType")),
            }
            lines.push(self.entry_line(line, detail, amount, decimals, lines.len())?);
        }
        if lines.len() < 2 {
            return Err(Fault::required("Line"));
        }
        if debits != credits {
            return Err(Fault::business(
                "The total of the debits must equal the total of the credits",
            ));
        }
        let number = self.document_number(&draft)?;
        let mut composer = Composer::new(draft.body);
        composer.flag("Adjustment", false);
        composer.put_some("DocNumber", number);
        composer.put("TxnDate", date.to_string());
        self.put_exchange(&mut composer, exchange);
        composer.keep(&["PrivateNote"]);
        composer.put("Line", lines);
        Ok(composer.finish(&["TotalAmt", "HomeTotalAmt"]))
    }

    fn entry_line(
        &self,
        line: &Object,
        detail: &Object,
        amount: Decimal,
        decimals: u32,
        before: usize,
    ) -> Result<Value, Fault> {
        let account = self.account_reference(detail, "AccountRef", |_, _| true)?;
        let account = account.ok_or_else(|| Fault::required("AccountRef"))?;
        self.check_entry_party(detail)?;
        let mut composed_detail = detail.clone();
        json::set(&mut composed_detail, "AccountRef", account);
        for (key, kind) in [
            ("ClassRef", Kind::Class),
            ("DepartmentRef", Kind::Department),
        ] {
            if let Some(reference) = self.named_reference(detail, key, kind)? {
                json::set(&mut composed_detail, key, reference);
            }
        }
        let mut composed = Object::new();
        json::set(&mut composed, "Id", before.to_string());
        if let Some(description) = json::text(line, "Description") {
            json::set(&mut composed, "Description", description);
        }
        json::set(&mut composed, "Amount", json::money(amount, decimals));
        json::set(&mut composed, "DetailType", "JournalEntryLineDetail");
        json::set(&mut composed, "JournalEntryLineDetail", composed_detail);
        Ok(Value::Object(composed))
    }

    /// A/R lines name a customer, A/P lines a vendor.
    fn check_entry_party(&self, detail: &Object) -> Result<(), Fault> {
        let account = json::reference(detail, "AccountRef").unwrap_or_default();
        let stored = self.resolve(Kind::Account, account, "AccountRef")?;
        let Card::Account { account_type, .. } = &stored.card else {
            return Ok(());
        };
        let wanted = match &**account_type {
            "Accounts Receivable" => Kind::Customer,
            "Accounts Payable" => Kind::Vendor,
            _ => return Ok(()),
        };
        let entity = json::inner(detail, "Entity");
        let party = entity.and_then(|entity| json::reference(entity, "EntityRef"));
        if let Some(id) = party {
            return self.resolve(wanted, id, "EntityRef").map(|_| ());
        }
        let text = format!(
            "When you use {account_type}, you must choose a {} in the Name field",
            wanted.name().to_lowercase()
        );
        Err(Fault::business(&text))
    }

    pub(super) fn compose_purchase(&mut self, draft: Draft<'_>) -> Result<Object, Fault> {
        let body = &draft.body;
        let date = self.transaction_date(&draft)?;
        let payment_type = match json::text(body, "PaymentType") {
            Some(kind @ ("Cash" | "Check" | "CreditCard")) => kind,
            Some(other) => return Err(Fault::invalid_enumeration("PaymentType", other)),
            None => return Err(Fault::required("PaymentType")),
        };
        let credit = payment_type == "CreditCard";
        let account = self.account_reference(body, "AccountRef", |kind, _| {
            if credit {
                kind == "Credit Card"
            } else {
                matches!(kind, "Bank" | "Other Current Asset")
            }
        })?;
        let account = account.ok_or_else(|| Fault::required("AccountRef"))?;
        let exchange = self.exchange(&draft, None)?;
        let decimals = exchange.currency.decimals();
        let mut lines: Vec<Value> = Vec::new();
        let mut total = Decimal::ZERO;
        for line in json::elements(body, "Line")
            .iter()
            .filter_map(Value::as_object)
        {
            let amount =
                json::decimal(line, "Amount").ok_or_else(|| Fault::required("Line.Amount"))?;
            let amount = exchange.currency.round(amount);
            total += amount;
            lines.push(self.expense_line(line, amount, decimals, lines.len())?);
        }
        if lines.is_empty() {
            return Err(Fault::required("Line"));
        }
        if total < Decimal::ZERO {
            return Err(Fault::business("Transaction amount must be 0 or greater"));
        }
        self.check_payee(body)?;
        let number = self.document_number(&draft)?;
        let mut composer = Composer::new(draft.body);
        composer.put_some("DocNumber", number);
        composer.put("TxnDate", date.to_string());
        self.put_exchange(&mut composer, exchange);
        composer.keep(&["PrivateNote"]);
        composer.put("Line", lines);
        composer.put("AccountRef", account);
        composer.keep(&["PaymentType", "EntityRef"]);
        composer.flag("Credit", false);
        composer.put("TotalAmt", json::money(total, decimals));
        self.put_home_total(&mut composer, exchange, total);
        Ok(composer.finish(&["HomeTotalAmt"]))
    }

    fn expense_line(
        &self,
        line: &Object,
        amount: Decimal,
        decimals: u32,
        before: usize,
    ) -> Result<Value, Fault> {
        let kind =
            json::text(line, "DetailType").ok_or_else(|| Fault::required("Line.DetailType"))?;
        let empty = Object::new();
        let detail = json::inner(line, kind).unwrap_or(&empty);
        let mut composed_detail = detail.clone();
        match kind {
            "AccountBasedExpenseLineDetail" => {
                let account = self.account_reference(detail, "AccountRef", |_, _| true)?;
                let account = account.ok_or_else(|| Fault::required("AccountRef"))?;
                json::set(&mut composed_detail, "AccountRef", account);
            }
            "ItemBasedExpenseLineDetail" => {
                let item = self.named_reference(detail, "ItemRef", Kind::Item)?;
                let item = item.ok_or_else(|| Fault::required("ItemRef"))?;
                json::set(&mut composed_detail, "ItemRef", item);
            }
            other => return Err(Fault::invalid_enumeration("Line.DetailType", other)),
        }
        if !composed_detail.contains_key("BillableStatus") {
            json::set(&mut composed_detail, "BillableStatus", "NotBillable");
        }
        let mut composed = Object::new();
        json::set(&mut composed, "Id", (before + 1).to_string());
        if let Some(description) = json::text(line, "Description") {
            json::set(&mut composed, "Description", description);
        }
        json::set(&mut composed, "Amount", json::money(amount, decimals));
        json::set(&mut composed, "DetailType", kind);
        json::set(&mut composed, kind, composed_detail);
        Ok(Value::Object(composed))
    }

    fn check_payee(&self, body: &Object) -> Result<(), Fault> {
        let Some(id) = json::reference(body, "EntityRef") else {
            return Ok(());
        };
        let kind = json::inner(body, "EntityRef").and_then(|entity| json::text(entity, "type"));
        let kind = kind.and_then(Kind::from_name).unwrap_or(Kind::Vendor);
        self.resolve(kind, id, "EntityRef").map(|_| ())
    }
}
