//! What the canary learned of forms of documents.

use daybook::domain::{FORGIVEN_AFTER, FormTrust, Realm};

use super::world::{World, realm};

super::on_both![
    a_form_is_refused_after_three_mismatches_with_few_right_ones_between_them,
    a_mismatch_now_and_then_is_about_its_own_document,
    what_is_known_of_forms_outlives_a_restart_and_is_forgiven_by_hand,
];

const FORM: &str = "sales_receipt us_automated USD";

async fn a_form_is_refused_after_three_mismatches_with_few_right_ones_between_them(world: World) {
    let store = world.open().await;
    for right in [1, FORGIVEN_AFTER - 1, 7] {
        let trust = store.form_came_out_right(&realm(), FORM, right).await;
        let trust = trust.unwrap();
        assert!(trust.is_proven() && !trust.is_refused(), "{trust:?}");
        let trust = store.form_came_out_wrong(&realm(), FORM, "order 1").await;
        assert!(!trust.unwrap().is_proven(), "the next goes alone again");
    }
    assert!(store.forms(&realm()).await.unwrap()[FORM].is_refused());
}

async fn a_mismatch_now_and_then_is_about_its_own_document(world: World) {
    let store = world.open().await;
    let mut trust = FormTrust::default();
    for _ in 0..5 {
        let right = store
            .form_came_out_right(&realm(), FORM, FORGIVEN_AFTER)
            .await;
        right.unwrap();
        let wrong = store.form_came_out_wrong(&realm(), FORM, "order 1").await;
        trust = wrong.unwrap();
    }
    assert!(!trust.is_refused(), "{trust:?}");
}

async fn what_is_known_of_forms_outlives_a_restart_and_is_forgiven_by_hand(world: World) {
    let store = world.open().await;
    for number in 1..=3 {
        let example = format!("order {number}");
        let learned = store.form_came_out_wrong(&realm(), FORM, &example).await;
        learned.unwrap();
    }
    store.close().await;
    let store = world.open().await;
    let forms = store.forms(&realm()).await.unwrap();
    let known = FormTrust {
        right: 0,
        wrong: 3,
        example: Some("order 3".to_owned()),
    };
    assert_eq!(forms[FORM], known);
    let elsewhere = store.forms(&Realm::new("other")).await.unwrap();
    assert!(elsewhere.is_empty());
    store.forgive_forms(&realm()).await.unwrap();
    let forms = store.forms(&realm()).await.unwrap();
    assert_eq!((forms[FORM].wrong, forms[FORM].is_refused()), (0, false));
}
