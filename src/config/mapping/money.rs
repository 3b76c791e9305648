//! Tax, payments and refunds.

use std::collections::BTreeMap;

use super::super::reader::{Noted, Reader};
use super::super::reference::{
    GATEWAY, PAYMENTS, PAYMENTS_DEFAULT, REFUNDS, TAX, TAX_CLASSES, TAX_RATES,
};
use super::super::values::{filled, word};
use super::texts::{NUMBER, in_books, names, rate_set, template};
use crate::domain::{
    AmountOnly, GatewayFees, GatewayRules, PaymentRules, PostRefundAs, RefundRules, TaxMode,
    TaxRules,
};

pub(super) fn tax(mapping: &Reader<'_>) -> Option<TaxRules> {
    let reader = mapping.table("tax", &TAX)?;
    let mode = reader.get(
        "mode",
        word(&[
            ("auto", TaxMode::Auto),
            ("us_automated", TaxMode::UsAutomated),
            ("us_manual", TaxMode::UsManual),
            ("codes", TaxMode::Codes),
            ("line", TaxMode::Line),
            ("none", TaxMode::None),
        ]),
    );
    let exempt_code = reader.get("exempt_code", in_books);
    let item = reader.get("item", in_books);
    let account = reader.get("account", in_books);
    let classes = reader
        .table("classes", &TAX_CLASSES)
        .and_then(|reader| names(&reader, |class| Ok(class.to_owned())));
    let rates = reader
        .table("rates", &TAX_RATES)
        .and_then(|reader| names(&reader, rate_set));
    if let (Some(mode), Some(classes), Some(rates)) = (mode, &classes, &rates) {
        let unused = match mode {
            TaxMode::UsAutomated | TaxMode::None => !classes.is_empty() || !rates.is_empty(),
            TaxMode::Auto | TaxMode::UsManual | TaxMode::Codes | TaxMode::Line => false,
        };
        if unused {
            let message = format!(
                "`tax.classes` and `tax.rates` have no effect in the mode `{}`",
                mode.as_str()
            );
            reader.warning("mode", message);
        }
    }
    reader.finish();
    Some(TaxRules {
        mode: mode?,
        exempt_code: exempt_code?,
        classes: classes?,
        rates: rates?,
        item: item?,
        account: account?,
    })
}

pub(super) fn payments(mapping: &Reader<'_>) -> Option<PaymentRules> {
    let reader = mapping.table("payments", &PAYMENTS)?;
    let default = reader
        .table("default", &PAYMENTS_DEFAULT)
        .and_then(|reader| gateway(reader, &GatewayRules::default()));
    let none = GatewayRules::default();
    let mut gateways = BTreeMap::new();
    let mut sound = true;
    for (name, entry) in reader.entries() {
        if name == "default" {
            continue;
        }
        let rules = reader
            .table_of(&entry, &GATEWAY)
            .and_then(|reader| gateway(reader, default.as_ref().unwrap_or(&none)));
        match rules {
            Some(rules) => {
                gateways.insert(name, rules);
            }
            None => sound = false,
        }
    }
    let default = default?;
    sound.then_some(PaymentRules { default, gateways })
}

/// A gateway's table; `default` is what holds where it says nothing.
fn gateway(reader: Reader<'_>, default: &GatewayRules) -> Option<GatewayRules> {
    let is_default = reader.section.header == PAYMENTS_DEFAULT.header;
    let method = reader.optional("method", in_books);
    let deposit_to = if is_default {
        reader.get("deposit_to", in_books).map(Some).ok_or(Noted)
    } else {
        reader.optional("deposit_to", in_books)
    };
    let fee_meta = reader.optional("fee_meta", filled);
    let fee_account = reader.optional("fee_account", in_books);
    let how = word(&[
        ("daily", GatewayFees::Daily),
        ("per_order", GatewayFees::PerOrder),
        ("off", GatewayFees::Off),
    ]);
    let fees = if is_default {
        reader.get("fees", how).map(Some).ok_or(Noted)
    } else {
        reader.optional("fees", how)
    };
    if let (Ok(Some(_)), Ok(None), Ok(fees)) = (&fee_meta, &fee_account, &fees) {
        let inherited = default.fee_account.is_some();
        let off = fees.or(default.fees) == Some(GatewayFees::Off);
        if !inherited && !off {
            reader.problem(
                "fee_meta",
                "needs `fee_account` beside it: the expense account of what the gateway keeps",
            );
        }
    }
    reader.finish();
    Some(GatewayRules {
        method: method.ok()?,
        deposit_to: deposit_to.ok()?,
        fee_meta: fee_meta.ok()?,
        fee_account: fee_account.ok()?,
        fees: fees.ok()?,
    })
}

pub(super) fn refunds(mapping: &Reader<'_>) -> Option<RefundRules> {
    let reader = mapping.table("refunds", &REFUNDS)?;
    let post_as = reader.get(
        "post_as",
        word(&[
            ("auto", PostRefundAs::Auto),
            ("refund_receipt", PostRefundAs::RefundReceipt),
            ("credit_memo", PostRefundAs::CreditMemo),
        ]),
    );
    let number = reader.get(
        "number",
        template(&["number", "refund_id"], &["refund_id"], Some(NUMBER)),
    );
    let amount_only = reader.get(
        "amount_only",
        word(&[
            ("as_stored", AmountOnly::AsStored),
            ("proportional", AmountOnly::Proportional),
            ("hold", AmountOnly::Hold),
        ]),
    );
    let item = reader.get("item", in_books);
    let income_account = reader.optional("income_account", in_books);
    reader.finish();
    Some(RefundRules {
        post_as: post_as?,
        number: number?,
        amount_only: amount_only?,
        item: item?,
        income_account: income_account.ok()?,
    })
}
