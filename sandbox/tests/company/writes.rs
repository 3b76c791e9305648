//! Creating, changing, voiding, deleting: the rules of each kind.

use daybook_sandbox::company::{CompanyContents, Currency, Kind, Regime};
use serde_json::json;

use crate::support::{World, dec, decimal};

#[tokio::test]
async fn a_receipt_gets_what_the_server_adds() {
    let world = World::new(Regime::UsAst).await;
    let answer = world
        .post("salesreceipt", world.receipt("QBO-23", "30.0", ""))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let receipt = &answer.json()["SalesReceipt"];
    assert_eq!(receipt["SyncToken"], "0");
    assert_eq!(receipt["TxnDate"], "2026-11-21");
    assert_eq!(
        receipt["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"]["value"],
        "NON"
    );
    assert_eq!(receipt["Line"][1]["DetailType"], "SubTotalLineDetail");
    assert_eq!(receipt["DepositToAccountRef"]["name"], "Undeposited Funds");
    assert_eq!(receipt["CurrencyRef"]["name"], "United States Dollar");
    assert_eq!(decimal(&receipt["TotalAmt"]), dec("30"));
    assert_eq!(receipt["TxnTaxDetail"]["TotalTax"].to_string(), "0");
    assert!(answer.headers.contains_key("intuit_tid"));
    assert!(answer.headers.contains_key("qbo-version"));
    assert_eq!(world.books.documents().len(), 1);
}

#[tokio::test]
async fn values_of_read_only_members_are_ignored() {
    let world = World::new(Regime::UsAst).await;
    let mut receipt = world.receipt("1", "30.00", "NON");
    receipt["TotalAmt"] = json!(173.7);
    receipt["SyncToken"] = json!("7");
    receipt["MetaData"] = json!({ "CreateTime": "2001-01-01T00:00:00Z" });
    let answer = world.post("salesreceipt?minorversion=75", receipt).await;
    let receipt = &answer.json()["SalesReceipt"];
    assert_eq!(decimal(&receipt["TotalAmt"]), dec("30"));
    assert_eq!(
        receipt["MetaData"]["CreateTime"],
        "2026-11-21T10:00:00-08:00"
    );
}

#[tokio::test]
async fn a_member_nobody_knows_is_refused() {
    let world = World::new(Regime::UsAst).await;
    let mut receipt = world.receipt("1", "30.00", "NON");
    receipt["Surprise"] = json!(1);
    assert_eq!(world.post("salesreceipt", receipt).await.code(), "2010");
}

#[tokio::test]
async fn names_are_unique_over_customers_vendors_and_employees() {
    let world = World::new(Regime::UsAst).await;
    world.books.add_vendor("Ollivander's").unwrap();
    world.books.add_customer("Ann Lee", "").unwrap();
    let clash = world
        .post("customer", json!({ "DisplayName": " ollivander's " }))
        .await;
    assert_eq!((clash.status, clash.code().as_str()), (400, "6240"));
    assert!(
        clash
            .detail()
            .contains("Another customer, vendor or employee is already using")
    );
    let clash = world
        .post("customer", json!({ "DisplayName": "ANN LEE" }))
        .await;
    assert!(
        clash
            .detail()
            .contains("Another customer is already using this name.  Please")
    );
    let id = world.id(Kind::Customer, "Ann Lee");
    world.books.deactivate(Kind::Customer, &id).unwrap();
    let inactive = world.books.object(Kind::Customer, &id).unwrap();
    assert_eq!(inactive["DisplayName"], "Ann Lee (deleted)");
    let free = world
        .post("customer", json!({ "DisplayName": "Ann Lee" }))
        .await;
    assert_eq!(free.status, 200, "the old name is free again");
}

#[tokio::test]
async fn a_name_with_a_colon_is_refused_and_built_from_its_parts_when_absent() {
    let world = World::new(Regime::UsAst).await;
    let refused = world
        .post("customer", json!({ "DisplayName": "Shop: Ann" }))
        .await;
    assert_eq!(refused.code(), "2040");
    let missing = world.post("customer", json!({ "Notes": "nobody" })).await;
    assert_eq!(missing.code(), "2020");
    let built = world
        .post(
            "customer",
            json!({ "GivenName": "Ann", "FamilyName": "Lee" }),
        )
        .await;
    assert_eq!(built.json()["Customer"]["DisplayName"], "Ann Lee");
}

#[tokio::test]
async fn items_need_their_accounts() {
    let world = World::new(Regime::UsAst).await;
    let income = world.id(Kind::Account, "Sales of Product Income");
    let cost = world.id(Kind::Account, "Cost of Goods Sold");
    let asset = world.id(Kind::Account, "Inventory Asset");
    let checking = world.id(Kind::Account, "Checking");
    let none = world
        .post("item", json!({ "Name": "Mug", "Type": "Service" }))
        .await;
    assert!(
        none.detail()
            .contains("ExpenseAccountRef or IncomeAccountRef")
    );
    let wrong = json!({
        "Name": "Mug", "Type": "NonInventory", "IncomeAccountRef": { "value": checking }
    });
    assert_eq!(world.post("item", wrong).await.code(), "6430");
    let unknown = json!({
        "Name": "Mug", "Type": "NonInventory", "IncomeAccountRef": { "value": "999" }
    });
    assert_eq!(world.post("item", unknown).await.code(), "2500");
    let inventory = json!({
        "Name": "Mug", "Type": "Inventory", "TrackQtyOnHand": true, "QtyOnHand": 10,
        "InvStartDate": "2026-11-01", "IncomeAccountRef": { "value": income },
        "ExpenseAccountRef": { "value": cost }, "AssetAccountRef": { "value": asset }
    });
    let created = world.post("item", inventory.clone()).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!(world.post("item", inventory).await.code(), "6240");
    let id = created.json()["Item"]["Id"].as_str().unwrap().to_owned();
    let early = json!({
        "TxnDate": "2026-10-31",
        "Line": [{
            "Amount": 13, "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": { "ItemRef": { "value": id } }
        }]
    });
    assert_eq!(world.post("salesreceipt", early).await.code(), "6270");
}

#[tokio::test]
async fn an_amount_must_be_quantity_times_price_rounded_half_up() {
    let world = World::new(Regime::UsAst).await;
    let receipt = |amount: &str| {
        let mut line = world.line(amount, "NON");
        line["SalesItemLineDetail"]["Qty"] = serde_json::from_str("128.35").unwrap();
        line["SalesItemLineDetail"]["UnitPrice"] = serde_json::from_str("14.50").unwrap();
        json!({ "Line": [line] })
    };
    let refused = world.post("salesreceipt", receipt("1861.07")).await;
    assert_eq!(refused.code(), "6070");
    assert!(refused.detail().ends_with("Supplied value:1,861.07"));
    assert_eq!(
        world.post("salesreceipt", receipt("1861.08")).await.status,
        200
    );
}

#[tokio::test]
async fn negative_lines_are_taken_and_negative_totals_refused() {
    let world = World::new(Regime::UsAst).await;
    let lines = json!([world.line("10.00", "NON"), world.line("-4.00", "NON")]);
    let answer = world.post("salesreceipt", json!({ "Line": lines })).await;
    assert_eq!(
        decimal(&answer.json()["SalesReceipt"]["TotalAmt"]),
        dec("6")
    );
    let lines = json!([world.line("10.00", "NON"), world.line("-14.00", "NON")]);
    assert_eq!(
        world
            .post("salesreceipt", json!({ "Line": lines }))
            .await
            .code(),
        "6000"
    );
}

#[tokio::test]
async fn shipping_and_discounts_need_their_switches() {
    let world = World::new(Regime::UsAst).await;
    world
        .books
        .set_preferences(|preferences| preferences.allow_discount = false);
    let discount = json!({
        "Amount": 5, "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": { "PercentBased": false }
    });
    let shipping = json!({
        "Amount": 4.95, "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": { "ItemRef": { "value": "SHIPPING_ITEM_ID" } }
    });
    let receipt = json!({ "Line": [world.line("50", "NON"), discount] });
    assert_eq!(
        world.post("salesreceipt", receipt.clone()).await.code(),
        "6000"
    );
    world
        .books
        .set_preferences(|preferences| preferences.allow_discount = true);
    let answer = world.post("salesreceipt", receipt).await.json();
    assert_eq!(decimal(&answer["SalesReceipt"]["TotalAmt"]), dec("45"));
    let last = &answer["SalesReceipt"]["Line"][2];
    assert_eq!(
        last["DiscountLineDetail"]["DiscountAccountRef"]["name"],
        "Discounts given"
    );
    let receipt = json!({ "Line": [world.line("50", "NON"), shipping] });
    assert_eq!(
        world.post("salesreceipt", receipt.clone()).await.code(),
        "6000"
    );
    world
        .books
        .set_preferences(|preferences| preferences.allow_shipping = true);
    let answer = world.post("salesreceipt", receipt).await.json();
    assert_eq!(decimal(&answer["SalesReceipt"]["TotalAmt"]), dec("54.95"));
}

#[tokio::test]
async fn a_refund_receipt_needs_an_account_the_money_leaves_from() {
    let world = World::new(Regime::UsAst).await;
    let refund = world.receipt("R1", "10.00", "NON");
    let missing = world.post("refundreceipt", refund.clone()).await;
    assert_eq!(missing.code(), "2020");
    assert!(missing.detail().contains("DepositToAccountRef"));
    let mut refund = refund;
    refund["DepositToAccountRef"] = json!({ "value": world.id(Kind::Account, "Merchant Fees") });
    assert_eq!(
        world.post("refundreceipt", refund.clone()).await.code(),
        "6430"
    );
    refund["DepositToAccountRef"] = json!({ "value": world.id(Kind::Account, "Checking") });
    assert_eq!(world.post("refundreceipt", refund).await.status, 200);
}

#[tokio::test]
async fn an_update_needs_the_current_sync_token_and_a_no_op_keeps_it() {
    let world = World::new(Regime::UsAst).await;
    let created = world
        .post("salesreceipt", world.receipt("7", "30.00", "NON"))
        .await
        .json();
    let id = created["SalesReceipt"]["Id"].clone();
    let note = |token: &str| json!({ "Id": id, "SyncToken": token, "sparse": true, "PrivateNote": "seen" });
    let changed = world.post("salesreceipt", note("0")).await.json();
    assert_eq!(changed["SalesReceipt"]["SyncToken"], "1");
    assert_eq!(changed["SalesReceipt"]["DocNumber"], "7");
    assert_eq!(world.post("salesreceipt", note("0")).await.code(), "5010");
    let same = world.post("salesreceipt", note("1")).await.json();
    assert_eq!(same["SalesReceipt"]["SyncToken"], "1", "nothing changed");
}

#[tokio::test]
async fn a_sparse_update_with_lines_replaces_all_lines() {
    let world = World::new(Regime::UsAst).await;
    let lines = json!([world.line("10.00", "NON"), world.line("20.00", "NON")]);
    let created = world
        .post("salesreceipt", json!({ "Line": lines }))
        .await
        .json();
    let mut kept = created["SalesReceipt"]["Line"][1].clone();
    kept["Description"] = json!("the second");
    let update = json!({
        "Id": created["SalesReceipt"]["Id"], "SyncToken": "0", "sparse": true,
        "Line": [kept, world.line("5.00", "NON")]
    });
    let updated = world.post("salesreceipt", update).await.json();
    let lines = &updated["SalesReceipt"]["Line"];
    assert_eq!(lines[0]["Id"], "2", "a known id is kept");
    assert_eq!(lines[1]["Id"], "3", "a line without id is new");
    assert_eq!(decimal(&updated["SalesReceipt"]["TotalAmt"]), dec("25"));
}

#[tokio::test]
async fn a_full_update_clears_what_it_leaves_out() {
    let world = World::new(Regime::UsAst).await;
    let mut receipt = world.receipt("7", "30.00", "NON");
    receipt["PrivateNote"] = json!("gone soon");
    let created = world.post("salesreceipt", receipt).await.json();
    let mut update = world.receipt("7", "30.00", "NON");
    update["Id"] = created["SalesReceipt"]["Id"].clone();
    update["SyncToken"] = json!("0");
    let updated = world.post("salesreceipt", update).await.json();
    assert!(updated["SalesReceipt"].get("PrivateNote").is_none());
}

#[tokio::test]
async fn deleting_is_for_good_and_lists_cannot_be_deleted() {
    let world = World::new(Regime::UsAst).await;
    let created = world
        .post("salesreceipt", world.receipt("7", "30.00", "NON"))
        .await
        .json();
    let body = json!({ "Id": created["SalesReceipt"]["Id"], "SyncToken": "0" });
    let deleted = world
        .post("salesreceipt?operation=delete", body.clone())
        .await
        .json();
    assert_eq!(deleted["SalesReceipt"]["status"], "Deleted");
    assert_eq!(
        world
            .post("salesreceipt?operation=delete", body)
            .await
            .code(),
        "610"
    );
    let customer = world.books.add_customer("Ann Lee", "").unwrap();
    let body = json!({ "Id": customer, "SyncToken": "0" });
    assert_eq!(
        world.post("customer?operation=delete", body).await.code(),
        "500"
    );
}

#[tokio::test]
async fn a_payment_settles_an_invoice_and_raises_its_sync_token() {
    let world = World::new(Regime::UsAst).await;
    let customer = world.books.add_customer("Ann Lee", "").unwrap();
    let mut invoice = world.receipt("INV-1", "80.00", "NON");
    assert_eq!(world.post("invoice", invoice.clone()).await.code(), "2020");
    invoice["CustomerRef"] = json!({ "value": customer });
    let created = world.post("invoice", invoice).await.json();
    let id = created["Invoice"]["Id"].clone();
    let payment = |amount: i64| {
        json!({
            "CustomerRef": { "value": customer }, "TotalAmt": 100,
            "Line": [{ "Amount": amount, "LinkedTxn": [{ "TxnId": id, "TxnType": "Invoice" }] }]
        })
    };
    assert_eq!(world.post("payment", payment(81)).await.code(), "6000");
    let paid = world.post("payment", payment(80)).await.json();
    assert_eq!(decimal(&paid["Payment"]["UnappliedAmt"]), dec("20"));
    let invoice = world
        .books
        .object(Kind::Invoice, id.as_str().unwrap())
        .unwrap();
    assert_eq!(decimal(&invoice["Balance"]), dec("0"));
    assert_eq!(invoice["SyncToken"], "1");
    assert_eq!(invoice["LinkedTxn"][0]["TxnType"], "Payment");
    let customer_now = world.books.object(Kind::Customer, &customer).unwrap();
    assert_eq!(decimal(&customer_now["Balance"]), dec("-20"));
    let body = json!({ "Id": paid["Payment"]["Id"], "SyncToken": "0" });
    let voided = world
        .post("payment?operation=update&include=void", body)
        .await
        .json();
    assert_eq!(voided["Payment"]["PrivateNote"], "Voided");
    let invoice = world
        .books
        .object(Kind::Invoice, id.as_str().unwrap())
        .unwrap();
    assert_eq!(decimal(&invoice["Balance"]), dec("80"));
}

#[tokio::test]
async fn what_lies_in_a_deposit_or_a_closed_period_is_locked() {
    let world = World::new(Regime::UsAst).await;
    let created = world
        .post("salesreceipt", world.receipt("7", "30.00", "NON"))
        .await
        .json();
    let id = created["SalesReceipt"]["Id"].as_str().unwrap().to_owned();
    world.books.deposit(Kind::SalesReceipt, &id).unwrap();
    let edit = json!({ "Id": id, "SyncToken": "0", "sparse": true, "PrivateNote": "late" });
    assert_eq!(world.post("salesreceipt", edit).await.code(), "6540");
    world
        .books
        .close_books(Some(jiff::civil::date(2026, 11, 30)));
    assert_eq!(
        world
            .post("salesreceipt", world.receipt("8", "1.00", "NON"))
            .await
            .code(),
        "6210"
    );
    let mut later = world.receipt("8", "1.00", "NON");
    later["TxnDate"] = json!("2026-12-01");
    assert_eq!(world.post("salesreceipt", later).await.status, 200);
}

#[tokio::test]
async fn an_inactive_customer_cannot_be_sold_to() {
    let world = World::new(Regime::UsAst).await;
    let customer = world.books.add_customer("Ann Lee", "").unwrap();
    world.books.deactivate(Kind::Customer, &customer).unwrap();
    let mut receipt = world.receipt("7", "30.00", "NON");
    receipt["CustomerRef"] = json!({ "value": customer });
    assert_eq!(
        world.post("salesreceipt", receipt.clone()).await.code(),
        "610"
    );
    receipt["CustomerRef"] = json!({ "value": "4711" });
    assert_eq!(world.post("salesreceipt", receipt).await.code(), "2500");
}

#[tokio::test]
async fn numbers_are_given_by_the_company_unless_the_owner_gives_them() {
    let world = World::new(Regime::UsAst).await;
    let unnumbered = json!({ "Line": [world.line("1.00", "NON")] });
    let first = world.post("salesreceipt", unnumbered.clone()).await.json();
    assert_eq!(first["SalesReceipt"]["DocNumber"], "1001");
    world
        .post("salesreceipt", world.receipt("WC-0099", "1.00", "NON"))
        .await;
    let next = world.post("salesreceipt", unnumbered.clone()).await.json();
    assert_eq!(
        next["SalesReceipt"]["DocNumber"], "WC-0100",
        "numbering goes on from the highest"
    );
    world
        .books
        .set_preferences(|preferences| preferences.custom_txn_numbers = true);
    let none = world.post("salesreceipt", unnumbered).await.json();
    assert!(none["SalesReceipt"].get("DocNumber").is_none());
    let long = world
        .post(
            "salesreceipt",
            world.receipt(&"9".repeat(22), "1.00", "NON"),
        )
        .await;
    assert_eq!(long.code(), "2050");
}

#[tokio::test]
async fn a_foreign_currency_needs_the_switch_the_customer_and_a_rate() {
    let world = World::new(Regime::UsAst).await;
    let mut receipt = world.receipt("7", "100.00", "NON");
    receipt["CurrencyRef"] = json!({ "value": "EUR" });
    let off = world.post("salesreceipt", receipt).await;
    assert!(off.detail().contains("Multi Currency should be enabled"));

    let world = World::with(Regime::UsAst, |options| {
        options.contents = CompanyContents::fresh(Regime::UsAst)
            .with_multi_currency(&[Currency::EUR, Currency::JPY]);
    })
    .await;
    let body = json!({ "DisplayName": "Ann (EUR)", "CurrencyRef": { "value": "EUR" } });
    let customer = world.books.add(Kind::Customer, body).unwrap();
    let mut receipt = world.receipt("7", "100.00", "NON");
    receipt["CustomerRef"] = json!({ "value": customer });
    assert_eq!(
        world.post("salesreceipt", receipt.clone()).await.code(),
        "2020"
    );
    receipt["CurrencyRef"] = json!({ "value": "JPY" });
    assert_eq!(
        world.post("salesreceipt", receipt.clone()).await.code(),
        "6000"
    );
    receipt["CurrencyRef"] = json!({ "value": "EUR" });
    let answer = world.post("salesreceipt", receipt).await.json();
    assert_eq!(
        decimal(&answer["SalesReceipt"]["ExchangeRate"]),
        dec("1.15")
    );
    assert_eq!(decimal(&answer["SalesReceipt"]["HomeTotalAmt"]), dec("115"));
}

#[tokio::test]
async fn an_entry_must_balance_and_an_expense_needs_its_accounts() {
    let world = World::new(Regime::UsAst).await;
    let (fees, bank) = (
        world.id(Kind::Account, "Merchant Fees"),
        world.id(Kind::Account, "Checking"),
    );
    let line = |kind: &str, account: &str, amount: i64| {
        json!({
            "Amount": amount, "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": { "PostingType": kind, "AccountRef": { "value": account } }
        })
    };
    let entry = json!({ "Line": [line("Debit", &fees, 5), line("Credit", &bank, 4)] });
    assert_eq!(world.post("journalentry", entry).await.code(), "6000");
    let entry = json!({ "Line": [line("Debit", &fees, 5), line("Credit", &bank, 5)] });
    assert_eq!(world.post("journalentry", entry).await.status, 200);
    let mut expense = json!({
        "PaymentType": "Cash", "AccountRef": { "value": bank },
        "Line": [{
            "Amount": 5, "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": { "AccountRef": { "value": fees } }
        }]
    });
    let created = world.post("purchase", expense.clone()).await.json();
    assert_eq!(decimal(&created["Purchase"]["TotalAmt"]), dec("5"));
    expense.as_object_mut().unwrap().remove("PaymentType");
    assert_eq!(world.post("purchase", expense).await.code(), "2020");
}

#[tokio::test]
async fn a_company_whose_subscription_ended_can_only_be_read() {
    let world = World::new(Regime::UsAst).await;
    world.books.set_subscription(false);
    assert_eq!(
        world
            .post("salesreceipt", world.receipt("7", "1.00", "NON"))
            .await
            .code(),
        "6190"
    );
    assert_eq!(world.get("companyinfo/1").await.status, 200);
}
