//! Sales receipts, invoices, refund receipts, credit memos.
//! FACTS: QuickBooks §7, §8.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::books::Card;
use super::super::fault::Fault;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::money::Currency;
use super::super::stamp::day;
use super::super::state::Company;
use super::checks::join;
use super::parties::check_email;
use super::sales_lines::{LineContext, SalesLines};
use super::sales_tax::{Calculation, SalesTax};
use super::{Composer, Draft};

/// Members of a form the client cannot set.
const COMPUTED: &[&str] = &[
    "TotalAmt",
    "Balance",
    "LinkedTxn",
    "HomeTotalAmt",
    "HomeBalance",
    "RemainingCredit",
    "AutoDocNumber",
    "Deposit",
    "ExchangeRate",
    "TxnTaxDetail",
    "TotalCostAmount",
    "HomeTotalCostAmount",
];

/// Members with a few allowed values.
const STATES: &[(&str, &[&str])] = &[
    ("EmailStatus", &["NotSet", "NeedToSend", "EmailSent"]),
    ("PrintStatus", &["NotSet", "NeedToPrint", "PrintComplete"]),
];

impl Company {
    pub(super) fn compose_sale(&mut self, draft: Draft<'_>) -> Result<Object, Fault> {
        let body = &draft.body;
        check_required(&draft)?;
        check_email(body, "BillEmail")?;
        let date = self.transaction_date(&draft)?;
        let customer = self.customer(body)?;
        let exchange = self.exchange(&draft, customer.as_ref().map(|(_, currency)| *currency))?;
        let currency = exchange.currency;
        let calculation = self.calculation(body)?;
        let context = LineContext {
            date,
            currency,
            inclusive: calculation == Some(Calculation::Inclusive),
            codes_required: calculation.is_some_and(|calc| calc != Calculation::NotApplicable),
        };
        let mut lines = self.sales_lines(&draft, &context)?;
        let tax = match calculation {
            None => self.us_tax(body, &lines, currency)?,
            Some(calculation) => self.coded_tax(body, &lines, calculation, currency)?,
        };
        apply_nets(&mut lines, &tax, currency);
        let net = tax
            .nets
            .as_ref()
            .map_or_else(|| lines.sum(), |nets| nets.iter().sum());
        let discount = lines
            .discount
            .as_ref()
            .map_or(Decimal::ZERO, |(_, amount)| *amount);
        // what contained its tax is paid as it was written, whatever the tax is
        let total = match &tax.nets {
            Some(_) => lines.sum() - discount,
            None => net - discount + tax.total,
        };
        if total < Decimal::ZERO {
            return Err(Fault::business("Transaction amount must be 0 or greater"));
        }
        let number = self.document_number(&draft)?;
        let references = self.sale_references(body, draft.kind)?;
        let balance = open_balance(&draft, total)?;
        let due = self.due_date(&draft, date);
        let custom_fields = self.custom_fields(body)?;
        let addresses = self.addresses(&draft);

        let kind = draft.kind;
        let linked = draft.old.and_then(|old| old.get("LinkedTxn")).cloned();
        let mut composer = Composer::new(draft.body);
        composer.put("CustomField", custom_fields);
        composer.put_some("DocNumber", number);
        composer.put("TxnDate", date.to_string());
        composer.put_some("DepartmentRef", references.department);
        self.put_exchange(&mut composer, exchange);
        composer.keep(&["PrivateNote"]);
        if kind == Kind::Invoice {
            composer.put("LinkedTxn", linked.unwrap_or_else(|| json!([])));
        }
        composer.put("Line", all_lines(lines, net, currency));
        composer.put_some("TxnTaxDetail", tax.detail);
        composer.put_some("CustomerRef", customer.map(|(reference, _)| reference));
        composer.keep(&["CustomerMemo"]);
        for (key, address) in addresses {
            composer.put(key, address);
        }
        composer.put_some("ClassRef", references.class);
        composer.put_some("SalesTermRef", references.term);
        composer.put_some("DueDate", due);
        composer.keep(&["ShipMethodRef", "ShipDate", "TrackingNum"]);
        composer.put_some(
            "GlobalTaxCalculation",
            calculation.map(Calculation::as_text),
        );
        composer.put("TotalAmt", json::money(total, currency.decimals()));
        self.put_home_total(&mut composer, exchange, total);
        composer.flag("ApplyTaxAfterDiscount", false);
        keep_or(&mut composer, "PrintStatus", "NeedToPrint");
        keep_or(&mut composer, "EmailStatus", "NotSet");
        composer.keep(&["BillEmail", "BillEmailCc", "BillEmailBcc"]);
        composer.put("Balance", json::money(balance, currency.decimals()));
        if kind == Kind::CreditMemo {
            composer.put("RemainingCredit", json::money(balance, currency.decimals()));
        }
        composer.put_some("PaymentMethodRef", references.method);
        composer.keep(&["PaymentRefNum"]);
        composer.put_some("DepositToAccountRef", references.deposit_to);
        if kind == Kind::Invoice {
            for flag in ["AllowIPNPayment", "AllowOnlinePayment"] {
                composer.flag(flag, false);
            }
            for flag in ["AllowOnlineCreditCardPayment", "AllowOnlineACHPayment"] {
                composer.flag(flag, false);
            }
        }
        Ok(composer.finish(COMPUTED))
    }

    fn customer(&self, body: &Object) -> Result<Option<(Value, Currency)>, Fault> {
        let Some(id) = json::reference(body, "CustomerRef") else {
            return Ok(None);
        };
        let stored = self.resolve(Kind::Customer, id, "CustomerRef")?;
        let Card::Party { name, currency } = &stored.card else {
            return Err(Fault::invalid_reference("Names", id, "CustomerRef"));
        };
        Ok(Some((json::make_reference(id, Some(name)), *currency)))
    }

    /// `None` in the US. FACTS: QuickBooks §8: required elsewhere.
    fn calculation(&self, body: &Object) -> Result<Option<Calculation>, Fault> {
        if self.regime.is_us() {
            return Ok(None);
        }
        let Some(text) = json::text(body, "GlobalTaxCalculation") else {
            return Err(Fault::required("GlobalTaxCalculation"));
        };
        let calculation = Calculation::from_text(text)
            .ok_or_else(|| Fault::invalid_enumeration("GlobalTaxCalculation", text))?;
        Ok(Some(calculation))
    }

    fn sale_references(&self, body: &Object, kind: Kind) -> Result<SaleReferences, Fault> {
        let bank = |kind: &str, _: &str| matches!(kind, "Bank" | "Other Current Asset");
        let mut references = SaleReferences {
            department: self.named_reference(body, "DepartmentRef", Kind::Department)?,
            class: self.named_reference(body, "ClassRef", Kind::Class)?,
            term: self.named_reference(body, "SalesTermRef", Kind::Term)?,
            ..SaleReferences::default()
        };
        if matches!(kind, Kind::SalesReceipt | Kind::RefundReceipt) {
            references.method =
                self.named_reference(body, "PaymentMethodRef", Kind::PaymentMethod)?;
            let sent = self.account_reference(body, "DepositToAccountRef", bank)?;
            references.deposit_to = sent.or_else(|| self.undeposited_reference());
        }
        Ok(references)
    }

    /// A reference to Undeposited Funds.
    pub(super) fn undeposited_reference(&self) -> Option<Value> {
        let stored = self.undeposited_funds()?;
        Some(json::make_reference(
            &stored.version.id.to_string(),
            Some(stored.card.name()),
        ))
    }

    /// As sent, else the day the term says, else the day itself; invoices only.
    fn due_date(&self, draft: &Draft<'_>, date: Date) -> Option<String> {
        if draft.kind != Kind::Invoice {
            return None;
        }
        if let Some(due) = json::text(&draft.body, "DueDate").and_then(day) {
            return Some(due.to_string());
        }
        let term = json::reference(&draft.body, "SalesTermRef")
            .and_then(|id| self.resolve(Kind::Term, id, "SalesTermRef").ok());
        let days = term.and_then(|term| json::decimal(&term.version.object(), "DueDays"));
        let days: i64 = days.and_then(|days| days.try_into().ok()).unwrap_or(0);
        let due = date
            .checked_add(jiff::Span::new().try_days(days).ok()?)
            .unwrap_or(date);
        Some(due.to_string())
    }

    /// FACTS: QuickBooks §6: a defined but empty field comes back without its
    /// value; a field nobody defined is refused.
    fn custom_fields(&self, body: &Object) -> Result<Value, Fault> {
        let sent: Vec<&Object> = json::elements(body, "CustomField")
            .iter()
            .filter_map(Value::as_object)
            .collect();
        let defined = self.preferences.custom_fields.iter().take(3).zip(1..);
        let mut fields: Vec<Value> = Vec::new();
        for (name, id) in defined {
            let id = id.to_string();
            let value = sent
                .iter()
                .find(|field| json::text(field, "DefinitionId") == Some(&id));
            let mut field = json!({ "DefinitionId": id, "Name": name, "Type": "StringType" });
            let text = value.and_then(|value| json::text(value, "StringValue"));
            if let (Some(text), Some(object)) = (text, field.as_object_mut()) {
                json::set(object, "StringValue", text);
            }
            fields.push(field);
        }
        let unknown = sent.iter().find(|field| {
            let id = json::text(field, "DefinitionId").and_then(|id| id.parse::<usize>().ok());
            id.is_none_or(|id| id == 0 || id > fields.len())
        });
        match unknown {
            Some(_) => Err(Fault::invalid_value("CustomField", "DefinitionId")),
            None => Ok(Value::Array(fields)),
        }
    }
}

#[derive(Default)]
struct SaleReferences {
    department: Option<Value>,
    class: Option<Value>,
    term: Option<Value>,
    method: Option<Value>,
    deposit_to: Option<Value>,
}

fn check_required(draft: &Draft<'_>) -> Result<(), Fault> {
    let mut faults = Vec::new();
    let body = &draft.body;
    if matches!(draft.kind, Kind::Invoice | Kind::CreditMemo)
        && json::reference(body, "CustomerRef").is_none()
    {
        faults.push(Fault::required("CustomerRef"));
    }
    if draft.kind == Kind::RefundReceipt && json::reference(body, "DepositToAccountRef").is_none() {
        faults.push(Fault::required("DepositToAccountRef"));
    }
    if json::elements(body, "Line").is_empty() {
        faults.push(Fault::required("Line"));
    }
    if json::text(body, "EmailStatus") == Some("NeedToSend") && json::is_blank(body, "BillEmail") {
        faults.push(Fault::required("BillEmail"));
    }
    for (key, allowed) in STATES {
        let sent = json::text(body, key).filter(|sent| !allowed.contains(sent));
        faults.extend(sent.map(|sent| Fault::invalid_enumeration(key, sent)));
    }
    join(faults)
}

/// What is still owed: receipts are settled at once; of an invoice or credit
/// memo what was paid or used before stays paid or used.
fn open_balance(draft: &Draft<'_>, total: Decimal) -> Result<Decimal, Fault> {
    if matches!(draft.kind, Kind::SalesReceipt | Kind::RefundReceipt) {
        return Ok(Decimal::ZERO);
    }
    let settled = draft.old.map_or(Decimal::ZERO, |old| {
        let was = json::decimal(old, "TotalAmt").unwrap_or_default();
        was - json::decimal(old, "Balance").unwrap_or_default()
    });
    if settled > total {
        return Err(Fault::business(
            "The transaction amount is less than what was already paid",
        ));
    }
    Ok(total - settled)
}

/// Amounts that contained tax become net; the gross stays beside them.
fn apply_nets(lines: &mut SalesLines, tax: &SalesTax, currency: Currency) {
    let Some(nets) = &tax.nets else { return };
    let decimals = currency.decimals();
    for (money, net) in lines.money.iter().zip(nets) {
        let Some(line) = lines.composed.get_mut(money.at) else {
            continue;
        };
        json::set(line, "Amount", json::money(*net, decimals));
        let Some(Value::Object(detail)) = line.get_mut("SalesItemLineDetail") else {
            continue;
        };
        let quantity = json::decimal(detail, "Qty").filter(|quantity| !quantity.is_zero());
        if let (Some(quantity), true) = (quantity, detail.contains_key("UnitPrice")) {
            json::set(
                detail,
                "UnitPrice",
                json::plain((*net / quantity).round_dp(7)),
            );
        }
        json::set(
            detail,
            "TaxInclusiveAmt",
            json::money(money.amount, decimals),
        );
    }
}

/// The lines as they come back: items, subtotal, discount (recorded order).
fn all_lines(lines: SalesLines, net: Decimal, currency: Currency) -> Value {
    let mut all: Vec<Value> = lines.composed.into_iter().map(Value::Object).collect();
    all.push(json!({
        "Amount": json::money(net, currency.decimals()),
        "DetailType": "SubTotalLineDetail",
        "SubTotalLineDetail": {}
    }));
    all.extend(lines.discount.map(|(line, _)| Value::Object(line)));
    Value::Array(all)
}

fn keep_or(composer: &mut Composer, key: &str, default: &str) {
    let value = json::text(&composer.source, key)
        .unwrap_or(default)
        .to_owned();
    composer.put(key, value);
}
