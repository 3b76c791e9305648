//! Orders and refunds as a store writes them, built piece by piece.

use rust_decimal::Decimal;
use serde_json::{Value, json};

/// An order under construction. Totals are computed the way WooCommerce does, unless they are set.
#[derive(Clone, Debug)]
pub(crate) struct OrderBuilder {
    body: Value,
    total: Option<Decimal>,
}

/// A tax of a line: rate id and amount.
pub(crate) type Taxes<'a> = &'a [(u64, &'a str)];

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().expect("it is a decimal")
}

impl OrderBuilder {
    /// A paid order of a guest in California without lines.
    pub(crate) fn new(id: u64) -> Self {
        let address = json!({
            "first_name": "Nia", "last_name": "Park", "company": "", "address_1": "1 Market St",
            "address_2": "", "city": "San Francisco", "state": "CA", "postcode": "94105",
            "country": "US", "phone": ""
        });
        let mut billing = address.clone();
        billing["email"] = json!(format!("nia{id}@example.com"));
        billing["last_name"] = json!(format!("Park {id}"));
        let body = json!({
            "id": id, "number": id.to_string(), "status": "processing", "currency": "USD",
            "prices_include_tax": false, "date_created_gmt": "2026-11-05T12:00:00",
            "date_paid_gmt": "2026-11-05T12:01:00", "discount_tax": "0", "shipping_tax": "0",
            "cart_tax": "0", "customer_id": 0, "billing": billing, "shipping": address,
            "payment_method": "stripe", "payment_method_title": "Card", "transaction_id": "",
            "line_items": [], "shipping_lines": [], "fee_lines": [], "coupon_lines": [],
            "tax_lines": [], "refunds": [], "meta_data": []
        });
        Self { body, total: None }
    }

    /// With a member set, by its JSON pointer.
    pub(crate) fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, key) = pointer
            .rsplit_once('/')
            .expect("a pointer starts with a slash");
        let parent = self
            .body
            .pointer_mut(parent)
            .expect("the member's place is there");
        parent[key] = value.into();
        self
    }

    /// With meta data.
    pub(crate) fn meta(self, key: &str, value: impl Into<Value>) -> Self {
        let entry = json!({ "id": 1, "key": key, "value": value.into() });
        self.push("meta_data", entry)
    }

    /// With a product line at a price before and after discount, both for all pieces.
    pub(crate) fn line(
        self,
        product: u64,
        quantity: u32,
        before: &str,
        after: &str,
        taxes: Taxes<'_>,
    ) -> Self {
        let line = product_line(product, quantity, before, after, taxes);
        self.push("line_items", line)
    }

    /// With a line as it is.
    pub(crate) fn raw_line(self, line: Value) -> Self {
        self.push("line_items", line)
    }

    /// With shipping.
    pub(crate) fn shipping(self, total: &str, taxes: Taxes<'_>) -> Self {
        let line = json!({
            "id": 500, "method_title": "Flat &amp; fast", "method_id": "flat_rate", "total": total,
            "total_tax": sum(taxes), "taxes": tax_list(taxes)
        });
        self.push("shipping_lines", line)
    }

    /// With a fee, or a discount given as one.
    pub(crate) fn fee(self, total: &str, taxes: Taxes<'_>) -> Self {
        let line = json!({
            "id": 600, "name": "Gift wrap", "tax_class": "", "tax_status": "taxable",
            "total": total, "total_tax": sum(taxes), "taxes": tax_list(taxes)
        });
        self.push("fee_lines", line)
    }

    /// With a rate the taxes refer to.
    pub(crate) fn rate(self, id: u64, label: &str, percent: &str, compound: bool) -> Self {
        let line = json!({
            "rate_id": id, "rate_code": label, "label": label,
            "rate_percent": percent.parse::<serde_json::Number>().expect("a number"),
            "compound": compound, "tax_total": "0", "shipping_tax_total": "0"
        });
        self.push("tax_lines", line)
    }

    /// With another total than the sum.
    pub(crate) fn total(mut self, total: &str) -> Self {
        self.total = Some(dec(total));
        self
    }

    fn push(mut self, list: &str, entry: Value) -> Self {
        self.body[list]
            .as_array_mut()
            .expect("it is a list")
            .push(entry);
        self
    }

    /// The record.
    pub(crate) fn done(mut self) -> String {
        let mut net = Decimal::ZERO;
        let mut tax = Decimal::ZERO;
        let mut discount = Decimal::ZERO;
        let mut by_rate: Vec<(String, Decimal, Decimal)> = Vec::new();
        for list in ["line_items", "shipping_lines", "fee_lines"] {
            for line in self.body[list].as_array().expect("it is a list") {
                let amount = |key: &str| dec(line[key].as_str().expect("an amount"));
                net += amount("total");
                tax += amount("total_tax");
                if list == "line_items" {
                    discount += amount("subtotal") - amount("total");
                }
                for it in line["taxes"].as_array().expect("it is a list") {
                    let id = it["id"].to_string();
                    let amount = dec(it["total"].as_str().expect("an amount"));
                    let place = by_rate.iter().position(|(known, ..)| *known == id);
                    let place = place.unwrap_or_else(|| {
                        by_rate.push((id, Decimal::ZERO, Decimal::ZERO));
                        by_rate.len() - 1
                    });
                    if list == "shipping_lines" {
                        by_rate[place].2 += amount;
                    } else {
                        by_rate[place].1 += amount;
                    }
                }
            }
        }
        for line in self.body["tax_lines"].as_array_mut().expect("it is a list") {
            let id = line["rate_id"].to_string();
            if let Some((_, cart, shipping)) = by_rate.iter().find(|(known, ..)| *known == id) {
                line["tax_total"] = json!(cart.to_string());
                line["shipping_tax_total"] = json!(shipping.to_string());
            }
        }
        let cents = |amount: Decimal| kit::round_half_up(amount, 2);
        let total = self.total.unwrap_or_else(|| cents(net + tax));
        self.body["total"] = json!(total.to_string());
        self.body["total_tax"] = json!(cents(tax).to_string());
        self.body["discount_total"] = json!(discount.to_string());
        self.body["shipping_total"] = json!("0");
        self.body.to_string()
    }
}

/// A product line.
pub(crate) fn product_line(
    product: u64,
    quantity: u32,
    before: &str,
    after: &str,
    taxes: Taxes<'_>,
) -> Value {
    json!({
        "id": 1000 + product, "name": format!("Product {product}"), "product_id": product,
        "variation_id": 0, "quantity": quantity, "tax_class": "", "subtotal": before,
        "subtotal_tax": "0", "total": after, "total_tax": sum(taxes), "taxes": tax_list(taxes),
        "sku": format!("SKU-{product}"), "meta_data": []
    })
}

fn sum(taxes: Taxes<'_>) -> String {
    taxes
        .iter()
        .map(|(_, tax)| dec(tax))
        .sum::<Decimal>()
        .to_string()
}

fn tax_list(taxes: Taxes<'_>) -> Value {
    taxes
        .iter()
        .map(|(id, tax)| json!({ "id": id, "total": tax, "subtotal": tax }))
        .collect()
}

/// A refund of an order: `lines` are product lines with negative amounts, as the API has them.
pub(crate) fn refund(id: u64, order: u64, amount: &str, lines: &[Value]) -> String {
    json!({
        "id": id, "parent_id": order, "date_created_gmt": "2026-11-10T12:00:00", "amount": amount,
        "reason": "", "line_items": lines, "shipping_lines": [], "fee_lines": [], "tax_lines": [],
        "meta_data": []
    })
    .to_string()
}
