//! Which tax a sales form gets: country, preferences and what was sent decide;
//! the arithmetic itself is in `tax`. FACTS: QuickBooks §8.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::contents::Regime;
use super::super::fault::Fault;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::money::Currency;
use super::super::quirks::TaxOverride;
use super::super::state::Company;
use super::super::tax::{self, CodedAmount, RateTax};
use super::sales_lines::{SalesLines, TaxMark};

/// The tax of a form.
#[derive(Debug, Default)]
pub(super) struct SalesTax {
    /// `TxnTaxDetail`, where the company keeps one.
    pub(super) detail: Option<Value>,
    pub(super) total: Decimal,
    /// Net amounts of the money lines, where theirs contain the tax.
    pub(super) nets: Option<Vec<Decimal>>,
}

/// How amounts and tax relate, outside the US.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calculation {
    Excluded,
    Inclusive,
    NotApplicable,
}

impl Calculation {
    pub(super) fn from_text(text: &str) -> Option<Self> {
        match text {
            "TaxExcluded" => Some(Self::Excluded),
            "TaxInclusive" => Some(Self::Inclusive),
            "NotApplicable" => Some(Self::NotApplicable),
            _ => None,
        }
    }

    pub(super) fn as_text(self) -> &'static str {
        match self {
            Self::Excluded => "TaxExcluded",
            Self::Inclusive => "TaxInclusive",
            Self::NotApplicable => "NotApplicable",
        }
    }
}

impl Company {
    /// The tax of a form in a US company.
    pub(super) fn us_tax(
        &self,
        body: &Object,
        lines: &SalesLines,
        currency: Currency,
    ) -> Result<SalesTax, Fault> {
        if !self.preferences.using_sales_tax {
            return Ok(SalesTax::default());
        }
        let empty = Object::new();
        let sent = json::inner(body, "TxnTaxDetail").unwrap_or(&empty);
        let sent_code = json::reference(sent, "TxnTaxCodeRef");
        if let Some(code) = sent_code {
            self.resolve(Kind::TaxCode, code, "TxnTaxCodeRef")?;
        }
        let automated =
            self.regime == Regime::UsAst && self.preferences.partner_tax_enabled == Some(true);
        let policy = if automated {
            self.quirks.automated_override
        } else {
            self.quirks.manual_override
        };
        let given = json::decimal(sent, "TotalTax")
            .map(|tax| currency.round(tax))
            .filter(|tax| {
                let counts = !tax.is_zero() || self.quirks.zero_tax_is_an_override;
                counts
                    && match policy {
                        TaxOverride::Honoured => true,
                        TaxOverride::OnlyWithTaxCode => sent_code.is_some(),
                        TaxOverride::Ignored => false,
                    }
            });
        let code: Option<usize> = match sent_code.and_then(|code| code.parse().ok()) {
            Some(code) => Some(code),
            None if automated => self.tax.code_of_state(self.ship_state(body)),
            None => None,
        };
        let base = taxable_base(body, lines, currency);
        let anything_taxable = lines.money.iter().any(|line| line.mark == TaxMark::Taxable);
        if !anything_taxable {
            let code = sent_code.map(str::to_owned);
            return Ok(SalesTax {
                detail: Some(detail(code, Decimal::ZERO, &[], currency)),
                ..SalesTax::default()
            });
        }
        let mut rates = code.map_or(Vec::new(), |code| {
            tax::of_code(code, base, &self.tax, currency)
        });
        if let Some(given) = given {
            tax::prorate(given, &mut rates, currency);
        }
        let total = given.unwrap_or_else(|| tax::total(&rates));
        let code = code.map(|code| code.to_string());
        let detail = detail(code, total, &rates, currency);
        Ok(SalesTax {
            detail: Some(detail),
            total,
            nets: None,
        })
    }

    /// The state automated tax looks at: where it is shipped to, else the company's.
    fn ship_state<'a>(&'a self, body: &'a Object) -> &'a str {
        let shipped = json::inner(body, "ShipAddr");
        let state = shipped.and_then(|address| json::text(address, "CountrySubDivisionCode"));
        match (shipped, state) {
            (_, Some(state)) => state,
            (Some(_), None) => "",
            (None, None) => &self.state,
        }
    }

    /// The tax of a form outside the US.
    pub(super) fn coded_tax(
        &self,
        body: &Object,
        lines: &SalesLines,
        calculation: Calculation,
        currency: Currency,
    ) -> Result<SalesTax, Fault> {
        if calculation == Calculation::NotApplicable {
            return Ok(SalesTax::default());
        }
        let factor = discount_factor(body, lines);
        let coded = |amount: Decimal, mark: TaxMark| match mark {
            TaxMark::Code(code) => CodedAmount { amount, code },
            // no such code: no rates, no tax
            TaxMark::None | TaxMark::Taxable => CodedAmount { amount, code: 0 },
        };
        let amounts: Vec<CodedAmount> = lines
            .money
            .iter()
            .map(|line| coded(line.amount, line.mark))
            .collect();
        let reduced: Vec<CodedAmount> = amounts
            .iter()
            .map(|line| CodedAmount {
                amount: line.amount * factor,
                ..*line
            })
            .collect();
        let rounding = self.quirks.tax_rounding;
        let (mut rates, nets) = if calculation == Calculation::Inclusive {
            let (rates, nets) = tax::within_gross(&amounts, &self.tax, currency, rounding);
            let rates = if factor == Decimal::ONE {
                rates
            } else {
                tax::within_gross(&reduced, &self.tax, currency, rounding).0
            };
            (rates, Some(nets))
        } else {
            (tax::on_net(&reduced, &self.tax, currency, rounding), None)
        };
        let computed = tax::total(&rates);
        self.override_tax_lines(body, &mut rates, currency)?;
        let total = tax::total(&rates);
        let nets = nets.map(|nets| shift_last(nets, computed - total));
        let detail = detail(None, total, &rates, currency);
        Ok(SalesTax {
            detail: Some(detail),
            total,
            nets,
        })
    }

    /// FACTS: QuickBooks §8: a `TaxLine` may be overridden within a tolerance.
    fn override_tax_lines(
        &self,
        body: &Object,
        rates: &mut [RateTax],
        currency: Currency,
    ) -> Result<(), Fault> {
        let units = self.quirks.tax_line_tolerance * Decimal::ONE_HUNDRED;
        let tolerance = units * Decimal::new(1, currency.decimals());
        let sent =
            json::inner(body, "TxnTaxDetail").map_or(&[][..], |tax| json::elements(tax, "TaxLine"));
        for line in sent.iter().filter_map(Value::as_object) {
            let Some(amount) = json::decimal(line, "Amount") else {
                continue;
            };
            let rate = json::inner(line, "TaxLineDetail")
                .and_then(|detail| json::reference(detail, "TaxRateRef"))
                .ok_or_else(|| Fault::required("TaxLineDetail.TaxRateRef"))?;
            let stored = self.resolve(Kind::TaxRate, rate, "TaxRateRef")?;
            let id = usize::try_from(stored.version.id).unwrap_or_default();
            let Some(computed) = rates.iter_mut().find(|computed| computed.rate == id) else {
                return Err(Fault::business("The tax rate is not used on any line"));
            };
            if (amount - computed.amount).abs() > tolerance {
                let text = "The tax amount differs too much from the calculated amount";
                return Err(Fault::business(text));
            }
            computed.amount = amount;
        }
        Ok(())
    }
}

/// Taxable lines in the US, less their share of a discount taken before tax.
fn taxable_base(body: &Object, lines: &SalesLines, currency: Currency) -> Decimal {
    let taxable = lines
        .money
        .iter()
        .filter(|line| line.mark == TaxMark::Taxable);
    let sum: Decimal = taxable.map(|line| line.amount).sum();
    currency.round(sum * discount_factor(body, lines))
}

/// What is left of an amount when the discount is taken before tax; 1 when it
/// is taken after. FACTS: QuickBooks §8: `ApplyTaxAfterDiscount`, default false.
fn discount_factor(body: &Object, lines: &SalesLines) -> Decimal {
    let subtotal = lines.sum();
    match &lines.discount {
        Some((_, discount))
            if json::is_true(body, "ApplyTaxAfterDiscount") && !subtotal.is_zero() =>
        {
            (subtotal - discount) / subtotal
        }
        _ => Decimal::ONE,
    }
}

/// An overridden tax leaves the gross sum as it is: the net gives way.
fn shift_last(mut nets: Vec<Decimal>, by: Decimal) -> Vec<Decimal> {
    if let Some(last) = nets.last_mut() {
        *last += by;
    }
    nets
}

fn detail(code: Option<String>, total: Decimal, rates: &[RateTax], currency: Currency) -> Value {
    let decimals = currency.decimals();
    let mut detail = Object::new();
    if let Some(code) = code {
        json::set(
            &mut detail,
            "TxnTaxCodeRef",
            json::make_reference(&code, None),
        );
    }
    json::set(&mut detail, "TotalTax", json::money(total, decimals));
    if !rates.is_empty() {
        let lines: Vec<Value> = rates
            .iter()
            .map(|rate| {
                json!({
                    "Amount": json::money(rate.amount, decimals),
                    "DetailType": "TaxLineDetail",
                    "TaxLineDetail": {
                        "TaxRateRef": { "value": rate.rate.to_string() },
                        "PercentBased": true,
                        "TaxPercent": json::plain(rate.percent),
                        "NetAmountTaxable": json::money(rate.base, decimals)
                    }
                })
            })
            .collect();
        json::set(&mut detail, "TaxLine", lines);
    }
    Value::Object(detail)
}
