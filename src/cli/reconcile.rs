//! `daybook reconcile`: store = posted + held + excluded, from the journal alone. It asks neither
//! system, so it works beside a running daemon and without one.

use clap::ValueEnum;
use jiff::civil::Date;
use kit::Currency;
use rust_decimal::Decimal;
use serde_json::json;

use super::output::{Exit, Stopped, complain, line, table};
use super::{Global, ReconcileArguments, setup};
use crate::domain::PipelineName;
use crate::store::{
    GroupBy, Reconciled, ReconciledDocument, Reconciliation, Store, Term, Unreadable,
};
use crate::wiring;

/// By what the figures are broken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    /// The day of the books
    Day,
    /// The order's gateway
    Gateway,
    /// The set of tax codes or rates: a document with two of them is in the row of both together
    Tax,
    /// The order's status
    Status,
}

impl From<By> for GroupBy {
    fn from(by: By) -> Self {
        match by {
            By::Day => Self::Day,
            By::Gateway => Self::Gateway,
            By::Tax => Self::Tax,
            By::Status => Self::Status,
        }
    }
}

/// The first and last day of a month written `2026-10`.
pub(super) fn month(text: &str) -> Result<(Date, Date), String> {
    let first: Option<Date> = match text.len() {
        7 => format!("{text}-01").parse().ok(),
        _ => None,
    };
    first
        .map(|first| (first, first.last_of_month()))
        .ok_or_else(|| format!("`{text}` is not a month: write it as 2026-10"))
}

/// What was asked for and found.
struct Report<'a> {
    arguments: &'a ReconcileArguments,
    from: Date,
    to: Date,
    sums: Reconciliation,
    /// Empty unless they are asked for.
    documents: Vec<ReconciledDocument>,
    unreadable: Vec<Unreadable>,
}

pub(super) async fn run(global: &Global, arguments: &ReconcileArguments) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let pipeline = match arguments.pipeline.as_deref() {
        Some(_) => Some(setup::pipeline(&config, arguments.pipeline.as_deref())?),
        None => None,
    };
    let store = wiring::open_store(&config, &setup::world()?).await?;
    let report = report(&store, arguments, pipeline.as_ref()).await?;
    store.close().await;
    if global.json {
        line(&report.as_json().to_string());
    } else if arguments.csv {
        report.print_csv();
        report.complain();
    } else {
        report.print();
        report.complain();
    }
    // one document can be too high by what another is too low
    Ok(
        if report.sums.differing.is_empty() && report.unreadable.is_empty() {
            Exit::Done
        } else {
            Exit::Partial
        },
    )
}

async fn report<'a>(
    store: &Store,
    arguments: &'a ReconcileArguments,
    pipeline: Option<&PipelineName>,
) -> Result<Report<'a>, Stopped> {
    let (from, to) = arguments.month.unwrap_or((
        arguments.from.unwrap_or(Date::MIN),
        arguments.to.unwrap_or(Date::MAX),
    ));
    if from > to {
        return Err(Stopped::new(
            Exit::Usage,
            format!("--from {from} is later than --to {to}"),
        ));
    }
    let by = arguments.by.into();
    let documents = if arguments.orders {
        store.reconciled_documents(from, to, by, pipeline).await?
    } else {
        Vec::new()
    };
    Ok(Report {
        arguments,
        from,
        to,
        sums: store.reconcile(from, to, by, pipeline).await?,
        documents,
        unreadable: store.unreadable(pipeline, u32::MAX).await?,
    })
}

impl Report<'_> {
    fn by(&self) -> &'static str {
        match self.arguments.by {
            By::Day => "day",
            By::Gateway => "gateway",
            By::Tax => "tax",
            By::Status => "status",
        }
    }

    fn as_json(&self) -> serde_json::Value {
        let bound = |date: Date, open: Date| (date != open).then(|| date.to_string());
        let group = |sum: &Reconciled| {
            let mut group = json!(sum);
            if let (true, Some(group)) = (self.arguments.orders, group.as_object_mut()) {
                for term in [Term::Posted, Term::Held, Term::Excluded] {
                    let documents: Vec<_> = self
                        .documents
                        .iter()
                        .filter(|it| it.currency == sum.currency && it.group == sum.group)
                        .filter(|it| {
                            it.term == term || term == Term::Posted && !it.posted.is_zero()
                        })
                        .collect();
                    group.insert(format!("{}_orders", term.as_str()), json!(documents));
                }
            }
            group
        };
        let groups: Vec<_> = self.sums.groups.iter().map(group).collect();
        json!({
            "from": bound(self.from, Date::MIN),
            "to": bound(self.to, Date::MAX),
            "by": self.by(),
            "pipeline": self.arguments.pipeline,
            "groups": groups,
            "totals": self.sums.totals,
            "differing": self.sums.differing,
            "unreadable": self.unreadable,
        })
    }

    fn print(&self) {
        line(&self.title());
        if self.sums.totals.is_empty() {
            line("no orders and no refunds");
        } else {
            line("");
            line(&self.groups_table());
            line("");
            line(&super::demo::equation(&self.sums));
        }
        if self.arguments.orders && !self.documents.is_empty() {
            line("");
            line(&self.documents_table());
        }
    }

    /// Names what differs and what could not be read.
    fn complain(&self) {
        for (position, it) in self.sums.differing.iter().enumerate() {
            if position == 0 {
                complain("store and books differ");
            }
            let [store, posted] = [it.store, it.posted].map(|amount| figure(amount, it.currency));
            let taxes = [it.store_tax, it.posted_tax].map(|tax| figure(tax, it.currency));
            let [store_tax, posted_tax] = taxes;
            let says = if it.difference.is_zero() {
                format!("tax of the store {store_tax}, of the books {posted_tax}")
            } else {
                format!("the store says {store}, the books {posted}")
            };
            complain(&format!(
                "  {} {}: {says} {}",
                it.source_kind, it.number, it.currency
            ));
        }
        for unread in &self.unreadable {
            complain(&format!(
                "{} {} could not be read: nobody knows its amount, so it is in no sum. \
                 `daybook show order {}` says why",
                unread.source_kind, unread.number, unread.number,
            ));
        }
    }

    fn title(&self) -> String {
        let days = match (self.from == Date::MIN, self.to == Date::MAX) {
            (true, true) => "all days".to_owned(),
            (true, false) => format!("up to {}", self.to),
            (false, true) => format!("from {}", self.from),
            (false, false) => format!("{} to {}", self.from, self.to),
        };
        format!("Store and books, {days}, by {}", self.by())
    }

    fn groups_table(&self) -> String {
        let with_tax = self.arguments.by == By::Tax;
        let mut header = vec![
            self.by(),
            "",
            "documents",
            "store",
            "= posted",
            "+ held",
            "+ excluded",
            "difference",
        ];
        if with_tax {
            header.extend(["tax posted", "tax of the books"]);
        }
        let rows: Vec<Vec<String>> = self
            .sums
            .groups
            .iter()
            .map(|sum| {
                let name = if sum.group.is_empty() {
                    "(none)"
                } else {
                    &sum.group
                };
                let mut cells = vec![
                    name.to_owned(),
                    sum.currency.to_string(),
                    sum.documents.to_string(),
                ];
                cells.extend(equation_of(sum).map(|it| figure(it, sum.currency)));
                if with_tax {
                    let taxes = [sum.store_tax, sum.posted_tax];
                    cells.extend(taxes.map(|it| figure(it, sum.currency)));
                }
                cells
            })
            .collect();
        let right: Vec<usize> = (2..header.len()).collect();
        table(&header, &rows, &right)
    }

    fn documents_table(&self) -> String {
        let header = [
            self.by(),
            "order",
            "what",
            "day",
            "state",
            "store",
            "books",
            "difference",
            "document, or why not",
        ];
        let rows: Vec<Vec<String>> = self
            .documents
            .iter()
            .map(|it| {
                let why = match (it.term, &it.reason) {
                    (Term::Posted, _) => format!(
                        "{} {}",
                        it.kind.in_words(),
                        it.doc_number.as_deref().unwrap_or_default()
                    ),
                    (Term::Held | Term::Excluded, reason) => reason.clone().unwrap_or_default(),
                };
                vec![
                    it.group.clone(),
                    it.number.clone(),
                    it.source_kind.to_string(),
                    it.date.map_or_else(String::new, |date| date.to_string()),
                    it.state.to_string(),
                    format!("{} {}", figure(it.store, it.currency), it.currency),
                    figure(it.posted, it.currency),
                    figure(it.difference, it.currency),
                    why,
                ]
            })
            .collect();
        table(&header, &rows, &[5, 6, 7])
    }

    /// A row for each figure, or, with `--orders`, for each order.
    fn print_csv(&self) {
        if self.arguments.orders {
            line(
                "group,order,source_kind,source_id,posting_id,kind,date,state,term,currency,store,\
                 posted,held,excluded,difference,store_tax,posted_tax,doc_number,cause,reason",
            );
            for it in &self.documents {
                line(&csv(&document_cells(it)));
            }
            return;
        }
        line("group,currency,documents,store,posted,held,excluded,difference,store_tax,posted_tax");
        for sum in &self.sums.groups {
            let mut cells = vec![
                sum.group.clone(),
                sum.currency.to_string(),
                sum.documents.to_string(),
            ];
            cells.extend(equation_of(sum).map(|figure| figure.to_string()));
            cells.extend([sum.store_tax, sum.posted_tax].map(|figure| figure.to_string()));
            line(&csv(&cells));
        }
    }
}

fn document_cells(it: &ReconciledDocument) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        it.group.clone(),
        it.number.clone(),
        it.source_kind.to_string(),
        it.source_id.clone(),
        it.id.to_string(),
        it.kind.to_string(),
        it.date.map_or_else(String::new, |date| date.to_string()),
        it.state.to_string(),
        it.term.as_str().to_owned(),
        it.currency.to_string(),
        it.store.to_string(),
        it.posted.to_string(),
        it.held.to_string(),
        it.excluded.to_string(),
        it.difference.to_string(),
        it.store_tax.to_string(),
        it.posted_tax.to_string(),
        text(&it.doc_number),
        text(&it.cause),
        text(&it.reason),
    ]
}

fn equation_of(sum: &Reconciled) -> [Decimal; 5] {
    [
        sum.store,
        sum.posted,
        sum.held,
        sum.excluded,
        sum.difference,
    ]
}

/// With the decimals of its currency. Never rounded: a tenth of a cent is a difference too.
pub(super) fn figure(amount: Decimal, currency: Currency) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < currency.decimals() {
        amount.rescale(currency.decimals());
    }
    amount.to_string()
}

/// One row; what a spreadsheet would take for a formula stays text.
fn csv(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
    cells.join(",")
}

fn csv_cell(text: &str) -> String {
    let is_number = text.parse::<Decimal>().is_ok();
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_all_its_days_and_nothing_else_is_a_month() {
        let days = |text| month(text).map(|(from, to)| (from.to_string(), to.to_string()));
        assert_eq!(
            days("2028-02"),
            Ok(("2028-02-01".to_owned(), "2028-02-29".to_owned()))
        );
        for wrong in ["2026-13", "2026", "2026-1", "26-10", "October"] {
            assert!(month(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cell_of_csv_is_quoted_where_it_must_be_and_never_a_formula() {
        assert_eq!(csv_cell("-58.20"), "-58.20");
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(
            csv_cell("status \"lost\", at sea"),
            "\"status \"\"lost\"\", at sea\""
        );
    }
}
