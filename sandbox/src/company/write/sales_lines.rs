//! The lines of a sales form: items, text, one discount. FACTS: QuickBooks §8.

use std::collections::HashSet;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::super::books::{Card, ItemForm};
use super::super::fault::Fault;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::money::{Currency, round_half_up};
use super::super::quirks::ExtraDecimals;
use super::super::state::Company;
use super::Draft;

/// How a line is taxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaxMark {
    /// `NON` in the US; no code elsewhere.
    None,
    /// `TAX` in the US.
    Taxable,
    /// The id of a real code, outside the US.
    Code(usize),
}

/// A line that carries money.
#[derive(Clone, Copy, Debug)]
pub(super) struct MoneyLine {
    /// Its place among the composed lines.
    pub(super) at: usize,
    /// Net, or gross where tax is included.
    pub(super) amount: Decimal,
    pub(super) mark: TaxMark,
}

/// The lines of a form, composed, and the money in them.
#[derive(Debug, Default)]
pub(super) struct SalesLines {
    pub(super) composed: Vec<Object>,
    pub(super) money: Vec<MoneyLine>,
    pub(super) discount: Option<(Object, Decimal)>,
}

impl SalesLines {
    /// The sum of the lines before discount and tax.
    pub(super) fn sum(&self) -> Decimal {
        self.money.iter().map(|line| line.amount).sum()
    }
}

/// What the lines of one form have in common.
pub(super) struct LineContext {
    pub(super) date: Date,
    pub(super) currency: Currency,
    /// Amounts contain the tax.
    pub(super) inclusive: bool,
    /// Every line needs a tax code (outside the US, unless not applicable).
    pub(super) codes_required: bool,
}

/// Gives lines their ids. FACTS: QuickBooks §6: a known positive Id is kept.
struct LineIds {
    known: HashSet<u64>,
    last: u64,
}

impl LineIds {
    fn of(old: Option<&Object>) -> Self {
        let lines = old.map_or(&[][..], |old| json::elements(old, "Line"));
        let id = |line: &Value| line.get("Id")?.as_str()?.parse::<u64>().ok();
        let known: HashSet<u64> = lines.iter().filter_map(id).collect();
        Self {
            last: known.iter().copied().max().unwrap_or(0),
            known,
        }
    }

    fn give(&mut self, line: &Object) -> String {
        let sent = json::text(line, "Id").and_then(|id| id.parse::<u64>().ok());
        if let Some(id) = sent.filter(|id| self.known.remove(id)) {
            return id.to_string();
        }
        self.last += 1;
        self.last.to_string()
    }
}

impl Company {
    /// Checks and composes the lines of a sales form.
    pub(super) fn sales_lines(
        &self,
        draft: &Draft<'_>,
        context: &LineContext,
    ) -> Result<SalesLines, Fault> {
        let mut lines = SalesLines::default();
        let mut ids = LineIds::of(draft.old);
        let mut discounts: Vec<&Object> = Vec::new();
        for line in json::elements(&draft.body, "Line") {
            let Some(line) = line.as_object() else {
                return Err(Fault::invalid_value("Line", &line.to_string()));
            };
            match json::text(line, "DetailType") {
                None => return Err(Fault::required("Line.DetailType")),
                Some("SubTotalLineDetail") => {}
                Some("SalesItemLineDetail") => {
                    self.item_line(line, context, &mut ids, &mut lines)?;
                }
                Some("DescriptionOnly" | "DescriptionLineDetail") => {
                    let composed = text_line(line, &mut ids, lines.composed.len());
                    lines.composed.push(composed);
                }
                Some("DiscountLineDetail") => discounts.push(line),
                Some(other) => return Err(Fault::invalid_enumeration("Line.DetailType", other)),
            }
        }
        if !lines
            .composed
            .iter()
            .any(|line| line.contains_key("DetailType"))
        {
            return Err(Fault::required("Line"));
        }
        match discounts.as_slice() {
            [] => {}
            [line] => lines.discount = Some(self.discount_line(line, lines.sum(), context)?),
            _ => return Err(Fault::business("Only one discount line is allowed")),
        }
        Ok(lines)
    }

    fn item_line(
        &self,
        line: &Object,
        context: &LineContext,
        ids: &mut LineIds,
        lines: &mut SalesLines,
    ) -> Result<(), Fault> {
        let empty = Object::new();
        let detail = json::inner(line, "SalesItemLineDetail").unwrap_or(&empty);
        let Some(item) = json::reference(detail, "ItemRef") else {
            let composed = text_line(line, ids, lines.composed.len());
            lines.composed.push(composed);
            return Ok(());
        };
        let item = self.sold_item(item, context.date)?;
        let sent = json::decimal(line, "Amount").ok_or_else(|| Fault::required("Line.Amount"))?;
        let amount = self.line_amount(sent, detail, context.currency)?;
        let gross = json::decimal(detail, "TaxInclusiveAmt").filter(|_| context.inclusive);
        let mark = self.tax_mark(detail, context)?;

        let mut composed_detail = Object::new();
        json::set(&mut composed_detail, "ItemRef", item);
        let class = self.named_reference(detail, "ClassRef", Kind::Class)?;
        if let Some(class) = class {
            json::set(&mut composed_detail, "ClassRef", class);
        }
        for key in ["UnitPrice", "Qty", "DiscountRate", "DiscountAmt"] {
            if let Some(value) = json::decimal(detail, key) {
                json::set(&mut composed_detail, key, json::plain(value));
            }
        }
        if let Some(code) = mark_reference(mark, self.regime.is_us()) {
            json::set(&mut composed_detail, "TaxCodeRef", code);
        }
        for key in ["ServiceDate", "MarkupInfo"] {
            if let Some(value) = detail.get(key) {
                json::set(&mut composed_detail, key, value.clone());
            }
        }
        let mut composed = Object::new();
        json::set(&mut composed, "Id", ids.give(line));
        json::set(&mut composed, "LineNum", lines.composed.len() + 1);
        if let Some(description) = json::text(line, "Description") {
            json::set(&mut composed, "Description", description);
        }
        json::set(
            &mut composed,
            "Amount",
            json::money(amount, context.currency.decimals()),
        );
        json::set(&mut composed, "DetailType", "SalesItemLineDetail");
        json::set(&mut composed, "SalesItemLineDetail", composed_detail);
        let money = MoneyLine {
            at: lines.composed.len(),
            amount: gross.unwrap_or(amount),
            mark,
        };
        lines.money.push(money);
        lines.composed.push(composed);
        Ok(())
    }

    /// The reference of an item that may be sold on that day.
    fn sold_item(&self, id: &str, date: Date) -> Result<Value, Fault> {
        if id == "SHIPPING_ITEM_ID" {
            if self.preferences.allow_shipping {
                return Ok(json::make_reference(id, None));
            }
            return Err(Fault::business(
                "You must enable shipping in the company's sales settings",
            ));
        }
        let stored = self.resolve(Kind::Item, id, "ItemRef")?;
        let Card::Item {
            name,
            form,
            starts,
            sellable,
        } = &stored.card
        else {
            return Err(Fault::invalid_reference("Items", id, "ItemRef"));
        };
        if *form == ItemForm::Category || !sellable {
            return Err(Fault::business("The item cannot be used on a sales form"));
        }
        if *form == ItemForm::Inventory && starts.is_some_and(|start| date < start) {
            return Err(Fault::before_inventory_start());
        }
        Ok(json::make_reference(id, Some(name)))
    }

    /// FACTS: QuickBooks §8: `Amount` is `Qty` times `UnitPrice`, rounded half up.
    fn line_amount(
        &self,
        sent: Decimal,
        detail: &Object,
        currency: Currency,
    ) -> Result<Decimal, Fault> {
        let amount = currency.round(sent);
        if amount != sent && self.quirks.extra_decimals == ExtraDecimals::Refused {
            return Err(Fault::invalid_value("Line.Amount", &sent.to_string()));
        }
        let quantity = json::decimal(detail, "Qty");
        let price = json::decimal(detail, "UnitPrice");
        if let (Some(quantity), Some(price)) = (quantity, price)
            && currency.round(quantity * price) != amount
        {
            return Err(Fault::amount(&with_thousands(sent)));
        }
        Ok(amount)
    }

    fn tax_mark(&self, detail: &Object, context: &LineContext) -> Result<TaxMark, Fault> {
        let code = json::reference(detail, "TaxCodeRef");
        if self.regime.is_us() {
            return match code {
                None | Some("NON") => Ok(TaxMark::None),
                Some("TAX") => Ok(TaxMark::Taxable),
                Some(other) => Err(Fault::line_tax_code(other)),
            };
        }
        let Some(code) = code else {
            if context.codes_required {
                let text = "Make sure all your transactions have a tax rate before you save.";
                return Err(Fault::business(text));
            }
            return Ok(TaxMark::None);
        };
        self.resolve(Kind::TaxCode, code, "TaxCodeRef")?;
        Ok(code.parse().map_or(TaxMark::None, TaxMark::Code))
    }

    /// FACTS: QuickBooks §8: needs `AllowDiscount`; a positive amount that is
    /// subtracted, fixed or in percent of the subtotal.
    fn discount_line(
        &self,
        line: &Object,
        subtotal: Decimal,
        context: &LineContext,
    ) -> Result<(Object, Decimal), Fault> {
        if !self.preferences.allow_discount {
            return Err(Fault::business(
                "You must enable discounts in the company's sales settings",
            ));
        }
        let empty = Object::new();
        let detail = json::inner(line, "DiscountLineDetail").unwrap_or(&empty);
        let percent_based = json::is_true(detail, "PercentBased");
        let percent = json::decimal(detail, "DiscountPercent");
        let amount = match (percent_based, percent, json::decimal(line, "Amount")) {
            (true, Some(percent), _) => subtotal * percent / Decimal::ONE_HUNDRED,
            (false, _, Some(amount)) => amount,
            _ => {
                let detail = "Discount line is incomplete";
                return Err(Fault::validation(
                    6090,
                    "Discount line incomplete",
                    detail,
                    "Line",
                ));
            }
        };
        let amount = context.currency.round(amount);
        let account = match self.account_reference(detail, "DiscountAccountRef", |kind, _| {
            matches!(
                kind,
                "Income" | "Other Income" | "Expense" | "Other Expense" | "Cost of Goods Sold"
            )
        })? {
            Some(account) => Some(account),
            None => self.default_discount_account(),
        };
        let mut composed_detail = Object::new();
        json::set(&mut composed_detail, "PercentBased", percent_based);
        if let Some(percent) = percent.filter(|_| percent_based) {
            json::set(
                &mut composed_detail,
                "DiscountPercent",
                json::plain(percent),
            );
        }
        if let Some(account) = account {
            json::set(&mut composed_detail, "DiscountAccountRef", account);
        }
        if let Some(class) = self.named_reference(detail, "ClassRef", Kind::Class)? {
            json::set(&mut composed_detail, "ClassRef", class);
        }
        let mut composed = Object::new();
        json::set(
            &mut composed,
            "Amount",
            json::money(amount, context.currency.decimals()),
        );
        json::set(&mut composed, "DetailType", "DiscountLineDetail");
        json::set(&mut composed, "DiscountLineDetail", composed_detail);
        Ok((composed, amount))
    }

    fn default_discount_account(&self) -> Option<Value> {
        let id = self.preferences.default_discount_account.as_deref()?;
        let stored = self.resolve(Kind::Account, id, "DiscountAccountRef").ok()?;
        Some(json::make_reference(id, Some(stored.card.name())))
    }
}

/// A line of text: its amount, if any, is ignored (FACTS: QuickBooks §8).
fn text_line(line: &Object, ids: &mut LineIds, before: usize) -> Object {
    let mut composed = Object::new();
    json::set(&mut composed, "Id", ids.give(line));
    json::set(&mut composed, "LineNum", before + 1);
    if let Some(description) = json::text(line, "Description") {
        json::set(&mut composed, "Description", description);
    }
    json::set(&mut composed, "DetailType", "DescriptionOnly");
    json::set(&mut composed, "DescriptionLineDetail", Object::new());
    composed
}

fn mark_reference(mark: TaxMark, us: bool) -> Option<Value> {
    match mark {
        TaxMark::Taxable => Some(json::make_reference("TAX", None)),
        TaxMark::None if us => Some(json::make_reference("NON", None)),
        TaxMark::None => None,
        TaxMark::Code(code) => Some(json::make_reference(&code.to_string(), None)),
    }
}

/// `1,861.07`, as fault 6070 shows amounts.
fn with_thousands(amount: Decimal) -> String {
    let text = round_half_up(amount, 10).to_string();
    let (sign, rest) = text
        .strip_prefix('-')
        .map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = rest
        .split_once('.')
        .map_or((rest, None), |(w, f)| (w, Some(f)));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match fraction {
        Some(fraction) => format!("{sign}{grouped}.{fraction}"),
        None => format!("{sign}{grouped}"),
    }
}
