//! The lines of orders and refunds, turned into parts: products, shipping, fees, in this order.

use kit::PostingKind;
use rust_decimal::Decimal;
use woocommerce::{FeeLine, LineItem, LineTax, Order, ProductType, Refund, ShippingLine};

use super::former::Former;
use super::lessening;
use super::parts::{Part, taxes_of};
use super::product::{Catalogue, ItemTarget, Sold};
use super::shares;
use crate::domain::{Draft, LinkKey, Needs, References, SourceKind};

/// The lines of one order or refund.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    products: &'a [LineItem],
    shipping: &'a [ShippingLine],
    fees: &'a [FeeLine],
    /// The order they are of; of a refund not known while its needs are gathered.
    order: Option<&'a Order>,
    paid_back: bool,
}

impl<'a> Lines<'a> {
    /// Of an order.
    pub(super) fn of_order(order: &'a Order) -> Self {
        Self {
            products: &order.line_items,
            shipping: &order.shipping_lines,
            fees: &order.fee_lines,
            order: Some(order),
            paid_back: false,
        }
    }

    /// Of a refund of an order.
    pub(super) fn of_refund(refund: &'a Refund, order: Option<&'a Order>) -> Self {
        Self {
            products: &refund.line_items,
            shipping: &refund.shipping_lines,
            fees: &refund.fee_lines,
            order,
            paid_back: true,
        }
    }

    /// What must be known of their items.
    pub(super) fn need(&self, catalogue: Catalogue<'_>, needs: &mut Needs) {
        let books = catalogue.books;
        for line in self.products {
            if let Some(id) = line.sold_id() {
                catalogue.need_sold(sold(line, id), needs);
                needs.records.insert(product_key(line));
            }
            if line.variation_id == 0 {
                Catalogue::need_named("generic_item", &books.generic_item, needs);
            }
        }
        if !self.shipping.is_empty() {
            Catalogue::need_named("shipping", &books.shipping, needs);
        }
        if !self.fees.is_empty() {
            Catalogue::need_named("fees", &books.fees, needs);
        }
        if let Some(item) = &books.tax_item {
            Catalogue::need_named("tax", item, needs);
        }
    }

    /// The parts; drafts of items that are not in the books yet go to `drafts`.
    pub(super) fn parts(
        &self,
        catalogue: Catalogue<'_>,
        known: &References,
        former: &Former,
        drafts: &mut Vec<Draft>,
    ) -> Vec<Part> {
        let books = catalogue.books;
        let mut parts = Vec::with_capacity(self.products.len() + self.shipping.len());
        for line in self.products {
            if self.paid_back && is_nothing(line.total, line.total_tax) {
                continue; // only put back on the shelf
            }
            let item = match (what_was_sold(line, known), &books.generic_item) {
                (Some(sold), _) => catalogue.sold(sold, known, drafts),
                (None, generic) => match former.item(line, self.order, books.texts) {
                    Some(key) => ItemTarget::Key(key.clone()),
                    None => catalogue.named("generic_item", generic, known, drafts),
                },
            };
            let mut part = part(item, &line.name, line.total, line.total_tax, &line.taxes);
            part.quantity = line.quantity;
            part.class = Some(line.tax_class.clone());
            if self.paid_back {
                shares::of_product(self.order, line, &mut part);
            } else {
                part.before = line.subtotal;
            }
            parts.push(part);
        }
        for line in self.shipping {
            if is_nothing(line.total, line.total_tax) {
                continue; // free shipping is no sale
            }
            let item = catalogue.named("shipping", &books.shipping, known, drafts);
            let (net, tax) = (line.total, line.total_tax);
            let mut part = part(item, &line.method_title, net, tax, &line.taxes);
            if self.paid_back {
                shares::of_shipping(self.order, line, &mut part);
            }
            parts.push(part);
        }
        for line in self.fees {
            if is_nothing(line.total, line.total_tax) {
                continue;
            }
            let item = catalogue.named("fees", &books.fees, known, drafts);
            let mut part = part(item, &line.name, line.total, line.total_tax, &line.taxes);
            part.class = Some(line.tax_class.clone());
            let sold = if self.paid_back {
                shares::of_fee(self.order, line, &mut part)
            } else {
                Some(line)
            };
            match (self.order, sold) {
                (Some(order), Some(sold)) => parts.extend(lessening::split(order, sold, part)),
                _ => parts.push(part),
            }
        }
        parts
    }
}

fn sold(line: &LineItem, id: u64) -> Sold<'_> {
    Sold {
        id,
        name: &line.name,
        sku: line.sku.as_deref(),
        parent: line.parent_name.as_deref(),
    }
}

/// What a line sold, unless that is gone. A line of a deleted variation shows the product without a variation
/// (FACTS: WooCommerce §5), and that is not sold itself. A SKU that is the product's is none of the
/// variation's own.
fn what_was_sold<'a>(line: &'a LineItem, known: &References) -> Option<Sold<'a>> {
    let id = line.sold_id()?;
    let product = known.records.get(&product_key(line));
    let product = product.and_then(|record| woocommerce::parse_product(record).ok());
    let Some(product) = product else {
        return Some(sold(line, id));
    };
    if line.variation_id == 0 {
        let is_parent = product.product_type == ProductType::Variable;
        return (!is_parent).then(|| sold(line, id));
    }
    let mut sold = sold(line, id);
    sold.sku = sold.sku.filter(|sku| product.sku.as_deref() != Some(sku));
    Some(sold)
}

/// The product of a line; of a variation its parent.
fn product_key(line: &LineItem) -> LinkKey {
    let id = line.product_id.to_string();
    LinkKey::new(SourceKind::Product, id, PostingKind::Item)
}

fn is_nothing(net: Decimal, tax: Decimal) -> bool {
    net.is_zero() && tax.is_zero()
}

fn part(
    item: ItemTarget,
    description: &str,
    net: Decimal,
    tax: Decimal,
    taxes: &[LineTax],
) -> Part {
    let (rates, exact_tax) = taxes_of(taxes);
    Part {
        item,
        description: description.to_owned(),
        quantity: Decimal::ZERO,
        before: net,
        net,
        tax,
        exact_tax,
        rates,
        class: None,
        unassigned: false,
    }
}
