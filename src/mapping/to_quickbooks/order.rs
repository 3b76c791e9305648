//! Orders: what becomes of each, and the drafts of those that are posted.

use jiff::civil::Date;
use kit::{Money, PostingKind, round_half_up};
use rust_decimal::Decimal;
use woocommerce::{Order, OrderStatus};

use super::accounts;
use super::calendar::{self, placed};
use super::customer::{self, Buyer};
use super::document;
use super::extras;
use super::fees;
use super::follow;
use super::form::Form;
use super::former::Former;
use super::hold::{hold, hold_with};
use super::lines::Lines;
use super::numbers;
use super::paper;
use super::parts::StoreRates;
use super::product::{Catalogue, ItemTarget};
use super::resolved::Resolved;
use super::settle::{Settled, Task, settle};
use crate::domain::{
    Document, Draft, Facets, Hold, IfPosted, LinkKey, MappingRules, Needs, PostOrderAs, References,
    SourceKind, Wish,
};

/// As what a sale can be booked.
const SALES: [PostingKind; 2] = [PostingKind::SalesReceipt, PostingKind::Invoice];

/// What becomes of an order before its figures are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is posted.
    Post,
    /// It is not.
    Exclude { reason: String, if_posted: IfPosted },
    /// Somebody must decide.
    Hold(Hold),
}

/// One order with the rules it is mapped by.
#[derive(Clone, Copy)]
pub(super) struct Sale<'a> {
    /// The order.
    pub(super) order: &'a Order,
    /// The rules.
    pub(super) rules: &'a MappingRules,
    /// Their names.
    pub(super) books: &'a Resolved,
}

impl<'a> Sale<'a> {
    /// What must be known.
    pub(super) fn need(&self, needs: &mut Needs) {
        needs.once.extend(SALES.map(|kind| self.key(kind)));
        for kind in [
            PostingKind::SalesReceipt,
            PostingKind::Invoice,
            PostingKind::Payment,
            PostingKind::Expense,
        ] {
            needs.links.insert(self.key(kind));
        }
        for kind in [PostingKind::Payment, PostingKind::Expense] {
            needs.documents.insert(self.key(kind));
        }
        fees::need(self, needs);
        if self.verdict_on_status() != Verdict::Post {
            return;
        }
        Buyer::of_order(self.order, self.rules, self.books).need(needs);
        needs.parents.insert(self.order.id.to_string());
        Lines::of_order(self.order).need(self.catalogue(), needs);
    }

    /// All postings of the order.
    pub(super) fn drafts(&self, known: &References) -> Vec<Draft> {
        let kind = self.kind(known);
        let mut drafts = Vec::new();
        let held = match self.verdict(kind) {
            Verdict::Exclude { reason, if_posted } => {
                let wish = Wish::Exclude {
                    reason: reason.clone(),
                    if_posted,
                };
                drafts.push(self.primary(kind, wish, Vec::new(), known));
                follow::withdraw(self, known, &reason, if_posted, &mut drafts);
                return drafts;
            }
            Verdict::Hold(hold) => hold,
            Verdict::Post => match self.document(kind, known, &mut drafts) {
                Ok((document, codes)) => {
                    drafts.push(self.primary(kind, Wish::Post(document), codes, known));
                    drafts.extend(follow::followers(self, kind, known));
                    return drafts;
                }
                Err(hold) => hold,
            },
        };
        // list objects can wait with the document; what followed it already stays wanted
        drafts.clear();
        drafts.push(self.primary(kind, Wish::Hold(held), Vec::new(), known));
        let followers = follow::followers(self, kind, known).into_iter();
        drafts.extend(followers.filter(|draft| known.links.contains_key(&draft.key)));
        drafts
    }

    /// All postings of the order, which the store has deleted for good: what is in the books is left
    /// there and told of, the rest is not wanted.
    pub(super) fn deleted(&self, known: &References) -> Vec<Draft> {
        let (kind, reason) = (self.kind(known), "deleted for good in the store");
        let wish = Wish::Exclude {
            reason: reason.to_owned(),
            if_posted: IfPosted::Ignore,
        };
        let mut sale = self.primary(kind, wish, Vec::new(), known);
        if known.links.contains_key(&sale.key) {
            let words =
                "The order was deleted for good in the store; its document was left as it is.";
            sale.warning = Some(words.to_owned());
        }
        let mut drafts = vec![sale];
        follow::withdraw(self, known, reason, IfPosted::Ignore, &mut drafts);
        drafts
    }

    fn primary(
        &self,
        kind: PostingKind,
        wish: Wish,
        codes: Vec<String>,
        known: &References,
    ) -> Draft {
        let order = self.order;
        let of_store = order.tax_lines.iter().map(|line| line.rate_code.clone());
        let tax_codes = if codes.is_empty() {
            of_store.collect()
        } else {
            codes
        };
        Draft {
            key: self.key(kind),
            number: order.number.clone(),
            date: self.day(kind),
            store_amount: Some(Money::new(self.shown(order.total), order.currency)),
            facets: Facets {
                gateway: order.payment_method.clone(),
                status: order.status.as_str().to_owned(),
                tax: Some(self.shown(order.total_tax)),
                tax_codes: Facets::set_of(tax_codes),
                who: paper::name_of(&order.billing),
            },
            fee: fees::share(self, known),
            warning: None,
            wish,
        }
    }

    /// Without the zeros that six decimals bring; never rounded.
    pub(super) fn shown(&self, amount: Decimal) -> Decimal {
        let mut plain = amount.normalize();
        if plain.scale() < self.decimals() {
            plain.rescale(self.decimals());
        }
        plain
    }

    /// The decimals of the order's currency.
    pub(super) fn decimals(&self) -> u32 {
        self.order.currency.decimals()
    }

    /// The posting of a kind.
    pub(super) fn key(&self, kind: PostingKind) -> LinkKey {
        LinkKey::new(SourceKind::Order, self.order.id.to_string(), kind)
    }

    /// The day of the books.
    pub(super) fn day(&self, kind: PostingKind) -> Option<Date> {
        calendar::day_of_order(self.rules, self.order, kind)
    }

    /// Whether it is dated before anything that is posted.
    pub(super) fn is_too_early(&self, kind: PostingKind) -> bool {
        self.day(kind)
            .and_then(|day| calendar::too_early(self.rules, day))
            .is_some()
    }

    /// The items.
    pub(super) fn catalogue(&self) -> Catalogue<'a> {
        Catalogue {
            rules: self.rules,
            books: self.books,
        }
    }

    /// What becomes of the order by its day, status and payment.
    pub(super) fn verdict(&self, kind: PostingKind) -> Verdict {
        match self
            .day(kind)
            .and_then(|day| calendar::too_early(self.rules, day))
        {
            Some(reason) => Verdict::Exclude {
                reason,
                if_posted: IfPosted::Ignore,
            },
            None => self.verdict_on_status(),
        }
    }

    fn verdict_on_status(&self) -> Verdict {
        let status = &self.order.status;
        let listed = self
            .rules
            .orders
            .statuses
            .iter()
            .any(|it| it == status.as_str());
        let exclude = |if_posted| Verdict::Exclude {
            reason: format!("status {status}"),
            if_posted,
        };
        match status {
            OrderStatus::AutoDraft | OrderStatus::CheckoutDraft => exclude(IfPosted::Hold),
            OrderStatus::Trash | OrderStatus::Failed => exclude(self.rules.orders.on_cancel),
            _ if listed => self.verdict_on_payment(),
            OrderStatus::Cancelled => exclude(self.rules.orders.on_cancel),
            OrderStatus::Pending
            | OrderStatus::OnHold
            | OrderStatus::Processing
            | OrderStatus::Completed
            | OrderStatus::Refunded => exclude(IfPosted::Hold),
            OrderStatus::Custom(slug) => Verdict::Hold(hold(
                "unknown_status",
                format!("its status `{slug}` is not named in the configuration"),
            )),
        }
    }

    fn verdict_on_payment(&self) -> Verdict {
        let callback_failed = !self.is_paid()
            && !self.order.total.is_zero()
            && !self.pays_later()
            && self.rules.orders.post_as != PostOrderAs::Invoice;
        if callback_failed {
            return Verdict::Hold(hold(
                "unpaid_order",
                format!(
                    "it has the status {} but was not paid, and `{}` takes money at once",
                    self.order.status, self.order.payment_method
                ),
            ));
        }
        Verdict::Post
    }

    /// Whether the money has come.
    pub(super) fn is_paid(&self) -> bool {
        self.order.date_paid_gmt.is_some()
    }

    /// Whether the gateway takes money later.
    pub(super) fn pays_later(&self) -> bool {
        self.rules
            .orders
            .unpaid_methods
            .contains(&self.order.payment_method)
    }

    /// As what the order is booked. What is in the books already stays what it is; so does what was there
    /// until it was voided or somebody deleted it.
    pub(super) fn kind(&self, known: &References) -> PostingKind {
        let is_there = |kind: &PostingKind| known.links.contains_key(&self.key(*kind));
        let was_there = |kind: &PostingKind| known.once.contains(&self.key(*kind));
        let once = SALES.into_iter().find(is_there);
        if let Some(kind) = once.or_else(|| SALES.into_iter().find(was_there)) {
            return kind;
        }
        match self.rules.orders.post_as {
            PostOrderAs::SalesReceipt => PostingKind::SalesReceipt,
            PostOrderAs::Invoice => PostingKind::Invoice,
            PostOrderAs::Auto => {
                let open = !self.is_paid() && !self.order.total.is_zero() && self.pays_later();
                if open {
                    PostingKind::Invoice
                } else {
                    PostingKind::SalesReceipt
                }
            }
        }
    }

    /// The document, and the names of its tax codes.
    fn document(
        &self,
        kind: PostingKind,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> Result<(Document, Vec<String>), Hold> {
        let (order, books) = (self.order, self.books);
        let (total, tax) = self.figures()?;
        let names = numbers::of_sale(self.rules, books.texts, &order.number)?;
        let placed = self.place(kind, known)?;
        let customer = customer::of_sale(self, kind, known, drafts)?;
        let former = Former::of_order(self, kind, known);
        let parts = Lines::of_order(order).parts(self.catalogue(), known, &former, drafts);
        if parts.is_empty() {
            return Err(hold("unsupported_order", "it has no lines"));
        }
        let rates = StoreRates::new(&order.tax_lines);
        let settled = settle(
            &Task {
                parts: &parts,
                total,
                tax,
                decimals: self.decimals(),
                inclusive: order.prices_include_tax,
                rates: &rates,
                discount_line: books.discount_account.is_some(),
            },
            books,
        )?;
        let tax_item = self.tax_item(&settled, known, drafts);
        let shipment = extras::shipment(self);
        let codes = settled.codes.clone();
        let form = Form {
            message: books.texts.lines(&order.customer_note, 1000),
            ship_method: extras::ship_method(self),
            ship_date: shipment.date,
            tracking: shipment.number,
            deposit_to: accounts::of_posting(self, kind, known),
            ..Form::of(self, kind, names, placed, None, customer, total)
        };
        let document = document::write(form, &parts, settled, tax_item.as_ref(), books);
        Ok((document, codes))
    }

    /// The item of tax, where tax is a line of its own.
    pub(super) fn tax_item(
        &self,
        settled: &Settled,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> Option<ItemTarget> {
        settled.tax_line?;
        let item = self.books.tax_item.as_ref()?;
        Some(self.catalogue().named("tax", item, known, drafts))
    }

    /// Total and tax as the books can have them.
    pub(super) fn figures(&self) -> Result<(Decimal, Decimal), Hold> {
        let (order, decimals) = (self.order, self.decimals());
        if !self.books.multi_currency && order.currency != self.books.home {
            return Err(hold(
                "currency_off",
                format!(
                    "it is in {} and the books are in {} alone",
                    order.currency, self.books.home
                ),
            ));
        }
        let total = round_half_up(order.total, decimals);
        if total != order.total {
            return Err(hold(
                "total_mismatch",
                format!(
                    "its total {} has more decimals than {} has",
                    order.total.normalize(),
                    order.currency
                ),
            ));
        }
        if total < Decimal::ZERO {
            return Err(hold(
                "negative_total",
                format!("its total is {total} {}", order.currency),
            ));
        }
        Ok((total, round_half_up(order.total_tax, decimals)))
    }

    /// The day of the document, and the true one in words where that is closed.
    pub(super) fn place(
        &self,
        kind: PostingKind,
        known: &References,
    ) -> Result<(Date, Option<String>), Hold> {
        let posted = known.links.get(&self.key(kind));
        let Some(day) = self.day(kind) else {
            return Err(hold_with(
                "malformed_record",
                "it has no date",
                "Open the order in WooCommerce and save it again, then retry.",
            ));
        };
        placed(self.rules, self.books, day, posted)
    }
}
