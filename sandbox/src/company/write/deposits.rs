//! Deposits: from Undeposited Funds to a bank account. What lies in a deposit
//! is locked (6540). FACTS: QuickBooks §7.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::fault::Fault;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::state::Company;
use super::{Composer, Draft};

impl Company {
    pub(super) fn compose_deposit(&mut self, draft: Draft<'_>) -> Result<Object, Fault> {
        let body = &draft.body;
        let date = self.transaction_date(&draft)?;
        let bank = |kind: &str, _: &str| matches!(kind, "Bank" | "Other Current Asset");
        let account = self.account_reference(body, "DepositToAccountRef", bank)?;
        let account = account.ok_or_else(|| Fault::required("DepositToAccountRef"))?;
        let exchange = self.exchange(&draft, None)?;
        let decimals = exchange.currency.decimals();
        if json::elements(body, "Line").is_empty() {
            return Err(Fault::required("Line"));
        }
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
            let linked = json::elements(line, "LinkedTxn");
            if linked.is_empty() {
                lines.push(self.deposit_line(line, amount, decimals, lines.len())?);
            } else {
                for link in linked.iter().filter_map(Value::as_object) {
                    self.check_depositable(link, draft.id)?;
                }
                lines.push(json!({ "Amount": json::money(amount, decimals), "LinkedTxn": linked }));
            }
        }
        if total < Decimal::ZERO {
            return Err(Fault::business("Transaction amount must be 0 or greater"));
        }
        let mut composer = Composer::new(draft.body);
        composer.put("TxnDate", date.to_string());
        self.put_exchange(&mut composer, exchange);
        composer.keep(&["PrivateNote"]);
        composer.put("Line", lines);
        composer.put("DepositToAccountRef", account);
        composer.put("TotalAmt", json::money(total, decimals));
        self.put_home_total(&mut composer, exchange, total);
        Ok(composer.finish(&["HomeTotalAmt", "TxnTaxDetail"]))
    }

    fn deposit_line(
        &self,
        line: &Object,
        amount: Decimal,
        decimals: u32,
        before: usize,
    ) -> Result<Value, Fault> {
        let empty = Object::new();
        let detail = json::inner(line, "DepositLineDetail").unwrap_or(&empty);
        let account = self.account_reference(detail, "AccountRef", |_, _| true)?;
        let account = account.ok_or_else(|| Fault::required("AccountRef"))?;
        let mut composed_detail = detail.clone();
        json::set(&mut composed_detail, "AccountRef", account);
        let mut composed = Object::new();
        json::set(&mut composed, "Id", (before + 1).to_string());
        json::set(&mut composed, "LineNum", before + 1);
        if let Some(description) = json::text(line, "Description") {
            json::set(&mut composed, "Description", description);
        }
        json::set(&mut composed, "Amount", json::money(amount, decimals));
        json::set(&mut composed, "DetailType", "DepositLineDetail");
        json::set(&mut composed, "DepositLineDetail", composed_detail);
        Ok(Value::Object(composed))
    }

    /// Only what lies in Undeposited Funds and in no other deposit.
    fn check_depositable(&self, link: &Object, own: Option<u64>) -> Result<(), Fault> {
        let kind = json::text(link, "TxnType")
            .and_then(Kind::from_name)
            .unwrap_or(Kind::Invoice);
        let id = json::text(link, "TxnId").unwrap_or_default();
        if !matches!(
            kind,
            Kind::Payment | Kind::SalesReceipt | Kind::RefundReceipt
        ) {
            let detail = "Transaction you tried to add can't be linked";
            return Err(Fault::validation(
                620,
                "Transactions can not be linked",
                detail,
                "TxnType",
            ));
        }
        let stored = self.resolve(kind, id, "TxnId")?;
        let holder = self.books.deposited.get(&stored.version.id);
        if holder.is_some_and(|holder| Some(*holder) != own) {
            return Err(Fault::deposited());
        }
        let object = stored.version.object();
        let held = json::reference(&object, "DepositToAccountRef").map(str::to_owned);
        let undeposited = self
            .undeposited_funds()
            .map(|stored| stored.version.id.to_string());
        if held == undeposited {
            Ok(())
        } else {
            Err(Fault::business(
                "The transaction is not held in Undeposited Funds",
            ))
        }
    }

    /// Locks what lies in the deposit, frees what no longer does.
    pub(super) fn settle_deposit(&mut self, id: u64, old: Option<&Object>, new: Option<&Object>) {
        for linked in old.map(linked_ids).unwrap_or_default() {
            self.books.deposited.remove(&linked);
        }
        for linked in new.map(linked_ids).unwrap_or_default() {
            self.books.deposited.insert(linked, id);
        }
    }
}

fn linked_ids(body: &Object) -> Vec<u64> {
    let lines = json::elements(body, "Line")
        .iter()
        .filter_map(Value::as_object);
    lines
        .flat_map(|line| json::elements(line, "LinkedTxn"))
        .filter_map(|link| link.get("TxnId")?.as_str()?.parse().ok())
        .collect()
}
