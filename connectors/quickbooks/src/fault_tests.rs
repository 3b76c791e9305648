use kit::Kind;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::*;

/// What an answer means: kind, cause code, whether the outcome is unknown.
fn meaning(status: u16, body: &str, asked: Asked) -> Option<(String, String, bool)> {
    let answer = Answer {
        status,
        headers: HeaderMap::new(),
        body: body.to_owned(),
    };
    let failure = decide(&answer, asked, Timestamp::UNIX_EPOCH).err()?;
    assert!(!failure.remedy().is_empty());
    Some((
        failure.kind().to_string(),
        failure.code().to_owned(),
        failure.outcome_unknown(),
    ))
}

fn recorded(text: &str) -> (u16, String) {
    let exchange: Value = serde_json::from_str(text).unwrap();
    let status = exchange["response"]["status"].as_u64().unwrap();
    (
        u16::try_from(status).unwrap(),
        exchange["response"]["body"].to_string(),
    )
}

macro_rules! recorded_faults {
    ($($file:literal => $kind:literal $code:literal $unknown:literal,)*) => {
        [$(($file, include_str!(concat!("../tests/recorded/", $file, ".json")), $kind, $code, $unknown)),*]
    };
}

#[test]
fn every_recorded_fault_is_decided() {
    let faults = recorded_faults! {
        "fault_10000_in_http_200" => "retry" "quickbooks_trouble" true,
        "fault_10000_system" => "retry" "quickbooks_trouble" true,
        "fault_2020_item_without_account" => "reject" "refused_by_quickbooks" false,
        "fault_3001_throttle_403_2016" => "retry" "throttled" false,
        "fault_3001_throttle_429" => "retry" "throttled" false,
        "fault_3100_authorization_lowercase" => "stop" "wrong_realm" false,
        "fault_3200_authentication_lowercase" => "stop" "token_refused" false,
        "fault_500_void_not_supported" => "reject" "refused_by_quickbooks" false,
        "fault_6070_amount_not_qty_times_price" => "reject" "refused_by_quickbooks" false,
        "fault_6140_duplicate_docnumber" => "reject" "number_taken" false,
        "fault_two_errors_2050_and_2020" => "reject" "refused_by_quickbooks" false,
        "customer_create_fault_6240_2014" => "reject" "name_taken" false,
        "customer_create_fault_6240_other_list" => "reject" "name_taken" false,
        "customer_update_fault_6240_same_list" => "reject" "name_taken" false,
        "invoice_create_fault_6270_inventory_start_date" => "reject" "refused_by_quickbooks" false,
        "item_create_fault_2020_name_missing" => "reject" "refused_by_quickbooks" false,
        "item_read_fault_610" => "reject" "missing_reference" false,
        "item_update_fault_5010_stale" => "reject" "changed_in_books" false,
        "query_fault_4000_json" => "reject" "query_refused" false,
        "query_fault_4001_unknown_property" => "reject" "query_refused" false,
        "salesreceipt_create_fault_2020_line_detailtype" => "reject" "refused_by_quickbooks" false,
    };
    for (file, text, kind, code, unknown) in faults {
        let (status, body) = recorded(text);
        let expected = Some((kind.to_owned(), code.to_owned(), unknown));
        assert_eq!(meaning(status, &body, Asked::Write), expected, "{file}");
    }
}

fn fault(code: &str) -> String {
    format!(
        r#"{{"Fault":{{"Error":[{{"Message":"Erreur","Detail":"Détail","code":"{code}","element":""}}],"type":"ValidationFault"}}}}"#
    )
}

#[test]
fn codes_decide_whatever_the_language() {
    let table = [
        (400, "120", "stop", "no_permission", false),
        (403, "003100", "stop", "wrong_realm", false),
        (400, "6190", "stop", "subscription_ended", false),
        (401, "003200", "stop", "token_refused", false),
        (429, "003001", "retry", "throttled", false),
        (400, "140", "retry", "company_locked", false),
        (400, "150", "retry", "company_locked", false),
        (400, "600", "retry", "request_seen_before", true),
        (400, "6200", "reject", "closed_period", false),
        (400, "6210", "reject", "closed_period", false),
        (400, "6540", "reject", "deposited", false),
        (400, "2500", "reject", "missing_reference", false),
        (400, "6000", "reject", "refused_by_quickbooks", false),
        (400, "2010", "reject", "refused_by_quickbooks", false),
        (400, "98765", "retry", "quickbooks_trouble", true),
        (400, "7777", "reject", "refused_by_quickbooks", false),
        (500, "7777", "retry", "quickbooks_trouble", true),
        (400, "", "reject", "refused_by_quickbooks", false),
    ];
    for (status, code, kind, cause, unknown) in table {
        let expected = Some((kind.to_owned(), cause.to_owned(), unknown));
        assert_eq!(
            meaning(status, &fault(code), Asked::Write),
            expected,
            "{status} {code}"
        );
    }
}

#[test]
fn a_read_leaves_nothing_in_doubt() {
    for (status, body) in [(500, ""), (502, "<html>"), (400, fault("600").as_str())] {
        let (kind, _, unknown) = meaning(status, body, Asked::Read).unwrap();
        assert_eq!((kind.as_str(), unknown), ("retry", false));
    }
}

#[test]
fn a_void_of_what_is_gone_says_so() {
    let (_, code, _) = meaning(400, &fault("610"), Asked::Removal).unwrap();
    assert_eq!(code, "deleted_in_books");
}

#[test]
fn answers_of_proxies_are_decided_by_status() {
    let table = [
        (
            502,
            "<html><body>Bad Gateway</body></html>",
            "retry",
            "quickbooks_trouble",
            true,
        ),
        (503, "", "retry", "quickbooks_trouble", true),
        (504, "not json {", "retry", "quickbooks_trouble", true),
        (429, "", "retry", "throttled", false),
        (302, "", "retry", "redirected", false),
        (401, "", "stop", "token_refused", false),
        (403, "<html>", "stop", "no_permission", false),
        (404, "<html>", "stop", "wrong_address", false),
        (413, "", "reject", "refused_by_quickbooks", false),
    ];
    for (status, body, kind, code, unknown) in table {
        let expected = Some((kind.to_owned(), code.to_owned(), unknown));
        assert_eq!(
            meaning(status, body, Asked::Write),
            expected,
            "{status} {body}"
        );
    }
}

#[test]
fn the_xml_twin_is_understood() {
    let body = r#"<?xml version="1.0"?><IntuitResponse time="2019"><Fault type="ValidationFault"><Error code="6240" element="Name"><Message>Duplicate</Message><Detail>A &amp; B exists</Detail></Error></Fault></IntuitResponse>"#;
    let errors = errors_in(body);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].code, Some(6240));
    assert_eq!(errors[0].detail, "A & B exists");
    assert_eq!(errors[0].element, "Name");
    let (_, code, _) = meaning(400, body, Asked::Write).unwrap();
    assert_eq!(code, "name_taken");
}

#[test]
fn of_several_errors_the_gravest_decides_and_all_are_told() {
    let body = r#"{"Fault":{"Error":[{"Message":"a","Detail":"first","code":"2050","element":"DocNumber"},{"Message":"b","Detail":"second","code":"6190"}],"type":"ValidationFault"}}"#;
    let errors = errors_in(body);
    let failure = failure_of(&errors, 400, Asked::Write, None);
    assert_eq!(failure.kind(), Kind::Stop);
    let text = failure.to_string();
    assert!(
        text.contains("first (element DocNumber, code 2050)"),
        "{text}"
    );
    assert!(text.contains("second"), "{text}");
}

#[test]
fn the_id_of_the_document_that_has_the_number_is_kept_in_the_text() {
    let (status, body) = recorded(include_str!(
        "../tests/recorded/fault_6140_duplicate_docnumber.json"
    ));
    let failure = failure_of(&errors_in(&body), status, Asked::Write, None);
    assert!(failure.to_string().contains("TxnId=3632"), "{failure}");
}

#[test]
fn a_token_in_a_fault_is_not_told() {
    let body = r#"{"fault":{"error":[{"message":"m","detail":"Token expired: eyJsecret","code":"3200","element":null}],"type":"AUTHENTICATION"}}"#;
    let failure = failure_of(&errors_in(body), 401, Asked::Write, None);
    assert!(!failure.to_string().contains("eyJsecret"), "{failure}");
}

#[test]
fn the_hint_how_long_to_wait_is_kept() {
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", "17".parse().unwrap());
    let answer = Answer {
        status: 429,
        headers,
        body: fault("3001"),
    };
    let failure = decide(&answer, Asked::Write, Timestamp::UNIX_EPOCH).unwrap_err();
    assert_eq!(
        failure.kind(),
        Kind::Retry {
            after: Some(Duration::from_secs(17))
        }
    );
}

#[test]
fn a_good_answer_is_let_through_with_faults_of_its_members() {
    let (status, body) = recorded(include_str!(
        "../tests/recorded/batch_response_doc_sample.json"
    ));
    assert_eq!(meaning(status, &body, Asked::Write), None);
    let (status, body) = recorded(include_str!(
        "../tests/recorded/salesreceipt_create_json.json"
    ));
    assert_eq!(meaning(status, &body, Asked::Write), None);
}
