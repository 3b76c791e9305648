//! What the store really holds, for reconciling.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::super::model::order::Order;
use super::super::orders::GONE;
use super::StoreHandle;

/// What an order is worth, for reconciling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTruth {
    /// The order's id.
    pub id: u64,
    /// The number shown to the customer.
    pub number: String,
    /// The status's slug; `trash` for trashed ones.
    pub status: String,
    /// What the customer paid or is to pay, in `currency`, tax included.
    pub total: Decimal,
    /// The tax in it.
    pub total_tax: Decimal,
    /// ISO code.
    pub currency: String,
    /// The account's id, 0 for guests.
    pub customer_id: u64,
    /// The gateway's slug.
    pub payment_method: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last modified, as the storage says.
    pub modified: Timestamp,
    /// When the money came.
    pub paid: Option<Timestamp>,
    /// What the gateway's plugin notes that it kept, if it notes it.
    pub gateway_fee: Option<Decimal>,
    /// Its refunds, oldest first.
    pub refunds: Vec<RefundTruth>,
}

/// A refund, for reconciling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundTruth {
    /// The refund's id.
    pub id: u64,
    /// What was given back, positive, in the order's currency.
    pub amount: Decimal,
    /// The tax its lines say is in it; zero for amounts without lines.
    pub tax: Decimal,
    /// When it was made.
    pub created: Timestamp,
}

fn gateway_fee(order: &Order) -> Option<Decimal> {
    let noted = order.meta.iter().find(|entry| {
        matches!(
            entry.key.as_str(),
            "_stripe_fee" | "_paypal_transaction_fee"
        )
    })?;
    noted.value.as_str()?.parse().ok()
}

impl OrderTruth {
    fn of(order: &Order) -> Self {
        Self {
            id: order.id,
            number: order.number.clone(),
            status: order.status.clone(),
            total: order.total,
            total_tax: order.total_tax,
            currency: order.currency.clone(),
            customer_id: order.customer_id,
            payment_method: order.payment_method.clone(),
            created: order.created,
            modified: order.modified,
            paid: order.paid,
            gateway_fee: gateway_fee(order),
            refunds: order
                .refunds
                .iter()
                .map(|refund| RefundTruth {
                    id: refund.id,
                    amount: refund.amount,
                    tax: -refund
                        .tax_lines
                        .iter()
                        .map(|line| line.tax_total + line.shipping_tax_total)
                        .sum::<Decimal>(),
                    created: refund.created,
                })
                .collect(),
        }
    }
}

impl StoreHandle {
    /// One order as it really is, also while readers see half of it.
    pub fn order(&self, id: u64) -> Option<OrderTruth> {
        self.0
            .state()
            .orders
            .order(id)
            .map(|order| OrderTruth::of(&order))
    }

    /// Every order that is not deleted for good, drafts and trash among them, by id.
    pub fn orders(&self) -> Vec<OrderTruth> {
        let state = self.0.state();
        let rows = state.orders.rows().iter().enumerate();
        rows.filter(|(_, row)| row.status != GONE)
            .filter_map(|(index, _)| state.orders.at(index))
            .map(|order| OrderTruth::of(&order))
            .collect()
    }

    /// The webhooks: topic, status, and where they go.
    pub fn webhooks(&self) -> Vec<(String, String, String)> {
        let state = self.0.state();
        let hooks = state.webhooks.iter();
        hooks
            .map(|hook| {
                (
                    hook.topic.clone(),
                    hook.status.clone(),
                    hook.delivery_url.clone(),
                )
            })
            .collect()
    }

    /// The store gives up the webhook of a topic, as after seven failures in a row.
    pub fn disable_webhook(&self, topic: &str) {
        let mut state = self.0.state();
        for hook in state.webhooks.iter_mut().filter(|hook| hook.topic == topic) {
            "disabled".clone_into(&mut hook.status);
        }
    }

    /// How many orders there are, drafts and trash among them.
    pub fn order_count(&self) -> usize {
        self.0
            .state()
            .orders
            .rows()
            .iter()
            .filter(|row| row.status != GONE)
            .count()
    }

    /// The id of a product or variation by its SKU.
    pub fn product_id(&self, sku: &str) -> Option<u64> {
        self.0
            .state()
            .shop
            .product_with_sku(sku)
            .map(|product| product.id)
    }

    /// The ids of all accounts that are customers.
    pub fn customer_ids(&self) -> Vec<u64> {
        let ids = self.0.state().customers.ids();
        ids.into_iter().filter(|id| *id != 1).collect()
    }
}
