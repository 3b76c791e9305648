//! Tax: every tax a line of the store can have needs a code of the same percentage, and so has what is
//! sold without tax.

use rust_decimal::{Decimal, dec};

use super::super::arithmetic::Code;
use super::super::codes::{Codes, resolve_codes};
use super::super::resolved::{Lookup, Mode};
use super::code_choice::{fitting, nearest, percent, untaxed};
use super::rate_sets::{RateSet, rate_sets};
use super::{Seen, error, listed, remark};
use crate::domain::finding::quoted;
use crate::domain::{Finding, Line, Point, TaxMode, Weight};

/// Percentages that differ by less come out alike on all but very large documents.
const ALIKE: Decimal = dec!(0.0001);
/// A store with a rate for each postcode would fill the screen.
const MOST: usize = 40;
const RATES: &str = "tax.rates";

pub(super) fn findings(seen: Seen<'_>) -> Vec<Finding> {
    // what does not resolve is told of with the other names
    let mut look = Lookup::new(seen.books);
    let mode = look.mode(seen.rules);
    let codes = resolve_codes(&seen.rules.tax, mode, &mut look);
    let mut findings = Vec::new();
    match mode {
        Mode::UsAutomated => {}
        Mode::UsManual => findings.extend(of_rates(seen, mode, &codes)),
        Mode::Codes => {
            findings.extend(of_rates(seen, mode, &codes));
            findings.extend(of_classes(seen, &codes));
            findings.extend(of_untaxed(seen, &codes));
        }
        Mode::Line => findings.push(as_line()),
        Mode::None => findings.extend(off(seen)),
    }
    findings
}

fn as_line() -> Finding {
    remark(
        Point::TaxAsLine,
        "tax is booked as a line of each document (`tax.mode` = \"line\")".to_owned(),
        "QuickBooks' own sales tax reports and returns show no tax from these sales.",
        "Leave it, or take the mode \"auto\" and let QuickBooks know the tax.",
    )
}

/// Whether the store charges tax; what its key does not show is taken to be so where rates are there.
fn charges_tax(seen: Seen<'_>) -> bool {
    let Some(store) = seen.store else {
        return false;
    };
    let switched_on = store.settings.as_ref().is_none_or(|it| it.calculates_tax);
    let rates = store.tax_rates.as_deref().unwrap_or_default();
    switched_on
        && rates
            .iter()
            .any(|rate| rate.percent.is_none_or(|it| !it.is_zero()))
}

fn off(seen: Seen<'_>) -> Option<Finding> {
    if !charges_tax(seen) {
        return None;
    }
    let why = "Every order with tax is held (`tax_off`): no tax is left out or put elsewhere.";
    Some(if seen.rules.tax.mode == TaxMode::None {
        let mut finding = error(
            Point::TaxOff,
            "the store charges tax, and `tax.mode` is \"none\"".to_owned(),
            why,
            "Take the mode \"auto\", or switch taxes off in the store.",
        );
        finding.lines = vec![Line::text("tax", "mode", "auto")];
        finding
    } else {
        let mut finding = error(
            Point::TaxOff,
            "the store charges tax, and sales tax is off in QuickBooks".to_owned(),
            why,
            "Switch sales tax on in QuickBooks (Taxes), or book the tax as a line, which QuickBooks' tax \
             reports do not see.",
        );
        finding.lines = vec![
            Line::text("tax", "mode", "line")
                .later()
                .noted("instead of switching sales tax on"),
        ];
        finding
    })
}

/// The code the mapping would take for a set, and whether it was named for just these rates.
fn code_of<'c>(set: &RateSet<'_>, codes: &'c Codes) -> Option<&'c Code> {
    let by_rates = [set.key(), set.charged_key()]
        .into_iter()
        .filter(|key| !key.is_empty())
        .find_map(|key| codes.of_rates(&key));
    // a class is taken only where its percentage is the store's
    let by_class = codes.of_class(set.class);
    by_rates.or(by_class.filter(|code| set.share() == Some(code.share())))
}

fn of_rates(seen: Seen<'_>, mode: Mode, codes: &Codes) -> Vec<Finding> {
    let Some(rates) = seen.store.and_then(|store| store.tax_rates.as_deref()) else {
        return Vec::new();
    };
    if !charges_tax(seen) && mode == Mode::UsManual {
        return Vec::new();
    }
    let sets = rate_sets(rates);
    // a US document without tax needs no code
    let sets = sets
        .iter()
        .filter(|set| mode == Mode::Codes || set.share().is_none_or(|share| !share.is_zero()));
    let mut findings: Vec<Finding> = sets
        .filter_map(|set| of_set(set, code_of(set, codes), seen))
        .collect();
    let left = findings.len().saturating_sub(MOST);
    findings.truncate(MOST);
    if left > 0 {
        findings.push(remark(
            Point::Note,
            format!("{left} more taxes of the store have no fitting code"),
            "Orders with them are held.",
            "Name the codes of those above, then check again.",
        ));
    }
    findings
}

fn of_set(set: &RateSet<'_>, code: Option<&Code>, seen: Seen<'_>) -> Option<Finding> {
    let share = set.share();
    let differs =
        code.filter(|code| share.is_some_and(|share| (code.share() - share).abs() >= ALIKE));
    let fitting = fitting(set, seen.books);
    let mut finding = match (code, differs) {
        (Some(_), None) => return None,
        (_, Some(code)) => error(
            Point::TaxPercentDiffers,
            format!(
                "`{}` is {} %, and the store charges {} %: {}",
                code.name,
                percent(code.share()),
                percent(share.unwrap_or_default()),
                set.in_words()
            ),
            "Orders with it are held (`total_mismatch`): the books would have another tax than the customer \
             paid.",
            String::new(),
        ),
        (None, None) => error(
            Point::UnmappedTaxRate,
            format!("no tax code is named for {}", set.in_words()),
            "Orders with it are held (`unmapped_tax_rate`).",
            String::new(),
        ),
    };
    let key = quoted(&set.key());
    let mut fitting = fitting.into_iter();
    match (fitting.next(), share) {
        (Some(best), Some(share)) => {
            let others: Vec<String> = fitting.map(|code| code.name).collect();
            let note = note_of(share, &others);
            finding.remedy = format!("Name its code under `{RATES}`.");
            finding.lines = vec![Line::text(RATES, key, &best.name).noted(note)];
        }
        (_, share) => {
            finding.remedy = make_one(set, share, seen);
            let wanted = Line::text(RATES, key, "NAME OF THE TAX CODE IN QUICKBOOKS").later();
            finding.lines = vec![wanted.noted("once there is a code of just this percentage")];
        }
    }
    Some(finding)
}

fn note_of(share: Decimal, others: &[String]) -> String {
    let percentage = format!("{} %", percent(share));
    if others.is_empty() {
        return percentage;
    }
    let others = listed(others);
    if share.is_zero() {
        format!("{percentage}; {others} are 0 %, too: which is right is for the bookkeeper to say")
    } else {
        format!("{percentage}; {others} would fit, too")
    }
}

/// What to do where no code fits.
fn make_one(set: &RateSet<'_>, share: Option<Decimal>, seen: Seen<'_>) -> String {
    let Some(share) = share else {
        return "Open the rate in the store and save it again: its percentage cannot be read."
            .to_owned();
    };
    let near = nearest(share, seen.books).map_or_else(String::new, |code| {
        format!(
            "; the nearest is `{}` with {} %, by which the tax would not come out",
            code.name,
            percent(code.share())
        )
    });
    let combined = if set.rates.len() > 1 {
        let percents: Vec<String> = set.percents().iter().map(Decimal::to_string).collect();
        let of_what = if set.compound() {
            ", the last taken of the amount and the taxes before it"
        } else {
            ""
        };
        format!(" that combines {} %{of_what}", percents.join(" % and "))
    } else {
        String::new()
    };
    format!(
        "No code of the books is {} %{near}. Make one in QuickBooks (Taxes){combined}, then name it under \
         `{RATES}`.",
        percent(share)
    )
}

/// Classes without a rate: their goods are sold without tax.
fn of_classes(seen: Seen<'_>, codes: &Codes) -> Option<Finding> {
    let store = seen.store?;
    let (classes, rates) = (store.tax_classes.as_ref()?, store.tax_rates.as_ref()?);
    let without: Vec<&str> = classes
        .iter()
        .map(|class| class.slug.as_str())
        .filter(|slug| *slug != "standard" && rates.iter().all(|rate| rate.class != *slug))
        .filter(|slug| {
            codes
                .of_class(slug)
                .is_none_or(|code| !code.share().is_zero())
        })
        .collect();
    if without.is_empty() || !charges_tax(seen) {
        return None;
    }
    let mut finding = error(
        Point::TaxClassWithoutRates,
        format!(
            "the store has no tax rate of the class {}",
            listed(&without)
        ),
        "Goods of such a class are sold without tax, and get the code of untaxed lines \
         (`tax.exempt_code`).",
        "Leave it where that is right; else name the code of the class.",
    );
    if codes.exempt().is_some() {
        finding.weight = Weight::Remark;
    }
    let code = codes
        .exempt()
        .cloned()
        .or_else(|| untaxed(seen.books).into_iter().next());
    if let Some(code) = code {
        finding.lines = without
            .iter()
            .map(|class| Line::text("tax.classes", quoted(class), &code.name))
            .collect();
    }
    Some(finding)
}

fn of_untaxed(seen: Seen<'_>, codes: &Codes) -> Option<Finding> {
    if let Some(code) = codes.exempt() {
        let share = code.share();
        return (!share.is_zero()).then(|| {
            let mut finding = error(
                Point::TaxPercentDiffers,
                format!(
                    "`tax.exempt_code` is `{}`, which is {} %",
                    code.name,
                    percent(share)
                ),
                "Lines without tax would be taxed in the books, so their orders are held.",
                "Name a code without tax there: zero-rated, exempt or out of scope.",
            );
            finding.lines = exempt_code(seen).into_iter().collect();
            finding
        });
    }
    let mut finding = error(
        Point::UntaxedGoods,
        "no tax code is named for what is sold without tax".to_owned(),
        "Orders with an untaxed line (goods that are not taxable, exports, shipping without tax) are held \
         (`unmapped_tax_rate`).",
        "Name it as `tax.exempt_code`. Zero-rated, exempt and out of scope are different things in a tax \
         return: ask the bookkeeper which it is.",
    );
    finding.lines = exempt_code(seen).into_iter().collect();
    Some(finding)
}

/// A code without tax, beside which others stand.
fn exempt_code(seen: Seen<'_>) -> Option<Line> {
    let mut candidates = untaxed(seen.books).into_iter();
    let first = candidates.next()?;
    let others: Vec<String> = candidates.map(|code| code.name).collect();
    let line = Line::text("tax", "exempt_code", &first.name);
    Some(if others.is_empty() {
        line
    } else {
        line.noted(format!("or {}", listed(&others)))
    })
}
