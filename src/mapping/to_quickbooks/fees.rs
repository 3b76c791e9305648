//! What gateways keep: as an expense of each order, or counted in the one expense of its day.
//!
//! What was begun one way is not begun the other way as well: a fee that is in the books by itself
//! stays by itself, and one that counts in a day goes on counting there, whatever `fees` says by now.

use jiff::civil::Date;
use kit::{Currency, Expected, PostingKind};
use quickbooks::{
    AccountBasedExpenseLineDetail, GlobalTaxCalculation, Line, PaymentType, Purchase, Ref,
};
use rust_decimal::Decimal;

use super::accounts;
use super::calendar::{self, Placed, placed};
use super::extras;
use super::gateways::{Gateway, GatewayFee};
use super::hold::{hold, hold_with};
use super::numbers;
use super::order::Sale;
use super::resolved::Resolved;
use crate::domain::{
    ConnectionName, Document, Draft, Facets, FeeShare, FeesOfDay, GatewayDay, Hold, IfPosted,
    MappingRules, Needs, OnEdit, References, Wish,
};

/// What must be known of the fee of a sale beside its own expense.
pub(super) fn need(sale: &Sale<'_>, needs: &mut Needs) {
    let daily = rule(sale).is_some_and(|rule| rule.daily);
    if sale.is_paid() && (!daily || sale.books.closed_until.is_some()) {
        needs.fees.insert(sale.order.id.to_string());
    }
}

/// The part the sale has in the fees of its day.
pub(super) fn share(sale: &Sale<'_>, known: &References) -> Option<FeeShare> {
    let paid_at = sale.order.date_paid_gmt?;
    let Some(rule) = rule(sale) else {
        // fees are off by now, and what counts stays as it was
        return known.fees.get(&sale.order.id.to_string()).cloned();
    };
    if !is_by_day(sale, rule, known) {
        return None;
    }
    // what cannot be counted waits by itself
    let fee = known_fee(sale, rule).ok()?;
    let day = GatewayDay {
        date: counting_day(sale, calendar::day(sale.rules, paid_at), known),
        gateway: sale.order.payment_method.clone(),
        currency: sale.order.currency,
    };
    Some(FeeShare { day, fee })
}

/// The day in which the fee of a payment of that day counts: where it is closed, the first open one if
/// that is the rule, since the expense of a closed day is changed no more. What counts already stays.
fn counting_day(sale: &Sale<'_>, paid: Date, known: &References) -> Date {
    match calendar::place(sale.rules, sale.books, paid, None) {
        Placed::On(_) | Placed::Closed { .. } => paid,
        Placed::Moved { to, .. } => known
            .fees
            .get(&sale.order.id.to_string())
            .map_or(to, |share| share.day.date),
    }
}

/// What is wanted of an expense of the sale's own; `None` where there is none.
pub(super) fn own_expense(sale: &Sale<'_>, kind: PostingKind, known: &References) -> Option<Wish> {
    let Some(rule) = rule(sale) else {
        // fees are off by now, and what is in the books stays as it is
        let is_there = known.links.contains_key(&sale.key(PostingKind::Expense));
        return is_there.then(not_booked);
    };
    if !sale.is_paid() {
        return None;
    }
    let fee = match known_fee(sale, rule) {
        Err(hold) => return Some(Wish::Hold(hold)),
        Ok(_) if is_by_day(sale, rule, known) => return None,
        // no meta data: the fee is unknown, and nothing is booked
        Ok(fee) => fee.filter(|fee| !fee.is_zero())?,
    };
    Some(own_document(sale, kind, rule, fee, known).map_or_else(Wish::Hold, Wish::Post))
}

/// What is in the books already stays there.
fn not_booked() -> Wish {
    Wish::Exclude {
        reason: "the fees of this gateway are not booked by configuration".to_owned(),
        if_posted: IfPosted::Ignore,
    }
}

fn rule<'a>(sale: &Sale<'a>) -> Option<&'a GatewayFee> {
    let gateway = sale.books.gateway(&sale.order.payment_method);
    gateway.fee.as_ref()
}

fn is_by_day(sale: &Sale<'_>, rule: &GatewayFee, known: &References) -> bool {
    let is_alone = known.links.contains_key(&sale.key(PostingKind::Expense));
    let counts = known.fees.contains_key(&sale.order.id.to_string());
    !is_alone && (rule.daily || counts)
}

/// What the order says that the gateway kept, if it says it.
fn known_fee(sale: &Sale<'_>, rule: &GatewayFee) -> Result<Option<Decimal>, Hold> {
    let order = sale.order;
    let entry = order.meta_data.get(&rule.meta);
    let Some((fee, currency)) = entry.and_then(extras::gateway_fee) else {
        return Ok(None);
    };
    if fee.is_zero() {
        return Ok(Some(fee));
    }
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
    Ok(Some(fee))
}

fn own_document(
    sale: &Sale<'_>,
    kind: PostingKind,
    rule: &GatewayFee,
    fee: Decimal,
    known: &References,
) -> Result<Document, Hold> {
    let (order, books) = (sale.order, sale.books);
    let day = order
        .date_paid_gmt
        .map(|moment| calendar::day(sale.rules, moment))
        .ok_or_else(|| hold("malformed_record", "it has no date"))?;
    let posted = known.links.get(&sale.key(PostingKind::Expense));
    let (date, true_date) = placed(sale.rules, books, day, posted)?;
    let marker = numbers::follower_marker("Fee", sale.rules, books.texts, &order.number);
    let number = numbers::of_sale(sale.rules, books.texts, &order.number)?.doc_number;
    let number = Some(format!("{number}-FEE"))
        .filter(|it| it.encode_utf16().count() <= quickbooks::DOC_NUMBER_LENGTH)
        .unwrap_or(number);
    let expense = Expense {
        books,
        gateway: books.gateway(&order.payment_method),
        paid_out_of: accounts::of_posting(sale, PostingKind::Expense, known),
        account: &rule.account,
        amount: fee,
        currency: order.currency,
        exchange_rate: extras::exchange_rate(sale),
        date,
        number,
        note: numbers::note(&marker, &[true_date]),
        line: format!("Fee of {}", order.payment_method_title),
        marker,
    };
    let mut document = expense.document(sale.rules.orders.on_edit);
    document.needs = vec![sale.key(kind)];
    Ok(document)
}

/// The expense of a day.
pub(super) fn of_day(
    rules: &MappingRules,
    books: &Resolved,
    store: &ConnectionName,
    fees: &FeesOfDay,
    known: &References,
) -> Draft {
    let key = fees.day.key();
    let number = numbers::of_day(rules, books.texts, &fees.day, books.home);
    let name = number
        .as_ref()
        .map_or_else(|_| fees.day.to_string(), Clone::clone);
    let wish = match &books.gateway(&fees.day.gateway).fee {
        None => not_booked(),
        Some(_) if fees.total.is_zero() => Wish::Exclude {
            reason: no_fees(fees),
            if_posted: IfPosted::Void,
        },
        Some(rule) => number
            .and_then(|number| day_document(rules, books, store, fees, (rule, number), known))
            .map_err(|hold| told(fees, hold))
            .map_or_else(Wish::Hold, Wish::Post),
    };
    let is_posted = matches!(wish, Wish::Post(_));
    Draft {
        key,
        number: name,
        date: Some(fees.day.date),
        store_amount: None,
        facets: Facets {
            gateway: fees.day.gateway.clone(),
            ..Facets::default()
        },
        fee: None,
        warning: (is_posted && fees.unknown > 0).then(|| orders(fees)),
        wish,
    }
}

fn day_document(
    rules: &MappingRules,
    books: &Resolved,
    store: &ConnectionName,
    fees: &FeesOfDay,
    (rule, number): (&GatewayFee, String),
    known: &References,
) -> Result<Document, Hold> {
    let GatewayDay {
        date: day,
        gateway,
        currency,
    } = &fees.day;
    if !books.multi_currency && *currency != books.home {
        return Err(hold(
            "currency_off",
            format!(
                "they are in {currency} and the books are in {} alone",
                books.home
            ),
        ));
    }
    let key = fees.day.key();
    let posted = known.links.get(&key);
    let (date, true_date) = placed(rules, books, *day, posted)?;
    // its sales are where the gateway's money was
    let before = posted.and_then(|_| known.documents.get(&key));
    let gateway_rules = books.gateway(gateway);
    let paid_out_of = before
        .and_then(|document| accounts::account_of(document))
        .unwrap_or_else(|| gateway_rules.deposit_to.clone());
    let marker = format!("Fees of {gateway} on {day} in {currency}, {number} of `{store}`");
    let marker = books.texts.line(&marker, 1000).unwrap_or_default();
    let expense = Expense {
        books,
        gateway: gateway_rules,
        paid_out_of,
        account: &rule.account,
        amount: fees.total,
        currency: *currency,
        exchange_rate: None,
        date,
        number,
        note: numbers::note(&marker, &[Some(orders(fees)), true_date]),
        line: format!("Fees of {gateway} on {day}"),
        marker,
    };
    Ok(expense.document(OnEdit::Update))
}

/// How many orders are counted, and of how many nothing could be.
fn orders(fees: &FeesOfDay) -> String {
    let orders = match fees.orders {
        1 => "1 order".to_owned(),
        orders => format!("{orders} orders"),
    };
    match fees.unknown {
        0 => orders,
        unknown => format!("{orders}; the fee of {unknown} is unknown and not in the sum"),
    }
}

fn no_fees(fees: &FeesOfDay) -> String {
    match fees.orders {
        0 => "no order of the day is in the books".to_owned(),
        _ if fees.unknown == 0 => format!("no fees: {}", orders(fees)),
        _ => orders(fees),
    }
}

/// A hold of a day says first what waits.
fn told(fees: &FeesOfDay, hold: Hold) -> Hold {
    let FeesOfDay { day, total, .. } = fees;
    let what = format!(
        "the fees of {} on {} are {total} {}",
        day.gateway, day.date, day.currency
    );
    Hold {
        reason: format!("{what}: {}", hold.reason),
        ..hold
    }
}

/// An expense out of a gateway's account.
struct Expense<'a> {
    books: &'a Resolved,
    gateway: &'a Gateway,
    paid_out_of: String,
    account: &'a str,
    amount: Decimal,
    currency: Currency,
    exchange_rate: Option<Decimal>,
    date: Date,
    number: String,
    note: String,
    line: String,
    marker: String,
}

impl Expense<'_> {
    fn document(self, on_edit: OnEdit) -> Document {
        let books = self.books;
        let body = Purchase {
            doc_number: Some(self.number.clone()),
            txn_date: Some(self.date),
            payment_type: PaymentType::Cash,
            account_ref: Ref::to(&self.paid_out_of),
            payment_method_ref: self.gateway.method.as_ref().map(Ref::to),
            private_note: Some(self.note),
            currency_ref: books
                .multi_currency
                .then(|| Ref::to(self.currency.as_str())),
            exchange_rate: self.exchange_rate,
            department_ref: books.location.as_ref().map(Ref::to),
            global_tax_calculation: (!books.us).then_some(GlobalTaxCalculation::NotApplicable),
            line: vec![
                Line::expense(
                    self.amount,
                    AccountBasedExpenseLineDetail {
                        account_ref: Ref::to(self.account),
                        class_ref: books.class.as_ref().map(Ref::to),
                        tax_code_ref: books.us.then(|| Ref::to("NON")),
                    },
                )
                .described(self.line),
            ],
            ..Purchase::default()
        };
        Document {
            body: serde_json::to_string(&body).unwrap_or_default(),
            needs: Vec::new(),
            expected: Expected {
                name: None,
                key: None,
                doc_number: Some(self.number),
                date: Some(self.date),
                total: Some(self.amount),
                currency: Some(self.currency),
                tax: None,
                form: Some(format!(
                    "{} in {}",
                    PostingKind::Expense.in_words(),
                    self.currency
                )),
                marker: Some(self.marker),
            },
            rename: None,
            on_edit,
        }
    }
}
