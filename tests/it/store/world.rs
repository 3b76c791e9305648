//! A database of a test's own, and the records, drafts and calls it is filled with.

use std::sync::Arc;

use daybook::domain::{
    ConnectionName, Document, Draft, Facets, Hold, IfPosted, LinkKey, OnEdit, PipelineName, Realm,
    Route, SourceKind, SyncId, Wish,
};
use daybook::store::{Journaled, Loaded, PlannedRecord, Sent, Settlement, Store};
use kit::{
    Call, Chance, Expected, Fingerprint, Member, Money, Operation, PostingId, PostingKind, Receipt,
    Record, RequestId, ScaledClock, StreamName,
};
use rust_decimal::Decimal;
use serde_json::value::RawValue;
use tempfile::TempDir;

/// A database, empty at first; opening it again finds what was written.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) clock: Arc<ScaledClock>,
    directory: Option<Arc<TempDir>>,
    schema: Option<(String, String)>,
}

impl World {
    pub(crate) fn sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        Self {
            url: format!("sqlite://{}/daybook.db", directory.path().display()),
            clock: clock(),
            directory: Some(Arc::new(directory)),
            schema: None,
        }
    }

    /// Somebody else's database.
    pub(crate) fn at(url: String) -> Self {
        Self {
            url,
            clock: clock(),
            directory: None,
            schema: None,
        }
    }

    /// A schema of its own on the server that `scripts/test` names. Without a server there is nothing
    /// to test, which is a failure where CI is set.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told of the server by the environment"
    )]
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("DAYBOOK_TEST_POSTGRES_URL") else {
            assert!(
                std::env::var("CI").is_err(),
                "DAYBOOK_TEST_POSTGRES_URL is not set: in CI the store is tested on PostgreSQL too"
            );
            eprintln!("skipped: DAYBOOK_TEST_POSTGRES_URL is not set (use scripts/test)");
            return None;
        };
        let schema = format!(
            "test_{}",
            Chance::from_system()
                .unwrap()
                .id(kit::Clock::now(&kit::SystemClock))
        );
        execute(&server, format!("CREATE SCHEMA {schema}")).await;
        let separator = if server.contains('?') { '&' } else { '?' };
        Some(Self {
            url: format!("{server}{separator}options[search_path]={schema}"),
            clock: clock(),
            directory: None,
            schema: Some((server, schema)),
        })
    }

    pub(crate) async fn tear_down(self) {
        if let Some((server, schema)) = self.schema {
            execute(&server, format!("DROP SCHEMA {schema} CASCADE")).await;
        }
    }

    pub(crate) fn directory(&self) -> Option<&std::path::Path> {
        self.directory.as_ref().map(|directory| directory.path())
    }

    pub(crate) async fn open(&self) -> Store {
        let chance = Chance::from_system().unwrap();
        Store::open(&self.url, self.clock.clone(), Arc::new(chance))
            .await
            .unwrap()
    }
}

fn clock() -> Arc<ScaledClock> {
    Arc::new(ScaledClock::new("2026-11-02T12:00:00Z".parse().unwrap(), 1))
}

/// Runs one statement that is not the store's own.
pub(crate) async fn execute(url: &str, statement: String) {
    sqlx::any::install_default_drivers();
    let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(url)
        .await
        .unwrap();
    sqlx::QueryBuilder::<sqlx::Any>::new(statement)
        .build()
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}

pub(crate) fn route() -> Route {
    Route {
        pipeline: PipelineName::new("store-to-books"),
        source: ConnectionName::new("store"),
        realm: realm(),
    }
}

pub(crate) fn realm() -> Realm {
    Realm::new("9130000000000000")
}

pub(crate) fn sync() -> SyncId {
    SyncId::new("sync")
}

pub(crate) fn usd(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), "USD".parse().unwrap())
}

pub(crate) fn decimal(amount: &str) -> Decimal {
    amount.parse().unwrap()
}

/// A record whose fingerprint is that of its content.
pub(crate) fn record(id: &str, content: &str) -> Record {
    Record {
        id: id.into(),
        modified_at: "2026-11-02T11:00:00Z".parse().unwrap(),
        fingerprint: Fingerprint::new(format!("print of {content}")),
        body: RawValue::from_string(format!("{{\"id\":{id},\"content\":\"{content}\"}}")).unwrap(),
    }
}

pub(crate) fn document(body: &str, needs: &[LinkKey]) -> Document {
    Document {
        body: format!("{{\"Memo\":\"{body}\"}}"),
        needs: needs.to_vec(),
        expected: Expected {
            doc_number: Some("1043".into()),
            total: Some(decimal("58.20")),
            ..Expected::default()
        },
        rename: None,
        on_edit: OnEdit::Update,
    }
}

pub(crate) fn sale_key(id: &str) -> LinkKey {
    LinkKey::new(SourceKind::Order, id, PostingKind::SalesReceipt)
}

pub(crate) fn guest_key(mail: &str) -> LinkKey {
    LinkKey::new(SourceKind::Guest, mail, PostingKind::Customer)
}

pub(crate) fn draft(key: LinkKey, wish: Wish) -> Draft {
    let list_object = key.kind.is_list_object();
    Draft {
        number: key.source_id.clone(),
        date: Some("2026-11-02".parse().unwrap()),
        store_amount: (!list_object).then(|| usd("58.20")),
        facets: Facets {
            who: String::new(),
            gateway: "stripe".into(),
            status: "processing".into(),
            tax: Some(decimal("4.20")),
            tax_codes: vec!["TAX".into()],
        },
        fee: None,
        warning: None,
        wish,
        key,
    }
}

/// An order that becomes a sales receipt with this memo.
pub(crate) fn sale(id: &str, content: &str) -> PlannedRecord {
    sale_of(
        id,
        content,
        vec![draft(sale_key(id), Wish::Post(document(content, &[])))],
    )
}

pub(crate) fn sale_of(id: &str, content: &str, drafts: Vec<Draft>) -> PlannedRecord {
    PlannedRecord {
        stream: StreamName::Orders,
        source_kind: SourceKind::Order,
        record: record(id, content),
        plan: Ok(drafts),
        follows: false,
    }
}

/// An order with one wish for its sales receipt.
pub(crate) fn wished(id: &str, content: &str, wish: Wish) -> PlannedRecord {
    sale_of(id, content, vec![draft(sale_key(id), wish)])
}

pub(crate) fn cancelled(if_posted: IfPosted) -> Wish {
    Wish::Exclude {
        reason: "status cancelled".into(),
        if_posted,
    }
}

pub(crate) fn hold(cause: &str) -> Hold {
    Hold::of(cause, format!("held for {cause}"))
}

pub(crate) fn receipt(target_id: &str) -> Receipt {
    Receipt {
        target_id: target_id.into(),
        sync_token: "0".into(),
        doc_number: Some("1043".into()),
        total: Some(decimal("58.20")),
        tax: Some(decimal("4.20")),
        ..Receipt::default()
    }
}

pub(crate) async fn journal(store: &Store, page: &[PlannedRecord]) -> Journaled {
    store
        .journal_page(&route(), &sync(), page, None)
        .await
        .unwrap()
}

/// The posting of a key, as loaded.
pub(crate) async fn look(store: &Store, key: &LinkKey) -> Loaded {
    let states = store
        .states(&route(), std::slice::from_ref(key))
        .await
        .unwrap();
    let id = states[key].id.clone();
    store.load(&[id]).await.unwrap().remove(0)
}

/// A call that creates these postings, and what is sent.
pub(crate) async fn call_of(store: &Store, request: &str, ids: &[PostingId]) -> (Call, Vec<Sent>) {
    let loaded = store.load(ids).await.unwrap();
    let mut call = Call {
        request_id: RequestId::new(request),
        path: "/batch".into(),
        body: format!("{{\"request\":\"{request}\"}}"),
        members: Vec::new(),
    };
    let mut sent = Vec::new();
    for (slot, loaded) in (0..).zip(loaded) {
        let posting = loaded.posting;
        call.members.push(Member {
            slot,
            posting: posting.id.clone(),
            kind: posting.key.kind,
            operation: match loaded.link {
                None => Operation::Create,
                Some(link) => Operation::Update {
                    target_id: link.target_id,
                    sync_token: link.sync_token,
                },
            },
            expected: posting.expected,
            document: String::new(),
        });
        sent.push(Sent {
            posting: posting.id,
            fingerprint: posting.fingerprint,
            intent: posting.intent,
        });
    }
    (call, sent)
}

/// Begins a call with these postings.
pub(crate) async fn begin(store: &Store, request: &str, ids: &[PostingId]) -> RequestId {
    let (call, sent) = call_of(store, request, ids).await;
    let commit = store.begin_call(&realm(), &call, &sent).await.unwrap();
    assert_eq!(commit, daybook::store::Commit::Done);
    call.request_id
}

/// Sends these postings and gives all of them this end.
pub(crate) async fn send(store: &Store, request: &str, ids: &[PostingId], end: &Settlement) {
    let request = begin(store, request, ids).await;
    let ends: Vec<_> = ids.iter().map(|id| (id.clone(), end.clone())).collect();
    store.finish_call(&request, &ends).await.unwrap();
}

/// An order that is in the books as document `target_id`.
pub(crate) async fn posted(store: &Store, id: &str, content: &str, target_id: &str) -> PostingId {
    let journaled = journal(store, &[sale(id, content)]).await;
    let request = format!("post-{id}");
    send(
        store,
        &request,
        &journaled.to_post,
        &Settlement::Posted(receipt(target_id)),
    )
    .await;
    journaled.to_post[0].clone()
}
