//! What comparing the mapping with both systems brought, as `daybook check` prints it, under what orders
//! already wait for.

use maud::{Markup, html};

use super::{parts, words};
use crate::domain::finding::toml;
use crate::domain::{Finding, Weight};
use crate::store::CauseGroup;

/// Causes that a line of the mapping removes.
const MAPPABLE: [&str; 6] = [
    "missing_account",
    "missing_item",
    "missing_tax_code",
    "tax_off",
    "unknown_status",
    "unmapped_tax_rate",
];
const NOT_MAPPED: &str = "Not mapped";
const ALL_MAPPED: &str = "Everything that orders have asked for so far is mapped.";
const NOT_COMPARED: &str = "The books' lists were not read yet, so the mapping was not compared with them: a run does it, and so does `daybook check`.";
const NOTHING_FOUND: &str = "Compared with the store and the books: nothing to settle.";
const LINES: &str = "Lines to put into the configuration file, below the pipeline's [[pipelines]]; where a section stands there \
     already they go into it. What is behind # waits until what it names is there.";
const CHANGE: &str = "The mapping stands in the configuration file under [pipelines.mapping]. Put the lines there, start \
     daybook again, and try what was held again. `daybook check` compares anew.";

/// What is not mapped, with lines to paste.
pub(super) fn open_points(held: &[CauseGroup], findings: Option<&[Finding]>) -> Markup {
    let held: Vec<&CauseGroup> = held
        .iter()
        .filter(|group| MAPPABLE.contains(&group.cause.as_str()))
        .collect();
    html! {
        h2 { (NOT_MAPPED) }
        @if held.is_empty() { p class="answer" { (ALL_MAPPED) } }
        @for group in held { (waiting(group)) }
        @match findings {
            None => p { (parts::prose(NOT_COMPARED)) },
            Some([]) => p { (NOTHING_FOUND) },
            Some(findings) => (compared(findings)),
        }
        p class="small" { (parts::prose(CHANGE)) }
    }
}

fn waiting(group: &CauseGroup) -> Markup {
    html! {
        div class="cause" {
            p {
                a href=(parts::link("/orders", &[("state", "unsynced"), ("cause", &group.cause)])) {
                    (words::count(group.count, "entry waits", "entries wait"))
                }
                @for amount in &group.amounts { ", " (parts::money_of(amount)) }
                ": " (parts::prose(&group.reason))
            }
            p class="remedy" { span aria-hidden="true" { "→ " } (parts::prose(&group.remedy)) }
        }
    }
}

fn compared(findings: &[Finding]) -> Markup {
    let of = |weight: Weight| findings.iter().filter(move |it| it.weight == weight);
    let remarks = of(Weight::Remark).count() as u64;
    let lines = toml(findings);
    html! {
        @for finding in of(Weight::Error) { (point(finding)) }
        @if remarks > 0 {
            details {
                summary { (words::count(remarks, "thing worth knowing", "things worth knowing")) }
                @for finding in of(Weight::Remark) { (point(finding)) }
            }
        }
        @if !lines.is_empty() {
            p { (LINES) }
            pre class="paste" tabindex="0" { (lines) }
        }
    }
}

fn point(finding: &Finding) -> Markup {
    html! {
        div class="cause" {
            p { (parts::prose(&finding.what)) ". " (parts::prose(&finding.why)) }
            p class="remedy" { span aria-hidden="true" { "→ " } (parts::prose(&finding.remedy)) }
            p class="small" { (finding.point.code()) }
        }
    }
}
