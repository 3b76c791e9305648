//! Refunds: money that goes back, each with a document of its own.

use jiff::civil::Date;
use kit::{Currency, Money, PostingKind, round_half_up};
use rust_decimal::Decimal;
use woocommerce::Refund;

use super::address;
use super::calendar;
use super::cents::spread;
use super::customer::Buyer;
use super::document::{self, Form};
use super::hold::{hold, hold_with, malformed};
use super::numbers;
use super::order::{Sale, Verdict, placed};
use super::parts::{Part, StoreRates, taxes_of};
use super::product::{Catalogue, Sold};
use super::resolved::Resolved;
use super::settle::{Task, settle};
use crate::domain::{
    AmountOnly, Document, Draft, Facets, Hold, IfPosted, LinkKey, MapError, MappingRules, Needs,
    Parent, PostRefundAs, PostingState, References, SourceKind, Wish, cause,
};

/// One refund with the rules it is mapped by.
pub(super) struct PaidBack<'a> {
    refund: &'a Refund,
    order_id: u64,
    rules: &'a MappingRules,
    books: &'a Resolved,
}

/// What a refund is made of.
struct Figures {
    parts: Vec<Part>,
    tax: Decimal,
    warning: Option<String>,
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

    fn catalogue(&self) -> Catalogue<'a> {
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
        catalogue.need_named("refunds", &self.books.refunds, needs);
        for line in &self.refund.line_items {
            match line.sold_id() {
                Some(id) => catalogue.need_sold(
                    Sold {
                        id,
                        name: &line.name,
                        sku: line.sku.as_deref(),
                    },
                    needs,
                ),
                None => catalogue.need_named("generic_item", &self.books.generic_item, needs),
            }
        }
        if !self.refund.shipping_lines.is_empty() {
            catalogue.need_named("shipping", &self.books.shipping, needs);
        }
        if !self.refund.fee_lines.is_empty() {
            catalogue.need_named("fees", &self.books.fees, needs);
        }
        if let Some(item) = &self.books.tax_item {
            catalogue.need_named("tax", item, needs);
        }
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
        if self.refund.amount.is_zero() {
            return exclude(
                "nothing was paid back".to_owned(),
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
            store_amount: Some(self.store_amount(order.currency)),
            facets: Facets {
                gateway: order.payment_method.clone(),
                status: order.status.as_str().to_owned(),
                tax: Some(sale.shown(negative(tax))),
                tax_codes,
            },
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
            store_amount: Some(self.store_amount(self.books.home)),
            facets: Facets::default(),
            warning: None,
            wish,
        }
    }

    fn store_amount(&self, currency: Currency) -> Money {
        let mut amount = negative(self.refund.amount).normalize();
        if amount.scale() < currency.decimals() {
            amount.rescale(currency.decimals());
        }
        Money::new(amount, currency)
    }

    /// Net and tax of each line as the store has them.
    fn stored_parts(&self) -> impl Iterator<Item = (Decimal, Decimal)> + '_ {
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
        let amount = round_half_up(refund.amount, sale.decimals());
        if amount != refund.amount {
            return Err(hold(
                "total_mismatch",
                format!(
                    "its amount {} has more decimals than {} has",
                    refund.amount.normalize(),
                    order.currency
                ),
            ));
        }
        let names = numbers::of_refund(self.rules, books.texts, &order.number, refund.id)?;
        let day = self.day().ok_or_else(|| {
            hold(
                "malformed_record",
                format!("refund {} has no date", refund.id),
            )
        })?;
        let (date, true_date) = placed(
            self.rules,
            books,
            day,
            known.links.contains_key(&self.key(kind)),
        )?;
        let figures = self.figures(sale, amount, known, drafts)?;
        let rates = StoreRates::new(order.tax_lines.iter().chain(&refund.tax_lines));
        let settled = settle(
            &Task {
                parts: &figures.parts,
                total: amount,
                tax: figures.tax,
                decimals: sale.decimals(),
                inclusive: order.prices_include_tax,
                rates: &rates,
                discount_line: false,
            },
            books,
        )?;
        let tax_item = books
            .tax_item
            .as_ref()
            .filter(|_| settled.tax_line.is_some())
            .map(|item| self.catalogue().named("tax", item, known, drafts));
        // the customer of an order that is not posted was not looked for
        let too_early = sale.is_too_early(parent.key.kind);
        let buyer = if too_early {
            Buyer::nobody(Some(order.currency), self.rules, books)
        } else {
            Buyer::of_order(order, self.rules, books)
        };
        if too_early {
            buyer.draft_if_missing(known, drafts);
        }
        let texts = books.texts;
        let (reference, transaction) =
            numbers::payment_reference(texts, order.transaction_id.as_deref());
        let reason = texts.lines(&refund.reason, 1000);
        let codes = settled.codes.clone();
        let form = Form {
            kind,
            note: numbers::note(&names.marker, &[true_date, transaction, reason]),
            names,
            date,
            customer: buyer.key.clone(),
            currency: order.currency,
            exchange_rate: super::extras::exchange_rate(sale),
            gateway: books.gateway(&order.payment_method),
            payment_reference: reference,
            message: None,
            bill: address::of_bill(&order.billing, texts),
            ship: address::of_shipment(&order.shipping, texts),
            email: texts.email(&order.billing.email),
            ship_method: None,
            ship_date: None,
            tracking: None,
            custom_fields: super::extras::custom_fields(sale),
            after: if too_early {
                Vec::new()
            } else {
                vec![parent.key.clone()]
            },
            on_edit: self.rules.orders.on_edit,
            total: amount,
        };
        let document = document::write(form, &figures.parts, settled, tax_item.as_ref(), books);
        Ok((document, codes, figures.warning))
    }

    /// Parts and tax that come to the amount.
    fn figures(
        &self,
        sale: &Sale<'_>,
        amount: Decimal,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> Result<Figures, Hold> {
        let decimals = sale.decimals();
        let mut parts = self.parts(known, drafts);
        let nets: Vec<Decimal> = parts.iter().map(|part| part.net).collect();
        let tax: Decimal = parts.iter().map(|part| part.tax).sum();
        let exact: Decimal = parts.iter().map(|part| part.exact_tax).sum();
        let taxes = [round_half_up(tax, decimals), round_half_up(exact, decimals)];
        let met = taxes
            .iter()
            .find(|tax| spread(amount - **tax, &nets, decimals).is_some());
        if let Some(tax) = met.filter(|_| !parts.is_empty()) {
            return Ok(Figures {
                parts,
                tax: *tax,
                warning: None,
            });
        }
        let tax = round_half_up(tax, decimals);
        let lines = round_half_up(nets.iter().sum::<Decimal>(), decimals) + tax;
        let rest = amount - lines;
        if rest <= Decimal::ZERO {
            return Err(hold(
                "total_mismatch",
                format!("its lines add up to {lines}, more than the {amount} paid back"),
            ));
        }
        match self.rules.refunds.amount_only {
            AmountOnly::Hold => Err(hold_with(
                "unsupported_order",
                format!("{rest} of it was paid back without a line"),
                "Enter the refund by hand, then exclude it; or set `refunds.amount_only`.",
            )),
            AmountOnly::Proportional if parts.is_empty() && !sale.order.total.is_zero() => {
                self.proportional(sale, amount, known)
            }
            AmountOnly::Proportional | AmountOnly::AsStored => {
                let item = self
                    .catalogue()
                    .named("refunds", &self.books.refunds, known, drafts);
                let reason = self.refund.reason.trim();
                parts.push(Part {
                    item,
                    description: if reason.is_empty() {
                        format!("Refund of order {}", sale.order.number)
                    } else {
                        reason.to_owned()
                    },
                    quantity: Decimal::ZERO,
                    before: rest,
                    net: rest,
                    tax: Decimal::ZERO,
                    exact_tax: Decimal::ZERO,
                    rates: String::new(),
                    class: None,
                    unassigned: true,
                });
                let warning = format!(
                    "{rest} {} was paid back without a line in the store: it is booked without tax",
                    sale.order.currency
                );
                Ok(Figures {
                    parts,
                    tax,
                    warning: Some(warning),
                })
            }
        }
    }

    /// The order's parts in proportion. Its items are in the books with the sale.
    fn proportional(
        &self,
        sale: &Sale<'_>,
        amount: Decimal,
        known: &References,
    ) -> Result<Figures, Hold> {
        let (total, tax) = sale.figures()?;
        let share = |part: Decimal| part * amount / total;
        let mut parts = sale.parts(known, &mut Vec::new());
        for part in &mut parts {
            part.net = share(part.net);
            part.before = part.net;
            part.tax = share(part.tax);
            part.exact_tax = share(part.exact_tax);
            part.quantity = Decimal::ZERO;
        }
        let warning = format!(
            "{amount} {} was paid back without a line in the store: it is booked in proportion to \
             the order",
            sale.order.currency
        );
        let tax = round_half_up(share(tax), sale.decimals());
        Ok(Figures {
            parts,
            tax,
            warning: Some(warning),
        })
    }

    fn parts(&self, known: &References, drafts: &mut Vec<Draft>) -> Vec<Part> {
        let catalogue = self.catalogue();
        let mut parts = Vec::new();
        let part =
            |item, description: &str, quantity, net, tax, taxes: (String, Decimal), class| Part {
                item,
                description: description.to_owned(),
                quantity,
                before: net,
                net,
                tax,
                exact_tax: taxes.1,
                rates: taxes.0,
                class,
                unassigned: false,
            };
        for line in &self.refund.line_items {
            if line.total.is_zero() && line.total_tax.is_zero() {
                continue; // only put back on the shelf
            }
            let item = match line.sold_id() {
                Some(id) => catalogue.sold(
                    Sold {
                        id,
                        name: &line.name,
                        sku: line.sku.as_deref(),
                    },
                    known,
                    drafts,
                ),
                None => catalogue.named("generic_item", &self.books.generic_item, known, drafts),
            };
            let class = Some(line.tax_class.clone());
            let taxes = taxes_of(&line.taxes);
            parts.push(part(
                item,
                &line.name,
                line.quantity,
                line.total,
                line.total_tax,
                taxes,
                class,
            ));
        }
        for line in &self.refund.shipping_lines {
            if line.total.is_zero() && line.total_tax.is_zero() {
                continue;
            }
            let item = catalogue.named("shipping", &self.books.shipping, known, drafts);
            let taxes = taxes_of(&line.taxes);
            let (net, tax) = (line.total, line.total_tax);
            parts.push(part(
                item,
                &line.method_title,
                Decimal::ZERO,
                net,
                tax,
                taxes,
                None,
            ));
        }
        for line in &self.refund.fee_lines {
            if line.total.is_zero() && line.total_tax.is_zero() {
                continue;
            }
            let item = catalogue.named("fees", &self.books.fees, known, drafts);
            let taxes = taxes_of(&line.taxes);
            let class = Some(line.tax_class.clone());
            let (net, tax) = (line.total, line.total_tax);
            parts.push(part(
                item,
                &line.name,
                Decimal::ZERO,
                net,
                tax,
                taxes,
                class,
            ));
        }
        parts
    }
}

/// The amount with its sign turned; zero stays without one.
fn negative(amount: Decimal) -> Decimal {
    if amount.is_zero() {
        Decimal::ZERO
    } else {
        -amount
    }
}
