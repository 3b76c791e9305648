//! What follows a sale: the payment of an invoice, the fee a gateway kept, and their withdrawal.

use jiff::civil::Date;
use kit::{Expected, PostingKind};
use quickbooks::{
    AccountBasedExpenseLineDetail, GlobalTaxCalculation, Line, LinkedTxn, Payment, PaymentLine,
    PaymentType, Purchase, Ref,
};
use rust_decimal::Decimal;

use super::calendar;
use super::customer::{Buyer, former_account};
use super::extras;
use super::gateways::GatewayFee;
use super::hold::{hold, hold_with};
use super::numbers;
use super::order::{Sale, placed};
use crate::domain::{Document, Draft, Facets, Hold, IfPosted, LinkKey, References, Wish};

/// The drafts that follow a sale.
pub(super) fn followers(sale: &Sale<'_>, kind: PostingKind, known: &References) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if kind == PostingKind::Invoice && sale.is_paid() && !sale.order.total.is_zero() {
        let wish = payment(sale, known).map_or_else(Wish::Hold, Wish::Post);
        drafts.push(draft(sale, kind, PostingKind::Payment, wish));
    }
    let gateway = sale.books.gateway(&sale.order.payment_method);
    if let Some(rule) = gateway.fee.as_ref().filter(|_| sale.is_paid()) {
        // no meta data: the fee is unknown, and nothing is booked
        let fee = sale
            .order
            .meta_data
            .get(&rule.meta)
            .and_then(extras::gateway_fee);
        if let Some((fee, currency)) = fee.filter(|(fee, _)| !fee.is_zero()) {
            let wish =
                expense(sale, kind, rule, fee, currency, known).map_or_else(Wish::Hold, Wish::Post);
            drafts.push(draft(sale, kind, PostingKind::Expense, wish));
        }
    }
    drafts
}

/// Takes back what followed a sale that is no longer wanted.
pub(super) fn withdraw(
    sale: &Sale<'_>,
    known: &References,
    reason: &str,
    if_posted: IfPosted,
    drafts: &mut Vec<Draft>,
) {
    for kind in [PostingKind::Payment, PostingKind::Expense] {
        if known.links.contains_key(&sale.key(kind)) {
            let wish = Wish::Exclude {
                reason: reason.to_owned(),
                if_posted,
            };
            drafts.push(draft(sale, sale.kind(known), kind, wish));
        }
    }
}

fn draft(sale: &Sale<'_>, of: PostingKind, kind: PostingKind, wish: Wish) -> Draft {
    Draft {
        key: sale.key(kind),
        number: sale.order.number.clone(),
        date: paid_day(sale).or_else(|| sale.day(of)),
        store_amount: None,
        facets: Facets {
            gateway: sale.order.payment_method.clone(),
            status: sale.order.status.as_str().to_owned(),
            ..Facets::default()
        },
        warning: None,
        wish,
    }
}

/// When the money came.
fn paid_day(sale: &Sale<'_>) -> Option<Date> {
    sale.order
        .date_paid_gmt
        .map(|moment| calendar::day(sale.rules, moment))
}

fn payment(sale: &Sale<'_>, known: &References) -> Result<Document, Hold> {
    let (order, books) = (sale.order, sale.books);
    let (total, _) = sale.figures()?;
    let invoice = sale.key(PostingKind::Invoice);
    let customer = former_account(sale, PostingKind::Invoice, known)
        .unwrap_or_else(|| Buyer::of_order(order, sale.rules, books).key);
    let paid = paid_day(sale).ok_or_else(|| hold("malformed_record", "it has no date"))?;
    let posted = known.links.get(&sale.key(PostingKind::Payment));
    let (date, true_date) = placed(sale.rules, books, paid, posted)?;
    let marker = numbers::follower_marker("Payment", sale.rules, books.texts, &order.number);
    let (reference, transaction) =
        numbers::payment_reference(books.texts, order.transaction_id.as_deref());
    let gateway = books.gateway(&order.payment_method);
    let body = Payment {
        txn_date: Some(date),
        customer_ref: Ref::to(customer.placeholder()),
        total_amt: total,
        currency_ref: books
            .multi_currency
            .then(|| Ref::to(order.currency.as_str())),
        exchange_rate: extras::exchange_rate(sale),
        payment_method_ref: gateway.method.as_ref().map(Ref::to),
        payment_ref_num: reference,
        deposit_to_account_ref: Some(Ref::to(&gateway.deposit_to)),
        private_note: Some(numbers::note(&marker, &[true_date, transaction])),
        line: vec![PaymentLine {
            amount: total,
            linked_txn: vec![LinkedTxn::invoice(invoice.placeholder())],
        }],
    };
    Ok(follower(
        sale,
        PostingKind::Payment,
        &body,
        vec![customer, invoice],
        date,
        total,
        None,
        marker,
    ))
}

fn expense(
    sale: &Sale<'_>,
    kind: PostingKind,
    rule: &GatewayFee,
    fee: Decimal,
    currency: Option<String>,
    known: &References,
) -> Result<Document, Hold> {
    let (order, books) = (sale.order, sale.books);
    let payout = order
        .meta_data
        .text("_stripe_currency")
        .filter(|_| rule.meta == "_stripe_fee");
    let currency = currency.or_else(|| payout.map(|text| text.to_uppercase()));
    if let Some(other) = currency.filter(|it| *it != order.currency.as_str()) {
        return Err(hold_with(
            "unsupported_order",
            format!(
                "the gateway's fee of {fee} is in {other} and the order in {}",
                order.currency
            ),
            "Enter the fee by hand, then exclude it.",
        ));
    }
    let fee = kit::round_half_up(fee, sale.decimals());
    if fee < Decimal::ZERO {
        return Err(hold_with(
            "unsupported_order",
            format!("the gateway's fee is {fee}, less than nothing"),
            "Enter it by hand, then exclude it.",
        ));
    }
    let day = paid_day(sale).ok_or_else(|| hold("malformed_record", "it has no date"))?;
    let posted = known.links.get(&sale.key(PostingKind::Expense));
    let (date, true_date) = placed(sale.rules, books, day, posted)?;
    let marker = numbers::follower_marker("Fee", sale.rules, books.texts, &order.number);
    let number = numbers::of_sale(sale.rules, books.texts, &order.number)?.doc_number;
    let number = Some(format!("{number}-FEE"))
        .filter(|it| it.encode_utf16().count() <= quickbooks::DOC_NUMBER_LENGTH)
        .unwrap_or(number);
    let gateway = books.gateway(&order.payment_method);
    let code = books.us.then(|| Ref::to("NON"));
    let body = Purchase {
        doc_number: Some(number.clone()),
        txn_date: Some(date),
        payment_type: PaymentType::Cash,
        account_ref: Ref::to(&gateway.deposit_to),
        payment_method_ref: gateway.method.as_ref().map(Ref::to),
        private_note: Some(numbers::note(&marker, &[true_date])),
        currency_ref: books
            .multi_currency
            .then(|| Ref::to(order.currency.as_str())),
        exchange_rate: extras::exchange_rate(sale),
        department_ref: books.location.as_ref().map(Ref::to),
        global_tax_calculation: (!books.us).then_some(GlobalTaxCalculation::NotApplicable),
        line: vec![
            Line::expense(
                fee,
                AccountBasedExpenseLineDetail {
                    account_ref: Ref::to(&rule.account),
                    class_ref: books.class.as_ref().map(Ref::to),
                    tax_code_ref: code,
                },
            )
            .described(format!("Fee of {}", order.payment_method_title)),
        ],
        ..Purchase::default()
    };
    let after = vec![sale.key(kind)];
    Ok(follower(
        sale,
        PostingKind::Expense,
        &body,
        after,
        date,
        fee,
        Some(number),
        marker,
    ))
}

#[expect(
    clippy::too_many_arguments,
    reason = "what the three followers of a sale differ in"
)]
fn follower<T: serde::Serialize>(
    sale: &Sale<'_>,
    kind: PostingKind,
    body: &T,
    needs: Vec<LinkKey>,
    date: Date,
    total: Decimal,
    doc_number: Option<String>,
    marker: String,
) -> Document {
    Document {
        body: serde_json::to_string(body).unwrap_or_default(),
        needs,
        expected: Expected {
            name: None,
            doc_number,
            date: Some(date),
            total: Some(total),
            tax: None,
            form: Some(format!("{} in {}", kind.in_words(), sale.order.currency)),
            marker: Some(marker),
        },
        rename: None,
        on_edit: sale.rules.orders.on_edit,
    }
}
