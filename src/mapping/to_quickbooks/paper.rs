//! What an order, a refund and a document say, for people who compare them.

use kit::{Currency, PostingKind};
use quickbooks::{DetailType, Line, SalesTransaction};
use rust_decimal::Decimal;
use woocommerce::{Address, FeeLine, LineItem, Order, ShippingLine, parse_order, parse_refund};

use crate::domain::{Paper, PaperLine, PaperMoment, SourceKind};

/// What a record of the store says; `None` for what has no lines.
pub fn of_record(kind: SourceKind, record: &str) -> Option<Paper> {
    match kind {
        SourceKind::Order => parse_order(record).ok().map(of_order),
        SourceKind::Refund => of_refund(record),
        SourceKind::Customer
        | SourceKind::Guest
        | SourceKind::Product
        | SourceKind::Role
        | SourceKind::GatewayDay => None,
    }
}

/// Who an address belongs to.
pub fn name_of(address: &Address) -> String {
    let person = format!("{} {}", address.first_name.trim(), address.last_name.trim());
    match (person.trim(), address.company.trim()) {
        ("", company) => company.to_owned(),
        (person, "") => person.to_owned(),
        (person, company) => format!("{person}, {company}"),
    }
}

fn of_order(order: Order) -> Paper {
    let moments = [
        (PaperMoment::Placed, order.date_created_gmt),
        (PaperMoment::Paid, order.date_paid_gmt),
        (PaperMoment::Completed, order.date_completed_gmt),
        (PaperMoment::Changed, order.date_modified_gmt),
    ];
    let moments = moments
        .into_iter()
        .filter_map(|(moment, at)| Some((moment, at?)));
    let mut lines: Vec<PaperLine> = order.line_items.iter().map(of_item).collect();
    lines.extend(order.fee_lines.iter().map(of_fee));
    lines.extend(order.shipping_lines.iter().map(of_shipping));
    if !order.discount_total.is_zero() {
        let codes: Vec<&str> = order
            .coupon_lines
            .iter()
            .map(|it| it.code.as_str())
            .collect();
        lines.push(PaperLine {
            text: match codes.as_slice() {
                [] => "Discount".to_owned(),
                codes => format!("Discount ({})", codes.join(", ")),
            },
            amount: -order.discount_total.normalize(),
            before_discount: Decimal::ZERO,
            is_discount: true,
            ..PaperLine::default()
        });
    }
    Paper {
        who: name_of(&order.billing),
        email: order.billing.email,
        moments: moments.collect(),
        paid_by: order.payment_method_title,
        status: order.status.as_str().to_owned(),
        note: order.customer_note,
        lines,
        tax: Some(order.total_tax.normalize()),
        total: Some(order.total.normalize()),
        currency: Some(order.currency),
        deposit_to: None,
    }
}

fn of_refund(record: &str) -> Option<Paper> {
    let refund = parse_refund(record).ok()?;
    let mut lines: Vec<PaperLine> = refund.line_items.iter().map(of_item).collect();
    lines.extend(refund.fee_lines.iter().map(of_fee));
    lines.extend(refund.shipping_lines.iter().map(of_shipping));
    for line in &mut lines {
        line.amount = line.amount.abs();
        line.before_discount = line.amount;
    }
    let tax: Decimal = refund
        .tax_lines
        .iter()
        .map(|line| (line.tax_total + line.shipping_tax_total).abs())
        .sum();
    if lines.is_empty() {
        lines.push(plain("Amount given back", refund.amount - tax));
    }
    Some(Paper {
        moments: refund
            .date_created_gmt
            .map(|at| (PaperMoment::Placed, at))
            .into_iter()
            .collect(),
        note: refund.reason,
        lines,
        tax: Some(tax.normalize()),
        total: Some(refund.amount.normalize()),
        ..Paper::default()
    })
}

fn of_item(line: &LineItem) -> PaperLine {
    PaperLine {
        text: line.name.clone(),
        quantity: Some(line.quantity.abs().normalize()),
        amount: line.total.normalize(),
        before_discount: line.subtotal.normalize(),
        ..PaperLine::default()
    }
}

fn of_fee(line: &FeeLine) -> PaperLine {
    plain(&line.name, line.total)
}

fn of_shipping(line: &ShippingLine) -> PaperLine {
    plain(&line.method_title, line.total)
}

fn plain(text: &str, amount: Decimal) -> PaperLine {
    PaperLine {
        text: text.to_owned(),
        amount: amount.normalize(),
        before_discount: amount.normalize(),
        ..PaperLine::default()
    }
}

/// What a document says; `None` for what has no lines.
pub fn of_document(kind: PostingKind, document: &str) -> Option<Paper> {
    match kind {
        PostingKind::SalesReceipt
        | PostingKind::Invoice
        | PostingKind::RefundReceipt
        | PostingKind::CreditMemo => {}
        PostingKind::Customer | PostingKind::Item | PostingKind::Payment | PostingKind::Expense => {
            return None;
        }
    }
    let document: SalesTransaction = serde_json::from_str(document).ok()?;
    let currency = document.currency_ref.as_ref();
    Some(Paper {
        lines: document.line.iter().filter_map(of_line).collect(),
        tax: document
            .txn_tax_detail
            .as_ref()
            .and_then(|detail| detail.total_tax),
        currency: currency.and_then(|currency| currency.value.parse::<Currency>().ok()),
        note: document.private_note.unwrap_or_default(),
        deposit_to: document.deposit_to_account_ref.map(|account| account.value),
        ..Paper::default()
    })
}

fn of_line(line: &Line) -> Option<PaperLine> {
    let amount = line.amount?;
    let sold = line.sales_item_line_detail.as_ref();
    let text = line.description.clone().unwrap_or_default();
    let is_shipping = sold
        .and_then(|sold| sold.item_ref.as_ref())
        .is_some_and(|item| item.value == "SHIPPING_ITEM_ID");
    match line.detail_type {
        DetailType::SalesItemLineDetail => Some(PaperLine {
            text: if text.is_empty() && is_shipping {
                "Shipping".to_owned()
            } else {
                text
            },
            quantity: sold.and_then(|sold| sold.qty),
            amount,
            before_discount: amount,
            is_discount: false,
            tax_code: sold
                .and_then(|sold| sold.tax_code_ref.as_ref())
                .map(|code| code.value.clone()),
        }),
        DetailType::DiscountLineDetail => Some(PaperLine {
            text: if text.is_empty() {
                "Discount".to_owned()
            } else {
                text
            },
            amount: -amount,
            before_discount: -amount,
            is_discount: true,
            ..PaperLine::default()
        }),
        DetailType::DescriptionOnly
        | DetailType::AccountBasedExpenseLineDetail
        | DetailType::TaxLineDetail
        | DetailType::SubTotalLineDetail
        | DetailType::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use kit::PostingKind;
    use rust_decimal::dec;

    use super::{name_of, of_document};

    #[test]
    fn a_document_is_read_with_its_discount_and_without_its_subtotal() {
        let document = r#"{"Line":[
            {"Amount":20.00,"Description":"Mug","DetailType":"SalesItemLineDetail",
             "SalesItemLineDetail":{"ItemRef":{"value":"7"},"Qty":2,"TaxCodeRef":{"value":"TAX"}}},
            {"Amount":5,"DetailType":"SalesItemLineDetail",
             "SalesItemLineDetail":{"ItemRef":{"value":"SHIPPING_ITEM_ID"}}},
            {"Amount":25,"DetailType":"SubTotalLineDetail"},
            {"Amount":3,"DetailType":"DiscountLineDetail","DiscountLineDetail":{"PercentBased":false}}],
            "TxnTaxDetail":{"TotalTax":1.40},"CurrencyRef":{"value":"USD"}}"#;
        let paper = of_document(PostingKind::SalesReceipt, document).unwrap();
        let lines: Vec<_> = paper
            .lines
            .iter()
            .map(|line| (line.text.as_str(), line.amount))
            .collect();
        assert_eq!(
            lines,
            [
                ("Mug", dec!(20)),
                ("Shipping", dec!(5)),
                ("Discount", dec!(-3))
            ]
        );
        assert_eq!(paper.tax, Some(dec!(1.40)));
        assert!(of_document(PostingKind::Customer, "{}").is_none());
    }

    #[test]
    fn somebody_is_called_by_name_and_company() {
        let mut address = woocommerce::Address::default();
        assert_eq!(name_of(&address), "");
        address.company = "Wild Rye".to_owned();
        assert_eq!(name_of(&address), "Wild Rye");
        address.first_name = "Ana".to_owned();
        assert_eq!(name_of(&address), "Ana, Wild Rye");
    }
}
