//! Amounts in a US company with tax rates of its own: one code for the document, and QuickBooks
//! computes its tax, which must be the store's.

use quickbooks::{Ref, TxnTaxDetail};
use rust_decimal::Decimal;

use super::arithmetic::{self, Code};
use super::hold::hold;
use super::resolved::Resolved;
use super::settle::{
    LineAmount, Settled, Task, TaxForm, lines, no_taxed_line, with_codes, with_discount_line,
};
use super::settle_codes::{class_of, is_charged};
use super::ways::Ways;
use crate::domain::Hold;

/// Finds the amounts.
pub(super) fn settle(task: &Task<'_>, books: &Resolved) -> Result<Settled, Hold> {
    if task.tax.is_zero() {
        return with_codes(task, |_| Some("NON".to_owned()));
    }
    let taxable = task.taxable();
    let document = Document {
        task,
        code: one_code(task, books, &taxable)?,
        taxable: &taxable,
    };
    let plain = task.nets()?;
    let shown = with_discount_line(task).filter(|_| !taxable.contains(&false));
    let nets: Vec<Decimal> = task.parts.iter().map(|part| part.net).collect();
    let numbers: Vec<usize> = taxable.iter().map(|taxed| usize::from(*taxed)).collect();
    let ways = Ways::new(task.net(), &nets, &numbers, task.decimals);
    let steady = arithmetic::on_discounted(document.code, task.net(), task.decimals).is_some();
    shown
        .filter(|_| steady)
        .and_then(|(lines, discount)| document.of(lines, discount))
        .or_else(|| document.without_discount(&plain))
        .or_else(|| ways.moved(|nets| document.without_discount(nets)))
        .ok_or_else(|| {
            let computed = document.tax(&lines(task.parts, &plain, |part| part.net), None);
            task.other_tax(computed, &format!("`{}`", document.code.name))
        })
}

struct Document<'a> {
    task: &'a Task<'a>,
    code: &'a Code,
    taxable: &'a [bool],
}

impl Document<'_> {
    /// The tax QuickBooks computes.
    fn tax(&self, lines: &[LineAmount], discount: Option<Decimal>) -> Decimal {
        let taxed = lines.iter().zip(self.taxable).filter(|(_, taxed)| **taxed);
        let sum: Decimal = taxed.map(|(line, _)| line.amount).sum();
        let base = sum - discount.unwrap_or_default();
        arithmetic::total(&arithmetic::on_net([(self.code, base)], self.task.decimals))
    }

    fn without_discount(&self, nets: &[Decimal]) -> Option<Settled> {
        self.of(lines(self.task.parts, nets, |part| part.net), None)
    }

    /// The document of these lines, where its tax is the store's.
    fn of(&self, mut lines: Vec<LineAmount>, discount: Option<Decimal>) -> Option<Settled> {
        if self.tax(&lines, discount) != self.task.tax {
            return None;
        }
        for (line, taxed) in lines.iter_mut().zip(self.taxable) {
            line.code = Some(if *taxed { "TAX" } else { "NON" }.to_owned());
        }
        Some(Settled {
            lines,
            discount,
            tax: self.task.tax,
            codes: vec![self.code.name.clone()],
            tax_form: TaxForm::Manual,
            detail: Some(TxnTaxDetail {
                txn_tax_code_ref: Some(Ref::to(&self.code.id)),
                total_tax: Some(self.task.tax),
                ..TxnTaxDetail::default()
            }),
            ..Settled::default()
        })
    }
}

/// The code all taxed parts agree on.
fn one_code<'a>(task: &Task<'_>, books: &'a Resolved, taxable: &[bool]) -> Result<&'a Code, Hold> {
    let mut found: Option<&Code> = None;
    let taxed = task.parts.iter().zip(taxable).filter(|(_, taxed)| **taxed);
    for (part, _) in taxed {
        let charged = task.rates.charged(&part.rates);
        let code = [part.rates.as_str(), charged.as_str()]
            .into_iter()
            .find_map(|key| books.codes.of_rates(key))
            .or_else(|| {
                let by_class = books.codes.of_class(class_of(task, part)?);
                by_class.filter(|code| is_charged(task, part, code))
            })
            .ok_or_else(|| {
                hold(
                    "unmapped_tax_rate",
                    format!(
                        "no tax code is given for {} on `{}`",
                        task.rates.in_words(&charged),
                        part.description
                    ),
                )
            })?;
        if found.is_some_and(|other| other.id != code.id) {
            return Err(hold(
                "unmapped_tax_rate",
                "its lines are taxed by different rates, and a US document has one tax code",
            ));
        }
        found = Some(code);
    }
    found.ok_or_else(|| no_taxed_line(task))
}
