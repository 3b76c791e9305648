//! Shapes: the simulator's answers have the members, types and wordings of the
//! recorded ones.

use std::collections::BTreeSet;

use daybook_sandbox::company::{CompanyContents, Kind, Regime};
use serde_json::{Value, json};

use crate::support::{World, recording};

/// Members the simulator leaves out on purpose, because the recording is of a
/// company with more features, or of the year 2014.
const NOT_SIMULATED: &[&str] = &[
    "time",
    "_trimmed",
    "CustomField",
    "DefaultTaxCodeRef",
    "Lat",
    "Long",
];

/// Every path of a value, arrays taken by their first element, with its type.
fn shape(value: &Value, path: &str, shapes: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                if !NOT_SIMULATED.contains(&key.as_str()) {
                    shape(inner, &format!("{path}.{key}"), shapes);
                }
            }
        }
        Value::Array(list) => {
            for inner in list {
                shape(inner, &format!("{path}[]"), shapes);
            }
        }
        Value::Null => {}
        Value::Bool(_) => drop(shapes.insert(format!("{path}: boolean"))),
        Value::Number(_) => drop(shapes.insert(format!("{path}: number"))),
        Value::String(_) => drop(shapes.insert(format!("{path}: text"))),
    }
}

fn shape_of(value: &Value) -> BTreeSet<String> {
    let mut shapes = BTreeSet::new();
    shape(value, "", &mut shapes);
    shapes
}

/// Everything the recording has, the simulator has.
fn assert_covers(simulated: &Value, recorded: &Value) {
    let missing: Vec<String> = shape_of(recorded)
        .difference(&shape_of(simulated))
        .cloned()
        .collect();
    assert!(missing.is_empty(), "missing {missing:#?} in {simulated:#}");
}

fn body(name: &str) -> Value {
    recording(name)["response"]["body"].clone()
}

#[tokio::test]
async fn a_created_receipt_has_the_recorded_members() {
    let world = World::new(Regime::UsManual).await;
    let customer = world.books.add_customer("Web Orders", "").unwrap();
    let mut request =
        recording("salesreceipt_create_minimal")["request"]["body"]["SalesReceipt"].clone();
    request["CustomerRef"] = json!({ "value": customer });
    request["Line"][0]["SalesItemLineDetail"]["ItemRef"] = json!({ "value": "1" });
    let answer = world.post("salesreceipt", request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_covers(&answer.json(), &body("salesreceipt_create_minimal"));
    assert!(
        answer.json()["SalesReceipt"]["BillAddr"]
            .get("Line2")
            .is_none(),
        "empty lines go"
    );
}

#[tokio::test]
async fn a_receipt_without_customer_is_accepted_and_voided_as_recorded() {
    let world = World::new(Regime::UsNoTax).await;
    let mut line = world.line("12.50", "NON");
    line["SalesItemLineDetail"]["Qty"] = json!(1);
    line["SalesItemLineDetail"]["UnitPrice"] = json!(12.5);
    let created = world
        .post("salesreceipt", json!({ "Line": [line] }))
        .await
        .json();
    assert_covers(&created, &body("salesreceipt_create_json"));
    let id = created["SalesReceipt"]["Id"].clone();
    let request = json!({ "Id": id, "SyncToken": "0", "sparse": true });
    let voided = world
        .post("salesreceipt?operation=update&include=void", request)
        .await
        .json();
    let mut recorded = body("salesreceipt_void_json");
    let detail = &mut recorded["SalesReceipt"]["Line"][0]["SalesItemLineDetail"];
    detail.as_object_mut().unwrap().remove("UnitPrice");
    assert_covers(&voided, &recorded);
    let receipt = &voided["SalesReceipt"];
    assert_eq!(receipt["PrivateNote"], "Voided");
    assert_eq!(receipt["SyncToken"], "1");
    assert_eq!(receipt["Line"][0]["Amount"].to_string(), "0");
    assert_eq!(
        receipt["Line"][0]["SalesItemLineDetail"]["Qty"].to_string(),
        "0"
    );
    assert_eq!(receipt["Line"][1]["Amount"].to_string(), "0");
    assert!(world.books.documents()[0].voided);
}

#[tokio::test]
async fn a_created_customer_and_vendor_have_the_recorded_members() {
    let world = World::new(Regime::UsManual).await;
    for (name, path, kind) in [
        ("customer_create", "customer", "Customer"),
        ("vendor_create", "vendor", "Vendor"),
    ] {
        let request = recording(name)["request"]["body"][kind].clone();
        let answer = world.post(path, request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_covers(&answer.json(), &body(name));
    }
}

#[tokio::test]
async fn a_created_inventory_item_has_the_recorded_members() {
    let world = World::new(Regime::UsAst).await;
    let mut request = recording("item_create_inventory_mv4")["request"]["body"]["Item"].clone();
    for (key, account) in [
        ("IncomeAccountRef", "Sales of Product Income"),
        ("ExpenseAccountRef", "Cost of Goods Sold"),
        ("AssetAccountRef", "Inventory Asset"),
    ] {
        request[key] = json!({ "value": world.id(Kind::Account, account) });
    }
    let answer = world.post("item?minorversion=4", request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_covers(&answer.json(), &body("item_create_inventory_mv4"));
    assert_eq!(answer.json()["Item"]["InvStartDate"], "2019-08-01");
}

#[tokio::test]
async fn a_refund_receipt_has_the_recorded_members_and_tax() {
    let world = World::with(Regime::UsManual, |options| {
        let mut contents = CompanyContents::fresh(Regime::UsManual);
        contents.preferences.track_departments = true;
        contents.preferences.class_per_transaction = true;
        let agency = contents.tax.add_agency("County");
        let rate = contents
            .tax
            .add_rate("County", "6.5".parse().unwrap(), agency);
        contents.tax.add_code(
            "County",
            true,
            &[(rate, daybook_sandbox::company::AppliesTo::Amount)],
        );
        options.contents = contents
            .with_object(Kind::Department, json!({ "Name": "Garden Services" }))
            .with_object(Kind::Class, json!({ "Name": "Landscaping" }));
    })
    .await;
    let customer = world.books.add_customer("Candy Shop", "").unwrap();
    let recorded = body("refundreceipt_read")["RefundReceipt"].clone();
    let mut request = recorded.clone();
    for member in [
        "Id",
        "SyncToken",
        "MetaData",
        "CustomField",
        "TxnTaxDetail",
        "TotalAmt",
    ] {
        request.as_object_mut().unwrap().remove(member);
    }
    request["CustomerRef"] = json!({ "value": customer });
    request["Line"][0]["SalesItemLineDetail"]["ItemRef"] = json!({ "value": "1" });
    request["TxnTaxDetail"] = json!({ "TxnTaxCodeRef": { "value": "4" } });
    request["DepositToAccountRef"] = json!({ "value": world.id(Kind::Account, "Checking") });
    request["PaymentMethodRef"] = json!({ "value": world.id(Kind::PaymentMethod, "Check") });
    request["DepartmentRef"] = json!({ "value": "1" });
    request["ClassRef"] = json!({ "value": "1" });
    let answer = world.post("refundreceipt", request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let refund = &answer.json()["RefundReceipt"];
    assert_covers(refund, &recorded);
    assert_eq!(refund["TotalAmt"].to_string(), "367.43", "345.00 and 6.5 %");
    assert_eq!(refund["TxnTaxDetail"]["TotalTax"].to_string(), "22.43");
}

#[tokio::test]
async fn an_invoice_with_a_discount_has_the_recorded_members() {
    let world = World::new(Regime::UsNoTax).await;
    let customer = world.books.add_customer("Acme Enterprises", "").unwrap();
    let recorded = body("invoice_with_discount_line")["Invoice"].clone();
    let mut line = recorded["Line"][0].clone();
    line["SalesItemLineDetail"]["ItemRef"] = json!({ "value": "1" });
    let mut discount = recorded["Line"][2].clone();
    discount["DiscountLineDetail"]
        .as_object_mut()
        .unwrap()
        .remove("DiscountAccountRef");
    let request = json!({
        "CustomerRef": { "value": customer }, "DocNumber": "1001", "TxnDate": "2014-03-12",
        "BillAddr": recorded["BillAddr"], "ShipAddr": recorded["ShipAddr"],
        "Line": [line, discount]
    });
    let answer = world.post("invoice", request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut wanted = recorded;
    wanted.as_object_mut().unwrap().remove("Deposit");
    assert_covers(&answer.json()["Invoice"], &wanted);
    assert_eq!(answer.json()["Invoice"]["TotalAmt"].to_string(), "45.00");
}

#[tokio::test]
async fn lists_come_as_recorded() {
    let world = World::new(Regime::UsManual).await;
    let accounts = world
        .query("select * from Account where Name = 'Sales of Product Income' STARTPOSITION 1 MAXRESULTS 20")
        .await
        .json();
    let mut recorded = body("query_account_by_name");
    let account = recorded["QueryResponse"]["Account"][0]
        .as_object_mut()
        .unwrap();
    account.remove("CurrentBalance");
    account.remove("CurrentBalanceWithSubAccounts");
    assert_covers(&accounts, &recorded);
    let methods = world
        .query("select * from PaymentMethod where Name = 'Visa'")
        .await
        .json();
    assert_covers(&methods, &body("query_paymentmethod_by_name"));
    assert_covers(
        &world.query("select * from TaxRate").await.json(),
        &body("query_taxrate"),
    );
    let mut codes = body("query_taxcode");
    codes["QueryResponse"]
        .as_object_mut()
        .unwrap()
        .retain(|key, _| key == "TaxCode");
    assert_covers(&world.query("select * from TaxCode").await.json(), &codes);
    let escaped = world
        .query(r"SELECT * FROM Customer WHERE DisplayName = 'Mickey O\'Neil'")
        .await;
    assert_eq!(escaped.json()["QueryResponse"], json!({}));
    world
        .books
        .add_customer("Mickey O'Neil", "mickey@example.com")
        .unwrap();
    let found = world
        .query(r"SELECT * FROM Customer WHERE DisplayName = 'Mickey O\'Neil'")
        .await;
    assert_eq!(found.json()["QueryResponse"]["maxResults"], 1);
}

#[tokio::test]
async fn company_info_and_preferences_have_the_recorded_switches() {
    let world = World::new(Regime::UsManual).await;
    let info = world.get("companyinfo/9130354839475806").await.json();
    for member in [
        "CompanyName",
        "Country",
        "CompanyAddr",
        "NameValue",
        "MetaData",
        "SyncToken",
    ] {
        assert!(info["CompanyInfo"].get(member).is_some(), "{member}");
    }
    let preferences = world.get("preferences").await.json();
    let recorded = body("preferences_read_json");
    for part in [
        "AccountingInfoPrefs",
        "TaxPrefs",
        "CurrencyPrefs",
        "ProductAndServicesPrefs",
    ] {
        assert_covers(
            &preferences["Preferences"][part],
            &recorded["Preferences"][part],
        );
    }
    let forms = &preferences["Preferences"]["SalesFormsPrefs"];
    for switch in [
        "CustomTxnNumbers",
        "AllowDiscount",
        "AllowShipping",
        "AllowDeposit",
    ] {
        assert!(forms[switch].is_boolean(), "{switch}");
    }
}

/// The fault of an answer without the time of day.
fn fault(answer: &crate::support::Answer) -> (u16, Value) {
    (answer.status, answer.json()["Fault"].clone())
}

fn recorded_fault(name: &str) -> (u16, Value) {
    let recorded = recording(name);
    let status = recorded["response"]["status"].as_u64().unwrap();
    (
        u16::try_from(status).unwrap(),
        recorded["response"]["body"]["Fault"].clone(),
    )
}

#[tokio::test]
async fn faults_of_reads_and_queries_are_word_for_word_the_recorded_ones() {
    let world = World::new(Regime::UsAst).await;
    assert_eq!(
        fault(&world.get("item/999").await),
        recorded_fault("item_read_fault_610")
    );
    for (name, statement) in [
        (
            "query_fault_2030_invalid_id",
            "select * from Vendor where Id = ''",
        ),
        ("query_fault_4000_json", "SELECT * FROM NULL"),
        (
            "query_fault_4001_not_queryable",
            "select * from Vendor where PrimaryEmailAddr = 'user@example.com' STARTPOSITION 1 MAXRESULTS 20",
        ),
        (
            "query_fault_4001_startposition_zero",
            "select * from Customer STARTPOSITION 0",
        ),
        (
            "query_fault_4001_unknown_property",
            "select * from Customer where PrimayEmailAddr = 'user@example.com' STARTPOSITION 1 MAXRESULTS 20",
        ),
    ] {
        let statement = statement.replace("FROM NULL", "from NULL");
        assert_eq!(
            fault(&world.query(&statement).await),
            recorded_fault(name),
            "{name}"
        );
    }
    let statement = "select * from Customer where PrimayEmailAddr>Address = 'user@example.com'";
    let detail = world.query(statement).await.detail();
    let wanted = "QueryParserError: Encountered \" \">\" \"> \"\" at line 1, column 45.\nWas expecting one of:";
    assert!(
        detail.starts_with(wanted) || detail.contains("Encountered"),
        "{detail}"
    );
}

#[tokio::test]
async fn faults_of_writes_are_word_for_word_the_recorded_ones() {
    let world = World::new(Regime::UsAst).await;
    let nameless = world.post("item", json!({ "Type": "Service" })).await;
    assert_eq!(
        fault(&nameless),
        recorded_fault("item_create_fault_2020_name_missing")
    );
    let accountless = world
        .post("item", json!({ "Name": "Mug", "Type": "Service" }))
        .await;
    assert_eq!(
        fault(&accountless),
        recorded_fault("fault_2020_item_without_account")
    );
    let typeless = world
        .post("salesreceipt", json!({ "Line": [{ "Amount": 1 }] }))
        .await;
    assert_eq!(
        fault(&typeless),
        recorded_fault("salesreceipt_create_fault_2020_line_detailtype")
    );
    world.books.add_vendor("Spec test 2").unwrap();
    let taken = world
        .post("customer", json!({ "DisplayName": "Spec test 2" }))
        .await;
    assert_eq!(
        fault(&taken),
        recorded_fault("customer_create_fault_6240_other_list")
    );
    let ann = world.books.add_customer("Ann", "").unwrap();
    world.books.add_customer("Bea", "").unwrap();
    let rename = json!({ "Id": ann, "SyncToken": "0", "sparse": true, "DisplayName": "Bea" });
    let taken = world.post("customer", rename).await;
    assert_eq!(
        fault(&taken),
        recorded_fault("customer_update_fault_6240_same_list")
    );
    let stale = json!({ "Id": "1", "SyncToken": "9", "sparse": true, "Name": "Mug" });
    let stale = world.post("item", stale).await;
    assert_eq!(
        fault(&stale),
        recorded_fault("item_update_fault_5010_stale")
    );
    let price = json!({ "Line": [{
        "Amount": 1861.07, "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": { "ItemRef": { "value": "1" }, "Qty": 128.35, "UnitPrice": 14.5 }
    }] });
    let wrong = world.post("salesreceipt", price).await;
    assert_eq!(
        fault(&wrong),
        recorded_fault("fault_6070_amount_not_qty_times_price")
    );
}

#[tokio::test]
async fn a_void_of_a_purchase_is_refused_and_of_a_journal_entry_does_nothing() {
    let world = World::new(Regime::UsAst).await;
    let refused = world
        .post(
            "purchase?operation=void",
            json!({ "Id": "1", "SyncToken": "0" }),
        )
        .await;
    assert_eq!(
        fault(&refused),
        recorded_fault("fault_500_void_not_supported")
    );
    let nothing = world
        .post(
            "journalentry?operation=void",
            json!({ "Id": "1", "SyncToken": "0" }),
        )
        .await;
    assert_eq!(nothing.status, 200);
    assert_eq!(nothing.json()["BatchItemResponse"], json!([]));
}

#[tokio::test]
async fn the_gateway_answers_in_lower_case_as_recorded() {
    let mut world = World::new(Regime::UsAst).await;
    world.books.expire_access_tokens();
    let expired = world.get("preferences").await;
    assert_eq!(expired.status, 401);
    let mut wanted = body("fault_3200_authentication_lowercase");
    let mut got = expired.json();
    assert!(got["time"].is_i64());
    for body in [&mut wanted, &mut got] {
        body.as_object_mut().unwrap().remove("time");
    }
    assert_eq!(got, wanted);
    world.token = world.books.access_token();
    let url = format!("{}/v3/company/123/preferences", world.server.base_url());
    let other = world
        .client
        .get(url)
        .bearer_auth(&world.token)
        .send()
        .await
        .unwrap();
    assert_eq!(other.status().as_u16(), 403);
    let other: Value = serde_json::from_str(&other.text().await.unwrap()).unwrap();
    assert_eq!(other, body("fault_3100_authorization_lowercase"));
}

#[tokio::test]
async fn changes_and_deletions_come_in_the_live_shape() {
    let world = World::new(Regime::UsAst).await;
    let customer = world.books.add_customer("Ann", "").unwrap();
    let mut invoice = world.receipt("1", "1.00", "NON");
    invoice["CustomerRef"] = json!({ "value": customer });
    let created = world.post("invoice", invoice).await.json();
    let id = created["Invoice"]["Id"].as_str().unwrap();
    world.books.delete(Kind::Invoice, id).unwrap();
    let answer = world
        .get("cdc?entities=Customer,Invoice,Payment&changedSince=2026-11-20T00:00:00-08:00")
        .await;
    let responses = answer.json()["CDCResponse"][0]["QueryResponse"].clone();
    assert_eq!(
        responses[0],
        json!({}),
        "no payments, and not in the order asked for"
    );
    assert_eq!(responses[1]["Invoice"][0]["status"], "Deleted");
    assert_eq!(responses[2]["Customer"][0]["DisplayName"], "Ann");
    let old = world
        .get("cdc?entities=Customer&changedSince=2026-01-01")
        .await;
    assert_eq!(old.status, 400, "more than 30 days");
}
