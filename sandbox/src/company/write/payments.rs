//! Payments: money received, applied to invoices. FACTS: QuickBooks §7.

use std::collections::HashMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::fault::Fault;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::state::Company;
use super::checks::join;
use super::{Composer, Draft};

/// What a payment applies to each document, by kind and id.
type Applied = HashMap<(Kind, u64), Decimal>;

impl Company {
    pub(super) fn compose_payment(&mut self, draft: Draft<'_>) -> Result<Object, Fault> {
        let body = &draft.body;
        let mut missing = Vec::new();
        if json::reference(body, "CustomerRef").is_none() {
            missing.push(Fault::required("CustomerRef"));
        }
        if json::decimal(body, "TotalAmt").is_none() {
            missing.push(Fault::required("TotalAmt"));
        }
        join(missing)?;
        let date = self.transaction_date(&draft)?;
        let customer = self.named_reference(body, "CustomerRef", Kind::Customer)?;
        let party = json::reference(body, "CustomerRef").and_then(|id| self.party_currency_of(id));
        let exchange = self.exchange(&draft, party)?;
        let currency = exchange.currency;
        let total = currency.round(json::decimal(body, "TotalAmt").unwrap_or_default());
        if total < Decimal::ZERO {
            return Err(Fault::business("Transaction amount must be 0 or greater"));
        }
        let applied = applied(body);
        self.check_applied(&draft, &applied)?;
        let unapplied = total - net_applied(&applied);
        if unapplied < Decimal::ZERO {
            return Err(Fault::business(
                "The amount applied exceeds the amount of the payment",
            ));
        }
        let method = self.named_reference(body, "PaymentMethodRef", Kind::PaymentMethod)?;
        let bank = |kind: &str, _: &str| matches!(kind, "Bank" | "Other Current Asset");
        let deposit = self.account_reference(body, "DepositToAccountRef", bank)?;
        let deposit = deposit.or_else(|| self.undeposited_reference());
        let lines = composed_lines(body, currency.decimals());

        let mut composer = Composer::new(draft.body);
        composer.put("TxnDate", date.to_string());
        self.put_exchange(&mut composer, exchange);
        composer.keep(&["PrivateNote"]);
        composer.put("LinkedTxn", json!([]));
        composer.put("Line", lines);
        composer.put_some("CustomerRef", customer);
        composer.put_some("DepositToAccountRef", deposit);
        composer.put_some("PaymentMethodRef", method);
        composer.keep(&["PaymentRefNum"]);
        composer.put("TotalAmt", json::money(total, currency.decimals()));
        composer.put("UnappliedAmt", json::money(unapplied, currency.decimals()));
        composer.flag("ProcessPayment", false);
        Ok(composer.finish(&["DocNumber"]))
    }

    fn party_currency_of(&self, id: &str) -> Option<super::super::money::Currency> {
        let stored = self.resolve(Kind::Customer, id, "CustomerRef").ok()?;
        match &stored.card {
            super::super::books::Card::Party { currency, .. } => Some(*currency),
            _ => None,
        }
    }

    /// Every linked document must be the customer's and have that much open.
    fn check_applied(&self, draft: &Draft<'_>, wanted: &Applied) -> Result<(), Fault> {
        let before = draft.old.map(applied).unwrap_or_default();
        let customer = json::reference(&draft.body, "CustomerRef");
        for line in json::elements(&draft.body, "Line")
            .iter()
            .filter_map(Value::as_object)
        {
            for link in json::elements(line, "LinkedTxn")
                .iter()
                .filter_map(Value::as_object)
            {
                let kind = json::text(link, "TxnType").unwrap_or_default();
                if !matches!(kind, "Invoice" | "CreditMemo") {
                    return Err(Fault::validation(
                        620,
                        "Transactions can not be linked",
                        "Transaction you tried to add can't be linked",
                        "TxnType",
                    ));
                }
            }
        }
        for ((kind, id), amount) in wanted {
            let stored = self.resolve(*kind, &id.to_string(), "TxnId")?;
            let object = stored.version.object();
            if json::reference(&object, "CustomerRef") != customer {
                return Err(Fault::business(
                    "The linked transaction belongs to another customer",
                ));
            }
            let open = json::decimal(&object, "Balance").unwrap_or_default();
            let available = open + before.get(&(*kind, *id)).copied().unwrap_or_default();
            if *amount > available {
                return Err(Fault::business(
                    "The amount applied exceeds the open balance",
                ));
            }
        }
        Ok(())
    }

    /// Moves the balances of the documents a payment applies to.
    pub(super) fn settle_payment(
        &mut self,
        id: u64,
        old: Option<&Object>,
        new: Option<&Object>,
        now: Timestamp,
    ) {
        let before = old.map(applied).unwrap_or_default();
        let after = new.map(applied).unwrap_or_default();
        let mut touched: Vec<(Kind, u64)> = before.keys().chain(after.keys()).copied().collect();
        touched.sort_unstable();
        touched.dedup();
        for key in touched {
            let was = before.get(&key).copied();
            let is = after.get(&key).copied();
            if was != is {
                self.apply_payment(id, key, was.unwrap_or_default(), is, now);
            }
        }
    }

    fn apply_payment(
        &mut self,
        payment: u64,
        (kind, id): (Kind, u64),
        was: Decimal,
        is: Option<Decimal>,
        now: Timestamp,
    ) {
        let Some(stored) = self.books.get(kind, id) else {
            return;
        };
        let mut body = stored.version.object();
        let open = json::decimal(&body, "Balance").unwrap_or_default();
        let decimals = json::reference(&body, "CurrencyRef")
            .and_then(super::super::money::Currency::from_code)
            .map_or(2, |currency| currency.decimals());
        let balance = json::money(open + was - is.unwrap_or_default(), decimals);
        json::set(&mut body, "Balance", balance.clone());
        if kind == Kind::CreditMemo {
            json::set(&mut body, "RemainingCredit", balance);
        }
        let payment = payment.to_string();
        let mut links: Vec<Value> = json::elements(&body, "LinkedTxn").to_vec();
        links.retain(|link| {
            link.get("TxnId").and_then(Value::as_str) != Some(payment.as_str())
                || link.get("TxnType").and_then(Value::as_str) != Some("Payment")
        });
        if is.is_some() {
            links.push(json!({ "TxnId": payment, "TxnType": "Payment" }));
        }
        if kind == Kind::Invoice {
            json::set(&mut body, "LinkedTxn", links);
        }
        let raise = self.quirks.payments_raise_sync_token;
        self.books.replace(kind, id, &body, now, raise);
    }
}

/// What the lines of a payment apply, per document.
fn applied(body: &Object) -> Applied {
    let mut applied = Applied::new();
    for line in json::elements(body, "Line")
        .iter()
        .filter_map(Value::as_object)
    {
        let amount = json::decimal(line, "Amount").unwrap_or_default();
        for link in json::elements(line, "LinkedTxn")
            .iter()
            .filter_map(Value::as_object)
        {
            let kind = json::text(link, "TxnType").and_then(Kind::from_name);
            let id = json::text(link, "TxnId").and_then(|id| id.parse::<u64>().ok());
            if let (Some(kind), Some(id)) = (kind, id) {
                *applied.entry((kind, id)).or_default() += amount;
            }
        }
    }
    applied
}

/// Invoices use money up, credit memos bring it.
fn net_applied(applied: &Applied) -> Decimal {
    let signed = |((kind, _), amount): (&(Kind, u64), &Decimal)| {
        if *kind == Kind::CreditMemo {
            -*amount
        } else {
            *amount
        }
    };
    applied.iter().map(signed).sum()
}

fn composed_lines(body: &Object, decimals: u32) -> Value {
    let lines = json::elements(body, "Line")
        .iter()
        .filter_map(Value::as_object);
    let composed = lines.map(|line| {
        let amount = json::decimal(line, "Amount").unwrap_or_default();
        json!({
            "Amount": json::money(amount, decimals),
            "LinkedTxn": json::elements(line, "LinkedTxn")
        })
    });
    Value::Array(composed.collect())
}
