//! Where people find a document in `QuickBooks` itself.

use kit::PostingKind;

use crate::connection::Environment;

/// The page of a document or list object. It opens in the company that the browser is signed in to.
pub fn web_page(environment: Environment, kind: PostingKind, target_id: &str) -> String {
    let host = match environment {
        Environment::Production => "https://app.qbo.intuit.com",
        Environment::Sandbox => "https://app.sandbox.qbo.intuit.com",
    };
    let page = match kind {
        PostingKind::Customer => return format!("{host}/app/customerdetail?nameId={target_id}"),
        // products have a list and no pages
        PostingKind::Item => return format!("{host}/app/items"),
        PostingKind::SalesReceipt => "salesreceipt",
        PostingKind::Invoice => "invoice",
        PostingKind::RefundReceipt => "refundreceipt",
        PostingKind::CreditMemo => "creditmemo",
        PostingKind::Payment => "recvpayment",
        PostingKind::Expense => "expense",
    };
    format!("{host}/app/{page}?txnId={target_id}")
}
