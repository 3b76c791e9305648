//! What follows a sale: the payment of an invoice, the fee a gateway kept, and their withdrawal.

use jiff::civil::Date;
use kit::{Expected, PostingKind};
use quickbooks::{LinkedTxn, Payment, PaymentLine, Ref};

use super::accounts;
use super::calendar::{self, placed};
use super::customer::{Buyer, former_account};
use super::extras;
use super::fees;
use super::hold::hold;
use super::numbers;
use super::order::Sale;
use crate::domain::{Document, Draft, Facets, Hold, IfPosted, References, Wish};

/// The drafts that follow a sale.
pub(super) fn followers(sale: &Sale<'_>, kind: PostingKind, known: &References) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if kind == PostingKind::Invoice && sale.is_paid() && !sale.order.total.is_zero() {
        let wish = payment(sale, known).map_or_else(Wish::Hold, Wish::Post);
        drafts.push(draft(sale, kind, PostingKind::Payment, wish));
    } else if known.links.contains_key(&sale.key(PostingKind::Payment)) {
        let wish = Wish::Exclude {
            reason: "the order has nothing to pay any more".to_owned(),
            if_posted: sale.rules.orders.on_cancel,
        };
        drafts.push(draft(sale, kind, PostingKind::Payment, wish));
    }
    if let Some(wish) = fees::own_expense(sale, kind, known) {
        drafts.push(draft(sale, kind, PostingKind::Expense, wish));
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
        fee: None,
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
        deposit_to_account_ref: Some(Ref::to(accounts::of_posting(
            sale,
            PostingKind::Payment,
            known,
        ))),
        private_note: Some(numbers::note(&marker, &[true_date, transaction])),
        line: vec![PaymentLine {
            amount: total,
            linked_txn: vec![LinkedTxn::invoice(invoice.placeholder())],
        }],
    };
    Ok(Document {
        body: serde_json::to_string(&body).unwrap_or_default(),
        needs: vec![customer, invoice],
        expected: Expected {
            name: None,
            key: None,
            doc_number: None,
            date: Some(date),
            total: Some(total),
            currency: Some(order.currency),
            tax: None,
            form: Some(format!(
                "{} in {}",
                PostingKind::Payment.in_words(),
                order.currency
            )),
            marker: Some(marker),
        },
        rename: None,
        on_edit: sale.rules.orders.on_edit,
    })
}
