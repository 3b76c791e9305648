//! What a generated store must have in it.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;

use super::super::model::order::Order;
use super::super::orders::seconds;
use super::super::state::{State, StoreContents};
use super::{GenerateOptions, Regime, Seed};

const REGIMES: [Regime; 4] = [Regime::Us, Regime::Uk, Regime::Ca, Regime::Au];

fn store(seed: u64, regime: Regime, orders: usize) -> State {
    let options = GenerateOptions {
        orders,
        regime,
        ..GenerateOptions::default()
    };
    State::new(StoreContents::generate(Seed(seed), &options))
}

fn orders(state: &State) -> Vec<Order> {
    let count = state.orders.rows().len();
    (0..count)
        .map(|index| (*state.orders.at(index).unwrap()).clone())
        .collect()
}

#[test]
fn the_same_seed_makes_the_same_store() {
    let (one, same) = (store(7, Regime::Us, 300), store(7, Regime::Us, 300));
    assert_eq!(orders(&one), orders(&same));
    assert_ne!(orders(&one), orders(&store(8, Regime::Us, 300)));
    assert_eq!(one.customers.get(17), same.customers.get(17));
}

#[test]
fn what_rows_say_is_what_orders_are() {
    for regime in REGIMES {
        let state = store(3, regime, 1500);
        for (index, row) in state.orders.rows().iter().enumerate() {
            let order = state.orders.at(index).unwrap();
            assert_eq!(u64::from(row.id), order.id);
            assert_eq!(row.created, seconds(order.created), "order {}", order.id);
            assert_eq!(row.modified, seconds(order.modified), "order {}", order.id);
            assert_eq!(state.orders.status(row), order.status, "order {}", order.id);
            assert_eq!(
                u64::from(row.customer),
                order.customer_id,
                "order {}",
                order.id
            );
        }
        for refund in state.orders.refunds() {
            let (_, whole) = state
                .orders
                .refund(u64::from(refund.id))
                .unwrap_or_else(|| {
                    let order = state.orders.at(refund.order as usize).unwrap();
                    unreachable!("refund {} of {order:?}", refund.id)
                });
            assert_eq!(refund.created, seconds(whole.created));
        }
    }
}

#[test]
fn every_order_adds_up_to_the_cent() {
    for regime in REGIMES {
        for order in orders(&store(11, regime, 1200)) {
            let goods: Decimal = order
                .lines
                .iter()
                .map(|line| {
                    line.total.round_dp_with_strategy(
                        2,
                        rust_decimal::RoundingStrategy::MidpointAwayFromZero,
                    )
                })
                .sum();
            let fees: Decimal = order.fee_lines.iter().map(|fee| fee.total).sum();
            let sum = goods + fees + order.shipping_total + order.total_tax;
            assert_eq!(sum, order.total, "{regime:?} order {}", order.id);
            let by_rate: Decimal = order
                .tax_lines
                .iter()
                .map(|line| line.tax_total + line.shipping_tax_total)
                .sum();
            assert_eq!(by_rate, order.total_tax, "{regime:?} order {}", order.id);
            assert!(
                order.refunded() <= order.total,
                "{regime:?} order {}",
                order.id
            );
            if order.status == "refunded" {
                assert_eq!(
                    order.refunded(),
                    order.total,
                    "{regime:?} order {}",
                    order.id
                );
            } else if !order.refunds.is_empty() {
                assert!(
                    order.refunded() < order.total,
                    "{regime:?} order {}",
                    order.id
                );
            }
            if order.status == "completed" {
                assert!(
                    order.paid.is_some() && order.completed.is_some(),
                    "order {}",
                    order.id
                );
            }
        }
    }
}

#[test]
fn a_store_has_every_status_gateway_and_oddity() {
    let state = store(5, Regime::Us, 4000);
    let all = orders(&state);
    let mut statuses: HashMap<&str, usize> = HashMap::new();
    let mut gateways: HashMap<&str, usize> = HashMap::new();
    for order in &all {
        *statuses.entry(&order.status).or_default() += 1;
        *gateways.entry(&order.payment_method).or_default() += 1;
    }
    for status in super::plan::Status::ALL {
        assert!(statuses.contains_key(status.slug()), "no {}", status.slug());
    }
    let sold = statuses["completed"] + statuses["processing"];
    assert!(sold * 10 > all.len() * 7, "{statuses:?}");
    for gateway in ["stripe", "ppcp-gateway", "cod", "bacs", "cheque", ""] {
        assert!(gateways.contains_key(gateway), "no {gateway:?}");
    }
    let any = |what: &str, is: &dyn Fn(&Order) -> bool| {
        assert!(all.iter().any(is), "no order {what}");
    };
    any("of a guest", &|order| order.customer_id == 0);
    any("with two tax rates", &|order| order.tax_lines.len() > 1);
    any("with two coupons", &|order| order.coupon_lines.len() > 1);
    any("with two shipping lines", &|order| {
        order.shipping_lines.len() > 1
    });
    any("with a negative fee", &|order| {
        order.fee_lines.iter().any(|fee| fee.total < Decimal::ZERO)
    });
    any("of a variation", &|order| {
        order.lines.iter().any(|line| line.variation_id != 0)
    });
    any("of no product", &|order| {
        order.lines.iter().any(|line| line.product_id == 0)
    });
    any("for free", &|order| order.total.is_zero());
    any("without an address", &|order| {
        order.billing.country.is_empty()
    });
    any("in another currency", &|order| order.currency == "EUR");
    any("with many lines", &|order| order.lines.len() > 24);
    any("refunded twice", &|order| order.refunds.len() > 1);
    let seconds: HashSet<_> = all.iter().map(|order| order.modified).collect();
    assert!(seconds.len() < all.len() - 200, "no bulk edit");
}
