//! A basket on its way to become an order: what a test or the generator says
//! about a sale. What it costs is summed by `arithmetic`.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

pub use super::model::people::Address;

/// How an order is paid, by the name and title the gateway's plugin uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gateway {
    /// Card payments; paid orders carry `_stripe_fee` and its relatives.
    Stripe,
    /// `PayPal`; paid orders carry `_paypal_transaction_fee` and `_ppcp_paypal_fees`.
    PayPal,
    /// Cash on delivery: processing at once, not paid until completed.
    CashOnDelivery,
    /// Bank transfer: on hold until the shop sees the money.
    BankTransfer,
    /// Cheque: as bank transfer.
    Cheque,
    /// No gateway: free or made by hand.
    None,
    /// Any other plugin's slug and title.
    Other(String, String),
}

impl Gateway {
    /// `payment_method`.
    #[must_use]
    pub fn slug(&self) -> &str {
        match self {
            Self::Stripe => "stripe",
            Self::PayPal => "ppcp-gateway",
            Self::CashOnDelivery => "cod",
            Self::BankTransfer => "bacs",
            Self::Cheque => "cheque",
            Self::None => "",
            Self::Other(slug, _) => slug,
        }
    }

    /// `payment_method_title`.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Stripe => "Credit Card (Stripe)",
            Self::PayPal => "PayPal",
            Self::CashOnDelivery => "Cash on delivery",
            Self::BankTransfer => "Direct bank transfer",
            Self::Cheque => "Check payments",
            Self::None => "",
            Self::Other(_, title) => title,
        }
    }
}

/// What is sold on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Goods {
    Sku(String),
    Product(u64),
    /// A line that names no product: made by hand, or its product is gone.
    Named(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CartLine {
    pub goods: Goods,
    pub quantity: i64,
    /// Net amounts (subtotal, total) set by hand instead of the product's price.
    pub net: Option<(Decimal, Decimal)>,
    pub meta: Vec<(String, Value)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CartShipping {
    pub title: String,
    pub method: String,
    /// Without tax, in every store.
    pub net: Decimal,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CartFee {
    pub name: String,
    /// Without tax; negative for discounts.
    pub net: Decimal,
    pub taxable: bool,
}

/// Where an order was made: `created_via`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeBy {
    /// `rest-api`.
    Rest,
    /// `store-api`: the block checkout.
    Checkout,
    /// `admin`.
    Admin,
}

impl MadeBy {
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Rest => "rest-api",
            Self::Checkout => "store-api",
            Self::Admin => "admin",
        }
    }
}

/// A basket; each method adds to it and gives it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Cart {
    pub(crate) lines: Vec<CartLine>,
    pub(crate) coupons: Vec<String>,
    pub(crate) shipping: Vec<CartShipping>,
    pub(crate) fees: Vec<CartFee>,
    pub(crate) customer: u64,
    pub(crate) billing: Address,
    pub(crate) ship_to: Option<Address>,
    pub(crate) gateway: Gateway,
    pub(crate) note: String,
    pub(crate) meta: Vec<(String, Value)>,
    pub(crate) currency: Option<(String, String)>,
    pub(crate) made_by: MadeBy,
    pub(crate) placed_at: Option<Timestamp>,
    pub(crate) status: Option<String>,
    pub(crate) number: Option<String>,
}

impl Default for Cart {
    fn default() -> Self {
        Self::new()
    }
}

impl Cart {
    /// An empty basket of a guest without an address, to be paid by card.
    #[must_use]
    pub fn new() -> Self {
        Self {
            lines: Vec::new(),
            coupons: Vec::new(),
            shipping: Vec::new(),
            fees: Vec::new(),
            customer: 0,
            billing: Address::default(),
            ship_to: None,
            gateway: Gateway::Stripe,
            note: String::new(),
            meta: Vec::new(),
            currency: None,
            made_by: MadeBy::Rest,
            placed_at: None,
            status: None,
            number: None,
        }
    }

    fn with_line(mut self, goods: Goods, quantity: i64, net: Option<(Decimal, Decimal)>) -> Self {
        self.lines.push(CartLine {
            goods,
            quantity,
            net,
            meta: Vec::new(),
        });
        self
    }

    /// `quantity` of the product or variation with this SKU, at its price.
    #[must_use]
    pub fn line(self, sku: &str, quantity: i64) -> Self {
        self.with_line(Goods::Sku(sku.to_owned()), quantity, None)
    }

    /// `quantity` of the product or variation with this id, at its price.
    #[must_use]
    pub fn product(self, id: u64, quantity: i64) -> Self {
        self.with_line(Goods::Product(id), quantity, None)
    }

    /// A line whose net amounts before and after discount are set by hand.
    #[must_use]
    pub fn line_at(self, sku: &str, quantity: i64, subtotal: Decimal, total: Decimal) -> Self {
        self.with_line(
            Goods::Sku(sku.to_owned()),
            quantity,
            Some((subtotal, total)),
        )
    }

    /// A line without a product, at a net amount.
    #[must_use]
    pub fn custom_line(self, name: &str, quantity: i64, net: Decimal) -> Self {
        self.with_line(Goods::Named(name.to_owned()), quantity, Some((net, net)))
    }

    /// Adds meta to the line added last.
    #[must_use]
    pub fn line_meta(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Some(line) = self.lines.last_mut() {
            line.meta.push((key.to_owned(), value.into()));
        }
        self
    }

    /// A coupon by its code.
    #[must_use]
    pub fn coupon(mut self, code: &str) -> Self {
        self.coupons.push(code.to_lowercase());
        self
    }

    /// A shipping line, net.
    #[must_use]
    pub fn shipping(mut self, title: &str, net: Decimal) -> Self {
        let method = "flat_rate".to_owned();
        self.shipping.push(CartShipping {
            title: title.to_owned(),
            method,
            net,
        });
        self
    }

    /// Free pickup at the shop, which is where it is then taxed.
    #[must_use]
    pub fn local_pickup(mut self) -> Self {
        self.shipping.push(CartShipping {
            title: "Local pickup".to_owned(),
            method: "local_pickup".to_owned(),
            net: Decimal::ZERO,
        });
        self
    }

    /// A taxable fee, net; negative for a discount.
    #[must_use]
    pub fn fee(mut self, name: &str, net: Decimal) -> Self {
        self.fees.push(CartFee {
            name: name.to_owned(),
            net,
            taxable: true,
        });
        self
    }

    /// A fee without tax.
    #[must_use]
    pub fn untaxed_fee(mut self, name: &str, net: Decimal) -> Self {
        self.fees.push(CartFee {
            name: name.to_owned(),
            net,
            taxable: false,
        });
        self
    }

    /// Bought by an account.
    #[must_use]
    pub fn customer(mut self, id: u64) -> Self {
        self.customer = id;
        self
    }

    /// Billed to, and delivered to unless [`Cart::ship_to`] says otherwise.
    #[must_use]
    pub fn bill_to(mut self, address: Address) -> Self {
        self.billing = address;
        self
    }

    /// Delivered to.
    #[must_use]
    pub fn ship_to(mut self, address: Address) -> Self {
        self.ship_to = Some(address);
        self
    }

    /// To be paid by.
    #[must_use]
    pub fn gateway(mut self, gateway: Gateway) -> Self {
        self.gateway = gateway;
        self
    }

    /// The customer's note.
    #[must_use]
    pub fn note(mut self, note: &str) -> Self {
        note.clone_into(&mut self.note);
        self
    }

    /// Order meta; numbers and booleans come back as strings.
    #[must_use]
    pub fn meta(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.meta.push((key.to_owned(), value.into()));
        self
    }

    /// A currency other than the store's, with its symbol.
    #[must_use]
    pub fn currency(mut self, code: &str, symbol: &str) -> Self {
        self.currency = Some((code.to_owned(), symbol.to_owned()));
        self
    }

    /// Where it was made; checkout orders differ in small ways (HTML-encoded shipping titles).
    #[must_use]
    pub fn made_by(mut self, made_by: MadeBy) -> Self {
        self.made_by = made_by;
        self
    }

    /// Dated back; `date_modified` is still the present.
    #[must_use]
    pub fn placed_at(mut self, moment: Timestamp) -> Self {
        self.placed_at = Some(moment);
        self
    }

    /// In this status rather than the one the gateway gives.
    #[must_use]
    pub fn status(mut self, status: &str) -> Self {
        self.status = Some(status.to_owned());
        self
    }

    /// A number that differs from the id, as a numbering plugin makes it.
    #[must_use]
    pub fn number(mut self, number: &str) -> Self {
        self.number = Some(number.to_owned());
        self
    }
}
