//! What is in each generated order, and what its plan makes of it.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::super::arithmetic::totals::Ids;
use super::super::assemble::assemble;
use super::super::cart::{Cart, Gateway, MadeBy};
use super::super::model::catalogue::Product;
use super::super::model::order::Order;
use super::super::model::people::Address;
use super::super::money::{CENTS, round_half_up};
use super::super::payment::mark_paid;
use super::super::quirks::StoreVersion;
use super::super::refunds::{self, RefundRequest};
use super::super::shop::Shop;
use super::dice::Dice;
use super::moment;
use super::people::Person;
use super::plan::{Plan, RefundShape, Status};
use super::words;

/// The basket of one order.
pub(crate) fn cart(dice: &mut Dice, plan: &Plan, person: &Person, shop: &Shop) -> Cart {
    let mut cart = Cart::new().gateway(plan.gateway.clone());
    cart.customer = plan
        .account
        .map_or(0, |account| super::FIRST_CUSTOMER + account);
    cart.billing = person.address();
    if plan.email_of.is_some() {
        // The account's e-mail as a guest's phone writes it.
        cart.billing.email = capitalised(&cart.billing.email);
    }
    cart = goods(dice, cart, plan, shop);
    cart = delivery(dice, cart, plan, shop);
    cart = extras(dice, cart, plan, shop);
    cart.made_by = match dice.below(20) {
        0 => MadeBy::Admin,
        1..=5 => MadeBy::Rest,
        _ => MadeBy::Checkout,
    };
    if matches!(plan.gateway, Gateway::None) && !plan.free {
        cart.made_by = MadeBy::Admin;
    }
    cart
}

/// An order without anything in it.
pub(crate) fn empty(id: u64, now: Timestamp, shop: &Shop) -> Order {
    let mut ids = Ids { next: id };
    let cart = Cart::new().custom_line("Nothing", 1, Decimal::ZERO);
    match assemble(&cart, shop, id, &mut ids, now) {
        Ok(order) => order,
        // A line without a product needs nothing of the shop.
        Err(_) => unreachable!("a basket without products or coupons cannot be refused"),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn goods(dice: &mut Dice, mut cart: Cart, plan: &Plan, shop: &Shop) -> Cart {
    if plan.free {
        return match shop.product_with_sku("SAMPLE") {
            Some(sample) if dice.chance(500) => cart.product(sample.id, 1),
            _ => pick(dice, shop).fold(cart, 1).coupon("allfree"),
        };
    }
    let lines = match dice.below(1000) {
        0..=3 => 25 + dice.below(36),
        4..=80 => 5 + dice.below(6),
        _ => dice.weighted(&[(50, 1), (25, 2), (15, 3), (10, 4)], 1),
    };
    for _ in 0..lines {
        let quantity = match dice.below(200) {
            0 => 1000,
            1..=3 => 99,
            4..=12 => 12,
            _ => dice.weighted(&[(70, 1), (20, 2), (7, 3), (3, 4)], 1),
        };
        cart = pick(dice, shop).fold(cart, quantity);
    }
    if dice.chance(12) {
        let price = Decimal::new(dice.between(500, 9000), CENTS);
        let name = if dice.chance(800) {
            "Discontinued Teapot"
        } else {
            "Hand-written line"
        };
        cart = cart.custom_line(name, dice.between(1, 2), price);
    }
    if dice.chance(25) {
        cart = cart.line_meta("Engraving", words::engraving(dice));
    }
    if dice.chance(15) {
        cart = overridden(cart, shop);
    }
    cart
}

/// One product: the first ones sell best. Drafts and products without a price are not sold.
struct Picked<'s>(Option<&'s Product>);

impl Picked<'_> {
    fn fold(self, cart: Cart, quantity: u64) -> Cart {
        let quantity = i64::try_from(quantity).unwrap_or(1);
        match self.0 {
            Some(product) => cart.product(product.id, quantity),
            None => cart.custom_line("Goods", quantity, Decimal::TEN),
        }
    }
}

fn pick<'s>(dice: &mut Dice, shop: &'s Shop) -> Picked<'s> {
    let products = shop.products();
    let count = products.len() as u64;
    for _ in 0..20 {
        let at = usize::try_from(dice.below(count).min(dice.below(count))).unwrap_or(0);
        let sold = products.get(at).filter(|product| {
            let kind = matches!(product.kind.as_str(), "simple" | "variation");
            kind && product.status == "publish" && product.unit_price() > Decimal::ZERO
        });
        if sold.is_some() {
            return Picked(sold);
        }
    }
    Picked(None)
}

/// A price agreed on the telephone: the total is below the subtotal without any coupon.
fn overridden(mut cart: Cart, shop: &Shop) -> Cart {
    if let Some(line) = cart.lines.first_mut() {
        let price = match &line.goods {
            super::super::cart::Goods::Product(id) => {
                shop.product(*id).map_or(Decimal::ZERO, Product::unit_price)
            }
            _ => Decimal::ZERO,
        };
        let subtotal = price * Decimal::from(line.quantity);
        if !shop.settings.prices_include_tax && subtotal > Decimal::ONE {
            let total = round_half_up(subtotal * Decimal::new(9, 1), CENTS);
            line.net = Some((subtotal, total));
        }
    }
    cart
}

fn delivery(dice: &mut Dice, mut cart: Cart, plan: &Plan, shop: &Shop) -> Cart {
    if plan.free {
        return cart;
    }
    let rates = words::shipping_methods(&shop.settings.country);
    let method = |dice: &mut Dice, cart: Cart| {
        let (title, cents) = *dice.pick(rates, &("Standard & Tracked", 795));
        cart.shipping(title, Decimal::new(cents, CENTS))
    };
    match dice.below(100) {
        0..=79 => cart = method(dice, cart),
        80..=82 => {
            cart = method(dice, cart);
            cart = method(dice, cart);
        }
        83..=86 => cart = cart.local_pickup(),
        _ => {}
    }
    if dice.chance(30) {
        // A present: it is taxed where it goes.
        let mut person = super::people::person(dice, &shop.settings.country);
        person.email.clear();
        cart.ship_to = Some(person.address());
    }
    if dice.chance(6) {
        cart.billing = Address::default();
        cart.ship_to = None;
    }
    cart
}

fn extras(dice: &mut Dice, mut cart: Cart, plan: &Plan, shop: &Shop) -> Cart {
    if plan.free {
        return cart;
    }
    match dice.below(1000) {
        0..=79 => cart = cart.coupon("ten%"),
        80..=109 => cart = cart.coupon("fiveoff"),
        110..=119 => cart = cart.coupon("ten%").coupon("fiveoff"),
        120..=129 => cart = cart.coupon("mug2"),
        _ => {}
    }
    match dice.below(1000) {
        0..=14 => cart = cart.fee("Rush handling", Decimal::new(1500, CENTS)),
        15..=24 => cart = cart.fee("Loyalty discount", Decimal::new(-200, CENTS)),
        25..=39 => cart = cart.untaxed_fee("Tip", Decimal::new(300, CENTS)),
        _ => {}
    }
    if cart.fees.iter().any(|fee| fee.net < Decimal::ZERO) || !cart.coupons.is_empty() {
        // Cheap baskets would end at nothing: only the planned ones are free.
        cart = cart.untaxed_fee("Carbon offset", Decimal::new(50, CENTS));
    }
    if dice.chance(80) {
        cart = cart.note(words::note(dice));
    }
    if dice.chance(5) && shop.settings.currency != "EUR" {
        cart = cart.currency("EUR", "€");
    }
    cart
}

/// Payment, completion and the rest of what the plan says, but not refunds.
pub(crate) fn live_through(order: &mut Order, plan: &Plan, dice: &mut Dice) {
    if let Some(paid) = plan.paid {
        let transaction = match plan.gateway {
            Gateway::Stripe if !plan.free => format!("ch_3T{:016x}", dice.next()),
            Gateway::PayPal if !plan.free => format!("{:013X}{:04X}", dice.below(1 << 52), 0x1e),
            _ => String::new(),
        };
        mark_paid(order, moment(paid), &transaction);
    } else {
        order.paid = None;
    }
    order.completed = plan.completed.map(moment);
    plan.status.slug().clone_into(&mut order.status);
    if plan.status == Status::Failed {
        order.meta.push(super::super::model::order::Meta {
            id: order.id * 64 + 60,
            key: "_failure_reason".to_owned(),
            value: Value::from("Your card was declined."),
            display: None,
        });
    }
}

/// The planned refunds. A partial one never takes all, since that would change the status.
pub(crate) fn refund(order: &mut Order, plan: &Plan, refund_ids: &[u64], ids: &mut Ids) {
    for ((shape, when), id) in plan.refunds.iter().zip(refund_ids) {
        let left = order.total - order.refunded();
        let whole = matches!(
            shape,
            RefundShape::Everything | RefundShape::AmountOnlyAll | RefundShape::ByHand
        );
        let request = request(*shape, order, left);
        let version = StoreVersion::V10_5;
        let made = refunds::make(order, &request, *id, ids, moment(*when), version, CENTS);
        let fits = |refund: &super::super::model::order::Refund| {
            if whole {
                refund.amount == left
            } else {
                refund.amount < left
            }
        };
        let made = match made {
            Ok(refund) if fits(&refund) => Ok(refund),
            _ => {
                let amount = if whole { left } else { half(left) };
                let request = RefundRequest::amount_only(amount).because("Goodwill");
                refunds::make(order, &request, *id, ids, moment(*when), version, CENTS)
            }
        };
        if let Ok(refund) = made {
            order.refunds.push(refund);
        }
    }
}

fn half(amount: Decimal) -> Decimal {
    (amount / Decimal::TWO).round_dp_with_strategy(2, rust_decimal::RoundingStrategy::ToZero)
}

fn request(shape: RefundShape, order: &Order, left: Decimal) -> RefundRequest {
    match shape {
        RefundShape::Everything => RefundRequest::everything()
            .of_amount(left)
            .because("Returned"),
        RefundShape::AmountOnlyAll => RefundRequest::amount_only(left),
        RefundShape::ByHand => RefundRequest::amount_only(left).because("Order fully refunded."),
        RefundShape::OneUnit => RefundRequest::lines(&[(0, 1)]).because("One chipped"),
        RefundShape::Shipping => RefundRequest::default().with_shipping().because("Late"),
        RefundShape::AmountOnly => RefundRequest::amount_only(half(left)).because("Goodwill"),
        RefundShape::LessThanLines => RefundRequest::lines(&[(0, 1)]).of_amount(half(left)),
        RefundShape::TaxOnly => {
            let tax = order
                .lines
                .first()
                .map_or(Decimal::ZERO, |line| line.total_tax);
            RefundRequest::tax_of_line(0, tax).because("Exempt after all")
        }
    }
}
