//! Switches of the company that the mapping meets otherwise than one might think, and stock. What QuickBooks
//! would refuse is among the names that do not resolve.

use super::{Seen, remark};
use crate::domain::{Finding, MissingProduct, Point, PostDiscountAs, ProductType, ShippingItem};

pub(super) fn findings(seen: Seen<'_>) -> Vec<Finding> {
    let all = [numbers(seen), discounts(seen), shipping(seen), stock(seen)];
    all.into_iter().flatten().collect()
}

fn numbers(seen: Seen<'_>) -> Option<Finding> {
    (!seen.books.preferences.custom_txn_numbers).then(|| {
        remark(
            Point::CustomNumbers,
            "custom transaction numbers are off in QuickBooks".to_owned(),
            "QuickBooks keeps the numbers it is sent, but does not refuse one that is there already: a guard less \
             against doubles.",
            "Switch it on (Account and settings, Sales, Sales form content), with the warning for numbers used \
             twice.",
        )
    })
}

fn discounts(seen: Seen<'_>) -> Option<Finding> {
    let off = !seen.books.preferences.allow_discount;
    (off && seen.rules.discounts.post_as == PostDiscountAs::Auto).then(|| {
        remark(
            Point::Discounts,
            "the company does not allow discount lines".to_owned(),
            "Lines are booked after their discount, and how much was given away shows nowhere.",
            "Switch discounts on in QuickBooks (Account and settings, Sales) if they are to be seen.",
        )
    })
}

fn shipping(seen: Seen<'_>) -> Option<Finding> {
    let field = seen.books.preferences.allow_shipping;
    match &seen.rules.shipping.item {
        ShippingItem::Named(name) if field => Some(remark(
            Point::ShippingField,
            format!(
                "shipping is booked to the item `{name}`, though the company has a shipping field"
            ),
            "The field of the sales form stays empty.",
            "Set `shipping.item` to \"auto\" to use the field.",
        )),
        ShippingItem::Auto
            if field && seen.books.preferences.default_shipping_account.is_none() =>
        {
            Some(remark(
                Point::ShippingField,
                "the company's shipping field has no account".to_owned(),
                "QuickBooks books it where it thinks fit.",
                "Choose one in QuickBooks (Account and settings, Sales, Shipping).",
            ))
        }
        ShippingItem::Auto | ShippingItem::Named(_) => None,
    }
}

fn stock(seen: Seen<'_>) -> Option<Finding> {
    let products = &seen.rules.products;
    let made =
        products.kind == ProductType::Inventory && products.missing == MissingProduct::Create;
    made.then(|| {
        remark(
            Point::StockCounted,
            "products become inventory items with the stock the store has today".to_owned(),
            "QuickBooks takes every sale that is posted off it, also those from before today, which the store's stock \
             has seen already; and an item that an order brings before its product was read begins at 0.",
            "Once the first run has posted everything, adjust the quantities in QuickBooks to what is there (New, \
             Inventory qty adjustment). From then on they follow.",
        )
    })
}
