//! What must hold of the fees of gateways: reckoned from the store and the books, not from the journal.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use sandbox::company::{CompanyContents, CompanyOptions, Limits};
use sandbox::company::{Document, Kind, Regime};
use sandbox::store::{Address, Cart, Gateway, OrderTruth};

use super::{Setup, World, plain_store};

/// The fees of two gateways by the day, each out of a clearing account of its own.
pub(crate) const DAILY: &str = r#"
[pipelines.mapping.payments.stripe]
deposit_to = "Stripe Clearing"
fee_meta = "_stripe_fee"
fee_account = "Merchant Fees"
[pipelines.mapping.payments.ppcp-gateway]
deposit_to = "PayPal Clearing"
fee_meta = "_paypal_transaction_fee"
fee_account = "Merchant Fees"
"#;

/// A company with clearing accounts.
pub(crate) fn clearing(
    setup: Setup,
    change: impl FnOnce(CompanyContents) -> CompanyContents,
) -> Setup {
    let contents = CompanyContents::fresh(Regime::UsAst)
        .with_account("Stripe Clearing", "Bank", "Checking")
        .with_account("PayPal Clearing", "Bank", "Checking");
    let company = CompanyOptions {
        limits: Limits::off(),
        contents: change(contents),
        ..CompanyOptions::fresh(Regime::UsAst)
    };
    Setup {
        company,
        mapping: DAILY.to_owned(),
        ..setup
    }
}

/// A plain store into a company with clearing accounts, at seven in the morning of November 22nd.
pub(crate) async fn shop_with_fees() -> World {
    clearing(
        Setup {
            real_time: false,
            ..plain_store()
        },
        |contents| contents,
    )
    .start()
    .await
}

impl World {
    /// A guest buys so many mugs, so many hours ago.
    pub(crate) fn sell(&self, hours: i64, mugs: i64, gateway: Gateway) -> OrderTruth {
        self.sell_cart(hours, Cart::new().gateway(gateway).line("MUG-001", mugs))
    }

    /// A guest buys this, so many hours ago.
    pub(crate) fn sell_cart(&self, hours: i64, cart: Cart) -> OrderTruth {
        let number = self.shop().order_count();
        let guest = Address {
            first_name: "Guest".to_owned(),
            last_name: format!("Number {number}"),
            email: format!("guest{number}@example.com"),
            state: "NY".to_owned(),
            country: "US".to_owned(),
            ..Address::default()
        };
        let cart = cart.bill_to(guest);
        let id = self.hours_ago(hours, |shop| shop.place_paid_order(&cart).unwrap());
        self.shop().order(id).unwrap()
    }

    /// The expenses in the books by number: day, total, version.
    pub(crate) fn expenses(&self) -> BTreeMap<String, (String, Decimal, u32)> {
        let expenses = self.books().documents_of(Kind::Purchase).into_iter();
        expenses
            .filter(|document| !document.voided)
            .map(|it| {
                (
                    it.doc_number.clone().unwrap(),
                    (it.txn_date, it.total, it.sync_token),
                )
            })
            .collect()
    }
}

/// The fees of each gateway, day and currency in the books are those of the orders whose sales are in
/// the books, for each day that is over and none that is not.
pub(crate) fn check_fees(world: &World) {
    let documents = world.books().documents();
    let in_books = |order: &OrderTruth| {
        documents.iter().any(|document| {
            matches!(document.kind, Kind::SalesReceipt | Kind::Invoice)
                && !document.voided
                && document.doc_number.as_deref() == Some(&order.number)
        })
    };
    let today = local(world.clock.now());
    let mut wanted: BTreeMap<String, Decimal> = BTreeMap::new();
    for order in world.shop().orders().iter().filter(|order| in_books(order)) {
        let day = order.paid.map(local).filter(|day| *day < today);
        if let (Some(day), Some(fee)) = (day, order.gateway_fee) {
            let (gateway, currency) = (&order.payment_method, &order.currency);
            let of = format!("Fees of {gateway} on {day} in {currency}");
            *wanted.entry(of).or_default() += fee;
        }
    }
    let mut found: BTreeMap<String, Decimal> = BTreeMap::new();
    let expenses = documents
        .iter()
        .filter(|it| it.kind == Kind::Purchase && !it.voided);
    for expense in expenses {
        let of = day_of(expense);
        assert!(
            found.insert(of.clone(), expense.total).is_none(),
            "{of} twice"
        );
    }
    wanted.retain(|_, fees| !fees.is_zero());
    assert!(!wanted.is_empty(), "there are no fees");
    assert_eq!(found, wanted);
}

/// What an expense is for, as its note says it.
fn day_of(expense: &Document) -> String {
    let note = expense.private_note.as_deref().unwrap();
    let (of, _) = note.split_once(',').unwrap();
    assert!(
        note.contains(expense.doc_number.as_deref().unwrap()),
        "{note}"
    );
    of.to_owned()
}

fn local(moment: jiff::Timestamp) -> Date {
    let zone = TimeZone::get("America/New_York").unwrap();
    moment.to_zoned(zone).date()
}
