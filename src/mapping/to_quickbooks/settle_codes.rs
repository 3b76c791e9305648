//! Amounts where every line has a real tax code (all countries but the US): the target's arithmetic
//! is computed for amounts with tax and without, and the form is taken that meets the store's total
//! and tax to the cent; else the tax of each rate is given explicitly; else the document is held.

use quickbooks::{GlobalTaxCalculation, Ref, TaxLine, TxnTaxDetail};
use rust_decimal::Decimal;

use super::arithmetic::{self, Code, RateTax};
use super::cents::spread;
use super::codes::Codes;
use super::hold::{hold, hold_with};
use super::parts::Part;
use super::settle::{LineAmount, Settled, Task, TaxForm, lines, with_discount_line};
use super::ways::{Ways, numbered};
use crate::domain::Hold;

/// How far a given tax of one rate may be from the one QuickBooks would compute, in the currency's
/// smallest units. Public sources only say "a small tolerance" (FACTS: QuickBooks §8, unsure).
const TOLERANCE: i64 = 5;

/// Finds the amounts.
pub(super) fn settle(task: &Task<'_>, codes: &Codes) -> Result<Settled, Hold> {
    if task.parts.iter().all(|part| part.unassigned) && codes.exempt().is_none() {
        return untaxed(task);
    }
    let codes = codes_of_parts(task, codes)?;
    if let Some(settled) = discount_shown(task, &codes) {
        return Ok(settled);
    }
    match computed(task, &codes) {
        Some(settled) => Ok(settled),
        None => tax_given(task, &codes),
    }
}

/// The form in which QuickBooks computes the store's tax, the store's own way of pricing first; only
/// where no plain rounding does, cents are moved from code to code.
fn computed(task: &Task<'_>, codes: &[&Code]) -> Option<Settled> {
    let numbers = numbers(codes);
    let nets: Vec<Decimal> = task.parts.iter().map(|part| part.net).collect();
    let gross: Vec<Decimal> = task.parts.iter().map(Part::gross).collect();
    let exact: Vec<Decimal> = task.parts.iter().map(Part::exact_gross).collect();
    let ways = |total, parts| Ways::new(total, parts, &numbers, task.decimals);
    let without_tax = [(ways(task.net(), &nets), tax_excluded as Form)];
    let with_tax = [
        (ways(task.total, &gross), tax_included as Form),
        (ways(task.total, &exact), tax_included as Form),
    ];
    let forms: Vec<&(Ways<'_>, Form)> = if task.inclusive {
        with_tax.iter().chain(&without_tax).collect()
    } else {
        without_tax.iter().chain(&with_tax).collect()
    };
    let plain = |(ways, form): &&(Ways<'_>, Form)| form(task, codes, ways.plain()?);
    let moved = |(ways, form): &&(Ways<'_>, Form)| ways.moved(|it| form(task, codes, it));
    let met = forms.iter().find_map(plain);
    met.or_else(|| forms.iter().find_map(moved))
}

/// A document of these amounts, where it comes to the store's tax.
type Form = fn(&Task<'_>, &[&Code], &[Decimal]) -> Option<Settled>;

fn numbers(codes: &[&Code]) -> Vec<usize> {
    let ids: Vec<&str> = codes.iter().map(|code| code.id.as_str()).collect();
    numbered(&ids)
}

/// A document of nothing but amounts without a line has no tax, and needs no codes.
fn untaxed(task: &Task<'_>) -> Result<Settled, Hold> {
    Ok(Settled {
        lines: lines(task.parts, &task.nets()?, |part| part.net),
        calculation: Some(GlobalTaxCalculation::NotApplicable),
        ..Settled::default()
    })
}

fn codes_of_parts<'a>(task: &Task<'_>, codes: &'a Codes) -> Result<Vec<&'a Code>, Hold> {
    let found: Vec<Result<&Code, Hold>> = task
        .parts
        .iter()
        .map(|part| code_of(task, codes, part))
        .collect();
    // what costs nothing is taxed like the rest: its code changes no figure
    let other = found.iter().find_map(|code| code.as_ref().ok().copied());
    found
        .into_iter()
        .zip(task.parts)
        .map(|(code, part)| match (code, other) {
            (Err(_), Some(other)) if part.net.is_zero() && part.tax.is_zero() => Ok(other),
            (code, _) => code,
        })
        .collect()
}

fn code_of<'a>(task: &Task<'_>, codes: &'a Codes, part: &Part) -> Result<&'a Code, Hold> {
    let charged = task.rates.charged(&part.rates);
    let by_rates = [part.rates.as_str(), charged.as_str()]
        .into_iter()
        .filter(|key| !key.is_empty())
        .find_map(|key| codes.of_rates(key));
    if let Some(code) = by_rates {
        return Ok(code);
    }
    let by_class = class_of(task, part).and_then(|class| codes.of_class(class));
    if let Some(code) = by_class.filter(|code| is_charged(task, part, code)) {
        return Ok(code);
    }
    if part.rates.is_empty() {
        return codes.exempt().ok_or_else(|| {
            hold_with(
                "unmapped_tax_rate",
                format!(
                    "`{}` is sold without tax, and no tax code is given for that",
                    part.description
                ),
                "Name the code of untaxed lines (zero-rated, exempt or out of scope) in \
                 `tax.exempt_code`, or map the tax class under `tax.classes`, then retry.",
            )
        });
    }
    let other = by_class.map_or_else(String::new, |code| {
        let percent = (code.share() * Decimal::ONE_HUNDRED).normalize();
        format!("; its class means `{}`, which is {percent} %", code.name)
    });
    Err(hold(
        "unmapped_tax_rate",
        format!(
            "no tax code is given for {} on `{}`{other}",
            task.rates.in_words(&part.rates),
            part.description
        ),
    ))
}

/// The tax class of a part. Shipping has none of its own: it has that of a product with the same rates,
/// else the standard one; where it is not taxed it has none, since its neighbour's says nothing of it.
pub(super) fn class_of<'a>(task: &'a Task<'_>, part: &'a Part) -> Option<&'a str> {
    let has_one = !part.unassigned && (part.class.is_some() || !part.rates.is_empty());
    let mut same = task.parts.iter().filter(|other| other.rates == part.rates);
    let own = part.class.as_deref();
    let class = own.or_else(|| same.find_map(|other| other.class.as_deref()));
    has_one.then(|| class.unwrap_or_default())
}

/// Whether the store charged the percentage of a code. A class says which rate is meant, not which was
/// charged.
pub(super) fn is_charged(task: &Task<'_>, part: &Part, code: &Code) -> bool {
    task.rates.share(&part.rates) == Some(code.share())
}

/// Lines before discount and a discount line, which lessens all lines alike: only where they have
/// one code is it certain whose tax the discount lessens.
fn discount_shown(task: &Task<'_>, codes: &[&Code]) -> Option<Settled> {
    let (code, others) = codes.split_first()?;
    if others.iter().any(|other| other.id != code.id) {
        return None;
    }
    let (lines, discount) = with_discount_line(task)?;
    let tax = arithmetic::on_discounted(code, task.net(), task.decimals);
    (tax == Some(task.tax)).then(|| Settled {
        lines: coded(lines, codes),
        discount,
        calculation: Some(GlobalTaxCalculation::TaxExcluded),
        tax_form: TaxForm::Excluded,
        tax: task.tax,
        codes: names(codes),
        ..Settled::default()
    })
}

fn tax_excluded(task: &Task<'_>, codes: &[&Code], nets: &[Decimal]) -> Option<Settled> {
    let taxes = on_nets(task, codes, nets);
    (arithmetic::total(&taxes) == task.tax).then(|| Settled {
        lines: coded(lines(task.parts, nets, |part| part.net), codes),
        calculation: Some(GlobalTaxCalculation::TaxExcluded),
        tax_form: TaxForm::Excluded,
        tax: task.tax,
        codes: names(codes),
        ..Settled::default()
    })
}

fn tax_included(task: &Task<'_>, codes: &[&Code], gross: &[Decimal]) -> Option<Settled> {
    let amounts: Vec<(&Code, Decimal)> = codes.iter().copied().zip(gross.iter().copied()).collect();
    let (taxes, nets) = arithmetic::within_gross(&amounts, task.decimals);
    if arithmetic::total(&taxes) != task.tax || nets.iter().sum::<Decimal>() != task.net() {
        return None;
    }
    let mut lines = coded(lines(task.parts, &nets, |part| part.net), codes);
    for (line, gross) in lines.iter_mut().zip(gross) {
        line.gross = Some(*gross);
    }
    Some(Settled {
        lines,
        calculation: Some(GlobalTaxCalculation::TaxInclusive),
        tax_form: TaxForm::Included,
        tax: task.tax,
        codes: names(codes),
        ..Settled::default()
    })
}

/// The store's tax of each rate is given, where QuickBooks would compute it a few cents apart.
fn tax_given(task: &Task<'_>, codes: &[&Code]) -> Result<Settled, Hold> {
    let plain = task.nets()?;
    let nets: Vec<Decimal> = task.parts.iter().map(|part| part.net).collect();
    let numbers = numbers(codes);
    let ways = Ways::new(task.net(), &nets, &numbers, task.decimals);
    given_on(task, codes, &plain)
        .or_else(|| ways.moved(|nets| given_on(task, codes, nets)))
        .ok_or_else(|| {
            let computed = on_nets(task, codes, &plain);
            let names = names(codes);
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            task.other_tax(arithmetic::total(&computed), &names.join(", "))
        })
}

fn on_nets<'a>(task: &Task<'_>, codes: &[&'a Code], nets: &[Decimal]) -> Vec<RateTax<'a>> {
    let amounts = codes.iter().copied().zip(nets.iter().copied());
    arithmetic::on_net(amounts, task.decimals)
}

fn given_on(task: &Task<'_>, codes: &[&Code], nets: &[Decimal]) -> Option<Settled> {
    let computed = on_nets(task, codes, nets);
    let given = store_taxes(task, codes, &computed)?;
    let most = Decimal::new(TOLERANCE, task.decimals);
    let near = |(given, computed): (&Decimal, &RateTax<'_>)| (given - computed.tax).abs() <= most;
    if given.iter().sum::<Decimal>() != task.tax || !given.iter().zip(&computed).all(near) {
        return None;
    }
    let tax_line = given
        .iter()
        .zip(&computed)
        .map(|(tax, it)| TaxLine::of_rate(*tax, Ref::to(&it.rate.id), it.rate.percent, it.base))
        .collect();
    Some(Settled {
        lines: coded(lines(task.parts, nets, |part| part.net), codes),
        calculation: Some(GlobalTaxCalculation::TaxExcluded),
        tax_form: TaxForm::Given,
        detail: Some(TxnTaxDetail {
            total_tax: Some(task.tax),
            tax_line,
            ..TxnTaxDetail::default()
        }),
        tax: task.tax,
        codes: names(codes),
        ..Settled::default()
    })
}

/// The store's tax of each computed rate. A single rate has all tax; with several, the store's rates
/// are told apart by their percentages, and a code of one rate takes all of its lines.
fn store_taxes(task: &Task<'_>, codes: &[&Code], computed: &[RateTax<'_>]) -> Option<Vec<Decimal>> {
    if let [_] = computed {
        return Some(vec![task.tax]);
    }
    let mut assigned: Vec<(&str, usize)> = Vec::new();
    for (part, code) in task.parts.iter().zip(codes) {
        for id in part.rates.split('+').filter(|id| !id.is_empty()) {
            let rate = match code.rates.as_slice() {
                [only] => only,
                several => {
                    let percent = task.rates.line(id)?.rate_percent?;
                    several.iter().find(|rate| rate.percent == percent)?
                }
            };
            let place = computed.iter().position(|it| it.rate.id == rate.id)?;
            match assigned.iter().find(|(known, _)| *known == id) {
                Some((_, other)) if *other != place => return None,
                Some(_) => {}
                None => assigned.push((id, place)),
            }
        }
    }
    let mut exact = vec![Decimal::ZERO; computed.len()];
    for (id, place) in assigned {
        let line = task.rates.line(id)?;
        *exact.get_mut(place)? += line.tax_total + line.shipping_tax_total;
    }
    spread(task.tax, &exact, task.decimals)
}

fn coded(mut lines: Vec<LineAmount>, codes: &[&Code]) -> Vec<LineAmount> {
    for (line, code) in lines.iter_mut().zip(codes) {
        line.code = Some(code.id.clone());
    }
    lines
}

fn names(codes: &[&Code]) -> Vec<String> {
    let mut names: Vec<String> = codes.iter().map(|code| code.name.clone()).collect();
    names.sort();
    names.dedup();
    names
}
