//! A shop's till without a server: baskets become orders and refunds by the very arithmetic the
//! server sums by, fast enough for a hundred thousand of them. Nothing is kept here.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::arithmetic::totals::Ids;
use super::assemble::assemble;
use super::cart::Cart;
use super::handle::Changed;
use super::json::Fields;
use super::model::catalogue::{Coupon, DiscountKind, Product, TaxRate};
use super::model::order::Order;
use super::model::settings::Settings;
use super::money::{CENTS, STORED};
use super::payment::mark_paid;
use super::quirks::StoreVersion;
use super::refunds::{self, RefundRequest};
use super::render::Scene;
use super::render::order::push_order;
use super::render::refund::push_refund;
use super::shop::Shop;

/// 2026-11-05 12:00:00 UTC: when everything is sold.
const SOLD_AT: i64 = 1_793_880_000;
const DAY: i64 = 86_400;
const FIRST_PRODUCT: u64 = 10;
const VERSION: StoreVersion = StoreVersion::V10_5;

/// How a shop sums, what it sells, and its tax table.
#[derive(Debug, Clone)]
pub struct Till {
    shop: Shop,
    next_id: u64,
    next_item: u64,
}

/// A paid order and what was given back of it.
#[derive(Debug, Clone)]
pub struct Sale {
    order: Order,
}

impl Till {
    /// A shop in a country that sells in a currency, taxes nothing yet, adds tax to its prices and
    /// rounds it line by line.
    #[must_use]
    pub fn new(country: &str, currency: &str) -> Self {
        let settings = Settings {
            name: "Till".to_owned(),
            zone_name: "UTC".to_owned(),
            zone: TimeZone::UTC,
            currency: currency.to_owned(),
            currency_symbol: "¤".to_owned(),
            currency_symbol_html: "&curren;".to_owned(),
            currency_name: currency.to_owned(),
            country: country.to_owned(),
            state: String::new(),
            city: String::new(),
            postcode: String::new(),
            address: String::new(),
            prices_include_tax: false,
            round_at_subtotal: false,
            decimals: CENTS,
            version: VERSION.number().to_owned(),
        };
        Self {
            shop: Shop::new(settings, Vec::new(), Vec::new(), Vec::new()),
            next_id: 1000,
            next_item: 1,
        }
    }

    /// Whether prices include tax.
    #[must_use]
    pub fn prices_include_tax(mut self, include: bool) -> Self {
        self.shop.settings.prices_include_tax = include;
        self
    }

    /// Whether tax is rounded once for the order rather than line by line.
    #[must_use]
    pub fn round_at_subtotal(mut self, once: bool) -> Self {
        self.shop.settings.round_at_subtotal = once;
        self
    }

    /// How many decimals its amounts have.
    #[must_use]
    pub fn decimals(mut self, decimals: u32) -> Self {
        self.shop.settings.decimals = decimals;
        self
    }

    /// With one more tax rate on a class (`standard`, `reduced-rate`, `zero-rate`), everywhere; its
    /// id is its place, from 1. All rates of a class apply together.
    #[must_use]
    pub fn rate(mut self, class: &str, percent: Decimal, compound: bool, shipping: bool) -> Self {
        let id = self.shop.rates.len() as u64 + 1;
        self.shop.rates.push(TaxRate {
            id,
            country: String::new(),
            state: String::new(),
            postcode: String::new(),
            city: String::new(),
            percent,
            name: format!("Tax {id}"),
            priority: u32::try_from(id).unwrap_or(u32::MAX),
            compound,
            shipping,
            class: class.to_owned(),
        });
        self
    }

    /// Puts a product on the shelf and gives its id: the first is 10, then 11, and so on. `class` is
    /// "" for the standard one.
    pub fn product(&mut self, price: Decimal, class: &str, taxable: bool) -> u64 {
        let id = FIRST_PRODUCT + self.shop.products().len() as u64;
        let opened = moment(0);
        self.shop.add_product(Product {
            id,
            parent_id: 0,
            kind: "simple".to_owned(),
            status: "publish".to_owned(),
            name: format!("Product {id}"),
            sku: format!("P-{id}"),
            price: price.to_string(),
            regular_price: price.to_string(),
            tax_status: if taxable { "taxable" } else { "none" }.to_owned(),
            tax_class: class.to_owned(),
            is_virtual: false,
            is_downloadable: false,
            stock: None,
            created: opened,
            modified: opened,
            attributes: Vec::new(),
            total_sales: 0,
            recorded: None,
        });
        id
    }

    /// Prints a coupon, for some products or (where none is named) all, and gives its code.
    pub fn coupon(&mut self, kind: DiscountKind, amount: Decimal, products: &[u64]) -> String {
        let id = self.shop.coupons.len() as u64 + 1;
        let code = format!("coupon-{id}");
        self.shop.coupons.push(Coupon {
            id,
            code: code.clone(),
            kind,
            amount,
            products: products.to_vec(),
            free_shipping: false,
        });
        code
    }

    /// Sells a basket; it is paid at once.
    pub fn sell(&mut self, cart: &Cart) -> Changed<Sale> {
        let id = self.take_id();
        let mut ids = Ids {
            next: self.next_item,
        };
        let now = moment(0);
        let mut order = assemble(cart, &self.shop, id, &mut ids, now)?;
        self.next_item = ids.next;
        if order.paid.is_none() {
            mark_paid(&mut order, now, "");
        }
        Ok(Sale { order })
    }

    /// Gives money back, a day after the sale or the refund before.
    pub fn refund(&mut self, sale: &mut Sale, request: &RefundRequest) -> Changed {
        let id = self.take_id();
        let mut ids = Ids {
            next: self.next_item,
        };
        let days = sale.order.refunds.len() + 1;
        let now = moment(i64::try_from(days).unwrap_or(1));
        let decimals = self.shop.settings.decimals;
        let refund = refunds::make(&sale.order, request, id, &mut ids, now, VERSION, decimals)?;
        self.next_item = ids.next;
        sale.order.refunds.push(refund);
        Ok(())
    }

    /// The order as the API sends it, with six decimals.
    #[must_use]
    pub fn order_json(&self, sale: &Sale) -> String {
        let mut out = String::with_capacity(8192);
        push_order(&mut out, &sale.order, &self.scene());
        out
    }

    /// Its last refund as the store-wide list sends it, with six decimals; "" where there is none.
    #[must_use]
    pub fn last_refund_json(&self, sale: &Sale) -> String {
        let mut out = String::with_capacity(4096);
        if let Some(refund) = sale.order.refunds.last() {
            push_refund(&mut out, refund, sale.order.id, true, &self.scene());
        }
        out
    }

    fn scene(&self) -> Scene<'_> {
        Scene {
            settings: &self.shop.settings,
            site: "http://127.0.0.1",
            version: VERSION,
            places: STORED,
            fields: &Fields::All,
        }
    }

    fn take_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }
}

impl Sale {
    /// What the customer paid.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.order.total
    }

    /// The tax in it.
    #[must_use]
    pub fn tax(&self) -> Decimal {
        self.order.total_tax
    }

    /// What was not given back yet.
    #[must_use]
    pub fn left(&self) -> Decimal {
        self.order.total - self.order.refunded()
    }

    /// The amount of its last refund and the tax of its lines, both positive.
    #[must_use]
    pub fn last_refund(&self) -> Option<(Decimal, Decimal)> {
        let refund = self.order.refunds.last()?;
        let lines = refund.lines.iter().map(|line| line.total_tax);
        let shipping = refund.shipping_lines.iter().map(|line| line.total_tax);
        let fees = refund.fee_lines.iter().map(|line| line.total_tax);
        let tax: Decimal = lines.chain(shipping).chain(fees).sum();
        Some((refund.amount, -tax))
    }

    /// A product line's net total after discount; zero where there is no such line.
    #[must_use]
    pub fn line_total(&self, line: usize) -> Decimal {
        let line = self.order.lines.get(line);
        line.map_or(Decimal::ZERO, |line| line.total)
    }
}

fn moment(days: i64) -> Timestamp {
    Timestamp::from_second(SOLD_AT + days * DAY).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap_or_default()
    }

    fn till() -> Till {
        Till::new("GB", "GBP").rate("standard", dec("20"), false, true)
    }

    #[test]
    fn a_till_sums_the_recorded_inclusive_line() {
        let mut till = till().prices_include_tax(true);
        let id = till.product(dec("24.99"), "", true);
        let sale = till.sell(&Cart::new().product(id, 1));
        let sale = sale.map(|sale| (sale.total(), sale.tax()));
        assert_eq!(sale, Ok((dec("24.99"), dec("4.16"))));
    }

    #[test]
    fn a_shop_can_sum_without_decimals_or_with_three() {
        let cart = |till: &mut Till| {
            let id = till.product(dec("1234"), "", true);
            let code = till.coupon(DiscountKind::Percent, dec("7"), &[]);
            Cart::new().product(id, 1).coupon(&code)
        };
        let mut whole = till().decimals(0);
        let basket = cart(&mut whole);
        let sale = whole.sell(&basket).map(|sale| (sale.total(), sale.tax()));
        assert_eq!(sale, Ok((dec("1378"), dec("230"))), "86 off, 20 % of 1148");
        let mut fils = till().decimals(3);
        let basket = cart(&mut fils);
        let sale = fils.sell(&basket).map(|sale| (sale.total(), sale.tax()));
        assert_eq!(sale, Ok((dec("1377.144"), dec("229.524"))));
    }

    #[test]
    fn part_of_a_line_is_given_back_with_its_share_of_the_tax() {
        let mut till = till();
        let id = till.product(dec("30.00"), "", true);
        let sale = till.sell(&Cart::new().product(id, 3));
        let left = sale.and_then(|mut sale| {
            till.refund(&mut sale, &RefundRequest::part_of_line(0, dec("10.01")))?;
            assert!(till.last_refund_json(&sale).contains("\"12.010000\""));
            Ok(sale.left())
        });
        assert_eq!(left, Ok(dec("95.99")));
    }

    #[test]
    fn a_refund_gives_back_at_most_the_cents_too_many_that_rounding_made() {
        let mut till = till().prices_include_tax(true);
        let id = till.product(dec("154.89"), "", true);
        let sale = till.sell(&Cart::new().product(id, 1));
        let left = sale.and_then(|mut sale| {
            let rest = RefundRequest::lines(&[(0, 1)]);
            till.refund(&mut sale, &rest)?;
            assert!(till.refund(&mut sale, &rest).is_err(), "nothing is left");
            Ok(sale.left())
        });
        assert_eq!(
            left,
            Ok(Decimal::ZERO),
            "129.08 and 25.82 are cut to 154.89"
        );
    }
}
