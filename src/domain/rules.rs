//! What a pipeline's owner decides about booking: the mapping section of the configuration, as plain
//! values. Names of accounts, items, codes, methods, classes and locations are as written (a name,
//! or `id:123`); they are resolved against the books when a mapping is made. Not here: reading TOML.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{IfPosted, OnEdit};

/// All rules of one pipeline. [`Default`] is what holds where the configuration says nothing; it
/// works against a fresh US company.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingRules {
    /// The books' calendar (`timezone` of the pipeline): the day of a sale is a question of local
    /// time.
    pub timezone: TimeZone,
    /// Nothing dated earlier is posted (`start_date` of the pipeline).
    pub start_date: Option<Date>,
    /// `[pipelines.mapping.orders]`
    pub orders: OrderRules,
    /// `[pipelines.mapping.customers]`
    pub customers: CustomerRules,
    /// `[pipelines.mapping.products]`
    pub products: ProductRules,
    /// `[pipelines.mapping.shipping]`
    pub shipping: ShippingRules,
    /// `[pipelines.mapping.fees]`
    pub fees: FeeRules,
    /// `[pipelines.mapping.discounts]`
    pub discounts: DiscountRules,
    /// `[pipelines.mapping.tax]`
    pub tax: TaxRules,
    /// `[pipelines.mapping.payments.*]`
    pub payments: PaymentRules,
    /// `[pipelines.mapping.refunds]`
    pub refunds: RefundRules,
    /// `[pipelines.mapping.tracking]`
    pub tracking: TrackingRules,
    /// `[pipelines.mapping.custom_fields]`: the custom field's name in QuickBooks → a member of the
    /// order (`customer_note`) or a key of its meta data.
    pub custom_fields: BTreeMap<String, String>,
}

impl Default for MappingRules {
    fn default() -> Self {
        Self {
            timezone: TimeZone::UTC,
            start_date: None,
            orders: OrderRules::default(),
            customers: CustomerRules::default(),
            products: ProductRules::default(),
            shipping: ShippingRules::default(),
            fees: FeeRules::default(),
            discounts: DiscountRules::default(),
            tax: TaxRules::default(),
            payments: PaymentRules::default(),
            refunds: RefundRules::default(),
            tracking: TrackingRules::default(),
            custom_fields: BTreeMap::new(),
        }
    }
}

/// Which orders are booked, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRules {
    /// `statuses`: slugs without `wc-` that are posted.
    pub statuses: Vec<String>,
    /// `post_as`
    pub post_as: PostOrderAs,
    /// `unpaid_methods`: gateways that take the money later; the empty one is an order made by hand.
    pub unpaid_methods: Vec<String>,
    /// `date`
    pub date: OrderDate,
    /// `number`: the document's number, with `{number}`; at most 21 characters when filled in.
    pub number: String,
    /// `memo`: the private note, with `{number}`. It is how documents of several stores in one
    /// company are told apart.
    pub memo: String,
    /// `on_edit`
    pub on_edit: OnEdit,
    /// `on_cancel`: what becomes of a posted order that is cancelled, failed or trashed.
    pub on_cancel: IfPosted,
    /// `closed_period`
    pub closed_period: ClosedPeriod,
}

impl Default for OrderRules {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            statuses: words(&["processing", "completed", "refunded"]),
            post_as: PostOrderAs::Auto,
            unpaid_methods: words(&["bacs", "cheque", "cod", ""]),
            date: OrderDate::Paid,
            number: "{number}".to_owned(),
            memo: "WooCommerce order {number}".to_owned(),
            on_edit: OnEdit::Update,
            on_cancel: IfPosted::Void,
            closed_period: ClosedPeriod::Hold,
        }
    }
}

/// As what an order is booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PostOrderAs {
    /// `auto`: paid → sales receipt; unpaid by a gateway that takes money later → invoice.
    #[default]
    Auto,
    /// `sales_receipt`: always.
    SalesReceipt,
    /// `invoice`: always, with a payment where it is paid.
    Invoice,
}

/// Which of an order's moments gives its day in the books. The one asked for may be missing; then
/// the day the order was created counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderDate {
    /// `paid`
    #[default]
    Paid,
    /// `created`
    Created,
    /// `completed`
    Completed,
}

/// What becomes of a document dated on or before the closing date of the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClosedPeriod {
    /// `hold`
    #[default]
    Hold,
    /// `first_open_day`: it is dated the day after the closing date, with the true day in the memo.
    FirstOpenDay,
}

/// Whether each has an entry of its own in the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Customers {
    /// `per_customer`
    #[default]
    PerCustomer,
    /// `one`: all sales go to the generic customer.
    One,
}

/// By what a customer of the books is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerMatch {
    /// `email`
    Email,
    /// `name`
    Name,
}

/// Who the sales are booked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRules {
    /// `mode`: for accounts of the store.
    pub mode: Customers,
    /// `generic`: the name of the customer who gets what belongs to nobody.
    pub generic: String,
    /// `guests`: for guests.
    pub guests: Customers,
    /// `match`: tried in this order.
    pub matching: Vec<CustomerMatch>,
}

impl Default for CustomerRules {
    fn default() -> Self {
        Self {
            mode: Customers::PerCustomer,
            generic: "WooCommerce customer".to_owned(),
            guests: Customers::PerCustomer,
            matching: vec![CustomerMatch::Email, CustomerMatch::Name],
        }
    }
}

/// By what an item of the books is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductMatch {
    /// `sku`
    Sku,
    /// `name`
    Name,
}

/// What happens to a product that has no item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingProduct {
    /// `create`
    #[default]
    Create,
    /// `generic`: it is sold as the generic item.
    Generic,
    /// `hold`
    Hold,
}

/// The type of items that are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProductType {
    /// `non_inventory`
    #[default]
    NonInventory,
    /// `service`
    Service,
    /// `inventory`
    Inventory,
}

/// What the sales are booked as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRules {
    /// `match`: tried in this order.
    pub matching: Vec<ProductMatch>,
    /// `missing`
    pub missing: MissingProduct,
    /// `type`
    pub kind: ProductType,
    /// `generic`: the name of the item for lines without a product.
    pub generic: String,
    /// `income_account`
    pub income_account: String,
    /// `expense_account`: inventory and non-inventory items.
    pub expense_account: String,
    /// `asset_account`: inventory items.
    pub asset_account: String,
}

impl Default for ProductRules {
    fn default() -> Self {
        Self {
            matching: vec![ProductMatch::Sku, ProductMatch::Name],
            missing: MissingProduct::Create,
            kind: ProductType::NonInventory,
            generic: "WooCommerce sales".to_owned(),
            income_account: "Sales of Product Income".to_owned(),
            expense_account: "Cost of Goods Sold".to_owned(),
            asset_account: "Inventory Asset".to_owned(),
        }
    }
}

/// How shipping is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingRules {
    /// `item`
    pub item: ShippingItem,
    /// `income_account`: of the item, where it is made.
    pub income_account: String,
}

impl Default for ShippingRules {
    fn default() -> Self {
        Self {
            item: ShippingItem::Auto,
            income_account: "Shipping Income".to_owned(),
        }
    }
}

/// The item of shipping lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ShippingItem {
    /// `auto`: QuickBooks' own shipping field where the company allows it, else an item `Shipping`.
    #[default]
    Auto,
    /// The item of this name.
    Named(String),
}

/// How fee lines are booked, negative ones too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeRules {
    /// `item`: its name.
    pub item: String,
    /// `income_account`: of the item, where it is made; that of products where absent.
    pub income_account: Option<String>,
}

impl Default for FeeRules {
    fn default() -> Self {
        Self {
            item: "Fees".to_owned(),
            income_account: None,
        }
    }
}

/// How discounts are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PostDiscountAs {
    /// `auto`: a line where the company allows discounts.
    #[default]
    Auto,
    /// `line`: lines before discounts, and one discount line.
    Line,
    /// `net`: lines after discounts.
    Net,
}

/// How discounts are booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscountRules {
    /// `post_as`
    pub post_as: PostDiscountAs,
    /// `account`: of discount lines.
    pub account: String,
}

impl Default for DiscountRules {
    fn default() -> Self {
        Self {
            post_as: PostDiscountAs::Auto,
            account: "Discounts given".to_owned(),
        }
    }
}

/// How tax reaches the books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaxMode {
    /// `auto`: by country and tax preferences of the company.
    #[default]
    Auto,
    /// `us_automated`: lines `TAX` or `NON`, the store's tax as the total.
    UsAutomated,
    /// `us_manual`: one code for the whole document, whose tax QuickBooks computes.
    UsManual,
    /// `codes`: a real code on each line.
    Codes,
    /// `line`: tax is a line of its own, to an item of a liability account.
    Line,
    /// `none`: there is no tax; an order with tax is held.
    None,
}

impl TaxMode {
    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::UsAutomated => "us_automated",
            Self::UsManual => "us_manual",
            Self::Codes => "codes",
            Self::Line => "line",
            Self::None => "none",
        }
    }
}

/// How tax is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRules {
    /// `mode`
    pub mode: TaxMode,
    /// `exempt_code`: for lines without tax. Outside the US a name for which the company has a code;
    /// the default `NON` is no such name there, and lines that need it are held.
    pub exempt_code: String,
    /// `[tax.classes]`: WooCommerce tax class (`""` is standard) → tax code.
    pub classes: BTreeMap<String, String>,
    /// `[tax.rates]`: a WooCommerce rate id, or ids joined by `+` → tax code; wins over classes. In
    /// the mode `us_manual` it picks the document's code.
    pub rates: BTreeMap<String, String>,
    /// `item`: the item of tax lines in the mode `line`.
    pub item: String,
    /// `account`: the liability account of that item, where it is made.
    pub account: String,
}

impl Default for TaxRules {
    fn default() -> Self {
        Self {
            mode: TaxMode::Auto,
            exempt_code: "NON".to_owned(),
            classes: BTreeMap::new(),
            rates: BTreeMap::new(),
            item: "Sales tax".to_owned(),
            account: "Sales Tax Payable".to_owned(),
        }
    }
}

/// How the fees of a gateway are booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GatewayFees {
    /// `daily`: one expense a day.
    #[default]
    Daily,
    /// `per_order`: one expense an order.
    PerOrder,
    /// `off`: not at all.
    Off,
}

/// Where the money of one gateway is. What a gateway does not say is taken from
/// [`PaymentRules::default`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayRules {
    /// `method`: the payment method.
    pub method: Option<String>,
    /// `deposit_to`: the account, best a clearing account of its own.
    pub deposit_to: Option<String>,
    /// `fee_meta`: the order's meta key that says what the gateway kept. Without it the fee is
    /// unknown, not zero, and nothing is booked.
    pub fee_meta: Option<String>,
    /// `fee_account`: the expense account.
    pub fee_account: Option<String>,
    /// `fees`
    pub fees: Option<GatewayFees>,
}

/// Where the money of all gateways is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRules {
    /// `[payments.default]`; money goes to `Undeposited Funds` where it says nothing.
    pub default: GatewayRules,
    /// `[payments.GATEWAY]`, by the slug of the gateway (`payment_method`).
    pub gateways: BTreeMap<String, GatewayRules>,
}

impl Default for PaymentRules {
    fn default() -> Self {
        Self {
            default: GatewayRules {
                deposit_to: Some("Undeposited Funds".to_owned()),
                ..GatewayRules::default()
            },
            gateways: BTreeMap::new(),
        }
    }
}

/// As what a refund is booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PostRefundAs {
    /// `auto`: a credit memo where the sale was an invoice, else a refund receipt.
    #[default]
    Auto,
    /// `refund_receipt`
    RefundReceipt,
    /// `credit_memo`
    CreditMemo,
}

/// How a refund without lines is booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AmountOnly {
    /// `as_stored`: untaxed, to the refunds item, with a warning.
    #[default]
    AsStored,
    /// `proportional`: over the lines and the tax of the order.
    Proportional,
    /// `hold`
    Hold,
}

/// How refunds are booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRules {
    /// `post_as`
    pub post_as: PostRefundAs,
    /// `number`: with `{number}` (the order's) and `{refund_id}`.
    pub number: String,
    /// `amount_only`
    pub amount_only: AmountOnly,
    /// `item`: for amounts without a line.
    pub item: String,
    /// `income_account`: of that item, where it is made; that of products where absent.
    pub income_account: Option<String>,
}

impl Default for RefundRules {
    fn default() -> Self {
        Self {
            post_as: PostRefundAs::Auto,
            number: "{number}-R{refund_id}".to_owned(),
            amount_only: AmountOnly::AsStored,
            item: "Refunds".to_owned(),
            income_account: None,
        }
    }
}

/// Class and location of every document; empty: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackingRules {
    /// `class`
    pub class: String,
    /// `location`
    pub location: String,
}
