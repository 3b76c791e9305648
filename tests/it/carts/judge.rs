//! The judge: a company takes the document a mapping makes of a cart, and what it makes of it is
//! compared with what the store says, to the cent, and line by line (see [`super::lines`]). What is held is looked into (see [`super::search`]).

use std::collections::HashMap;

use daybook::domain::{Draft, LinkKey, Mapping, Parent, PostingState, References, Wish};
use kit::{PostingKind, StreamName};
use rust_decimal::{Decimal, RoundingStrategy};
use sandbox::company::{CompanyContents, Kind};
use serde_json::Value;

use super::lines;
use super::paper::Paper;
use super::recipe::{Back, Coupon, Fee, Goods, Line, Recipe, Remaining};
use super::regimes::{How, Regime};
use super::search;
use crate::mapping::books::{World, record};

/// A company with a mapping into it, which knows the customer and all items already.
pub(super) struct Judge {
    regime: &'static Regime,
    contents: CompanyContents,
    world: World,
    known: References,
    searches_the_posted: bool,
}

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Became {
    Posted,
    /// Held for this cause, and no allowed form meets the store's figures.
    Held {
        what: &'static str,
        cause: String,
    },
    /// Nothing was paid back.
    LeftOut,
}

/// What a store says of a document.
pub(super) struct Figures {
    pub(super) total: Decimal,
    pub(super) tax: Decimal,
    /// Money that goes back.
    pub(super) is_refund: bool,
}

impl Judge {
    /// Opens the books.
    pub(super) fn open(regime: &'static Regime, discounts: bool, shipping: bool) -> Self {
        let contents = regime.contents(discounts, shipping);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let world = runtime.block_on(World::of(contents.clone(), regime.rules()));
        // the company keeps serving nobody; its books stay
        drop(runtime);
        let mut judge = Self {
            regime,
            contents,
            world,
            known: References::default(),
            searches_the_posted: true,
        };
        judge.enter_lists();
        judge
    }

    /// An order and a refund that need everything any cart can need.
    fn enter_lists(&mut self) {
        let thousand = Decimal::ONE_THOUSAND;
        let line = |goods| Line { goods, quantity: 1 };
        let product = || {
            line(Goods::Product {
                price: thousand,
                class: "",
                taxable: false,
            })
        };
        let mut lines: Vec<Line> = (0..12).map(|_| product()).collect();
        lines.push(line(Goods::Custom { net: thousand }));
        let recipe = Recipe {
            shop: 0,
            round_at_subtotal: false,
            lines,
            coupons: Vec::<Coupon>::new(),
            shipping: vec![thousand],
            fees: vec![Fee {
                net: thousand,
                taxable: false,
            }],
            refunds: Vec::new(),
        };
        let (mut till, mut sale) = recipe.sell(self.regime);
        let order = till.order_json(&sale);
        self.world.take(StreamName::Orders, &order);
        let whole = Back::Amount(1000);
        assert!(Remaining::of(&recipe).refund(&whole, &mut till, &mut sale, 0));
        self.world
            .take(StreamName::Refunds, &till.last_refund_json(&sale));
        let lists = |key: &LinkKey| key.kind.is_list_object();
        let links: HashMap<_, _> = self.world.links.clone();
        self.known.links = links.into_iter().filter(|(key, _)| lists(key)).collect();
    }

    /// Whether the search must find a form for what is posted, too: one that misses forms would let
    /// anything be held.
    pub(super) fn search_the_posted(&mut self, too: bool) {
        self.searches_the_posted = too;
    }

    /// Takes a cart's order and its refunds. An error is a document that came out wrong, or one held
    /// that could have been posted.
    pub(super) fn take(&mut self, recipe: &Recipe) -> Result<Vec<Became>, String> {
        let (mut till, mut sale) = recipe.sell(self.regime);
        let order = till.order_json(&sale);
        let figures = Figures {
            total: sale.total(),
            tax: self.rounded(sale.tax()),
            is_refund: false,
        };
        let draft = self.draft(StreamName::Orders, &order);
        let state = match draft.wish {
            Wish::Post(_) => PostingState::Posted,
            Wish::Hold(_) | Wish::Exclude { .. } | Wish::Adopt(_) | Wish::Move(_) => {
                PostingState::Held
            }
        };
        let key = draft.key.clone();
        let paper = || Paper::of_order(&order, self.regime, &self.contents);
        let sold = self.settle(&draft, "order", &figures, paper)?;
        let mut all = vec![sold];
        if state == PostingState::Held {
            return Ok(all);
        }
        let parent = Parent {
            record: order.clone(),
            key: key.clone(),
            state,
            customer: None,
            document: String::new(),
        };
        let id = key.source_id.clone();
        self.known.parents = HashMap::from([(id, parent)]);
        let mut remaining = Remaining::of(recipe);
        for back in &recipe.refunds {
            if remaining.refund(back, &mut till, &mut sale, self.regime.decimals) {
                let refund = till.last_refund_json(&sale);
                let (total, tax) = sale.last_refund().expect("it was just made");
                all.push(self.refund(back, &order, &refund, (total, self.rounded(tax)))?);
            }
        }
        Ok(all)
    }

    fn refund(
        &self,
        back: &Back,
        order: &str,
        refund: &str,
        (total, tax): (Decimal, Decimal),
    ) -> Result<Became, String> {
        let paper = || Paper::of_refund(order, refund, self.regime, &self.contents);
        let figures = Figures {
            total,
            tax,
            is_refund: true,
        };
        let draft = self.draft(StreamName::Refunds, refund);
        self.settle(&draft, back.shape(), &figures, paper)
    }

    /// The draft of the record's own document; all it needs is in the books.
    fn draft(&self, stream: StreamName, body: &str) -> Draft {
        let record = record(body);
        let drafts = self.world.mapping.plan(stream, &record, &self.known);
        let mut drafts = drafts.expect("the record is mapped");
        let own = drafts.pop().expect("there is one for its own document");
        assert!(
            drafts.is_empty() && own.store_amount.is_some(),
            "{drafts:?}"
        );
        own
    }

    fn settle(
        &self,
        draft: &Draft,
        what: &'static str,
        figures: &Figures,
        paper: impl Fn() -> Paper,
    ) -> Result<Became, String> {
        match &draft.wish {
            Wish::Post(document) => {
                let mut body = document.body.clone();
                for key in &document.needs {
                    let link = self.known.links.get(key);
                    let id = link.map_or("1", |link| link.target_id.as_str());
                    let place = serde_json::to_string(&key.placeholder()).expect("it is JSON");
                    body = body.replace(&place, &format!("\"{id}\""));
                }
                let made = self.compare(draft, &body, document.expected.tax, figures)?;
                let paper = paper();
                lines::compare(&made, &paper, figures, self.regime)
                    .map_err(|why| format!("{what}: {why}: {body}"))?;
                let form = || search::form_of(&paper, figures, self.regime);
                if self.searches_the_posted && form().is_none() {
                    return Err(format!(
                        "{what}: the search finds no form and this is posted: {body}"
                    ));
                }
                Ok(Became::Posted)
            }
            Wish::Hold(hold) if self.regime.held == Some(0) => Err(format!(
                "{what}: held ({}: {}), and nothing may be",
                hold.cause, hold.reason
            )),
            Wish::Hold(hold) => match search::form_of(&paper(), figures, self.regime) {
                Some(form) => Err(format!(
                    "{what}: held ({}: {}), though {form} meets it",
                    hold.cause, hold.reason
                )),
                None => Ok(Became::Held {
                    what,
                    cause: hold.cause.clone(),
                }),
            },
            Wish::Exclude { .. } if figures.total.is_zero() && what != "order" => {
                Ok(Became::LeftOut)
            }
            other => Err(format!("{what}: {other:?}")),
        }
    }

    /// What the company makes of a document, which must be what the store says.
    fn compare(
        &self,
        draft: &Draft,
        body: &str,
        predicted: Option<Decimal>,
        figures: &Figures,
    ) -> Result<Value, String> {
        let kind = match draft.key.kind {
            PostingKind::SalesReceipt => Kind::SalesReceipt,
            PostingKind::RefundReceipt => Kind::RefundReceipt,
            other => return Err(format!("{other:?} is neither a sale nor a refund")),
        };
        let sent: Value = serde_json::from_str(body).expect("the body is JSON");
        let handle = self.world.company.handle();
        let made = handle
            .preview(kind, sent)
            .map_err(|fault| format!("the company refuses {body}: {fault:?}"))?;
        let total = amount(&made["TotalAmt"]);
        let tax = match self.regime.how {
            How::Line => tax_lines(&made),
            How::Automated | How::Manual | How::Codes | How::Never => {
                amount(&made["TxnTaxDetail"]["TotalTax"])
            }
        };
        let foreseen = self.regime.how == How::Line || predicted == Some(tax);
        if total == figures.total && tax == figures.tax && foreseen {
            return Ok(made);
        }
        Err(format!(
            "the company comes to {total} with tax {tax}, the store to {} with {}: {body}",
            figures.total, figures.tax
        ))
    }

    fn rounded(&self, tax: Decimal) -> Decimal {
        tax.round_dp_with_strategy(self.regime.decimals, RoundingStrategy::MidpointAwayFromZero)
    }
}

/// An amount of an answer; absent is nothing.
pub(super) fn amount(value: &Value) -> Decimal {
    value.to_string().parse().unwrap_or_default()
}

/// The tax that is a line of its own.
fn tax_lines(made: &Value) -> Decimal {
    let all = made["Line"].as_array().expect("a document has lines");
    let tax = all.iter().filter(|line| line["Description"] == "Tax");
    tax.map(|line| amount(&line["Amount"])).sum()
}

impl Back {
    pub(super) fn shape(&self) -> &'static str {
        match self {
            Self::Units { more: Some(_), .. } => "refund of more than its lines",
            Self::Units { .. } => "refund of lines",
            Self::Rest => "refund of the rest",
            Self::Amount(_) => "refund of an amount",
            Self::Tax(..) => "refund of tax alone",
            Self::Part(..) => "refund of part of a line",
        }
    }
}
