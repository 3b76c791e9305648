//! Where the money of each gateway is, and what becomes of the fee it keeps.

use std::collections::HashMap;

use quickbooks::Account;

use super::books::find;
use super::resolved::Lookup;
use crate::domain::{GatewayFees, GatewayRules, PaymentRules};

/// Where the money of a gateway is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gateway {
    /// Id of the payment method.
    pub(super) method: Option<String>,
    /// Id of the account.
    pub(super) deposit_to: String,
    /// How its fee is booked.
    pub(super) fee: Option<GatewayFee>,
}

/// What a gateway keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GatewayFee {
    /// The meta key that says it.
    pub(super) meta: String,
    /// Id of the expense account.
    pub(super) account: String,
    /// One expense a day, instead of one an order.
    pub(super) daily: bool,
}

/// The gateways without rules of their own, and those with them by slug.
pub(super) fn resolve(
    rules: &PaymentRules,
    look: &mut Lookup<'_>,
) -> (Gateway, HashMap<String, Gateway>) {
    let others = gateway("default", &rules.default, &GatewayRules::default(), look);
    let with = |(slug, own): (&String, &GatewayRules)| {
        (slug.clone(), gateway(slug, own, &rules.default, look))
    };
    (others, rules.gateways.iter().map(with).collect())
}

fn gateway(
    slug: &str,
    own: &GatewayRules,
    default: &GatewayRules,
    look: &mut Lookup<'_>,
) -> Gateway {
    let key = |name: &str| format!("payments.{slug}.{name}");
    let books = look.books;
    let method = own.method.as_ref().or(default.method.as_ref());
    let method = method.map(|name| look.id(&key("method"), &books.payment_methods, name));
    let name = own.deposit_to.as_ref().or(default.deposit_to.as_ref());
    let name = name.map_or("Undeposited Funds", String::as_str);
    let deposit_to = deposit_account(&key("deposit_to"), name, look);
    let meta = own.fee_meta.as_ref().or(default.fee_meta.as_ref());
    let fees = own.fees.or(default.fees).unwrap_or_default();
    let fee = meta.filter(|_| fees != GatewayFees::Off).map(|meta| {
        if deposit_to.is_some_and(|account| !matches!(account.kind.as_str(), "Bank" | "")) {
            look.problem(
                &key("deposit_to"),
                format!(
                    "the gateway's fees are paid out of `{name}`, and QuickBooks takes expenses only \
                     out of an account of the type `Bank`: make the clearing account one, or set \
                     `fees` to \"off\""
                ),
            );
        }
        let account = own.fee_account.as_ref().or(default.fee_account.as_ref());
        let account = account.map_or("Merchant Fees", String::as_str);
        GatewayFee {
            meta: meta.clone(),
            account: expense_account(&key("fee_account"), account, look),
            daily: fees == GatewayFees::Daily,
        }
    });
    let deposit_to = deposit_to.map_or_else(String::new, |account| account.id.clone());
    Gateway {
        method,
        deposit_to,
        fee,
    }
}

/// What a gateway keeps is an expense: QuickBooks would take it into any account.
fn expense_account(key: &str, name: &str, look: &mut Lookup<'_>) -> String {
    if let Ok(account) = find(&look.books.accounts, name)
        && !matches!(
            account.kind.as_str(),
            "Expense" | "Other Expense" | "Cost of Goods Sold" | ""
        )
    {
        let reason = format!(
            "`{}` is an account of the type `{}`, and what a gateway keeps is booked to one of the type \
             `Expense`, `Other Expense` or `Cost of Goods Sold`",
            account.name, account.kind
        );
        look.problem(key, reason);
    }
    look.account(key, name)
}

/// Refunds can only be paid out of a bank or other current asset account (FACTS: QuickBooks §7).
fn deposit_account<'a>(key: &str, name: &str, look: &mut Lookup<'a>) -> Option<&'a Account> {
    match find(&look.books.accounts, name) {
        Ok(account) if matches!(account.kind.as_str(), "Bank" | "Other Current Asset" | "") => {
            Some(account)
        }
        Ok(account) => {
            let reason = format!(
                "`{}` is an account of the type `{}`, and money can only be received in a bank or \
                 other current asset account",
                account.name, account.kind
            );
            look.problem(key, reason);
            None
        }
        Err(reason) => {
            look.problem(key, reason);
            None
        }
    }
}
