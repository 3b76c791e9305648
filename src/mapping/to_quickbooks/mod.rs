//! WooCommerce records to QuickBooks documents (ACCOUNTING: how each thing is booked).
//!
//! The rule of rules: an order's total is the truth. Its document has that total and the store's tax
//! to the cent, by QuickBooks' own arithmetic, or it is held with the reason. No plug lines, no
//! guessed rates.
//!
//! - [`books`]: what the company has; `resolved`, `codes`, `gateways`, `item_accounts`: the rules with their names
//!   looked up.
//! - `order`, `refund`, `refund_amounts`, `customer`, `product`, `follow`, `fees`: one for each kind of
//!   record or posting.
//! - `former`: what the lines of a posted sale were booked to.
//! - `lines`, `parts`, `settle`, `settle_codes`, `arithmetic`, `cents`: from the store's figures to
//!   amounts.
//! - `findings`: the rules held against both systems, for `daybook check` and the page of the mapping.
//! - [`paper`]: what a record and a document say, for people who compare them.
//! - `document`, `form`, `list_object`, `numbers`, `text`, `address`, `accounts`, `extras`, `calendar`: what
//!   stands around them.

mod accounts;
mod address;
mod arithmetic;
pub mod books;
mod calendar;
mod cents;
mod codes;
mod customer;
mod document;
mod extras;
mod fees;
mod findings;
mod follow;
mod form;
mod former;
mod gateways;
mod hold;
mod item_accounts;
mod lessening;
mod lines;
mod list_object;
mod numbers;
mod order;
pub mod paper;
mod parts;
mod product;
mod refund;
mod refund_amounts;
mod resolved;
mod settle;
mod settle_codes;
mod settle_manual;
mod shares;
mod text;
mod told;
mod ways;

use jiff::civil::Date;
use kit::{Record, StreamName};

pub use self::books::{Books, Problem};
use self::customer::Buyer;
pub use self::findings::{Around, Neighbour, findings};
use self::hold::malformed;
pub use self::item_accounts::named_items;
use self::order::Sale;
use self::product::Catalogue;
use self::refund::PaidBack;
use self::resolved::Resolved;
pub use self::told::told;
use crate::domain::{
    ClosedPeriod, ConnectionName, Draft, FeesOfDay, MapError, Mapping, MappingRules, Needs,
    References, Wish,
};

/// Maps the records of one pipeline.
#[derive(Clone, Debug)]
pub struct ToQuickBooks {
    rules: MappingRules,
    books: Resolved,
}

impl ToQuickBooks {
    /// A mapping by these rules into these books. Every name the rules use is looked up now; all that
    /// do not resolve are reported together.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what was read for this mapping is used up"
    )]
    pub fn new(rules: MappingRules, books: Books) -> Result<Self, Vec<Problem>> {
        let books = Resolved::new(&rules, &books)?;
        Ok(Self { rules, books })
    }

    fn catalogue(&self) -> Catalogue<'_> {
        Catalogue {
            rules: &self.rules,
            books: &self.books,
        }
    }

    fn sale<'a>(&'a self, order: &'a woocommerce::Order) -> Sale<'a> {
        Sale {
            order,
            rules: &self.rules,
            books: &self.books,
        }
    }
}

impl Mapping for ToQuickBooks {
    fn needs(&self, stream: StreamName, record: &Record) -> Result<Needs, MapError> {
        let mut needs = Needs::default();
        let body = record.body.get();
        match stream {
            StreamName::Customers => {
                let account = woocommerce::parse_customer(body).map_err(|it| malformed(&it))?;
                Buyer::of_account(&account, &self.rules, &self.books).need(&mut needs);
            }
            StreamName::Products => {
                let product = woocommerce::parse_product(body).map_err(|it| malformed(&it))?;
                self.catalogue().need_product(&product, &mut needs);
            }
            StreamName::Orders => {
                let order = woocommerce::parse_order(body).map_err(|it| malformed(&it))?;
                self.sale(&order).need(&mut needs);
            }
            StreamName::Refunds => {
                let refund = woocommerce::parse_refund(body).map_err(|it| malformed(&it))?;
                PaidBack::new(&refund, &self.rules, &self.books)?.need(&mut needs);
            }
        }
        Ok(needs)
    }

    fn needs_of_parents(&self, stream: StreamName, record: &Record, known: &References) -> Needs {
        let mut needs = Needs::default();
        let refund = (stream == StreamName::Refunds)
            .then(|| woocommerce::parse_refund(record.body.get()).ok())
            .flatten();
        if let Some(refund) = &refund
            && let Ok(paid_back) = PaidBack::new(refund, &self.rules, &self.books)
        {
            paid_back.need_of_parent(known, &mut needs);
        }
        needs
    }

    fn plan(
        &self,
        stream: StreamName,
        record: &Record,
        known: &References,
    ) -> Result<Vec<Draft>, MapError> {
        let body = record.body.get();
        match stream {
            StreamName::Customers => {
                let account = woocommerce::parse_customer(body).map_err(|it| malformed(&it))?;
                Ok(vec![
                    Buyer::of_account(&account, &self.rules, &self.books).draft(known),
                ])
            }
            StreamName::Products => {
                let product = woocommerce::parse_product(body).map_err(|it| malformed(&it))?;
                Ok(vec![self.catalogue().product(&product, known)])
            }
            StreamName::Orders => {
                let order = woocommerce::parse_order(body).map_err(|it| malformed(&it))?;
                Ok(dated(self.sale(&order).drafts(known), known))
            }
            StreamName::Refunds => {
                let refund = woocommerce::parse_refund(body).map_err(|it| malformed(&it))?;
                let drafts = PaidBack::new(&refund, &self.rules, &self.books)?.drafts(known)?;
                Ok(dated(drafts, known))
            }
        }
    }

    fn deleted(&self, order: &Record, known: &References) -> Result<Vec<Draft>, MapError> {
        let order = woocommerce::parse_order(order.body.get()).map_err(|it| malformed(&it))?;
        Ok(dated(self.sale(&order).deleted(known), known))
    }

    fn fees_of_day(&self, store: &ConnectionName, fees: &FeesOfDay, known: &References) -> Draft {
        fees::of_day(&self.rules, &self.books, store, fees, known)
    }

    fn open_from(&self) -> Option<Date> {
        self.books.closed_until?.tomorrow().ok()
    }

    fn moves_closed(&self) -> bool {
        self.rules.orders.closed_period == ClosedPeriod::FirstOpenDay
    }
}

/// The drafts with the day on which each stands in the books: that of its document, which is not its true
/// day where that was closed.
fn dated(mut drafts: Vec<Draft>, known: &References) -> Vec<Draft> {
    for draft in &mut drafts {
        let stands = match &draft.wish {
            Wish::Post(document) => document.expected.date,
            Wish::Adopt(_) | Wish::Move(_) | Wish::Exclude { .. } | Wish::Hold(_) => {
                known.links.get(&draft.key).and_then(|link| link.date)
            }
        };
        draft.date = stands.or(draft.date);
    }
    drafts
}
