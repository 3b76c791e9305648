//! Where people look at what the API wrote.

use kit::PostingKind;

use crate::Environment;

/// The page of a document in the company, by its id. The company is named, so that a browser signed
/// in to another one switches.
pub fn page(environment: Environment, realm: &str, kind: PostingKind, id: &str) -> Option<String> {
    let host = match environment {
        Environment::Sandbox => "sandbox.qbo.intuit.com",
        Environment::Production => "qbo.intuit.com",
    };
    let (page, parameter) = match kind {
        PostingKind::SalesReceipt => ("salesreceipt", "txnId"),
        PostingKind::Invoice => ("invoice", "txnId"),
        PostingKind::RefundReceipt => ("refundreceipt", "txnId"),
        PostingKind::CreditMemo => ("creditmemo", "txnId"),
        PostingKind::Payment => ("recvpayment", "txnId"),
        PostingKind::Expense => ("expense", "txnId"),
        PostingKind::Customer => ("customerdetail", "nameId"),
        PostingKind::Item => return None, // items have no page of their own
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain(id) && plain(realm))
        .then(|| format!("https://{host}/app/{page}?{parameter}={id}&deeplinkcompanyid={realm}"))
}

#[cfg(test)]
mod tests {
    use kit::PostingKind;

    use super::page;
    use crate::Environment;

    #[test]
    fn a_document_has_a_page_and_an_odd_id_none() {
        let of = |kind, id| page(Environment::Sandbox, "123", kind, id);
        assert_eq!(
            of(PostingKind::SalesReceipt, "771").unwrap(),
            "https://sandbox.qbo.intuit.com/app/salesreceipt?txnId=771&deeplinkcompanyid=123"
        );
        assert_eq!(of(PostingKind::Item, "7"), None);
        assert_eq!(of(PostingKind::Invoice, "7&x=1"), None);
    }
}
