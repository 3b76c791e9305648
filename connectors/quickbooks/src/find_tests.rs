use kit::{Expected, PostingId};
use proptest::prelude::*;

use super::*;

fn member(operation: Operation) -> Member {
    Member {
        slot: 0,
        posting: PostingId::new("p"),
        kind: PostingKind::SalesReceipt,
        operation,
        expected: Expected {
            name: None,
            key: None,
            doc_number: Some("1043".to_owned()),
            date: Some(jiff::civil::date(2026, 11, 2)),
            total: Some("58.20".parse().unwrap()),
            currency: None,
            tax: None,
            form: None,
            marker: Some("WooCommerce order 1043".to_owned()),
        },
        document: String::new(),
    }
}

fn row(id: &str, note: &str, total: &str) -> Entity {
    Entity {
        id: id.to_owned(),
        sync_token: "4".to_owned(),
        doc_number: Some("1043".to_owned()),
        txn_date: Some("2026-11-02".to_owned()),
        private_note: Some(note.to_owned()),
        total_amt: Some(total.parse().unwrap()),
        ..Entity::default()
    }
}

fn verdict(member: &Member, rows: &[Entity]) -> String {
    let since = "2026-11-02T10:00:00Z".parse().unwrap();
    match judge(member, &Key::of(member).unwrap(), rows, since) {
        Found::Nothing => "nothing".to_owned(),
        Found::Ours(receipt) => format!("ours {}", receipt.target_id),
        Found::Gone => "gone".to_owned(),
        Found::Foreign(what) | Found::Changed(what, _) => what,
        Found::Namesake(what) => format!("namesake: {what}"),
    }
}

#[test]
fn a_document_with_our_marker_date_and_total_is_ours() {
    let new = member(Operation::Create);
    let ours = row("7", "WooCommerce order 1043, paid", "58.2");
    assert_eq!(verdict(&new, std::slice::from_ref(&ours)), "ours 7");
    assert_eq!(verdict(&new, &[]), "nothing");
    let other = row("6", "typed by hand", "58.20");
    assert_eq!(verdict(&new, &[other.clone(), ours]), "ours 7");
    assert_eq!(
        verdict(&new, &[other]),
        "QuickBooks has a sales receipt 1043 of 2026-11-02 with a total of 58.20 (id 6)"
    );
}

#[test]
fn another_total_or_another_order_is_not_ours() {
    let new = member(Operation::Create);
    for foreign in [
        row("7", "WooCommerce order 1043", "58.21"),
        row("7", "WooCommerce order 10431", "58.20"),
        row("7", "xWooCommerce order 1043", "58.20"),
        Entity {
            txn_date: Some("2026-11-03".to_owned()),
            ..row("7", "WooCommerce order 1043", "58.20")
        },
        Entity {
            private_note: None,
            ..row("7", "", "58.20")
        },
    ] {
        assert!(verdict(&new, &[foreign]).contains("(id 7)"));
    }
}

#[test]
fn a_document_with_our_marker_and_another_total_is_ours_if_it_was_made_since() {
    let new = member(Operation::Create);
    let made = |at: &str| {
        let text = format!(
            r#"{{"Id":"7","SyncToken":"0","DocNumber":"1043","TxnDate":"2026-11-02","TotalAmt":58.21,
                "PrivateNote":"WooCommerce order 1043","MetaData":{{"CreateTime":"{at}"}}}}"#
        );
        serde_json::from_str::<Entity>(&text).unwrap()
    };
    assert_eq!(
        verdict(&new, &[made("2026-11-02T03:00:01-07:00")]),
        "ours 7"
    );
    let earlier = made("2026-11-02T02:59:59-07:00");
    assert!(verdict(&new, &[earlier]).contains("58.21"));
    let unmarked = Entity {
        private_note: None,
        ..made("2026-11-02T03:00:01-07:00")
    };
    assert!(verdict(&new, &[unmarked]).contains("58.21"));
}

#[test]
fn an_update_took_effect_only_when_the_version_moved() {
    let change = |sync_token: &str| {
        member(Operation::Update {
            target_id: "7".to_owned(),
            sync_token: sync_token.to_owned(),
        })
    };
    let now = row("7", "WooCommerce order 1043", "58.20");
    assert_eq!(verdict(&change("4"), std::slice::from_ref(&now)), "nothing");
    assert_eq!(verdict(&change("3"), std::slice::from_ref(&now)), "ours 7");
    assert!(verdict(&change("3"), &[row("7", "WooCommerce order 1043", "60")]).contains("(id 7)"));
}

#[test]
fn an_update_that_came_out_with_another_tax_is_ours_and_no_other_change_is() {
    let mut change = member(Operation::Update {
        target_id: "7".to_owned(),
        sync_token: "3".to_owned(),
    });
    change.expected.tax = Some("4.31".parse().unwrap());
    let is = |total: &str, tax: &str, token: &str, at: &str| {
        let text = format!(
            r#"{{"Id":"7","SyncToken":"{token}","DocNumber":"1043","TxnDate":"2026-11-02",
                "TotalAmt":{total},"TxnTaxDetail":{{"TotalTax":{tax}}},
                "PrivateNote":"WooCommerce order 1043","MetaData":{{"LastUpdatedTime":"{at}"}}}}"#
        );
        let row = serde_json::from_str::<Entity>(&text).unwrap();
        verdict(&change, &[row]) == "ours 7"
    };
    let (since, before) = ("2026-11-02T03:00:01-07:00", "2026-11-02T02:59:59-07:00");
    assert!(is("58.25", "4.36", "4", since), "another tax");
    assert!(!is("58.25", "4.36", "5", since), "changed once more");
    assert!(!is("58.25", "4.31", "4", since), "another amount");
    assert!(!is("58.25", "4.36", "4", before), "changed earlier");
}

#[test]
fn a_void_took_effect_when_nothing_is_left() {
    let void = member(Operation::Void {
        target_id: "7".to_owned(),
        sync_token: "3".to_owned(),
    });
    assert_eq!(verdict(&void, &[row("7", "Voided", "0")]), "ours 7");
    assert!(verdict(&void, &[row("7", "WooCommerce order 1043", "58.20")]).contains("(id 7)"));
    let delete = member(Operation::Delete {
        target_id: "7".to_owned(),
        sync_token: "3".to_owned(),
    });
    assert_eq!(verdict(&delete, &[]), "ours 7");
}

/// A customer to be made as Ann Lee with an e-mail address.
fn ann(email: &str) -> Member {
    let mut new = member(Operation::Create);
    new.kind = PostingKind::Customer;
    new.expected = Expected {
        name: Some("Ann Lee".to_owned()),
        key: Some(email.to_owned()).filter(|it| !it.is_empty()),
        ..Expected::default()
    };
    new
}

/// A customer of the books; looked for since 10:00.
fn customer(id: &str, name: &str, email: &str, made: &str) -> Entity {
    let text = format!(
        r#"{{"Id":"{id}","SyncToken":"0","DisplayName":"{name}","Active":true,
            "PrimaryEmailAddr":{{"Address":"{email}"}},"MetaData":{{"CreateTime":"{made}"}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

const BEFORE: &str = "2026-11-02T02:59:59-07:00";
const SINCE: &str = "2026-11-02T03:00:01-07:00";

#[test]
fn a_list_object_is_ours_by_its_second_key_and_by_when_it_was_made() {
    let described = "QuickBooks has a customer Ann Lee (id 9)";
    let namesake = "namesake: QuickBooks has a customer Ann Lee (id 9)";
    for (wanted, there, made, expected) in [
        ("ann@example.com", "Ann@example.com", SINCE, "ours 9"),
        ("", "", SINCE, "ours 9"),
        // somebody else's, for certain
        ("ann@example.com", "lee@example.com", SINCE, namesake),
        ("ann@example.com", "lee@example.com", BEFORE, namesake),
        ("ann@example.com", "", BEFORE, namesake),
        ("", "lee@example.com", BEFORE, namesake),
        ("", "", BEFORE, namesake),
        // the same person, entered by hand or by an earlier call; or ours, completed by hand
        ("ann@example.com", "ann@example.com", BEFORE, described),
        ("ann@example.com", "", SINCE, described),
        ("", "ann@example.com", SINCE, described),
    ] {
        let row = customer("9", "Ann Lee", there, made);
        let found = verdict(&ann(wanted), &[row]);
        assert_eq!(found, expected, "{wanted:?} {there:?} {made}");
    }
    let untold = Entity {
        meta_data: None,
        ..customer("9", "Ann Lee", "", SINCE)
    };
    assert_eq!(verdict(&ann(""), &[untold]), described);
}

#[test]
fn a_list_object_is_known_by_its_name_and_must_be_in_use() {
    let new = ann("");
    let named = |name: &str, active| Entity {
        active: Some(active),
        ..customer("9", name, "", SINCE)
    };
    assert_eq!(verdict(&new, &[named("ann lee", true)]), "ours 9");
    assert_eq!(
        verdict(&new, &[named("Ann Lee (deleted)", false)]),
        "nothing"
    );
    assert!(verdict(&new, &[named("Ann Lee", false)]).contains("inactive"));
    // ours beside another one, where a company tells cases apart
    let rows = [
        customer("8", "ANN LEE", "lee@example.com", BEFORE),
        customer("9", "Ann Lee", "ann@example.com", SINCE),
    ];
    assert_eq!(verdict(&ann("ann@example.com"), &rows), "ours 9");
}

#[test]
fn an_item_below_another_item_is_not_the_item() {
    let mut new = member(Operation::Create);
    new.kind = PostingKind::Item;
    new.expected = Expected {
        name: Some("Shampoo".to_owned()),
        ..Expected::default()
    };
    let below = Entity {
        id: "9".to_owned(),
        name: Some("Shampoo".to_owned()),
        fully_qualified_name: Some("Oribe:Shampoo".to_owned()),
        ..Entity::default()
    };
    assert_eq!(verdict(&new, &[below]), "nothing");
}

#[test]
fn a_payment_is_looked_for_by_its_day() {
    let mut payment = member(Operation::Create);
    payment.kind = PostingKind::Payment;
    assert_eq!(Key::of(&payment), Some(Key::Day("2026-11-02".to_owned())));
    let unnumbered = |id: &str, note: &str| Entity {
        doc_number: None,
        ..row(id, note, "58.20")
    };
    let others = [
        unnumbered("5", "by hand"),
        unnumbered("6", "WooCommerce order 1044"),
    ];
    assert_eq!(verdict(&payment, &others), "nothing");
    assert_eq!(
        verdict(&payment, &[unnumbered("8", "WooCommerce order 1043")]),
        "ours 8"
    );
}

#[test]
fn questions_are_quoted_and_short() {
    assert_eq!(
        question(PostingKind::Customer, "DisplayName", &["Adam's", "b"], 1),
        "SELECT * FROM Customer WHERE DisplayName IN ('Adam\\'s', 'b') AND Active IN (true, false) \
         ORDERBY Id STARTPOSITION 1 MAXRESULTS 1000"
    );
    assert_eq!(
        question(PostingKind::Expense, "DocNumber", &["1"], 1001),
        "SELECT * FROM Purchase WHERE DocNumber = '1' ORDERBY Id STARTPOSITION 1001 MAXRESULTS 1000"
    );
}

proptest! {
    #[test]
    fn no_value_is_lost_when_questions_are_split(values in proptest::collection::vec("[a-z']{0,300}", 0..40)) {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let parts = parts(&values);
        prop_assert_eq!(parts.concat(), values);
        for part in parts {
            let length: usize = part.iter().map(|value| value.len() + 4).sum();
            prop_assert!(length <= LONGEST_LIST || part.len() == 1);
        }
    }
}
