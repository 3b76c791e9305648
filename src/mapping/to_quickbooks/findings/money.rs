//! Gateways: where the money of each goes, and what it keeps.

use quickbooks::Account;
use woocommerce::StoreGateway;

use super::super::books::find;
use super::{Seen, listed, remark};
use crate::domain::finding::key;
use crate::domain::{Finding, GatewayFees, GatewayRules, Line, Point};

/// Gateways that note in the order what they keep: the beginning of the slug, the meta key (FACTS:
/// WooCommerce §5), and the name people know.
const FEES: [(&str, &str, &str); 5] = [
    ("stripe", "_stripe_fee", "Stripe"),
    ("ppcp", "_ppcp_paypal_fees", "PayPal"),
    ("ppec", "_paypal_transaction_fee", "PayPal"),
    ("paypal", "PayPal Transaction Fee", "PayPal"),
    (
        "woocommerce_payments",
        "_wcpay_transaction_fee",
        "WooPayments",
    ),
];

/// Cash and cheques wait for the way to the bank, so undeposited funds are their right place.
const IN_HAND: [&str; 2] = ["cod", "cheque"];
/// Money that comes to the bank account itself.
const TRANSFER: &str = "bacs";

pub(super) fn findings(seen: Seen<'_>) -> Vec<Finding> {
    let Some(gateways) = seen.store.and_then(|store| store.gateways.as_ref()) else {
        return Vec::new();
    };
    let enabled: Vec<&StoreGateway> = gateways.iter().filter(|it| it.enabled).collect();
    let mut findings: Vec<Finding> = accounts(seen, &enabled).into_iter().collect();
    findings.extend(enabled.iter().filter_map(|gateway| fee(seen, gateway)));
    findings
}

fn own<'a>(seen: Seen<'a>, gateway: &StoreGateway) -> Option<&'a GatewayRules> {
    seen.rules.payments.gateways.get(&gateway.id)
}

fn section(gateway: &StoreGateway) -> String {
    format!("payments.{}", key(&gateway.id))
}

fn known(gateway: &StoreGateway) -> Option<&'static (&'static str, &'static str, &'static str)> {
    FEES.iter().find(|(slug, ..)| gateway.id.starts_with(slug))
}

fn name(gateway: &StoreGateway) -> &str {
    match known(gateway) {
        Some((_, _, name)) => name,
        None if gateway.title.trim().is_empty() => &gateway.id,
        None => gateway.title.trim(),
    }
}

/// Gateways that share the account of all others.
fn accounts(seen: Seen<'_>, enabled: &[&StoreGateway]) -> Option<Finding> {
    let shares = |gateway: &&&StoreGateway| {
        own(seen, gateway).is_none_or(|own| own.deposit_to.is_none())
            && !IN_HAND.contains(&gateway.id.as_str())
    };
    let sharing: Vec<&StoreGateway> = enabled.iter().filter(shares).copied().collect();
    if sharing.is_empty() {
        return None;
    }
    let account = seen.rules.payments.default.deposit_to.as_deref();
    let account = account.unwrap_or("Undeposited Funds");
    let mut finding = remark(
        Point::GatewayAccount,
        format!(
            "no account of its own has the gateway {}: the money goes to `{account}`",
            listed(sharing.iter().map(|gateway| gateway.id.as_str()))
        ),
        "A payout can then not be reconciled with the sales it is made of.",
        "Give each a clearing account of the type `Bank`, and move payouts from there. Lines with `#` in front \
         wait until you made the account.",
    );
    finding.lines = sharing
        .iter()
        .map(|gateway| deposit_line(seen, gateway))
        .collect();
    Some(finding)
}

fn deposit_line(seen: Seen<'_>, gateway: &StoreGateway) -> Line {
    let line = |name: &str| Line::text(section(gateway), "deposit_to", name);
    if let Some(account) = clearing_account(seen, gateway) {
        return line(&account.name);
    }
    if gateway.id == TRANSFER {
        let bank = receiving(seen).find(|it| it.subtype == "Checking");
        let name = bank.map_or("NAME OF THE BANK ACCOUNT", |it| it.name.as_str());
        return line(name)
            .later()
            .noted("the account that transfers arrive in");
    }
    line(&format!("{} Clearing", name(gateway)))
        .later()
        .noted("once there is this account, of the type Bank")
}

fn receiving(seen: Seen<'_>) -> impl Iterator<Item = &Account> {
    let receives = |account: &&Account| {
        account.active && matches!(account.kind.as_str(), "Bank" | "Other Current Asset")
    };
    seen.books.accounts.iter().filter(receives)
}

/// An account that bears the gateway's name.
fn clearing_account<'a>(seen: Seen<'a>, gateway: &StoreGateway) -> Option<&'a Account> {
    let word = name(gateway).to_lowercase();
    let slug = gateway.id.to_lowercase();
    let mut named = receiving(seen).filter(|account| {
        let name = account.name.to_lowercase();
        word.len() > 3 && name.contains(&word) || slug.len() > 3 && name.contains(&slug)
    });
    // fees can be paid out of a bank account alone
    let first = named.next()?;
    if first.kind == "Bank" {
        return Some(first);
    }
    Some(
        named
            .find(|account| account.kind == "Bank")
            .unwrap_or(first),
    )
}

/// A gateway that notes its fee in the order, and nobody reads it.
fn fee(seen: Seen<'_>, gateway: &StoreGateway) -> Option<Finding> {
    let (_, meta, name) = known(gateway)?;
    let default = &seen.rules.payments.default;
    let nothing = GatewayRules::default();
    let own = own(seen, gateway).unwrap_or(&nothing);
    let off = own.fees.or(default.fees) == Some(GatewayFees::Off);
    if off || own.fee_meta.is_some() || default.fee_meta.is_some() {
        return None;
    }
    let mut finding = remark(
        Point::GatewayFee,
        format!(
            "what {name} keeps is not read from the orders (`{}`)",
            gateway.id
        ),
        "Its fees are unknown to the books until the payout is reconciled by hand.",
        "Name the meta key in which the plugin notes the fee, and the expense account. QuickBooks takes the fee \
         out of a bank account only, so the gateway needs one of its own.",
    );
    let deposit = own
        .deposit_to
        .as_deref()
        .and_then(|name| find(&seen.books.accounts, name).ok())
        .or_else(|| clearing_account(seen, gateway));
    let account = fee_account(
        seen,
        own.fee_account
            .as_deref()
            .or(default.fee_account.as_deref()),
    );
    let ready = deposit.is_some_and(|account| account.kind == "Bank") && account.is_some();
    let account = account.map_or("Merchant Fees", |account| account.name.as_str());
    let lines = [
        Line::text(section(gateway), "fee_meta", meta),
        Line::text(section(gateway), "fee_account", account),
    ];
    finding.lines = lines
        .into_iter()
        .map(|line| {
            if ready {
                line
            } else {
                line.later().noted("once its clearing account is there")
            }
        })
        .collect();
    Some(finding)
}

fn fee_account<'a>(seen: Seen<'a>, named: Option<&str>) -> Option<&'a Account> {
    if let Some(named) = named {
        return find(&seen.books.accounts, named).ok();
    }
    let expenses = || {
        let accounts = seen.books.accounts.iter().filter(|it| it.active);
        accounts.filter(|account| account.kind == "Expense")
    };
    expenses()
        .find(|account| account.name == "Merchant Fees")
        .or_else(|| expenses().find(|account| account.name.to_lowercase().contains("fee")))
        .or_else(|| expenses().find(|account| account.subtype == "BankCharges"))
}
