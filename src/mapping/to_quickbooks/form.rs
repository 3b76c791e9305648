//! What stands around the lines of a sales form.

use jiff::civil::Date;
use kit::{Currency, PostingKind};
use quickbooks::PhysicalAddress;
use rust_decimal::Decimal;

use super::address;
use super::extras;
use super::gateways::Gateway;
use super::numbers::{self, Names};
use super::order::Sale;
use super::text::valid_email;
use crate::domain::{LinkKey, OnEdit};

/// What stands around the lines of a sales form.
pub(super) struct Form<'a> {
    /// Which of the four.
    pub(super) kind: PostingKind,
    /// Number and marker.
    pub(super) names: Names,
    /// The whole private note; starts with the marker.
    pub(super) note: String,
    /// The day.
    pub(super) date: Date,
    /// Who.
    pub(super) customer: LinkKey,
    /// The currency.
    pub(super) currency: Currency,
    /// Home units for one unit of it, where the order says it.
    pub(super) exchange_rate: Option<Decimal>,
    /// How the money came.
    pub(super) gateway: &'a Gateway,
    /// Id of the account it is in.
    pub(super) deposit_to: String,
    /// The gateway's reference.
    pub(super) payment_reference: Option<String>,
    /// Message to the customer.
    pub(super) message: Option<String>,
    /// The bill's address.
    pub(super) bill: PhysicalAddress,
    /// The goods' address.
    pub(super) ship: PhysicalAddress,
    /// The bill's e-mail address.
    pub(super) email: Option<String>,
    /// How it was shipped.
    pub(super) ship_method: Option<String>,
    /// When it was shipped.
    pub(super) ship_date: Option<Date>,
    /// The parcel's number.
    pub(super) tracking: Option<String>,
    /// Definition id and value of custom fields.
    pub(super) custom_fields: Vec<(String, String)>,
    /// What else has to be in the books before.
    pub(super) after: Vec<LinkKey>,
    /// What to do on changes.
    pub(super) on_edit: OnEdit,
    /// The total, tax included.
    pub(super) total: Decimal,
}

impl<'a> Form<'a> {
    /// Around a document of this sale, the sale itself or a refund of it: what both have. `true_date` and
    /// `more` are further lines of the note.
    pub(super) fn of(
        sale: &Sale<'a>,
        kind: PostingKind,
        names: Names,
        (date, true_date): (Date, Option<String>),
        more: Option<String>,
        customer: LinkKey,
        total: Decimal,
    ) -> Self {
        let (order, texts) = (sale.order, sale.books.texts);
        let gateway = sale.books.gateway(&order.payment_method);
        let (payment_reference, transaction) =
            numbers::payment_reference(texts, order.transaction_id.as_deref());
        Self {
            kind,
            note: numbers::note(&names.marker, &[true_date, transaction, more]),
            names,
            date,
            customer,
            currency: order.currency,
            exchange_rate: extras::exchange_rate(sale),
            gateway,
            deposit_to: gateway.deposit_to.clone(),
            payment_reference,
            message: None,
            bill: address::of_bill(&order.billing, texts),
            ship: address::of_shipment(&order.shipping, texts),
            email: valid_email(&order.billing.email),
            ship_method: None,
            ship_date: None,
            tracking: None,
            custom_fields: extras::custom_fields(sale),
            after: Vec::new(),
            on_edit: sale.rules.orders.on_edit,
            total,
        }
    }
}
