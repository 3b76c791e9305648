//! The exhaustive search for a form that meets a document's total and tax, written apart from the
//! mapping. Amounts go to whole cents, each line down or up; only the sums under each code matter for
//! tax, so every sum each code can reach is tried, with tax on top, included, and given.

use rust_decimal::{Decimal, RoundingStrategy};
use sandbox::company::{CompanyQuirks, tax_on_top, tax_within};

use super::judge::Figures;
use super::paper::{Paper, Piece};
use super::regimes::{How, Regime};

/// The sums lines under one code can come to.
#[derive(Clone, Copy, Debug)]
struct Span {
    code: usize,
    low: Decimal,
    high: Decimal,
}

/// A form in words that meets the total and the tax, where there is one; also with a line for what the
/// store says was paid back without one.
pub(super) fn form_of(paper: &Paper, figures: &Figures, regime: &Regime) -> Option<String> {
    if !is_whole(paper, figures.total) {
        return None;
    }
    papers(paper, figures, regime)
        .iter()
        .filter(|pieces| !pieces.is_empty())
        .find_map(|pieces| form(paper, pieces, figures.total, figures.tax, regime))
}

/// What can be booked of a document: its lines; of a refund also these with what was paid back without a
/// line, or less the cents that were not paid back. That those lessen the largest line alone is a rule of
/// the mapping's that the search has, too: to cut other lines would be as right, and is not tried.
pub(super) fn papers(paper: &Paper, figures: &Figures, regime: &Regime) -> Vec<Vec<Piece>> {
    let mut papers = vec![paper.pieces.clone()];
    let rest = figures.total - paper.told - figures.tax;
    if figures.is_refund && rest < Decimal::ZERO {
        // cents of its lines that were not paid back
        let mut pieces = paper.pieces.clone();
        if let Some(largest) = pieces.iter_mut().max_by_key(|piece| piece.nets[0]) {
            let amounts = largest.nets.iter_mut().chain(&mut largest.grosses);
            amounts.for_each(|amount| *amount += rest);
        }
        papers.push(pieces);
    }
    if figures.is_refund && rest > Decimal::ZERO {
        let mut pieces = paper.pieces.clone();
        pieces.push(unassigned(paper, rest, regime));
        papers.push(pieces);
    }
    papers
}

/// No document is below zero or has more decimals than its currency.
fn is_whole(paper: &Paper, total: Decimal) -> bool {
    total >= Decimal::ZERO && total % Decimal::new(1, paper.decimals) == Decimal::ZERO
}

/// What was paid back without a line.
fn unassigned(paper: &Paper, rest: Decimal, regime: &Regime) -> Piece {
    let exempt = regime.codes.iter().find(|(rates, _)| rates.is_empty());
    let code = exempt.and_then(|(_, name)| paper.tables.code_named(name));
    Piece {
        before: vec![rest],
        nets: vec![rest],
        grosses: vec![rest],
        code: code.unwrap_or_default(),
        or_code: None,
    }
}

fn form(
    paper: &Paper,
    pieces: &[Piece],
    total: Decimal,
    tax: Decimal,
    regime: &Regime,
) -> Option<String> {
    let on_top = |sums: &[(usize, Decimal)]| tax_on_top(&paper.tables, paper.currency, sums);
    let sum = |taxes: &[(usize, Decimal)]| taxes.iter().map(|(_, tax)| *tax).sum::<Decimal>();
    let nets = || reachable(paper, pieces, total - tax, |piece| &piece.nets);
    match regime.how {
        How::Automated => {
            let taxed = tax.is_zero() || pieces.iter().any(|piece| piece.code != 0);
            nets()
                .first()
                .filter(|_| taxed)
                .map(|it| describe("tax given", it))
        }
        How::Line => nets().first().map(|it| describe("tax as a line", it)),
        How::Never => nets()
            .first()
            .filter(|_| tax.is_zero())
            .map(|it| describe("no tax", it)),
        How::Manual if tax.is_zero() => nets().first().map(|it| describe("no tax", it)),
        How::Manual => nets()
            .iter()
            .find(|sums| sum(&on_top(sums)) == tax)
            .map(|it| describe("tax computed", it)),
        How::Codes => {
            if let Some(sums) = nets().iter().find(|sums| sum(&on_top(sums)) == tax) {
                return Some(describe("tax on top", sums));
            }
            let within = |sums: &Vec<(usize, Decimal)>| {
                sum(&tax_within(&paper.tables, paper.currency, sums)) == tax
            };
            let gross = reachable(paper, pieces, total, |piece| &piece.grosses);
            if let Some(sums) = gross.iter().find(|sums| within(sums)) {
                return Some(describe("tax included", sums));
            }
            nets()
                .iter()
                .find(|sums| is_near(paper, &on_top(sums), tax))
                .map(|it| describe("tax given", it))
        }
    }
}

/// Whether the store's tax of each rate, rounded so that all add up to the tax, is near the computed.
fn is_near(paper: &Paper, computed: &[(usize, Decimal)], tax: Decimal) -> bool {
    let smallest = Decimal::new(1, paper.decimals);
    // said for two decimals
    let most = CompanyQuirks::default().tax_line_tolerance * Decimal::ONE_HUNDRED * smallest;
    if let [(_, only)] = computed {
        return (only - tax).abs() <= most;
    }
    let (mut low, mut high) = (Decimal::ZERO, Decimal::ZERO);
    for (rate, amount) in computed {
        let store = paper.rates.iter().find(|(known, _)| known == rate);
        let exact = store.map_or(Decimal::ZERO, |(_, tax)| *tax);
        let down = floor(exact, paper.decimals).max(amount - most);
        let up = ceil(exact, paper.decimals).min(amount + most);
        if down > up {
            return false;
        }
        low += down;
        high += up;
    }
    low <= tax && tax <= high
}

/// Every set of sums by code that whole cents of the lines can come to and that make `sum` together.
fn reachable(
    paper: &Paper,
    pieces: &[Piece],
    sum: Decimal,
    of: impl Fn(&Piece) -> &Vec<Decimal>,
) -> Vec<Vec<(usize, Decimal)>> {
    // The mapping has this rule too, since lines that do not add up are rightly held. Without it here,
    // a refund here and there of a US company with its own rates (one in 2,200 carts) counts as held
    // for nothing, by a cent that only rounding every line the wrong way would make.
    let half = Decimal::new(5, paper.decimals + 1);
    let allowed = (half * Decimal::from(pieces.len())).max(half + half);
    let versions = pieces.iter().map(|piece| of(piece).len()).max();
    let near = (0..versions.unwrap_or_default()).any(|version| {
        let one = |piece: &Piece| {
            let all = of(piece);
            all.get(version)
                .or_else(|| all.last())
                .copied()
                .unwrap_or_default()
        };
        (pieces.iter().map(one).sum::<Decimal>() - sum).abs() <= allowed
    });
    if !near {
        return Vec::new();
    }
    let mut spans: Vec<Span> = Vec::new();
    for piece in pieces {
        let low = of(piece).iter().map(|it| floor(*it, paper.decimals)).min();
        let high = of(piece).iter().map(|it| ceil(*it, paper.decimals)).max();
        let (low, high) = (low.unwrap_or_default(), high.unwrap_or_default());
        match spans.iter_mut().find(|span| span.code == piece.code) {
            Some(span) => {
                span.low += low;
                span.high += high;
            }
            None => spans.push(Span {
                code: piece.code,
                low,
                high,
            }),
        }
    }
    let mut found = Vec::new();
    walk(&spans, sum, paper.decimals, &mut Vec::new(), &mut found);
    found
}

fn walk(
    spans: &[Span],
    left: Decimal,
    decimals: u32,
    chosen: &mut Vec<(usize, Decimal)>,
    found: &mut Vec<Vec<(usize, Decimal)>>,
) {
    let Some((span, others)) = spans.split_first() else {
        if left.is_zero() {
            found.push(chosen.clone());
        }
        return;
    };
    let (low, high): (Decimal, Decimal) = others
        .iter()
        .fold((Decimal::ZERO, Decimal::ZERO), |(low, high), other| {
            (low + other.low, high + other.high)
        });
    let mut sum = span.low.max(left - high);
    while sum <= span.high.min(left - low) {
        chosen.push((span.code, sum));
        walk(others, left - sum, decimals, chosen, found);
        chosen.pop();
        sum += Decimal::new(1, decimals);
    }
}

fn describe(form: &str, sums: &[(usize, Decimal)]) -> String {
    format!("{form} with sums by code {sums:?}")
}

fn floor(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::ToNegativeInfinity)
}

fn ceil(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::ToPositiveInfinity)
}
