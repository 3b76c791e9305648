//! Finds the amounts of a document: lines, discount and tax such that QuickBooks, by its own
//! arithmetic, comes to the store's total and tax to the cent. What cannot be met is a hold; nothing
//! is plugged (ACCOUNTING: rule of rules).

use kit::{Currency, PostingKind, round_half_up};
use quickbooks::{GlobalTaxCalculation, TxnTaxDetail};
use rust_decimal::Decimal;

use super::cents::spread;
use super::hold::{hold, hold_with};
use super::parts::{Part, StoreRates};
use super::resolved::{Mode, Resolved};
use super::settle_codes;
use super::settle_manual;
use crate::domain::Hold;

/// What a document must come to.
pub(super) struct Task<'a> {
    /// Its parts.
    pub(super) parts: &'a [Part],
    /// The total, tax included.
    pub(super) total: Decimal,
    /// The tax in it.
    pub(super) tax: Decimal,
    /// The decimals of its currency.
    pub(super) decimals: u32,
    /// The store's prices include tax.
    pub(super) inclusive: bool,
    /// The store's rates.
    pub(super) rates: &'a StoreRates<'a>,
    /// Discounts may be a line of their own.
    pub(super) discount_line: bool,
}

impl Task<'_> {
    /// Without tax.
    pub(super) fn net(&self) -> Decimal {
        self.total - self.tax
    }

    /// On which parts the store charges tax; also on one so small that its tax is none.
    pub(super) fn taxable(&self) -> Vec<bool> {
        let is_taxed = |part: &Part| {
            let share = || self.rates.share(&part.rates);
            !part.tax.is_zero()
                || !part.exact_tax.is_zero()
                || (!part.rates.is_empty() && share().is_some_and(|it| !it.is_zero()))
        };
        self.parts.iter().map(is_taxed).collect()
    }

    /// Held, since QuickBooks would compute this tax by these codes: what there is to do is not in the
    /// store, where everything adds up.
    pub(super) fn other_tax(&self, computed: Decimal, codes: &str) -> Hold {
        if self.parts.iter().all(|part| part.net.is_zero()) {
            return hold_with(
                "total_mismatch",
                format!(
                    "it is {} of tax alone, and QuickBooks takes no tax without an amount that bears it",
                    self.tax
                ),
                "It adds up: enter it by hand, then exclude it.",
            );
        }
        hold_with(
            "total_mismatch",
            format!(
                "the store's tax is {} and QuickBooks would compute {computed} by {codes}",
                self.tax
            ),
            "Compare the rates of the code with the store's: where they differ, name another code under `tax.rates`, \
             then retry. Where they are the same, the order adds up: enter it by hand, then exclude it.",
        )
    }

    /// Cents of the parts after discount; they add up to the total without tax.
    pub(super) fn nets(&self) -> Result<Vec<Decimal>, Hold> {
        let parts: Vec<Decimal> = self.parts.iter().map(|part| part.net).collect();
        spread(self.net(), &parts, self.decimals).ok_or_else(|| {
            let sum = round_half_up(parts.iter().sum(), self.decimals);
            hold(
                "total_mismatch",
                format!(
                    "its lines add up to {sum} without tax, but its total {} less its tax {} is {}",
                    self.total,
                    self.tax,
                    self.net()
                ),
            )
        })
    }
}

/// The amounts of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LineAmount {
    /// Without tax.
    pub(super) amount: Decimal,
    /// Before rounding, to tell a unit price from.
    pub(super) exact: Decimal,
    /// With tax, where the document's amounts include it.
    pub(super) gross: Option<Decimal>,
    /// The tax code's id.
    pub(super) code: Option<String>,
}

/// The amounts of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// One for each part.
    pub(super) lines: Vec<LineAmount>,
    /// A discount line's amount, positive.
    pub(super) discount: Option<Decimal>,
    /// Tax that is a line of its own.
    pub(super) tax_line: Option<Decimal>,
    /// How amounts relate to tax, outside the US.
    pub(super) calculation: Option<GlobalTaxCalculation>,
    /// The tax of the whole.
    pub(super) detail: Option<TxnTaxDetail>,
    /// The tax as QuickBooks will show it.
    pub(super) tax: Decimal,
    /// The names of the codes, for the reconciliation.
    pub(super) codes: Vec<String>,
    /// By what arithmetic QuickBooks comes to the tax.
    pub(super) tax_form: TaxForm,
}

/// By what arithmetic QuickBooks comes to a document's tax: with kind and currency the document's form,
/// by which the engine tries one before it sends many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TaxForm {
    /// There is none.
    #[default]
    Without,
    /// The given one, under automated US tax.
    Automated,
    /// One code of the company on the taxed lines.
    Manual,
    /// Codes, on top of the amounts.
    Excluded,
    /// Codes, within the amounts.
    Included,
    /// Codes, the tax of each rate given.
    Given,
    /// A line of its own.
    Line,
}

impl TaxForm {
    fn in_words(self) -> &'static str {
        match self {
            Self::Without => "without tax",
            Self::Automated => "with automated tax",
            Self::Manual => "with tax by one code",
            Self::Excluded => "with tax on top",
            Self::Included => "with tax included",
            Self::Given => "with given tax",
            Self::Line => "with tax as a line",
        }
    }
}

impl Settled {
    /// The form of a document with these amounts: "sales receipt with tax included in GBP".
    pub(super) fn form(&self, kind: PostingKind, currency: Currency) -> String {
        let discount = if self.discount.is_some() {
            " and a discount"
        } else {
            ""
        };
        format!(
            "{} {}{discount} in {currency}",
            kind.in_words(),
            self.tax_form.in_words()
        )
    }
}

/// Finds the amounts.
pub(super) fn settle(task: &Task<'_>, books: &Resolved) -> Result<Settled, Hold> {
    match books.mode {
        Mode::UsAutomated => us_automated(task),
        Mode::UsManual => settle_manual::settle(task, books),
        Mode::Codes => settle_codes::settle(task, &books.codes),
        Mode::Line => Ok(tax_as_line(task, books)?),
        Mode::None => without_tax(task, books),
    }
}

/// The given tax is honoured: only lines and total have to agree. Without tax every line is `NON`,
/// since a total of zero might not count as given (FACTS: QuickBooks §8).
fn us_automated(task: &Task<'_>) -> Result<Settled, Hold> {
    if task.tax.is_zero() {
        return with_codes(task, |_| Some("NON".to_owned()));
    }
    let taxable = task.taxable();
    if !taxable.contains(&true) {
        return Err(no_taxed_line(task));
    }
    let mut settled = with_codes(task, |place| {
        let taxed = taxable.get(place).copied().unwrap_or_default();
        Some(if taxed { "TAX" } else { "NON" }.to_owned())
    })?;
    settled.tax = task.tax;
    settled.tax_form = TaxForm::Automated;
    settled.detail = Some(TxnTaxDetail {
        total_tax: Some(task.tax),
        ..TxnTaxDetail::default()
    });
    Ok(settled)
}

/// Tax is a line of its own; for QuickBooks the document has no tax.
fn tax_as_line(task: &Task<'_>, books: &Resolved) -> Result<Settled, Hold> {
    let mut settled = with_codes(task, |_| books.us.then(|| "NON".to_owned()))?;
    settled.tax_line = (!task.tax.is_zero()).then_some(task.tax);
    if settled.tax_line.is_some() {
        settled.tax_form = TaxForm::Line;
    }
    settled.calculation = (!books.us).then_some(GlobalTaxCalculation::NotApplicable);
    Ok(settled)
}

fn without_tax(task: &Task<'_>, books: &Resolved) -> Result<Settled, Hold> {
    if !task.tax.is_zero() {
        return Err(hold(
            "tax_off",
            format!(
                "its tax is {}, and there is no sales tax in the books",
                task.tax
            ),
        ));
    }
    let mut settled = with_codes(task, |_| None)?;
    settled.calculation = (!books.us).then_some(GlobalTaxCalculation::NotApplicable);
    Ok(settled)
}

/// Lines and, where wanted, a discount line, with a code for each part. The tax is still open.
pub(super) fn with_codes(
    task: &Task<'_>,
    code: impl Fn(usize) -> Option<String>,
) -> Result<Settled, Hold> {
    let (mut lines, discount) = match with_discount_line(task) {
        Some(form) => form,
        None => (lines(task.parts, &task.nets()?, |part| part.net), None),
    };
    for (place, line) in lines.iter_mut().enumerate() {
        line.code = code(place);
    }
    Ok(Settled {
        lines,
        discount,
        ..Settled::default()
    })
}

/// Lines before discount, and the discount that brings them to the total. `None` where there is no
/// discount, or it is not to be shown, or the total cannot be met.
pub(super) fn with_discount_line(task: &Task<'_>) -> Option<(Vec<LineAmount>, Option<Decimal>)> {
    let discounted = |part: &Part| part.before > part.net;
    if !task.discount_line || !task.parts.iter().any(discounted) {
        return None;
    }
    let nets = task.nets().ok()?;
    let befores: Vec<Decimal> = task
        .parts
        .iter()
        .filter(|part| discounted(part))
        .map(|part| part.before)
        .collect();
    let sum = round_half_up(befores.iter().sum(), task.decimals);
    let mut cents = spread(sum, &befores, task.decimals)?.into_iter();
    let mut discount = Decimal::ZERO;
    let mut lines = lines(task.parts, &nets, |part| part.net);
    for (line, part) in lines
        .iter_mut()
        .zip(task.parts)
        .filter(|(_, part)| discounted(part))
    {
        let before = cents.next()?;
        discount += before - line.amount;
        line.amount = before;
        line.exact = part.before;
    }
    (discount > Decimal::ZERO).then_some((lines, Some(discount)))
}

/// Lines of these amounts, without codes.
pub(super) fn lines(
    parts: &[Part],
    amounts: &[Decimal],
    exact: impl Fn(&Part) -> Decimal,
) -> Vec<LineAmount> {
    parts
        .iter()
        .zip(amounts)
        .map(|(part, amount)| LineAmount {
            amount: *amount,
            exact: exact(part),
            gross: None,
            code: None,
        })
        .collect()
}

pub(super) fn no_taxed_line(task: &Task<'_>) -> Hold {
    hold(
        "total_mismatch",
        format!("its tax is {}, but none of its lines is taxed", task.tax),
    )
}
