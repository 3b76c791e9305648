//! Writes sales forms: what [`super::settle`] found, with everything that stands around it.

use kit::{Expected, PostingKind};
use quickbooks::{
    CustomField, EmailAddress, Line, MemoRef, PhysicalAddress, Ref, SalesItemLineDetail,
    SalesTransaction,
};

use super::cents::unit_price;
use super::form::Form;
use super::parts::Part;
use super::product::ItemTarget;
use super::resolved::Resolved;
use super::settle::{LineAmount, Settled};
use crate::domain::{Document, LinkKey};

/// The document of a sales form.
pub(super) fn write(
    form: Form<'_>,
    parts: &[Part],
    settled: Settled,
    tax_item: Option<&ItemTarget>,
    books: &Resolved,
) -> Document {
    let tax_form = settled.form(form.kind, form.currency);
    let mut needs = vec![form.customer.clone()];
    needs.extend(form.after.iter().cloned());
    let mut lines: Vec<Line> = parts
        .iter()
        .zip(&settled.lines)
        .map(|(part, amount)| line(part, amount, form.currency.decimals(), books, &mut needs))
        .collect();
    if let (Some(tax), Some(item)) = (settled.tax_line, tax_item) {
        let detail = SalesItemLineDetail {
            item_ref: Some(reference(item, &mut needs)),
            class_ref: class_of_line(books),
            tax_code_ref: books.us.then(|| Ref::to("NON")),
            ..SalesItemLineDetail::default()
        };
        lines.push(Line::sale(tax, detail).described("Tax"));
    }
    if let Some(discount) = settled.discount {
        let account = books.discount_account.as_ref().map(Ref::to);
        lines.push(Line::discount(discount, account, class_of_line(books)));
    }
    let paid_at_once = matches!(
        form.kind,
        PostingKind::SalesReceipt | PostingKind::RefundReceipt
    );
    let filled = |address: PhysicalAddress| Some(address).filter(|it| !it.is_empty());
    let body = SalesTransaction {
        doc_number: Some(form.names.doc_number.clone()),
        txn_date: Some(form.date),
        private_note: Some(form.note),
        customer_ref: Some(Ref::to(form.customer.placeholder())),
        customer_memo: form.message.map(|value| MemoRef { value }),
        bill_addr: filled(form.bill),
        ship_addr: filled(form.ship),
        bill_email: form.email.map(|address| EmailAddress { address }),
        currency_ref: books
            .multi_currency
            .then(|| Ref::to(form.currency.as_str())),
        exchange_rate: form.exchange_rate,
        department_ref: books.location.as_ref().map(Ref::to),
        class_ref: books
            .class
            .as_ref()
            .filter(|_| !books.class_on_lines)
            .map(Ref::to),
        ship_method_ref: form.ship_method.map(Ref::to),
        ship_date: form.ship_date,
        tracking_num: form.tracking,
        due_date: None,
        payment_method_ref: form
            .gateway
            .method
            .as_ref()
            .filter(|_| paid_at_once)
            .map(Ref::to),
        payment_ref_num: form.payment_reference.filter(|_| paid_at_once),
        deposit_to_account_ref: paid_at_once.then(|| Ref::to(&form.deposit_to)),
        global_tax_calculation: settled.calculation,
        apply_tax_after_discount: settled.discount.map(|_| true),
        custom_field: form
            .custom_fields
            .into_iter()
            .map(|(definition, value)| CustomField::text(definition, value))
            .collect(),
        line: lines,
        txn_tax_detail: settled.detail,
    };
    needs.sort();
    needs.dedup();
    Document {
        body: serde_json::to_string(&body).unwrap_or_default(),
        needs,
        expected: Expected {
            name: None,
            key: None,
            doc_number: Some(form.names.doc_number),
            date: Some(form.date),
            total: Some(form.total),
            currency: Some(form.currency),
            tax: Some(settled.tax),
            form: Some(tax_form),
            marker: Some(form.names.marker),
        },
        rename: None,
        on_edit: form.on_edit,
    }
}

fn line(
    part: &Part,
    amount: &LineAmount,
    decimals: u32,
    books: &Resolved,
    needs: &mut Vec<LinkKey>,
) -> Line {
    // net, also where amounts include tax (recorded: `invoice_with_group_line.json`)
    let price = unit_price(amount.amount, part.quantity, amount.exact, decimals);
    let detail = SalesItemLineDetail {
        item_ref: Some(reference(&part.item, needs)),
        class_ref: class_of_line(books),
        qty: price.map(|_| part.quantity.normalize()),
        unit_price: price,
        tax_code_ref: amount.code.as_ref().map(Ref::to),
        tax_inclusive_amt: amount.gross,
        ..SalesItemLineDetail::default()
    };
    let line = Line::sale(amount.amount, detail);
    match books.texts.lines(&part.description, 4000) {
        Some(description) => line.described(description),
        None => line,
    }
}

fn reference(item: &ItemTarget, needs: &mut Vec<LinkKey>) -> Ref {
    match item {
        ItemTarget::Key(key) => {
            needs.push(key.clone());
            Ref::to(key.placeholder())
        }
        ItemTarget::Id(id) => Ref::to(id),
    }
}

fn class_of_line(books: &Resolved) -> Option<Ref> {
    books
        .class
        .as_ref()
        .filter(|_| books.class_on_lines)
        .map(Ref::to)
}
