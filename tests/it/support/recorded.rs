//! The recorded real stores, served over HTTP as they were recorded, with the company and the mapping
//! that a bookkeeper there would have; and what becomes of each order and refund.

use std::collections::HashMap;
use std::fmt::Write as _;

use daybook::domain::PostingState;
use daybook::engine::Tripwire;
use daybook::store::{PostingFilter, PostingRow};
use rust_decimal::{Decimal, dec};
use sandbox::company::{AppliesTo, CompanyContents, CompanyOptions, Currency, Limits, Regime};
use sandbox::store::{OrderStorage, RecordedStore, StoreContents, StoreQuirks, StoreVersion};

use super::{Setup, World, check_invariants};

/// A recorded store and the books it is posted to.
pub(crate) struct Recording {
    /// The heading of its table.
    pub(crate) title: &'static str,
    /// Store, company and mapping in a sentence or two.
    pub(crate) note: &'static str,
    /// The mapping's sections.
    pub(crate) mapping: &'static str,
    store: RecordedStore,
    timezone: &'static str,
    company: fn() -> CompanyContents,
}

/// What became of one order or refund.
pub(crate) struct Row {
    /// `71`, or `71 refund 72`.
    pub(crate) name: String,
    /// What the store says it amounts to; a refund is negative.
    pub(crate) total: Decimal,
    /// The tax in it, likewise.
    pub(crate) tax: Decimal,
    pub(crate) currency: String,
    pub(crate) became: Became,
}

/// Where an order or refund ended.
pub(crate) enum Became {
    /// In the books as this, with this total and tax.
    Posted {
        total: Decimal,
        tax: Decimal,
        document: String,
    },
    /// It waits for somebody.
    Held { cause: String, reason: String },
    /// It is no sale.
    Excluded { reason: String },
}

/// How many were posted, held and left out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) posted: usize,
    pub(crate) held: usize,
    pub(crate) excluded: usize,
}

/// USD, New York, orders in custom tables; automated sales tax.
pub(crate) const US: Recording = Recording {
    title: "us",
    note: "WooCommerce 10.5 in US dollars, prices without tax. A fresh US company with automated sales \
           tax, and the mapping as it is by default.",
    mapping: "",
    store: RecordedStore::Us,
    timezone: "America/New_York",
    company: || CompanyContents::fresh(Regime::UsAst),
};

/// The same, with the company's foreign currencies switched on.
pub(crate) const US_WITH_CURRENCIES: Recording = Recording {
    title: "us, foreign currencies switched on",
    note: "The same store and company, with foreign currencies switched on and the euro added.",
    company: || {
        CompanyContents::fresh(Regime::UsAst).with_multi_currency(&[Currency::USD, Currency::EUR])
    },
    ..US
};

/// USD, orders in the posts table, and a status that a plugin added.
pub(crate) const LEGACY: Recording = Recording {
    title: "legacy",
    note: "The same shop with its orders kept as posts, as older shops do, and a plugin's status for orders \
           of which a part was shipped: it is money received like any other. Eight of its 37 orders were recorded.",
    mapping: r#"[pipelines.mapping.orders]
statuses = ["processing", "completed", "refunded", "partial-ship"]
"#,
    store: RecordedStore::Legacy,
    ..US
};

/// USD, an older WooCommerce.
pub(crate) const OLD: Recording = Recording {
    title: "old",
    note: "The same shop on WooCommerce 9.9.5. Three of its orders were recorded, with the two refunds of one of them. \
           (Five more refunds were recorded without their orders; they are not served.)",
    store: RecordedStore::Old,
    ..US
};

/// GBP, prices with VAT, an export and a sale at German VAT.
pub(crate) const UK: Recording = Recording {
    title: "uk",
    note: "Pounds, prices with VAT. A fresh British company. Goods that leave the country are zero-rated; for \
           the sale to Germany the bookkeeper added a code of 19 % for the One Stop Shop.",
    mapping: r#"[pipelines.mapping.tax]
exempt_code = "0.0% Z"
[pipelines.mapping.tax.rates]
"4" = "19.0% DE OSS"
"#,
    store: RecordedStore::Uk,
    timezone: "Europe/London",
    company: || {
        let mut contents = CompanyContents::fresh(Regime::Uk);
        let agency = contents.tax.add_agency("One Stop Shop");
        let rate = contents
            .tax
            .add_rate("19.0% DE OSS (Sales)", dec!(19), agency);
        let rates = [(rate, AppliesTo::Amount)];
        contents.tax.add_code("19.0% DE OSS", true, &rates);
        contents
    },
};

/// The same without a mapping.
pub(crate) const UK_BY_DEFAULT: Recording = Recording {
    title: "uk, nothing mapped",
    note: "The same store and a fresh British company, with the mapping as it is by default: no code is \
           guessed for the two orders that need one.",
    mapping: "",
    company: || CompanyContents::fresh(Regime::Uk),
    ..UK
};

/// CAD, GST, and QST of price and GST.
pub(crate) const CA: Recording = Recording {
    title: "ca",
    note: "Canadian dollars, GST and provincial taxes on top. The store takes QST of price *and* GST, as was done \
           until 2012, so the bookkeeper has a combined code that does the same.",
    mapping: r#"[pipelines.mapping.tax.rates]
"1" = "GST"
"1+2" = "GST/QST QC - compound"
"1+3" = "HST ON"
"#,
    store: RecordedStore::Ca,
    timezone: "America/Toronto",
    company: || {
        let mut contents = CompanyContents::fresh(Regime::Ca);
        let rate = |name: &str| {
            let found = contents.tax.rates.iter().position(|rate| rate.name == name);
            found.expect("a Canadian company has it") + 1
        };
        let rates = [
            (rate("GST"), AppliesTo::Amount),
            (rate("QST"), AppliesTo::AmountAndTax),
        ];
        contents.tax.add_code("GST/QST QC - compound", true, &rates);
        contents
    },
};

/// The same with the code every company in Quebec has today.
pub(crate) const CA_WITH_TODAYS_CODE: Recording = Recording {
    title: "ca, today's code of Quebec",
    note: "The same store and a fresh Canadian company, with the code as it is today: QST of the price alone. Its tax \
           is another one than the customers paid.",
    mapping: r#"[pipelines.mapping.tax.rates]
"1" = "GST"
"1+2" = "GST/QST QC - 9.975"
"1+3" = "HST ON"
"#,
    company: || CompanyContents::fresh(Regime::Ca),
    ..CA
};

impl Recording {
    /// Posts the whole store, checks all that must hold, and tells what became of each order and refund. Each
    /// document has the store's total and tax.
    pub(crate) async fn post(&self) -> Vec<Row> {
        let world = self.setup().start().await;
        let run = world.run().await;
        assert!(run.trouble.is_none(), "{}: {:?}", self.title, run.trouble);
        check_invariants(&world).await;
        let rows = rows(&world).await;
        for row in &rows {
            if let Became::Posted { total, tax, .. } = &row.became {
                assert_eq!(
                    *total,
                    row.total.abs(),
                    "{}: total of {}",
                    self.title,
                    row.name
                );
                assert_eq!(*tax, row.tax.abs(), "{}: tax of {}", self.title, row.name);
            }
        }
        rows
    }

    fn setup(&self) -> Setup {
        let contents = (self.company)();
        let regime = contents.regime;
        let mut setup = Setup::of(StoreContents::recorded(self.store));
        setup.company = CompanyOptions {
            limits: Limits::off(),
            contents,
            ..CompanyOptions::fresh(regime)
        };
        setup.store_quirks = match self.store {
            RecordedStore::Legacy => StoreQuirks {
                storage: OrderStorage::Posts,
                ..StoreQuirks::default()
            },
            RecordedStore::Old => StoreQuirks {
                version: StoreVersion::V9_9,
                ..StoreQuirks::default()
            },
            _ => StoreQuirks::default(),
        };
        self.mapping.clone_into(&mut setup.mapping);
        setup.timezone = self.timezone;
        setup
    }

    /// Store, mapping and table, as they stand in `docs/recorded-stores.md`.
    pub(crate) fn page(&self, rows: &[Row]) -> String {
        let mut page = format!("## {}\n\n{}\n", self.title, self.note);
        if !self.mapping.is_empty() {
            let _ = write!(page, "\n```toml\n{}```\n", self.mapping);
        }
        let counts = counts(rows);
        let _ = writeln!(
            page,
            "\n{} posted, {} held, {} left out.\n",
            counts.posted, counts.held, counts.excluded
        );
        page.push_str(
            "| order | total | tax | in the books | total | tax |\n|---|--:|--:|---|--:|--:|\n",
        );
        for row in rows {
            let _ = write!(
                page,
                "| {} | {} {:.2} | {:.2} |",
                row.name, row.currency, row.total, row.tax
            );
            let _ = match &row.became {
                Became::Posted {
                    total,
                    tax,
                    document,
                } => writeln!(page, " {document} | {total:.2} | {tax:.2} |"),
                Became::Held { cause, reason } => {
                    writeln!(page, " held (`{cause}`): {reason} | – | – |")
                }
                Became::Excluded { reason } => writeln!(page, " left out: {reason} | – | – |"),
            };
        }
        page
    }
}

/// How many were posted, held and left out.
pub(crate) fn counts(rows: &[Row]) -> Counts {
    let count = |wanted: fn(&Became) -> bool| rows.iter().filter(|row| wanted(&row.became)).count();
    Counts {
        posted: count(|became| matches!(became, Became::Posted { .. })),
        held: count(|became| matches!(became, Became::Held { .. })),
        excluded: count(|became| matches!(became, Became::Excluded { .. })),
    }
}

/// What is held, each with its cause.
pub(crate) fn held(rows: &[Row]) -> Vec<(&str, &str)> {
    let held = rows.iter().filter_map(|row| match &row.became {
        Became::Held { cause, .. } => Some((row.name.as_str(), cause.as_str())),
        _ => None,
    });
    held.collect()
}

/// What is left out, each with its reason.
pub(crate) fn left_out(rows: &[Row]) -> Vec<(&str, &str)> {
    let left_out = rows.iter().filter_map(|row| match &row.became {
        Became::Excluded { reason } => Some((row.name.as_str(), reason.as_str())),
        _ => None,
    });
    left_out.collect()
}

/// Every order and refund of the store, in its order.
async fn rows(world: &World) -> Vec<Row> {
    let program = world.open(Tripwire::none()).await;
    let filter = PostingFilter {
        limit: 500,
        ..PostingFilter::default()
    };
    let page = program.store.postings_page(&filter).await.unwrap();
    program.store.close().await;
    assert!(
        page.next_cursor.is_none(),
        "a recorded store is on one page"
    );
    // what follows an order, its payment for example, has no amount of its own
    let journal: HashMap<(&str, &str), &PostingRow> = page
        .postings
        .iter()
        .filter(|posting| posting.amount.is_some())
        .map(|posting| {
            let key = (posting.source_kind.as_str(), posting.source_id.as_str());
            (key, posting)
        })
        .collect();
    let mut rows = Vec::new();
    for order in world.shop().orders() {
        let id = order.id.to_string();
        let Some(posting) = journal.get(&("order", id.as_str())) else {
            // check_invariants has seen to it that the others are there
            assert!(["checkout-draft", "auto-draft", "trash"].contains(&order.status.as_str()));
            continue;
        };
        rows.push(Row {
            name: order.number.clone(),
            total: order.total,
            tax: order.total_tax,
            currency: order.currency.clone(),
            became: became(world, posting),
        });
        for refund in &order.refunds {
            let id = refund.id.to_string();
            let posting = journal.get(&("refund", id.as_str()));
            let posting = posting.unwrap_or_else(|| panic!("refund {id} is not in the journal"));
            rows.push(Row {
                name: format!("{} refund {id}", order.number),
                total: -refund.amount,
                tax: -refund.tax,
                currency: order.currency.clone(),
                became: became(world, posting),
            });
        }
    }
    let told = page
        .postings
        .iter()
        .filter(|posting| posting.amount.is_some());
    assert_eq!(told.count(), rows.len(), "each is told of once");
    rows
}

fn became(world: &World, posting: &PostingRow) -> Became {
    let reason = || posting.reason.clone().expect("it has a reason");
    match posting.state {
        PostingState::Posted => {
            let id = posting.target_id.as_deref().expect("it has an id");
            let documents = world.books().documents();
            let document = documents.iter().find(|it| it.id == id && !it.voided);
            let document = document.expect("it is in the books");
            Became::Posted {
                total: document.total,
                tax: document.tax,
                document: format!(
                    "{} {}",
                    posting.kind.in_words(),
                    document.doc_number.as_deref().unwrap_or("without a number")
                ),
            }
        }
        PostingState::Held => Became::Held {
            cause: posting.cause.clone().expect("it has a cause"),
            reason: reason(),
        },
        PostingState::Excluded => Became::Excluded { reason: reason() },
        state => panic!("{} is {state}", posting.number),
    }
}
