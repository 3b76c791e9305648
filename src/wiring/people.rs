//! What people meet of a program: API and pages, and the addresses that lead to them and on.

use std::sync::Arc;

use kit::{Clock, PostingKind, Target as _};
use quickbooks::QuickBooks;

use super::Program;
use crate::config::{Config, QuickBooksConnection, QuickBooksEnvironment};
use crate::domain::{ConnectionName, Realm, SourceKind, Told};
use crate::http::{Access, App, Consent, Outside};
use crate::mapping::to_quickbooks::paper;

/// What serves API and pages of a program.
pub fn app(program: &Program, access: Access, clock: Arc<dyn Clock>) -> App {
    let outside = Outside {
        record: paper::of_record,
        document: paper::of_document,
        page: document_page,
        genuine: woocommerce::webhook_is_genuine,
    };
    App::new(
        program.store.clone(),
        program.engine.clone(),
        clock,
        access,
        program.config.clone(),
        outside,
        program.consents.clone(),
    )
}

/// Where a store's webhooks go; `None` where the store could not reach it.
pub fn webhook_url(config: &Config, store: &ConnectionName) -> Option<url::Url> {
    let url = &config.server.public_url;
    let is_local = |host: &str| host == "localhost" || host.starts_with("127.") || host == "[::1]";
    let same_machine = config
        .store(store)
        .and_then(|store| store.url.host_str())
        .is_some_and(is_local);
    if url.host_str().is_some_and(is_local) && !same_machine {
        return None;
    }
    url.join(&format!("hooks/woocommerce/{store}")).ok()
}

/// What the record of an order or refund says, for people.
pub fn told(kind: SourceKind, record: &str) -> Option<Told> {
    crate::mapping::to_quickbooks::told(kind, record)
}

/// Where people find a document of these books; `None` where the configuration no longer has them.
pub fn web_page(
    config: &Config,
    realm: &Realm,
    kind: PostingKind,
    target_id: &str,
) -> Option<String> {
    let company = config
        .pipelines
        .iter()
        .filter_map(|pipeline| config.company(&pipeline.target))
        .find(|company| company.realm_id == *realm)?;
    document_page(company, kind, target_id)
}

fn document_page(
    company: &QuickBooksConnection,
    kind: PostingKind,
    target_id: &str,
) -> Option<String> {
    let environment = match company.environment {
        QuickBooksEnvironment::Sandbox => quickbooks::Environment::Sandbox,
        QuickBooksEnvironment::Production => quickbooks::Environment::Production,
    };
    quickbooks::web_page(environment, company.realm_id.as_str(), kind, target_id)
}

/// Consent is given to the very connection that runs use, so that they go on with it.
pub(super) fn consent(company: Arc<QuickBooks>) -> Consent {
    let asked = company.clone();
    Consent {
        page: Arc::new(move |back, question| asked.consent_page(back, question)),
        accept: Arc::new(move |code, realm, back| {
            let company = company.clone();
            Box::pin(async move {
                company.accept_consent(&code, &realm, &back).await?;
                company.check().await
            })
        }),
    }
}
