//! What is held, and how it reads. Each cause of `docs/causes.md`, provoked.
//!
//! | cause | shown by |
//! |---|---|
//! | `ambiguous_customer` | `two_candidates_are_held_and_the_first_is_never_taken` |
//! | `changed_in_books` | `a_document_that_somebody_edited_is_not_overwritten` |
//! | `closed_period` | `a_held_posting_says_what_why_and_what_to_do` |
//! | `company_locked` | `what_is_put_off_again_and_again_is_held_and_says_that_it_passes_by_itself` |
//! | `currency_off` | `a_foreign_order_is_held_where_the_company_has_one_currency` |
//! | `deleted_in_books` | `a_document_that_somebody_deleted_is_made_again_on_retry` |
//! | `deleted_in_store` | `an_order_deleted_for_good_is_reported_and_not_touched` |
//! | `deposited` | `a_deposited_receipt_that_is_edited_is_held_until_it_is_taken_out` |
//! | `duplicate_sku` | `a_known_sku_is_the_same_item_and_two_of_them_are_held` |
//! | `edited_after_posting` | `an_edited_order_is_held_where_the_owner_wants_to_look` |
//! | `excluded_by_hand` | `what_somebody_leaves_out_stays_out_until_it_is_brought_back` |
//! | `form_mismatch` | `at_most_three_documents_of_a_form_that_comes_out_wrong_reach_the_books` |
//! | `held_by_hand` | `a_queued_order_is_held_back_whatever_the_store_changes_until_somebody_releases_it` |
//! | `malformed_document` | `a_document_that_is_no_object_is_not_sent` |
//! | `malformed_record` | `a_record_that_cannot_be_read_says_where` |
//! | `missing_account` | `a_reference_quickbooks_does_not_know_is_held_by_what_it_is_to` |
//! | `missing_item` | `a_missing_item_can_be_held_or_sold_as_the_generic_one` |
//! | `missing_reference` | `a_customer_made_inactive_holds_the_next_order_until_it_is_active_again` |
//! | `missing_tax_code` | `a_reference_quickbooks_does_not_know_is_held_by_what_it_is_to` |
//! | `name_taken` | `a_name_that_is_taken_twice_is_held_until_somebody_renames_one` |
//! | `negative_total` | `what_does_not_add_up_is_held_and_never_plugged` |
//! | `number_taken` | `a_document_somebody_else_made_with_the_same_number_is_not_taken_for_ours` |
//! | `outcome_unknown` | `a_document_quickbooks_never_answers_for_is_held_and_not_guessed` |
//! | `refund_of_unposted_order` | `a_refund_of_a_held_order_follows_it_by_itself` |
//! | `refused_by_quickbooks` | `one_refused_document_of_a_batch_is_held_and_the_other_29_are_kept` |
//! | `tax_off` | `a_company_without_sales_tax_holds_taxed_orders` |
//! | `throttled` | `what_is_put_off_again_and_again_is_held_and_says_that_it_passes_by_itself` |
//! | `total_mismatch` | `what_does_not_add_up_is_held_and_never_plugged` |
//! | `unknown_status` | `a_status_of_a_plugin_holds_the_order_and_leaves_the_document` |
//! | `unmapped_tax_rate` | `no_code_is_chosen_because_a_tax_is_zero` |
//! | `unpaid_order` | `an_order_unpaid_at_a_gateway_that_takes_money_at_once_is_held` |
//! | `unsupported_order` | `a_number_that_does_not_fit_is_held` |
//! | `unwanted_in_books` | `an_order_that_goes_back_to_pending_is_held_and_a_retry_voids_it` |
//! | `voided_before` | `a_cancelled_order_that_is_restored_is_held_until_the_voided_document_is_gone` |
//! | `waits_for_invoice` | `a_payment_of_more_than_its_invoice_waits_until_the_change_is_decided` |
//! | `waits_for_order` | `a_refund_that_is_read_before_its_order_waits_for_it` |
//! | `waits_for_payment` | `an_invoice_is_not_voided_while_its_payment_is_deposited` |
//! | `waits_for_reference` | `a_name_that_is_taken_twice_is_held_until_somebody_renames_one` |
//! | left out by hand, then paid | `an_invoice_that_was_left_out_is_not_posted_as_a_receipt_once_it_is_paid` |
//! | of unknown outcome, then paid | `an_invoice_that_may_be_in_the_books_is_not_posted_as_a_receipt_before_somebody_looked` |
//! | one remedy releases all of one cause | `one_remedy_releases_all_postings_of_one_cause` |

use daybook::domain::{PostingState, SyncStatus};
use daybook::engine::Tripwire;
use daybook::store::Release;
use jiff::civil::date;
use kit::PostingKind;
use sandbox::company::{Effect, Fault, Kind, When};
use sandbox::store::{Cart, Gateway};
use serde_json::json;

use crate::support::{Story, ana, check_invariants, quiet_store};

impl Story {
    /// Somebody releases what is held for one cause, and a run takes it up. How many there were.
    async fn is_retried_for(&self, cause: &str) -> usize {
        let program = self.world.open(Tripwire::none()).await;
        let by_cause = Release::Cause(cause.to_owned());
        let released = program.store.release_held(&by_cause, None, "test").await;
        program.store.close().await;
        self.world.run().await;
        released.unwrap().len()
    }

    /// Runs until nothing waits that passes by itself, or so often.
    async fn runs_until_idle(&self) {
        for _ in 0..5 {
            if self.held().await.is_empty() {
                return;
            }
            self.world.run().await;
        }
    }
}

#[tokio::test]
async fn a_held_posting_says_what_why_and_what_to_do() {
    let story = Story::sold(quiet_store("")).await;
    story.world.books().close_books(Some(date(2026, 12, 31)));
    story.world.run().await;
    let held = story.waiting().await.remove(0);
    assert_eq!(held.number, story.order.number);
    let amount = format!("{:.2} USD", story.order.total);
    assert_eq!(held.amount.unwrap().to_string(), amount);
    assert_eq!(held.cause.as_deref(), Some("closed_period"));
    let why = "it is dated 2026-11-22, and the books are closed until 2026-12-31";
    assert_eq!(held.reason.as_deref(), Some(why));
    let remedy = held.remedy.unwrap();
    assert!(
        remedy.starts_with("Move the closing date in QuickBooks"),
        "{remedy}"
    );
}

#[tokio::test]
async fn one_remedy_releases_all_postings_of_one_cause() {
    let story = Story::sold(quiet_store("")).await;
    story.world.sell_mugs(2);
    let books = story.world.books();
    books.close_books(Some(date(2026, 12, 31)));
    story.gets_status("awaiting-pickup").await;
    let mut held = story.held().await;
    held.sort();
    assert_eq!(held, ["closed_period", "closed_period", "unknown_status"]);
    books.close_books(None);
    assert_eq!(story.is_retried_for("closed_period").await, 2);
    assert_eq!(books.documents().len(), 2);
    assert_eq!(story.held().await, ["unknown_status"]);
    check_invariants(&story.world).await;
}

#[tokio::test]
async fn what_somebody_leaves_out_stays_out_until_it_is_brought_back() {
    let story = Story::sold(quiet_store("")).await;
    story.gets_status("awaiting-pickup").await;
    let id = story.waiting().await.remove(0).id;
    let program = story.world.open(Tripwire::none()).await;
    let left = program
        .store
        .exclude_held(std::slice::from_ref(&id), "test");
    assert_eq!(left.await.unwrap().len(), 1);
    program.store.close().await;
    story.gets_status("processing").await;
    let sale = |story: Vec<daybook::store::PostingRow>| {
        let found = story
            .into_iter()
            .find(|it| it.kind == PostingKind::SalesReceipt);
        found
            .map(|it| (it.state, it.cause.unwrap_or_default()))
            .unwrap()
    };
    let by_hand = (PostingState::Excluded, "excluded_by_hand".to_owned());
    assert_eq!(
        sale(story.postings().await),
        by_hand,
        "whatever the store does"
    );
    assert_eq!(story.world.books().documents(), []);
    let program = story.world.open(Tripwire::none()).await;
    let singly = Release::Ids(vec![id]);
    let released = program.store.release_held(&singly, None, "test").await;
    assert_eq!(released.unwrap().len(), 1);
    program.store.close().await;
    story.world.run().await;
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_name_that_is_taken_twice_is_held_until_somebody_renames_one() {
    let story = Story::sold(quiet_store("")).await;
    let books = story.world.books();
    let vendor = books.add_vendor("Ana Lee").unwrap();
    books.add_vendor("Ana Lee (ana@example.com)").unwrap();
    story.world.run().await;
    let mut held = story.held().await;
    held.sort();
    assert_eq!(held, ["name_taken", "waits_for_reference"]);
    assert_eq!(books.documents(), []);
    let renamed = json!({ "DisplayName": "Ana Lee Ltd" });
    books.edit(Kind::Vendor, &vendor, renamed).unwrap();
    assert_eq!(story.is_retried_for("name_taken").await, 1);
    story.runs_until_idle().await;
    assert_eq!(story.receipt().customer_name.as_deref(), Some("Ana Lee"));
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_customer_made_inactive_holds_the_next_order_until_it_is_active_again() {
    let story = Story::posted("").await;
    let books = story.world.books();
    let ana_lee = story.receipt().customer_id.unwrap();
    books.deactivate(Kind::Customer, &ana_lee).unwrap();
    let again = Cart::new().bill_to(ana()).line("MUG-001", 2);
    let story = Story::of(story.world, |shop| shop.place_paid_order(&again).unwrap());
    assert_eq!(story.world.run().await.status, SyncStatus::Partial);
    assert_eq!(story.held().await, ["missing_reference"]);
    let active = json!({ "Active": true });
    books.edit(Kind::Customer, &ana_lee, active).unwrap();
    story.is_retried().await;
    assert_eq!(story.receipt().customer_id, Some(ana_lee));
    story.is_up_to_date().await;
}

#[tokio::test]
async fn a_reference_quickbooks_does_not_know_is_held_by_what_it_is_to() {
    for (list, element, cause) in [
        ("Accounts", "DepositToAccountRef", "missing_account"),
        ("Sales Tax", "TaxCodeRef", "missing_tax_code"),
        ("Names", "CustomerRef", "missing_reference"),
    ] {
        let story = Story::sold(quiet_store("")).await;
        let fault = Fault::invalid_reference(list, "99", element);
        let sale = When::DocNumber(story.order.number.clone());
        story.world.books().plan(sale, Effect::Refuse(fault));
        story.world.run().await;
        assert_eq!(story.held().await, [cause]);
        assert_eq!(story.is_retried_for(cause).await, 1);
        story.is_up_to_date().await;
    }
}

#[tokio::test]
async fn a_document_quickbooks_never_answers_for_is_held_and_not_guessed() {
    let story = Story::sold(quiet_store("")).await;
    let books = story.world.books();
    let number = story.order.number.clone();
    let sale = When::matching(move |request| request.is_write && request.has_doc_number(&number));
    books.plan_times(sale, Effect::CutBefore, 100);
    story.world.run().await;
    assert_eq!(story.held().await, ["outcome_unknown"]);
    story.world.run().await;
    assert_eq!(
        story.held().await,
        ["outcome_unknown"],
        "nobody has decided"
    );
    books.clear_plans();
    // nor does a change in the store decide it
    for (status, note) in [
        ("completed", "please ring twice"),
        ("cancelled", ""),
        ("completed", ""),
    ] {
        story
            .happens(|shop, id| {
                shop.set_status(id, status).unwrap();
                shop.set_note(id, note).unwrap();
            })
            .await;
        assert_eq!(story.held().await, ["outcome_unknown"], "{status} {note}");
        assert_eq!(books.documents(), []);
    }
    story.is_retried().await;
    story.is_up_to_date().await;
}

impl Story {
    /// The order is paid, and the customer says something.
    async fn is_paid(&self, note: &str) {
        self.happens(|shop, id| {
            shop.set_status(id, "completed").unwrap();
            shop.set_note(id, note).unwrap();
        })
        .await;
    }
}

/// An order to be paid on delivery, whose invoice is held for a cause.
async fn unpaid(effect: Effect, cause: &str) -> Story {
    let world = quiet_store("").start().await;
    let cart = Cart::new()
        .gateway(Gateway::CashOnDelivery)
        .bill_to(ana())
        .line("MUG-001", 1);
    let story = Story::of(world, |shop| shop.place_order(&cart).unwrap());
    let number = story.order.number.clone();
    let sale = When::matching(move |request| request.is_write && request.has_doc_number(&number));
    story.world.books().plan_times(sale, effect, 100);
    story.world.run().await;
    assert_eq!(story.held().await, [cause]);
    story.world.books().clear_plans();
    story
}

#[tokio::test]
async fn an_invoice_that_was_left_out_is_not_posted_as_a_receipt_once_it_is_paid() {
    let refused = Effect::Refuse(Fault::invalid_reference("Names", "99", "CustomerRef"));
    let story = unpaid(refused, "missing_reference").await;
    let id = story.waiting().await.remove(0).id;
    let program = story.world.open(Tripwire::none()).await;
    let left = program.store.exclude_held(&[id], "test").await;
    assert_eq!(left.unwrap().len(), 1);
    program.store.close().await;
    for note in ["", "please ring twice"] {
        story.is_paid(note).await;
        assert_eq!(story.world.books().documents(), [], "entered by hand");
        let sales: Vec<_> = story
            .postings()
            .await
            .into_iter()
            .filter(|it| it.amount.is_some())
            .map(|it| (it.kind, it.state, it.cause.unwrap_or_default()))
            .collect();
        let by_hand = "excluded_by_hand".to_owned();
        let receipt = (PostingKind::SalesReceipt, PostingState::Excluded, by_hand);
        assert_eq!(sales, [receipt], "{note}");
    }
    let id = story.postings().await.remove(0).id;
    let program = story.world.open(Tripwire::none()).await;
    let singly = Release::Ids(vec![id]);
    let released = program.store.release_held(&singly, None, "test").await;
    assert_eq!(released.unwrap().len(), 1);
    program.store.close().await;
    story.world.run().await;
    story.is_up_to_date().await;
}

#[tokio::test]
async fn an_invoice_that_may_be_in_the_books_is_not_posted_as_a_receipt_before_somebody_looked() {
    let story = unpaid(Effect::CutBefore, "outcome_unknown").await;
    for note in ["", "please ring twice"] {
        story.is_paid(note).await;
        assert_eq!(story.world.books().documents(), [], "{note}");
        let held = story.held().await;
        assert_eq!(held, ["outcome_unknown", "outcome_unknown"], "{note}");
    }
    story.is_retried().await;
    story.is_up_to_date().await;
}
