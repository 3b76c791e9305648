//! Line by line: what the company books of each line is what the store sold on it, within the smallest
//! unit, under the code that the rules give its rates. Total and tax alone would not show a line under
//! another code of the same percentage, nor two lines that changed places.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::judge::{Figures, amount};
use super::paper::{Paper, Piece};
use super::regimes::{How, Regime};
use super::search;

/// An error is a line that no line of the store explains.
pub(super) fn compare(
    made: &Value,
    paper: &Paper,
    figures: &Figures,
    regime: &Regime,
) -> Result<(), String> {
    let booked = booked(made, figures, regime);
    let papers = search::papers(paper, figures, regime);
    let explained = |pieces: &Vec<Piece>| {
        let sold = sold(made, pieces, figures, regime);
        let (lessens, costs): (Vec<&Line>, Vec<&Line>) = sold.iter().partition(|it| it.lessens());
        let (lessened, booked): (Vec<&Line>, Vec<&Line>) =
            booked.iter().partition(|it| it.lessens());
        are_alike(&booked, &costs, paper) && come_to_the_same(&lessened, &lessens, paper, regime)
    };
    if papers.iter().any(explained) {
        return Ok(());
    }
    Err(format!(
        "the lines are booked as {booked:?}, and sold as {:?}",
        sold(made, &paper.pieces, figures, regime)
    ))
}

/// A line: the codes it can have, and what it can come to.
#[derive(Debug)]
struct Line {
    codes: Vec<String>,
    amounts: Vec<Decimal>,
}

impl Line {
    fn lessens(&self) -> bool {
        self.amounts[0] < Decimal::ZERO
    }

    fn is(&self, other: &Self, unit: Decimal) -> bool {
        let near = |amount: &Decimal| (self.amounts[0] - amount).abs() <= unit;
        other.codes.contains(&self.codes[0]) && other.amounts.iter().any(near)
    }
}

/// With the tax in them, as it is shown.
fn with_tax(made: &Value) -> bool {
    made["GlobalTaxCalculation"] == "TaxInclusive"
}

fn discount(made: &Value) -> bool {
    lines(made).any(|line| line["DetailType"] == "DiscountLineDetail")
}

fn lines(made: &Value) -> impl Iterator<Item = &Value> {
    made["Line"].as_array().into_iter().flatten()
}

/// Whether lines have codes at all.
fn has_codes(made: &Value, figures: &Figures, regime: &Regime) -> bool {
    match regime.how {
        How::Codes => made["GlobalTaxCalculation"] != "NotApplicable",
        How::Automated | How::Manual => !figures.tax.is_zero(),
        How::Line | How::Never => false,
    }
}

fn booked(made: &Value, figures: &Figures, regime: &Regime) -> Vec<Line> {
    let items = lines(made).filter(|line| line["DetailType"] == "SalesItemLineDetail");
    let items = items.filter(|line| regime.how != How::Line || line["Description"] != "Tax");
    items
        .map(|line| {
            let detail = &line["SalesItemLineDetail"];
            let code = detail["TaxCodeRef"]["value"].as_str().unwrap_or_default();
            let known = has_codes(made, figures, regime);
            let comes_to = if with_tax(made) {
                &detail["TaxInclusiveAmt"]
            } else {
                &line["Amount"]
            };
            Line {
                codes: vec![if known { code } else { "" }.to_owned()],
                amounts: vec![amount(comes_to)],
            }
        })
        .collect()
}

fn sold(made: &Value, pieces: &[Piece], figures: &Figures, regime: &Regime) -> Vec<Line> {
    pieces
        .iter()
        .map(|piece| {
            let codes = match regime.how {
                _ if !has_codes(made, figures, regime) => vec![String::new()],
                How::Codes => {
                    let codes = [Some(piece.code), piece.or_code];
                    codes.iter().flatten().map(ToString::to_string).collect()
                }
                _ if piece.code == 0 => vec!["NON".to_owned()],
                _ => vec!["TAX".to_owned()],
            };
            let amounts = match (with_tax(made), discount(made)) {
                (true, _) => &piece.grosses,
                (false, true) => &piece.before,
                (false, false) => &piece.nets,
            };
            let amounts = amounts.clone();
            Line { codes, amounts }
        })
        .collect()
}

/// Whether each booked line can be put beside a line of its own that was sold, and nothing is left; but what
/// comes to nothing may be a line or none.
fn are_alike(booked: &[&Line], sold: &[&Line], paper: &Paper) -> bool {
    let unit = Decimal::new(1, paper.decimals);
    let mut taken: Vec<Option<usize>> = vec![None; sold.len()];
    let all_placed = (0..booked.len()).all(|at| {
        let mut seen = vec![false; sold.len()];
        booked[at].amounts[0].is_zero() || place(at, booked, sold, unit, &mut taken, &mut seen)
    });
    let mut left = sold.iter().zip(&taken).filter(|(_, by)| by.is_none());
    all_placed && left.all(|(line, _)| line.amounts[0].abs() <= unit)
}

/// Puts a booked line beside one that was sold; another that stands there moves on, if it can.
fn place(
    at: usize,
    booked: &[&Line],
    sold: &[&Line],
    unit: Decimal,
    taken: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for beside in 0..sold.len() {
        if seen[beside] || !booked[at].is(sold[beside], unit) {
            continue;
        }
        seen[beside] = true;
        let free = match taken[beside] {
            None => true,
            Some(other) => place(other, booked, sold, unit, taken, seen),
        };
        if free {
            taken[beside] = Some(at);
            return true;
        }
    }
    false
}

/// A fee below zero is shared out among all the order has. The order does not say how much of it is on what
/// bears no tax for which reason, so only what is on each code with a tax is compared, and the rest as one; in an
/// automated US company, whose tax is given whatever bears it, all of it.
fn come_to_the_same(booked: &[&Line], sold: &[&Line], paper: &Paper, regime: &Regime) -> bool {
    let sums = |lines: &[&Line]| {
        let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
        for line in lines {
            let code = &line.codes[0];
            let told = regime.how != How::Automated && bears_tax(code, paper);
            let code = if told { code } else { "" };
            *sums.entry(code.to_owned()).or_default() += line.amounts[0];
        }
        sums
    };
    let unit = Decimal::new(1, paper.decimals) * Decimal::from(booked.len().max(sold.len()));
    let (booked, sold) = (sums(booked), sums(sold));
    booked.keys().chain(sold.keys()).all(|code| {
        let of = |sums: &BTreeMap<String, Decimal>| sums.get(code).copied().unwrap_or_default();
        (of(&booked) - of(&sold)).abs() <= unit
    })
}

fn bears_tax(code: &str, paper: &Paper) -> bool {
    let id = code.parse().ok();
    match id.and_then(|id| paper.tables.code(id)) {
        Some(code) => code.rates.iter().any(|(rate, _)| {
            let rate = paper.tables.rate(*rate);
            rate.is_some_and(|rate| !rate.percent.is_zero())
        }),
        None => code == "TAX",
    }
}
