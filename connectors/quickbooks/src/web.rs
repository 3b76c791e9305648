//! Where people find in `QuickBooks` itself what the API wrote.

use kit::PostingKind;

use crate::connection::Environment;

/// The page of a document or list object. The way leads through the sign-in, which takes a browser that
/// is in another company to this one first: without it the same id of the other company would be shown.
/// It is the form of the links that QuickBooks gives out itself. `None` for an id or a company that could
/// mean something else in an address.
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
        Environment::Production => "https://qbo.intuit.com",
        Environment::Sandbox => "https://app.sandbox.qbo.intuit.com",
    };
    let (page, id) = match kind {
        PostingKind::Customer => ("customerdetail", "nameId"),
        // products have a list and no pages
        PostingKind::Item => ("items", ""),
        PostingKind::SalesReceipt => ("salesreceipt", "txnId"),
        PostingKind::Invoice => ("invoice", "txnId"),
        PostingKind::RefundReceipt => ("refundreceipt", "txnId"),
        PostingKind::CreditMemo => ("creditmemo", "txnId"),
        PostingKind::Payment => ("recvpayment", "txnId"),
        PostingKind::Expense => ("expense", "txnId"),
    };
    let page = match id {
        "" => page.to_owned(),
        id => format!("{page}%3F{id}%3D{target_id}"),
    };
    Some(format!(
        "{host}/app/login?pagereq={page}&deeplinkcompanyid={realm_id}"
    ))
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
            "https://app.sandbox.qbo.intuit.com/app/login?pagereq=salesreceipt%3FtxnId%3D771&deeplinkcompanyid=123"
        );
        assert_eq!(
            of(PostingKind::Item, "7").unwrap(),
            "https://app.sandbox.qbo.intuit.com/app/login?pagereq=items&deeplinkcompanyid=123"
        );
        assert_eq!(of(PostingKind::Invoice, "7&x=1"), None);
    }
}
