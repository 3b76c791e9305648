//! Refunds: money that goes back, each with a document of its own.

use jiff::civil::Date;
use kit::{Currency, Money, PostingKind};
use rust_decimal::Decimal;
use woocommerce::{OrderRefund, Refund};

use super::accounts::account_of;
use super::calendar::{self, placed};
use super::customer::Buyer;
use super::document;
use super::form::Form;
use super::hold::{hold, malformed};
use super::lines::Lines;
use super::numbers;
use super::order::{Sale, Verdict};
use super::parts::{Part, StoreRates};
use super::product::Catalogue;
use super::refund_amounts::Figures;
use super::resolved::Resolved;
use super::settle::{Settled, Task, settle};
use crate::domain::{
    AmountOnly, Document, Draft, Facets, Hold, IfPosted, LinkKey, MapError, MappingRules, Needs,
    Parent, PostRefundAs, PostingState, References, SourceKind, Wish, cause,
};

/// One refund with the rules it is mapped by.
pub(super) struct PaidBack<'a> {
    /// The refund.
    pub(super) refund: &'a Refund,
    order_id: u64,
    /// The rules.
    pub(super) rules: &'a MappingRules,
    /// Their names.
    pub(super) books: &'a Resolved,
}

impl<'a> PaidBack<'a> {
    /// A refund must say whose it is.
    pub(super) fn new(
        refund: &'a Refund,
        rules: &'a MappingRules,
        books: &'a Resolved,
    ) -> Result<Self, MapError> {
        let Some(order_id) = refund.parent_id.filter(|id| *id != 0) else {
            return Err(MapError {
                cause: "malformed_record".to_owned(),
                reason: format!("refund {}: `parent_id` is missing", refund.id),
                remedy: cause("malformed_record")
                    .map_or("", |it| it.remedy)
                    .to_owned(),
                number: None,
            });
        };
        Ok(Self {
            refund,
            order_id,
            rules,
            books,
        })
    }

    /// The items.
    pub(super) fn catalogue(&self) -> Catalogue<'a> {
        Catalogue {
            rules: self.rules,
            books: self.books,
        }
    }

    fn key(&self, kind: PostingKind) -> LinkKey {
        LinkKey::new(SourceKind::Refund, self.refund.id.to_string(), kind)
    }

    /// What must be known.
    pub(super) fn need(&self, needs: &mut Needs) {
        needs.parents.insert(self.order_id.to_string());
        needs.links.insert(self.key(PostingKind::RefundReceipt));
        needs.links.insert(self.key(PostingKind::CreditMemo));
        Buyer::nobody(None, self.rules, self.books).need(needs);
        let catalogue = self.catalogue();
        Catalogue::need_named("refunds", &self.books.refunds, needs);
        Lines::of_refund(self.refund, None).need(catalogue, needs);
        // an invoice's money is where its payment is
        needs.documents.insert(self.payment());
    }

    /// What must be known besides: what is paid back in proportion to the order goes to all its items.
    pub(super) fn need_of_parent(&self, known: &References, needs: &mut Needs) {
        let parent = known.parents.get(&self.order_id.to_string());
        let order = parent
            .filter(|_| self.rules.refunds.amount_only == AmountOnly::Proportional)
            .and_then(|parent| woocommerce::parse_order(&parent.record).ok());
        if let Some(order) = order {
            Lines::of_order(&order).need(self.catalogue(), needs);
        }
    }

    fn payment(&self) -> LinkKey {
        let order = self.order_id.to_string();
        LinkKey::new(SourceKind::Order, order, PostingKind::Payment)
    }

    /// All postings of the refund.
    pub(super) fn drafts(&self, known: &References) -> Result<Vec<Draft>, MapError> {
        let Some(parent) = known.parents.get(&self.order_id.to_string()) else {
            let kind = self.kind(None, known);
            let waits = hold(
                "waits_for_order",
                format!("its order {} was not read yet", self.order_id),
            );
            return Ok(vec![self.orphan(kind, Wish::Hold(waits))]);
        };
        let order = woocommerce::parse_order(&parent.record).map_err(|it| malformed(&it))?;
        let sale = Sale {
            order: &order,
            rules: self.rules,
            books: self.books,
        };
        let kind = self.kind(Some(parent), known);
        let mut drafts = Vec::new();
        let mut made = Vec::new();
        let primary = match self.obstacle(&sale, parent) {
            Some(wish) => self.primary(&sale, kind, wish, Vec::new()),
            None => match self.document(&sale, parent, kind, known, &mut made) {
                Ok((document, codes, warning)) => {
                    drafts.append(&mut made);
                    let mut draft = self.primary(&sale, kind, Wish::Post(document), codes);
                    // what was paid back without a line has a tax that the store does not say
                    let in_proportion = self.rules.refunds.amount_only == AmountOnly::Proportional;
                    if warning.is_some() && in_proportion {
                        draft.facets.tax = None;
                    }
                    draft.warning = warning;
                    draft
                }
                Err(hold) => self.primary(&sale, kind, Wish::Hold(hold), Vec::new()),
            },
        };
        drafts.push(primary);
        Ok(drafts)
    }

    /// As what it is booked. What is in the books already stays what it is.
    fn kind(&self, parent: Option<&Parent>, known: &References) -> PostingKind {
        for kind in [PostingKind::RefundReceipt, PostingKind::CreditMemo] {
            if known.links.contains_key(&self.key(kind)) {
                return kind;
            }
        }
        let invoiced = parent.is_some_and(|parent| parent.key.kind == PostingKind::Invoice);
        match self.rules.refunds.post_as {
            PostRefundAs::CreditMemo => PostingKind::CreditMemo,
            PostRefundAs::Auto if invoiced => PostingKind::CreditMemo,
            PostRefundAs::Auto | PostRefundAs::RefundReceipt => PostingKind::RefundReceipt,
        }
    }

    /// Why the refund is not posted, by its day and by what became of its order.
    fn obstacle(&self, sale: &Sale<'_>, parent: &Parent) -> Option<Wish> {
        let number = &sale.order.number;
        let exclude = |reason: String, if_posted| Some(Wish::Exclude { reason, if_posted });
        if self.amount(sale).is_zero() {
            return exclude(
                "nothing was paid back".to_owned(),
                self.rules.orders.on_cancel,
            );
        }
        if self.is_deleted(sale) {
            return exclude(
                "it was deleted in the store".to_owned(),
                self.rules.orders.on_cancel,
            );
        }
        if let Some(reason) = self
            .day()
            .and_then(|day| calendar::too_early(self.rules, day))
        {
            return exclude(reason, IfPosted::Ignore);
        }
        if sale.is_too_early(parent.key.kind) {
            return None; // the sale is in the books from before: only the money back is new
        }
        let unposted = |why: &str| {
            Some(Wish::Hold(hold(
                "refund_of_unposted_order",
                format!("its order {number} {why}"),
            )))
        };
        match (sale.verdict(parent.key.kind), parent.state) {
            (Verdict::Exclude { reason, if_posted }, _) => exclude(
                format!("its order {number} is not posted: {reason}"),
                if_posted,
            ),
            (Verdict::Hold(_) | Verdict::Post, PostingState::Held) => unposted("is held"),
            (Verdict::Hold(_) | Verdict::Post, PostingState::Failed) => {
                unposted("cannot be understood")
            }
            (Verdict::Hold(_) | Verdict::Post, PostingState::Excluded) => {
                exclude(format!("its order {number} is excluded"), IfPosted::Hold)
            }
            (Verdict::Hold(_) | Verdict::Post, PostingState::Reversed) => {
                exclude(format!("its order {number} was voided"), IfPosted::Hold)
            }
            (
                Verdict::Hold(_) | Verdict::Post,
                PostingState::Queued | PostingState::Posting | PostingState::Posted,
            ) => None,
        }
    }

    /// Whether the order, read after the refund was made, no longer names it. Making a refund moves
    /// the order's stamp; deleting it shows nowhere else (FACTS: WooCommerce §1, §4).
    fn is_deleted(&self, sale: &Sale<'_>) -> bool {
        let order = sale.order;
        let read_after = order.date_modified_gmt >= self.refund.date_created_gmt;
        let names = |refunds: &Vec<OrderRefund>| refunds.iter().any(|it| it.id == self.refund.id);
        let named = order.refunds.as_ref().is_none_or(names);
        read_after && self.refund.date_created_gmt.is_some() && !named
    }

    fn day(&self) -> Option<Date> {
        self.refund
            .date_created_gmt
            .map(|moment| calendar::day(self.rules, moment))
    }

    fn primary(&self, sale: &Sale<'_>, kind: PostingKind, wish: Wish, codes: Vec<String>) -> Draft {
        let order = sale.order;
        let tax: Decimal = self.stored_parts().map(|(_, tax)| tax).sum();
        let tax_codes = if codes.is_empty() {
            self.refund
                .tax_lines
                .iter()
                .map(|line| line.rate_code.clone())
                .collect()
        } else {
            codes
        };
        Draft {
            key: self.key(kind),
            number: order.number.clone(),
            date: self.day(),
            store_amount: Some(store_amount(self.amount(sale), order.currency)),
            facets: Facets {
                gateway: order.payment_method.clone(),
                status: order.status.as_str().to_owned(),
                tax: Some(sale.shown(negative(tax))),
                tax_codes: Facets::set_of(tax_codes),
                who: super::paper::name_of(&order.billing),
            },
            fee: None,
            warning: None,
            wish,
        }
    }

    /// The draft of a refund whose order is not known: its currency is not either.
    fn orphan(&self, kind: PostingKind, wish: Wish) -> Draft {
        Draft {
            key: self.key(kind),
            number: self.order_id.to_string(),
            date: self.day(),
            store_amount: Some(store_amount(self.refund.amount, self.books.home)),
            facets: Facets::default(),
            fee: None,
            warning: None,
            wish,
        }
    }

    /// Net and tax of each line as the store has them.
    pub(super) fn stored_parts(&self) -> impl Iterator<Item = (Decimal, Decimal)> + '_ {
        let refund = self.refund;
        let lines = refund
            .line_items
            .iter()
            .map(|line| (line.total, line.total_tax));
        let shipping = refund
            .shipping_lines
            .iter()
            .map(|line| (line.total, line.total_tax));
        let fees = refund
            .fee_lines
            .iter()
            .map(|line| (line.total, line.total_tax));
        lines.chain(shipping).chain(fees)
    }

    fn document(
        &self,
        sale: &Sale<'_>,
        parent: &Parent,
        kind: PostingKind,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> Result<(Document, Vec<String>, Option<String>), Hold> {
        let (order, books, refund) = (sale.order, self.books, self.refund);
        sale.figures()?;
        let amount = self.agreed_amount(sale)?;
        let names = numbers::of_refund(self.rules, books.texts, &order.number, refund.id)?;
        let day = self.day().ok_or_else(|| {
            hold(
                "malformed_record",
                format!("refund {} has no date", refund.id),
            )
        })?;
        let posted = known.links.get(&self.key(kind));
        let placed = placed(self.rules, books, day, posted)?;
        let mut figures = self.figures(sale, parent, amount, known, drafts)?;
        let settled = self.settled(&mut figures, sale, amount)?;
        let tax_item = sale.tax_item(&settled, known, drafts);
        // the customer of an order that is not posted was not looked for
        let too_early = sale.is_too_early(parent.key.kind);
        let buyer = if too_early {
            Buyer::nobody(Some(order.currency), self.rules, books)
        } else {
            Buyer::of_order(order, self.rules, books)
        };
        if too_early {
            buyer.draft_if_missing(known, drafts)?;
        }
        let reason = books.texts.lines(&refund.reason, 1000);
        let codes = settled.codes.clone();
        let booked_to = parent.customer.clone().filter(|_| !too_early);
        let customer = booked_to.unwrap_or(buyer.key);
        let mut form = Form::of(sale, kind, names, placed, reason, customer, amount);
        if !too_early {
            form.after.push(parent.key.clone());
            let payment = known.documents.get(&self.payment());
            let papers = [Some(&parent.document), payment];
            let mut papers = papers.into_iter().flatten();
            if let Some(account) = papers.find_map(|paper| account_of(paper)) {
                form.deposit_to = account;
            }
        }
        let document = document::write(form, &figures.parts, settled, tax_item.as_ref(), books);
        Ok((document, codes, figures.warning))
    }

    /// The amounts with the store's tax, if any form meets it, also one whose largest line is less by the
    /// cents that were not paid back. A tax that is only what is left of an amount is nobody's: such a
    /// refund is held.
    fn settled(
        &self,
        figures: &mut Figures,
        sale: &Sale<'_>,
        amount: Decimal,
    ) -> Result<Settled, Hold> {
        let (order, books) = (sale.order, self.books);
        let rates = StoreRates::new(order.tax_lines.iter().chain(&self.refund.tax_lines));
        let tax = figures.tax;
        let settled = |parts: &[Part]| {
            settle(
                &Task {
                    parts,
                    total: amount,
                    tax,
                    decimals: sale.decimals(),
                    inclusive: order.prices_include_tax,
                    rates: &rates,
                    discount_line: false,
                },
                books,
            )
        };
        let mut held = None;
        for parts in figures.tries() {
            match settled(&parts) {
                Ok(settled) => {
                    figures.parts = parts;
                    return Ok(settled);
                }
                Err(hold) => held = held.or(Some(hold)),
            }
        }
        Err(held.unwrap_or_else(|| hold("total_mismatch", "it has no tax that can be met")))
    }
}

/// What a refund counts in the store's figures: less.
fn store_amount(amount: Decimal, currency: Currency) -> Money {
    let mut amount = negative(amount).normalize();
    if amount.scale() < currency.decimals() {
        amount.rescale(currency.decimals());
    }
    Money::new(amount, currency)
}

/// The amount with its sign turned; zero stays without one.
fn negative(amount: Decimal) -> Decimal {
    if amount.is_zero() {
        Decimal::ZERO
    } else {
        -amount
    }
}
