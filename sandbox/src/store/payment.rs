//! The gateway's side of an order: its first status, its payment, the fees
//! its plugin notes. FACTS: WooCommerce §5.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::arithmetic::totals::Ids;
use super::assemble::meta;
use super::cart::{Cart, Gateway};
use super::model::order::Order;
use super::money::round_half_up;

/// What the checkout does after saving: the gateway's first status; free orders are paid.
pub(crate) fn first_status(order: &mut Order, cart: &Cart) {
    if let Some(status) = &cart.status {
        order.status.clone_from(status);
        return;
    }
    if order.total.is_zero() {
        order.payment_method.clear();
        order.payment_method_title.clear();
        mark_paid(order, order.modified, "");
        return;
    }
    let status = match cart.gateway {
        Gateway::CashOnDelivery => "processing",
        Gateway::BankTransfer | Gateway::Cheque => "on-hold",
        Gateway::Stripe | Gateway::PayPal | Gateway::None | Gateway::Other(..) => "pending",
    };
    status.clone_into(&mut order.status);
}

/// The money is in: `processing`, or `completed` where nothing is to be sent.
pub(crate) fn mark_paid(order: &mut Order, now: Timestamp, transaction: &str) {
    order.paid = Some(now);
    order.modified = now;
    transaction.clone_into(&mut order.transaction_id);
    if order.needs_processing {
        "processing".clone_into(&mut order.status);
    } else {
        "completed".clone_into(&mut order.status);
        order.completed = Some(now);
    }
    add_gateway_fee(order);
}

/// The meta that gateway plugins add once a payment has gone through.
fn add_gateway_fee(order: &mut Order) {
    let share = |per_mille: i64| order.total * Decimal::new(per_mille, 3) + Decimal::new(30, 2);
    let mut ids = Ids {
        next: order.id * 64 + 32,
    };
    let currency = order.currency.clone();
    let entries: Vec<(String, Value)> = match order.payment_method.as_str() {
        "stripe" => {
            let fee = round_half_up(share(29), 2);
            vec![
                ("_stripe_fee".to_owned(), Value::from(two_places(fee))),
                (
                    "_stripe_net".to_owned(),
                    Value::from(two_places(order.total - fee)),
                ),
                ("_stripe_currency".to_owned(), Value::from(currency)),
                ("_stripe_charge_captured".to_owned(), Value::from("yes")),
            ]
        }
        "ppcp-gateway" => {
            let fee = round_half_up(share(34), 2);
            let amount = |value: Decimal| serde_json::json!({"currency_code": currency, "value": two_places(value)});
            let all = serde_json::json!({
                "gross_amount": amount(order.total),
                "paypal_fee": amount(fee),
                "net_amount": amount(order.total - fee),
            });
            vec![
                (
                    "_paypal_transaction_fee".to_owned(),
                    Value::from(two_places(fee)),
                ),
                ("_ppcp_paypal_fees".to_owned(), all),
            ]
        }
        _ => Vec::new(),
    };
    order.meta.extend(meta(&entries, &mut ids, false));
}

fn two_places(value: Decimal) -> String {
    let mut text = String::new();
    super::money::push_fixed(&mut text, value, 2);
    text
}
