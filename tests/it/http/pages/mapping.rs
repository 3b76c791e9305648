//! The page of the mapping: what `daybook check` finds, from what was read last.

use std::time::Duration;

use daybook::domain::finding::toml;
use daybook::domain::{ConnectionName, PipelineName};
use daybook::http::Access;
use sandbox::company::{CompanyContents, CompanyOptions, Limits, Regime};
use sandbox::store::{RecordedStore, StoreContents};
use tokio::task::JoinSet;

use super::super::api::Api;
use super::{has, page};
use crate::support::Setup;

/// The recorded British store before a fresh British company, with nothing mapped.
async fn british() -> Api {
    let mut setup = Setup::of(StoreContents::recorded(RecordedStore::Uk));
    setup.real_time = true;
    setup.company = CompanyOptions {
        limits: Limits::off(),
        contents: CompanyContents::fresh(Regime::Uk),
        ..CompanyOptions::fresh(Regime::Uk)
    };
    Api::new(setup, 0, Access::default()).await
}

#[tokio::test]
async fn the_page_of_the_mapping_says_what_the_check_says() {
    let api = british().await;
    has(
        &page(&api, "/mapping").await,
        &["The books' lists were not read yet", "daybook check"],
    );

    let name = PipelineName::new("store-to-books");
    let engine = &api.program.engine;
    let checked = engine.check_mapping(&name, true).await.unwrap();
    assert!(checked.len() > 3, "{checked:#?}");
    api.world.books().reset_counts();
    api.world.shop().clear_requests();
    let shown = page(&api, "/mapping").await;
    for finding in &checked {
        for sentence in [&finding.what, &finding.why, &finding.remedy] {
            // names stand in a type of their own
            for part in sentence
                .split('`')
                .map(str::trim)
                .filter(|part| part.len() > 8)
            {
                let part = part.replace('"', "&quot;");
                assert!(shown.contains(&part), "`{part}` is missing: {shown}");
            }
        }
        has(&shown, &[finding.point.code()]);
    }
    let lines = toml(&checked).replace('"', "&quot;");
    assert!(
        lines.contains("exempt_code") && shown.contains(&lines),
        "{shown}"
    );
    assert_eq!(api.world.books().counts().total, 0, "the page asks nobody");
    assert_eq!(api.world.shop().requests().len(), 0);
}

#[tokio::test]
async fn the_daemon_asks_the_store_by_itself_how_it_is_set_up() {
    let api = british().await;
    let engine = api.program.engine.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { engine.serve().await });
    let shop = ConnectionName::new("store");
    let read = async {
        while api.program.store.setup(&shop).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), read)
        .await
        .expect("the store is asked");
    let stopped = api.program.engine.shut_down(Duration::from_secs(60)).await;
    assert!(stopped, "asking once a day holds nothing back");
}
