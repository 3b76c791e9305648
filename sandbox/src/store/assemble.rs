//! Turns a basket into an order as the store would save it.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::arithmetic::tax::Place;
use super::arithmetic::totals::{Ids, Rules};
use super::cart::{Cart, CartLine, Goods, MadeBy};
use super::handle::ChangeRefused;
use super::model::catalogue::{Coupon, Product};
use super::model::order::{CouponLine, FeeLine, Meta, Order, ProductLine, ShippingLine};
use super::money::{STORED, round_half_up};
use super::payment::first_status;
use super::render::order::as_stored;
use super::shop::Shop;

/// The order a basket becomes: summed, unpaid, in the status its gateway gives.
/// An order that costs nothing is paid at once.
pub(crate) fn assemble(
    cart: &Cart,
    shop: &Shop,
    id: u64,
    ids: &mut Ids,
    now: Timestamp,
) -> Result<Order, ChangeRefused> {
    let mut order = blank(cart, shop, id, now);
    let coupons = coupons_of(cart, shop)?;
    let rules = rules_for(&order, cart, shop);
    let (mut taxable, mut shown) = (Vec::new(), Vec::new());
    for line in &cart.lines {
        let goods = goods_of(line, shop)?;
        taxable.push(goods.is_none_or(|product| product.tax_status == "taxable"));
        let (entry, price) = product_line(line, goods, shop, &rules, ids);
        shown.push(price);
        order.lines.push(entry);
    }
    order.needs_processing = cart.lines.iter().any(|line| {
        goods_of(line, shop)
            .ok()
            .flatten()
            .is_some_and(Product::needs_processing)
    });
    order.shipping_lines = shipping_lines(cart, &order, ids);
    order.fee_lines = fee_lines(cart, ids);
    order.coupon_lines = coupons
        .iter()
        .map(|coupon| coupon_line(coupon, ids))
        .collect();
    let checkout = cart.made_by == MadeBy::Checkout;
    rules.apply_coupons(&mut order, &coupons, &shown, &taxable, checkout);
    rules.sum(&mut order, &taxable, ids);
    first_status(&mut order, cart);
    Ok(order)
}

fn blank(cart: &Cart, shop: &Shop, id: u64, now: Timestamp) -> Order {
    let settings = &shop.settings;
    let (currency, currency_symbol) = cart
        .currency
        .clone()
        .unwrap_or_else(|| (settings.currency.clone(), settings.currency_symbol.clone()));
    let mut shipping = cart.ship_to.clone().unwrap_or_else(|| cart.billing.clone());
    shipping.email.clear();
    Order {
        id,
        number: cart.number.clone().unwrap_or_else(|| id.to_string()),
        status: "pending".to_owned(),
        currency,
        currency_symbol,
        version: settings.version.clone(),
        prices_include_tax: settings.prices_include_tax,
        created: cart.placed_at.unwrap_or(now),
        modified: now,
        paid: None,
        completed: None,
        discount_total: Decimal::ZERO,
        discount_tax: Decimal::ZERO,
        shipping_total: Decimal::ZERO,
        shipping_tax: Decimal::ZERO,
        cart_tax: Decimal::ZERO,
        total: Decimal::ZERO,
        total_tax: Decimal::ZERO,
        customer_id: cart.customer,
        order_key: format!("wc_order_{}", word_of(id)),
        billing: cart.billing.clone(),
        shipping,
        payment_method: cart.gateway.slug().to_owned(),
        payment_method_title: cart.gateway.title().to_owned(),
        transaction_id: String::new(),
        customer_ip_address: String::new(),
        customer_user_agent: String::new(),
        created_via: cart.made_by.slug().to_owned(),
        customer_note: cart.note.clone(),
        cart_hash: String::new(),
        meta: meta(&cart.meta, &mut Ids { next: id * 64 }, false),
        lines: Vec::with_capacity(cart.lines.len()),
        tax_lines: Vec::new(),
        shipping_lines: Vec::new(),
        fee_lines: Vec::new(),
        coupon_lines: Vec::new(),
        refunds: Vec::new(),
        needs_processing: false,
    }
}

/// Thirteen letters that look random: the same for the same order.
pub(crate) fn word_of(id: u64) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut dice = super::generate::dice::Dice::new(id);
    (0..13)
        .map(|_| char::from(*dice.pick(LETTERS, &b'a')))
        .collect()
}

fn rules_for<'s>(order: &Order, cart: &Cart, shop: &'s Shop) -> Rules<'s> {
    let pickup = cart
        .shipping
        .iter()
        .any(|line| line.method == "local_pickup");
    let place = if pickup {
        Place::shop(&shop.settings)
    } else {
        Place::of(&order.shipping, &order.billing, &shop.settings)
    };
    Rules::new(&shop.settings, &shop.rates, &place)
}

/// The rules an order that stands is summed again by.
pub(crate) fn rules_again<'s>(order: &Order, shop: &'s Shop) -> Rules<'s> {
    let pickup = order
        .shipping_lines
        .iter()
        .any(|line| line.method_id == "local_pickup");
    let place = if pickup {
        Place::shop(&shop.settings)
    } else {
        Place::of(&order.shipping, &order.billing, &shop.settings)
    };
    Rules::new(&shop.settings, &shop.rates, &place)
}

fn coupons_of<'s>(cart: &Cart, shop: &'s Shop) -> Result<Vec<&'s Coupon>, ChangeRefused> {
    cart.coupons
        .iter()
        .map(|code| {
            shop.coupon(code)
                .ok_or_else(|| ChangeRefused::UnknownCoupon { code: code.clone() })
        })
        .collect()
}

fn goods_of<'s>(line: &CartLine, shop: &'s Shop) -> Result<Option<&'s Product>, ChangeRefused> {
    let unknown = |product: String| ChangeRefused::UnknownProduct { product };
    match &line.goods {
        Goods::Named(_) => Ok(None),
        Goods::Sku(sku) => shop
            .product_with_sku(sku)
            .map(Some)
            .ok_or_else(|| unknown(sku.clone())),
        Goods::Product(id) => shop
            .product(*id)
            .map(Some)
            .ok_or_else(|| unknown(id.to_string())),
    }
}

/// The line and the price of all its units as the cart shows it.
fn product_line(
    line: &CartLine,
    goods: Option<&Product>,
    shop: &Shop,
    rules: &Rules<'_>,
    ids: &mut Ids,
) -> (ProductLine, Decimal) {
    let quantity = Decimal::from(line.quantity);
    let shown = goods.map_or(Decimal::ZERO, |product| product.unit_price() * quantity);
    let class = goods.map_or("", |product| product.tax_class.as_str());
    let taxable = goods.is_none_or(|product| product.tax_status == "taxable");
    let net = rules.net(shown, class, taxable);
    let (subtotal, total) = line.net.unwrap_or((net, net));
    let id = ids.take();
    let mut extra: Vec<(String, Value)> = Vec::new();
    if let Some(product) = goods {
        for (slug, _, option) in &product.attributes {
            extra.push((slug.clone(), Value::from(option.clone())));
        }
    }
    extra.extend(line.meta.iter().cloned());
    let mut entry = ProductLine {
        id,
        name: match &line.goods {
            Goods::Named(name) => name.clone(),
            Goods::Sku(_) | Goods::Product(_) => goods
                .map(|product| shop.line_name(product))
                .unwrap_or_default(),
        },
        product_id: 0,
        variation_id: 0,
        quantity: line.quantity,
        tax_class: class.to_owned(),
        subtotal: round_half_up(subtotal, STORED),
        subtotal_tax: Decimal::ZERO,
        total: round_half_up(total, STORED),
        total_tax: Decimal::ZERO,
        taxes: Vec::new(),
        meta: meta(&extra, &mut Ids { next: id * 8 }, true),
        sku: None,
        global_unique_id: None,
        image_is_zero: false,
        parent_name: None,
    };
    if let Some(product) = goods {
        name_displays(&mut entry, product);
        point_at(&mut entry, product, shop);
    }
    (entry, shown)
}

/// Attribute meta shows the attribute's name: `colour` is shown as `Colour`.
fn name_displays(entry: &mut ProductLine, product: &Product) {
    for (slug, name, _) in &product.attributes {
        let shown = entry.meta.iter_mut().find(|meta| meta.key == *slug);
        if let Some((display, _)) = shown.and_then(|meta| meta.display.as_mut()) {
            name.clone_into(display);
        }
    }
}

/// Fills in what a line shows of its product today.
pub(crate) fn point_at(entry: &mut ProductLine, product: &Product, shop: &Shop) {
    let parent = shop.product(product.parent_id);
    entry.product_id = parent.map_or(product.id, |parent| parent.id);
    entry.variation_id = if parent.is_some() { product.id } else { 0 };
    entry.parent_name = parent.map(|parent| parent.name.clone());
    entry.image_is_zero = parent.is_some();
    entry.global_unique_id = Some(String::new());
    let own = Some(product.sku.clone()).filter(|sku| !sku.is_empty());
    entry.sku = own
        .or_else(|| parent.map(|parent| parent.sku.clone()))
        .or(Some(String::new()));
}

pub(crate) fn meta(entries: &[(String, Value)], ids: &mut Ids, of_line: bool) -> Vec<Meta> {
    entries
        .iter()
        .filter_map(|(key, value)| {
            let value = as_stored(value)?;
            let shown = match &value {
                Value::String(text) => Value::from(encode_html(text)),
                other => other.clone(),
            };
            let display = of_line.then(|| (key.clone(), shown));
            Some(Meta {
                id: ids.take(),
                key: key.clone(),
                value,
                display,
            })
        })
        .collect()
}

/// `&` as `&amp;`, as names and titles are stored.
pub(crate) fn encode_html(text: &str) -> String {
    text.replace('&', "&amp;")
}

fn shipping_lines(cart: &Cart, order: &Order, ids: &mut Ids) -> Vec<ShippingLine> {
    let checkout = cart.made_by == MadeBy::Checkout;
    let goods: Vec<String> = order
        .lines
        .iter()
        .map(|line| format!("{} &times; {}", line.name, line.quantity))
        .collect();
    cart.shipping
        .iter()
        .map(|line| {
            let id = ids.take();
            let items = Value::from(goods.join(", "));
            ShippingLine {
                id,
                method_title: if checkout {
                    encode_html(&line.title)
                } else {
                    line.title.clone()
                },
                method_id: line.method.clone(),
                instance_id: if checkout {
                    "1".to_owned()
                } else {
                    String::new()
                },
                total: round_half_up(line.net, STORED),
                total_tax: Decimal::ZERO,
                taxes: Vec::new(),
                tax_status: "taxable".to_owned(),
                meta: if checkout {
                    let display = Some(("Items".to_owned(), items.clone()));
                    vec![Meta {
                        id: id * 8,
                        key: "Items".to_owned(),
                        value: items,
                        display,
                    }]
                } else {
                    Vec::new()
                },
            }
        })
        .collect()
}

fn fee_lines(cart: &Cart, ids: &mut Ids) -> Vec<FeeLine> {
    cart.fees
        .iter()
        .map(|fee| FeeLine {
            id: ids.take(),
            name: fee.name.clone(),
            tax_class: String::new(),
            tax_status: if fee.taxable { "taxable" } else { "none" }.to_owned(),
            amount: String::new(),
            total: round_half_up(fee.net, STORED),
            total_tax: Decimal::ZERO,
            taxes: Vec::new(),
            meta: Vec::new(),
        })
        .collect()
}

fn coupon_line(coupon: &Coupon, ids: &mut Ids) -> CouponLine {
    let id = ids.take();
    // The kind is null for the default one, and `true` is added for free shipping.
    let kind = match coupon.kind {
        super::model::catalogue::DiscountKind::FixedCart => "null".to_owned(),
        other => format!("\"{}\"", other.slug()),
    };
    let free = if coupon.free_shipping { ",true" } else { "" };
    let amount = coupon.amount.normalize();
    let info = Value::from(format!(
        "[{},\"{}\",{kind},{amount}{free}]",
        coupon.id, coupon.code
    ));
    let display = Some(("coupon_info".to_owned(), info.clone()));
    CouponLine {
        id,
        code: coupon.code.clone(),
        discount: Decimal::ZERO,
        discount_tax: Decimal::ZERO,
        meta: vec![Meta {
            id: id * 8,
            key: "coupon_info".to_owned(),
            value: info,
            display,
        }],
        discount_type: coupon.kind.slug().to_owned(),
        nominal_amount: coupon.amount.normalize(),
        free_shipping: coupon.free_shipping,
    }
}
