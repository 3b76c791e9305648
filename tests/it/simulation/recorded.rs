//! The recorded real stores become books, each in a company of its country: no cent off. `just stores`
//! prints the tables; they stand in `docs/recorded-stores.md`.

use crate::support::recorded::{
    CA, CA_WITH_TODAYS_CODE, Counts, LEGACY, OLD, Recording, Row, UK, UK_BY_DEFAULT, US,
    US_WITH_CURRENCIES, counts, held, left_out,
};

/// Posts a store and prints its table.
async fn post(recording: &Recording) -> Vec<Row> {
    let rows = recording.post().await;
    println!("{}", recording.page(&rows));
    rows
}

/// Orders of the US store that are no sale (yet).
const NO_US_SALE: [(&str, &str); 7] = [
    ("39", "status pending"),
    ("42", "status on-hold"),
    ("45", "status cancelled"),
    ("46", "status failed"),
    ("68", "status trash"),
    ("85", "status on-hold"),
    ("86", "status on-hold"),
];

/// So many are posted, these wait, these are no sale, and there is nothing else.
fn expect(rows: &[Row], posted: usize, waiting: &[(&str, &str)], no_sale: &[(&str, &str)]) {
    assert_eq!(held(rows), waiting);
    assert_eq!(left_out(rows), no_sale);
    let wanted = Counts {
        posted,
        held: waiting.len(),
        excluded: no_sale.len(),
    };
    assert_eq!(counts(rows), wanted);
}

#[tokio::test]
async fn the_us_store_is_posted_without_a_cent_of_difference() {
    let rows = post(&US).await;
    expect(&rows, 41, &[("60", "currency_off")], &NO_US_SALE);
}

#[tokio::test]
async fn the_us_order_in_euros_is_posted_once_foreign_currencies_are_switched_on() {
    let rows = post(&US_WITH_CURRENCIES).await;
    expect(&rows, 42, &[], &NO_US_SALE);
}

#[tokio::test]
async fn the_legacy_store_is_posted_without_a_cent_of_difference() {
    let rows = post(&LEGACY).await;
    // the lines of order 44 were edited and its total was not: it does not add up
    let waiting = [
        ("44", "total_mismatch"),
        ("44 refund 86", "refund_of_unposted_order"),
    ];
    let no_sale = [("39", "status pending"), ("42", "status on-hold")];
    expect(&rows, 6, &waiting, &no_sale);
}

#[tokio::test]
async fn the_old_store_is_posted_without_a_cent_of_difference() {
    let rows = post(&OLD).await;
    expect(&rows, 5, &[], &[]);
}

#[tokio::test]
async fn the_british_store_is_posted_without_a_cent_of_difference() {
    let rows = post(&UK).await;
    expect(&rows, 15, &[], &[("29", "status on-hold")]);
}

#[tokio::test]
async fn british_orders_that_need_a_code_of_their_own_are_held_until_one_is_named() {
    let rows = post(&UK_BY_DEFAULT).await;
    let waiting = [("22", "unmapped_tax_rate"), ("23", "unmapped_tax_rate")];
    expect(&rows, 13, &waiting, &[("29", "status on-hold")]);
}

#[tokio::test]
async fn the_canadian_store_is_posted_without_a_cent_of_difference() {
    let rows = post(&CA).await;
    // forty lines whose tax was rounded one by one are further off than tax can be given
    expect(&rows, 7, &[("26", "total_mismatch")], &[]);
}

#[tokio::test]
async fn compound_tax_is_held_where_the_code_of_the_books_is_not_compound() {
    let rows = post(&CA_WITH_TODAYS_CODE).await;
    let waiting = [
        ("12", "total_mismatch"),
        ("16", "total_mismatch"),
        ("17", "total_mismatch"),
        ("17 refund 18", "refund_of_unposted_order"),
        ("19", "total_mismatch"),
        ("26", "total_mismatch"),
    ];
    expect(&rows, 2, &waiting, &[]);
}
