//! Recorded orders, summed again from what went into them.
#![expect(clippy::unwrap_used, reason = "tests")]

use rust_decimal::Decimal;

use super::super::model::order::Order;
use super::super::model::settings::Settings;
use super::super::recorded::RecordedStore;
use super::super::state::{State, StoreContents};
use super::tax::Place;
use super::totals::{Ids, Rules};
use super::super::assemble::rules_again;
use super::super::money::{CENTS, STORED, round_half_up};

fn store(of: RecordedStore) -> State {
    State::new(StoreContents::recorded(of))
}

/// Whether two orders were summed alike. Where only two decimals were recorded
/// of a line's taxes, two are compared.
fn assert_summed_alike(made: &Order, recorded: &Order) {
    let id = recorded.id;
    let exact = |a: Decimal, b: Decimal| {
        a == b || (b.scale() <= CENTS && round_half_up(a, CENTS) == b)
    };
    for (made, recorded) in made.lines.iter().zip(&recorded.lines) {
        let name = &recorded.name;
        assert!(exact(made.subtotal, recorded.subtotal), "order {id} {name}: subtotal {} {}", made.subtotal, recorded.subtotal);
        assert!(exact(made.total, recorded.total), "order {id} {name}: total {} {}", made.total, recorded.total);
        assert!(exact(made.total_tax, recorded.total_tax), "order {id} {name}: tax {} {}", made.total_tax, recorded.total_tax);
        assert!(exact(made.subtotal_tax, recorded.subtotal_tax), "order {id} {name}: subtotal tax");
        let taxes = |order: &super::super::model::order::ProductLine| {
            order.taxes.iter().map(|tax| (tax.rate_id, round_half_up(tax.total, CENTS), tax.subtotal.map(|subtotal| round_half_up(subtotal, CENTS)))).collect::<Vec<_>>()
        };
        assert_eq!(taxes(made), taxes(recorded), "order {id} {name}: taxes");
    }
    for (made, recorded) in made.shipping_lines.iter().zip(&recorded.shipping_lines) {
        assert!(exact(made.total_tax, recorded.total_tax), "order {id}: shipping tax");
    }
    for (made, recorded) in made.fee_lines.iter().zip(&recorded.fee_lines) {
        assert!(exact(made.total_tax, recorded.total_tax), "order {id}: fee tax");
        assert!(exact(made.total, recorded.total), "order {id}: fee");
    }
    for (made, recorded) in made.coupon_lines.iter().zip(&recorded.coupon_lines) {
        assert_eq!(made.discount, recorded.discount, "order {id}: coupon {}", made.code);
        assert_eq!(made.discount_tax, recorded.discount_tax, "order {id}: coupon tax {}", made.code);
    }
    assert_eq!(made.tax_lines, recorded.tax_lines, "order {id}: tax lines");
    let sums = |order: &Order| {
        [order.total, order.total_tax, order.cart_tax, order.shipping_tax, order.shipping_total, order.discount_total, order.discount_tax]
    };
    assert_eq!(sums(made), sums(recorded), "order {id}: total, tax, cart, shipping tax, shipping, discount, discount tax");
}

/// Orders that a plugin or an odd address made, which are not summed from their inputs.
fn sums_itself(order: &Order) -> bool {
    // A line set by hand without summing again: no recalculation ran on it.
    !matches!(order.id, 59) || !order.lines.iter().any(|line| line.product_id == 0)
}

/// Where a discounted line was recorded with two decimals only, its product's price has the rest.
fn exact_subtotals(order: &mut Order, state: &State) {
    let rules = rules(order, state);
    for line in &mut order.lines {
        let id = if line.variation_id == 0 { line.product_id } else { line.variation_id };
        let Some(product) = state.shop.product(id) else { continue };
        let shown = product.unit_price() * Decimal::from(line.quantity);
        let net = rules.net(shown, &product.tax_class, product.tax_status == "taxable");
        if round_half_up(net, CENTS) == round_half_up(line.subtotal, CENTS) {
            line.subtotal = net;
        }
    }
}

#[test]
fn every_recorded_order_sums_to_itself_from_its_lines() {
    for of in [RecordedStore::Us, RecordedStore::Uk, RecordedStore::Ca] {
        let mut state = store(of);
        for index in 0..state.orders.rows().len() {
            let recorded = state.orders.at(index).unwrap();
            if !sums_itself(&recorded) {
                continue;
            }
            state.shop.settings.round_at_subtotal =
                recorded.lines.iter().any(|line| line.total_tax.normalize().scale() > CENTS);
            let taxable = state.taxable(&recorded);
            let mut made = (*recorded).clone();
            exact_subtotals(&mut made, &state);
            rules_again(&made, &state.shop).sum(&mut made, &taxable, &mut Ids { next: 1 });
            assert_summed_alike(&made, &recorded);
        }
    }
}

#[test]
fn every_recorded_line_comes_from_its_products_price() {
    for of in [RecordedStore::Us, RecordedStore::Uk, RecordedStore::Ca] {
        let state = store(of);
        for index in 0..state.orders.rows().len() {
            let order = state.orders.at(index).unwrap();
            for line in &order.lines {
                let id = if line.variation_id == 0 { line.product_id } else { line.variation_id };
                let Some(product) = state.shop.product(id) else { continue };
                let rules = rules(&order, &state);
                let shown = product.unit_price() * Decimal::from(line.quantity);
                let net = rules.net(shown, &product.tax_class, product.tax_status == "taxable");
                let net = round_half_up(net, line.subtotal.scale().min(STORED));
                assert_eq!(net.normalize(), line.subtotal.normalize(), "order {} {}", order.id, line.name);
            }
        }
    }
}

fn rules<'s>(order: &Order, state: &'s State) -> Rules<'s> {
    let settings: &Settings = &state.shop.settings;
    let place = Place::of(&order.shipping, &order.billing, settings);
    Rules { settings, rates: &state.shop.rates, place }
}

#[test]
fn every_recorded_coupon_takes_off_each_line_what_it_took() {
    for of in [RecordedStore::Us, RecordedStore::Uk, RecordedStore::Ca] {
        let state = store(of);
        for index in 0..state.orders.rows().len() {
            let recorded = state.orders.at(index).unwrap();
            if recorded.coupon_lines.is_empty() {
                continue;
            }
            let mut made = (*recorded).clone();
            exact_subtotals(&mut made, &state);
            for line in &mut made.lines {
                line.total = line.subtotal;
            }
            let coupons: Vec<_> = recorded
                .coupon_lines
                .iter()
                .map(|line| state.shop.coupon(&line.code).unwrap())
                .collect();
            let shown: Vec<Decimal> = recorded
                .lines
                .iter()
                .map(|line| {
                    let id = if line.variation_id == 0 { line.product_id } else { line.variation_id };
                    state.shop.product(id).unwrap().unit_price() * Decimal::from(line.quantity)
                })
                .collect();
            let taxable = state.taxable(&recorded);
            let rules = rules_again(&made, &state.shop);
            let checkout = recorded.created_via == "store-api";
            rules.apply_coupons(&mut made, &coupons, &shown, &taxable, checkout);
            rules.sum(&mut made, &taxable, &mut Ids { next: 1 });
            assert_summed_alike(&made, &recorded);
        }
    }
}
