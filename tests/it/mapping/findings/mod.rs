//! Rules held against a recorded store and the books of its country: what would hold orders, what is
//! worth knowing, and the lines that settle it.

mod others;
mod tax;

use std::sync::Arc;

use daybook::domain::{Finding, MappingRules, Point, Weight};
use daybook::mapping::to_quickbooks::{Around, Books, findings};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{Chance, SystemClock};
use sandbox::company::{CompanyContents, CompanyOptions, CompanyServer, Limits};
use sandbox::store::{RecordedStore, StoreContents, StoreOptions, StoreServer};
use woocommerce::{Settings, StoreSetup, WooCommerce};

use super::lists::lists;

/// What a store tells of itself to this key, read through the real connector.
pub(super) async fn told(store: &StoreServer, key: &str) -> StoreSetup {
    let url = store.url().parse().unwrap();
    let secret = store.consumer_secret().into();
    let settings = Settings::new(url, key.to_owned(), secret);
    let chance = Arc::new(Chance::seeded(1));
    let source = WooCommerce::new(settings, Arc::new(SystemClock), chance).unwrap();
    source.store_setup().await.unwrap()
}

pub(super) async fn served(store: RecordedStore) -> StoreServer {
    let options = StoreOptions::new(StoreContents::recorded(store));
    StoreServer::start(options).await.unwrap()
}

pub(super) async fn recorded(store: RecordedStore) -> StoreSetup {
    let store = served(store).await;
    told(&store, store.consumer_key()).await
}

pub(super) async fn books(contents: CompanyContents) -> Books {
    let regime = contents.regime;
    let options = CompanyOptions {
        limits: Limits::off(),
        contents,
        ..CompanyOptions::fresh(regime)
    };
    let company = CompanyServer::start(options).await.unwrap();
    Books::new(&lists(&company).await).unwrap()
}

/// Rules that count days as the store does.
pub(super) fn rules(timezone: &str) -> MappingRules {
    MappingRules {
        timezone: TimeZone::get(timezone).unwrap(),
        ..MappingRules::default()
    }
}

pub(super) fn compare(rules: &MappingRules, books: &Books, store: &StoreSetup) -> Vec<Finding> {
    let around = Around {
        source: "store".to_owned(),
        ..Around::default()
    };
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    findings(rules, books, Some(store), &around, now)
}

/// What they are about, errors first; each with the lines to paste.
pub(super) fn codes(findings: &[Finding], weight: Weight) -> Vec<&'static str> {
    let of_weight = findings.iter().filter(|it| it.weight == weight);
    of_weight.map(|it| it.point.code()).collect()
}

pub(super) fn about(findings: &[Finding], point: Point) -> &Finding {
    let mut found = findings.iter().filter(|it| it.point == point);
    let first = found
        .next()
        .unwrap_or_else(|| panic!("nothing about {point:?}: {findings:#?}"));
    assert_eq!(found.next(), None, "said once");
    first
}
