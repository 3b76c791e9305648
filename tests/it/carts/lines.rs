//! Line by line: what the company books of each line is what the store sold on it, within the smallest
//! unit, under the code that the rules give its rates. Total and tax alone would not show a line under
//! another code of the same percentage, nor two lines that changed places.

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
        are_alike(&booked, &sold, Decimal::new(1, paper.decimals))
    };
    if papers.iter().any(explained) {
        return Ok(());
    }
    Err(format!(
        "the lines are booked as {booked:?}, and sold as {:?}",
        sold(made, &paper.pieces, figures, regime)
    ))
}

/// A line: its code, and what it can come to.
type Line = (String, Vec<Decimal>);

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
            let code = if known { code } else { "" };
            (code.to_owned(), vec![amount(comes_to)])
        })
        .collect()
}

fn sold(made: &Value, pieces: &[Piece], figures: &Figures, regime: &Regime) -> Vec<Line> {
    pieces
        .iter()
        .map(|piece| {
            let code = match regime.how {
                _ if !has_codes(made, figures, regime) => String::new(),
                How::Codes => piece.code.to_string(),
                _ if piece.code == 0 => "NON".to_owned(),
                _ => "TAX".to_owned(),
            };
            let comes_to = match (with_tax(made), discount(made)) {
                (true, _) => &piece.grosses,
                (false, true) => &piece.before,
                (false, false) => &piece.nets,
            };
            (code, comes_to.clone())
        })
        .collect()
}

/// Whether the lines can be put side by side.
fn are_alike(booked: &[Line], sold: &[Line], unit: Decimal) -> bool {
    let ordered = |lines: &[Line]| {
        let mut lines = lines.to_vec();
        lines.sort_by(|left, right| (&left.0, &left.1[0]).cmp(&(&right.0, &right.1[0])));
        lines
    };
    let (booked, sold) = (ordered(booked), ordered(sold));
    let near = |of: &Decimal, to: &Decimal| (of - to).abs() <= unit;
    booked.len() == sold.len()
        && booked
            .iter()
            .zip(&sold)
            .all(|(one, other)| one.0 == other.0 && other.1.iter().any(|it| near(it, &one.1[0])))
}
