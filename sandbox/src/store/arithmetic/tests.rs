//! Recorded orders, summed again from what went into them.

use rust_decimal::Decimal;

use super::super::assemble::{assemble, rules_again};
use super::super::cart::{Cart, Gateway, MadeBy};
use super::super::model::order::{Order, Refund};
use super::super::model::settings::Settings;
use super::super::money::{CENTS, STORED, round_half_up};
use super::super::quirks::StoreVersion;
use super::super::recorded::RecordedStore;
use super::super::refunds::{RefundRequest, make};
use super::super::state::{State, StoreContents};
use super::tax::Place;
use super::totals::{Ids, Rules};

fn store(of: RecordedStore) -> State {
    State::new(StoreContents::recorded(of))
}

/// Whether two orders were summed alike. Where only two decimals were recorded
/// of a line's taxes, two are compared.
fn assert_summed_alike(made: &Order, recorded: &Order) {
    let id = recorded.id;
    let exact =
        |a: Decimal, b: Decimal| a == b || (b.scale() <= CENTS && round_half_up(a, CENTS) == b);
    for (made, recorded) in made.lines.iter().zip(&recorded.lines) {
        let name = &recorded.name;
        assert!(
            exact(made.subtotal, recorded.subtotal),
            "order {id} {name}: subtotal {} {}",
            made.subtotal,
            recorded.subtotal
        );
        assert!(
            exact(made.total, recorded.total),
            "order {id} {name}: total {} {}",
            made.total,
            recorded.total
        );
        assert!(
            exact(made.total_tax, recorded.total_tax),
            "order {id} {name}: tax {} {}",
            made.total_tax,
            recorded.total_tax
        );
        assert!(
            exact(made.subtotal_tax, recorded.subtotal_tax),
            "order {id} {name}: subtotal tax"
        );
        let taxes = |order: &super::super::model::order::ProductLine| {
            order
                .taxes
                .iter()
                .map(|tax| {
                    (
                        tax.rate_id,
                        round_half_up(tax.total, CENTS),
                        tax.subtotal.map(|subtotal| round_half_up(subtotal, CENTS)),
                    )
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(taxes(made), taxes(recorded), "order {id} {name}: taxes");
    }
    for (made, recorded) in made.shipping_lines.iter().zip(&recorded.shipping_lines) {
        assert!(
            exact(made.total_tax, recorded.total_tax),
            "order {id}: shipping tax"
        );
    }
    for (made, recorded) in made.fee_lines.iter().zip(&recorded.fee_lines) {
        assert!(
            exact(made.total_tax, recorded.total_tax),
            "order {id}: fee tax"
        );
        assert!(exact(made.total, recorded.total), "order {id}: fee");
    }
    for (made, recorded) in made.coupon_lines.iter().zip(&recorded.coupon_lines) {
        assert_eq!(
            made.discount, recorded.discount,
            "order {id}: coupon {}",
            made.code
        );
        assert_eq!(
            made.discount_tax, recorded.discount_tax,
            "order {id}: coupon tax {}",
            made.code
        );
    }
    assert_eq!(made.tax_lines, recorded.tax_lines, "order {id}: tax lines");
    let sums = |order: &Order| {
        [
            order.total,
            order.total_tax,
            order.cart_tax,
            order.shipping_tax,
            order.shipping_total,
            order.discount_total,
            order.discount_tax,
        ]
    };
    assert_eq!(
        sums(made),
        sums(recorded),
        "order {id}: total, tax, cart, shipping tax, shipping, discount, discount tax"
    );
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
        let id = if line.variation_id == 0 {
            line.product_id
        } else {
            line.variation_id
        };
        let Some(product) = state.shop.product(id) else {
            continue;
        };
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
            state.shop.settings.round_at_subtotal = recorded
                .lines
                .iter()
                .any(|line| line.total_tax.normalize().scale() > CENTS);
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
                let id = if line.variation_id == 0 {
                    line.product_id
                } else {
                    line.variation_id
                };
                let Some(product) = state.shop.product(id) else {
                    continue;
                };
                let rules = rules(&order, &state);
                let shown = product.unit_price() * Decimal::from(line.quantity);
                let net = rules.net(shown, &product.tax_class, product.tax_status == "taxable");
                let net = round_half_up(net, line.subtotal.scale().min(STORED));
                assert_eq!(
                    net.normalize(),
                    line.subtotal.normalize(),
                    "order {} {}",
                    order.id,
                    line.name
                );
            }
        }
    }
}

fn rules<'s>(order: &Order, state: &'s State) -> Rules<'s> {
    let settings: &Settings = &state.shop.settings;
    let place = Place::of(&order.shipping, &order.billing, settings);
    Rules::new(settings, &state.shop.rates, &place)
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
                    let id = if line.variation_id == 0 {
                        line.product_id
                    } else {
                        line.variation_id
                    };
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

/// The basket a recorded order was made from.
fn basket(order: &Order, state: &State) -> Cart {
    let mut cart = Cart::new().gateway(Gateway::Other(order.payment_method.clone(), String::new()));
    if order.created_via == "store-api" {
        cart = cart.made_by(MadeBy::Checkout);
    }
    cart = cart
        .bill_to(order.billing.clone())
        .ship_to(order.shipping.clone());
    let discounted = !order.coupon_lines.is_empty();
    for line in &order.lines {
        let id = if line.variation_id == 0 {
            line.product_id
        } else {
            line.variation_id
        };
        cart = match state.shop.product(id) {
            Some(product) if !discounted && line.total != line.subtotal => {
                cart.line_at(&product.sku, line.quantity, line.subtotal, line.total)
            }
            Some(product) => cart.product(product.id, line.quantity),
            None => cart.custom_line(&line.name, line.quantity, line.subtotal),
        };
    }
    for line in &order.shipping_lines {
        cart = match line.method_id.as_str() {
            "local_pickup" => cart.local_pickup(),
            _ => cart.shipping(&line.method_title.replace("&amp;", "&"), line.total),
        };
    }
    for fee in &order.fee_lines {
        cart = match fee.tax_status.as_str() {
            "taxable" => cart.fee(&fee.name, fee.total),
            _ => cart.untaxed_fee(&fee.name, fee.total),
        };
    }
    order
        .coupon_lines
        .iter()
        .fold(cart, |cart, coupon| cart.coupon(&coupon.code))
}

#[test]
fn every_recorded_order_comes_out_of_its_basket() {
    for of in [RecordedStore::Us, RecordedStore::Uk, RecordedStore::Ca] {
        let mut state = store(of);
        for index in 0..state.orders.rows().len() {
            let recorded = state.orders.at(index).unwrap();
            state.shop.settings.round_at_subtotal = recorded
                .lines
                .iter()
                .any(|line| line.total_tax.normalize().scale() > CENTS);
            let cart = basket(&recorded, &state);
            let mut ids = Ids { next: 1 };
            let mut made =
                assemble(&cart, &state.shop, recorded.id, &mut ids, recorded.created).unwrap();
            for (made, recorded) in made.lines.iter_mut().zip(&recorded.lines) {
                assert_eq!(made.name, recorded.name, "order {}", recorded.id);
                assert_eq!(made.sku, recorded.sku, "order {}", recorded.id);
                assert_eq!(made.product_id, recorded.product_id);
                assert_eq!(made.variation_id, recorded.variation_id);
                assert_eq!(made.parent_name, recorded.parent_name);
            }
            for (made, recorded) in made.tax_lines.iter_mut().zip(&recorded.tax_lines) {
                made.id = recorded.id;
            }
            for (made, recorded) in made.shipping_lines.iter().zip(&recorded.shipping_lines) {
                assert_eq!(made.method_title, recorded.method_title);
            }
            assert_eq!(
                made.needs_processing, recorded.needs_processing,
                "order {}",
                recorded.id
            );
            assert_summed_alike(&made, &recorded);
        }
    }
}

#[test]
fn every_recorded_refund_of_lines_can_be_made_again() {
    let state = store(RecordedStore::Us);
    let mut made_again = 0;
    for index in 0..state.orders.rows().len() {
        let order = state.orders.at(index).unwrap();
        for (number, recorded) in order.refunds.iter().enumerate() {
            let mut before = (*order).clone();
            before.refunds.truncate(number);
            let units: Vec<(usize, i64)> = recorded
                .lines
                .iter()
                .map(|line| {
                    let of = line.meta[0].value.as_str().unwrap();
                    let at = order
                        .lines
                        .iter()
                        .position(|line| line.id.to_string() == of);
                    (at.unwrap(), -line.quantity)
                })
                .collect();
            let mut request = if units.is_empty() && recorded.shipping_lines.is_empty() {
                RefundRequest::amount_only(recorded.amount)
            } else {
                RefundRequest::lines(&units)
            };
            request = request.because(&recorded.reason);
            if !recorded.shipping_lines.is_empty() {
                request = request.with_shipping();
            }
            if !recorded.fee_lines.is_empty() {
                request = request.with_fees();
            }
            let mut ids = Ids { next: 1 };
            let version = StoreVersion::V10_5;
            let made = make(
                &before,
                &request,
                recorded.id,
                &mut ids,
                recorded.created,
                version,
                CENTS,
            )
            .unwrap();
            assert_eq!(made.amount, recorded.amount, "refund {}", recorded.id);
            assert_eq!(
                made.meta[0].value, recorded.meta[0].value,
                "refund {}",
                recorded.id
            );
            let money = |refund: &Refund| {
                let lines = refund.lines.iter().map(|line| {
                    (
                        line.quantity,
                        line.subtotal,
                        line.total,
                        line.total_tax,
                        line.taxes.clone(),
                    )
                });
                let rates = refund
                    .tax_lines
                    .iter()
                    .map(|line| (line.rate_id, line.tax_total, line.shipping_tax_total));
                (
                    lines.collect::<Vec<_>>(),
                    rates.collect::<Vec<_>>(),
                    refund
                        .shipping_lines
                        .iter()
                        .map(|line| (line.total, line.total_tax))
                        .collect::<Vec<_>>(),
                    refund
                        .fee_lines
                        .iter()
                        .map(|line| (line.total, line.total_tax))
                        .collect::<Vec<_>>(),
                )
            };
            assert_eq!(money(&made), money(recorded), "refund {}", recorded.id);
            made_again += 1;
        }
    }
    assert_eq!(made_again, 7);
}
