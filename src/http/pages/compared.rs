//! What comparing the mapping with both systems brought, as `daybook check` prints it, under what orders
//! already wait for.

use maud::{Markup, html};

use super::parts;
use super::words::mapping as said;
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

/// What is not mapped, with lines to paste. `pipeline` is as it stands in an address.
pub(super) fn open_points(
    held: &[CauseGroup],
    findings: Option<&[Finding]>,
    pipeline: &str,
) -> Markup {
    let held: Vec<&CauseGroup> = held
        .iter()
        .filter(|group| MAPPABLE.contains(&group.cause.as_str()))
        .collect();
    html! {
        h2 { (said::NOT_MAPPED) }
        @if held.is_empty() { p class="answer" { (said::ALL_MAPPED) } }
        @for group in held { (waiting(group, pipeline)) }
        @match findings {
            None => p { (parts::prose(said::NOT_COMPARED)) },
            Some([]) => p { (said::NOTHING_FOUND) },
            Some(findings) => (compared(findings)),
        }
        p class="small" { (parts::prose(said::CHANGE)) }
    }
}

fn waiting(group: &CauseGroup, pipeline: &str) -> Markup {
    let query = [
        ("state", "unsynced"),
        ("cause", group.cause.as_str()),
        ("pipeline", pipeline),
    ];
    html! {
        div class="cause" {
            p {
                a href=(parts::link("/orders", &query)) {
                    (said::waits(group.count))
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
                summary { (said::worth_knowing(remarks)) }
                @for finding in of(Weight::Remark) { (point(finding)) }
            }
        }
        @if !lines.is_empty() {
            p { (said::LINES) }
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
