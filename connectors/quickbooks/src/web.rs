//! Where people find in `QuickBooks` itself what the API wrote.

use kit::PostingKind;

use crate::connection::Environment;

/// The page of a document or list object. The company is named, so that a browser signed in to another
/// one switches. `None` for an id or a company that could mean something else in an address.
pub fn web_page(
    environment: Environment,
    realm_id: &str,
    kind: PostingKind,
    target_id: &str,
) -> Option<String> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !plain(target_id) || !plain(realm_id) {
        return None;
    }
    let host = match environment {
        Environment::Production => "https://app.qbo.intuit.com",
        Environment::Sandbox => "https://app.sandbox.qbo.intuit.com",
    };
    let page = match kind {
        PostingKind::Customer => format!("customerdetail?nameId={target_id}&"),
        // products have a list and no pages
        PostingKind::Item => "items?".to_owned(),
        PostingKind::SalesReceipt => format!("salesreceipt?txnId={target_id}&"),
        PostingKind::Invoice => format!("invoice?txnId={target_id}&"),
        PostingKind::RefundReceipt => format!("refundreceipt?txnId={target_id}&"),
        PostingKind::CreditMemo => format!("creditmemo?txnId={target_id}&"),
        PostingKind::Payment => format!("recvpayment?txnId={target_id}&"),
        PostingKind::Expense => format!("expense?txnId={target_id}&"),
    };
    Some(format!("{host}/app/{page}deeplinkcompanyid={realm_id}"))
}

#[cfg(test)]
mod tests {
    use kit::PostingKind;

    use super::web_page;
    use crate::connection::Environment;

    #[test]
    fn a_document_has_a_page_and_an_odd_id_none() {
        let of = |kind, id| web_page(Environment::Sandbox, "123", kind, id);
        assert_eq!(
            of(PostingKind::SalesReceipt, "771").unwrap(),
            "https://app.sandbox.qbo.intuit.com/app/salesreceipt?txnId=771&deeplinkcompanyid=123"
        );
        assert_eq!(
            of(PostingKind::Item, "7").unwrap(),
            "https://app.sandbox.qbo.intuit.com/app/items?deeplinkcompanyid=123"
        );
        assert_eq!(of(PostingKind::Invoice, "7&x=1"), None);
    }
}
