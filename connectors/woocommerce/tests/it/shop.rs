//! A small store over HTTP that lists, filters, sorts and pages as FACTS (WooCommerce §3, §4) says,
//! with a clock, a log of requests, and events that happen between them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use daybook_woocommerce::{Settings, WooCommerce};
use futures::BoxFuture;
use jiff::{SignedDuration, Timestamp, ToSpan};
use kit::{Chance, Clock, Cursor, Page, Source, StreamName};
use tokio::task::JoinSet;

pub(crate) mod futures {
    pub(crate) type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
}

/// The moment at which every shop of the tests begins.
pub(crate) fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// A clock that jumps over every wait.
pub(crate) struct JumpingClock(pub(crate) Mutex<Timestamp>);

impl JumpingClock {
    pub(crate) fn pass(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(seconds.seconds()).unwrap();
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        let mut now = self.0.lock().unwrap();
        *now = now.saturating_add(wait).unwrap();
        Box::pin(std::future::ready(()))
    }
}

/// An order, product, refund or customer.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) status: String,
    /// What it says; a change of it changes the fingerprint.
    pub(crate) content: String,
    /// JSON in place of a whole entity.
    pub(crate) damage: Option<String>,
}

impl Thing {
    pub(crate) fn new(id: u64, modified: Timestamp) -> Self {
        Self {
            id,
            parent: 0,
            created: modified,
            modified,
            status: "processing".to_owned(),
            content: format!("as made {id}"),
            damage: None,
        }
    }
}

/// A canned answer that goes before the next one.
pub(crate) struct Canned {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

type Event = Box<dyn FnOnce(&mut Shop) + Send>;

/// The shop's state.
pub(crate) struct Shop {
    pub(crate) now: Timestamp,
    pub(crate) orders: Vec<Thing>,
    pub(crate) products: Vec<Thing>,
    pub(crate) variations: Vec<Thing>,
    pub(crate) refunds: Vec<Thing>,
    pub(crate) customers: Vec<Thing>,
    /// Before 10.4 `orderby=modified` breaks no ties; then they are shuffled for each request.
    pub(crate) breaks_ties: bool,
    /// Posts storage sorts by local time.
    pub(crate) sorts_by_local_time: bool,
    pub(crate) zone: jiff::tz::TimeZone,
    /// Path and query of each request.
    pub(crate) requests: Vec<String>,
    /// How many seconds pass between reading the orders and the answer's date.
    pub(crate) slowness: i64,
    clock: Arc<JumpingClock>,
    pub(crate) authorizations: Vec<String>,
    /// What happens after the next requests, one each.
    pub(crate) events: VecDeque<Event>,
    pub(crate) canned: VecDeque<Canned>,
    pub(crate) chance: Chance,
}

/// A running shop.
pub(crate) struct Store {
    state: Arc<Mutex<Shop>>,
    pub(crate) clock: Arc<JumpingClock>,
    pub(crate) address: SocketAddr,
    _server: JoinSet<()>,
}

impl Store {
    pub(crate) async fn open() -> Self {
        let clock = Arc::new(JumpingClock(Mutex::new(noon())));
        let shop = Shop {
            now: noon(),
            orders: Vec::new(),
            products: Vec::new(),
            variations: Vec::new(),
            refunds: Vec::new(),
            customers: Vec::new(),
            breaks_ties: true,
            sorts_by_local_time: false,
            zone: jiff::tz::TimeZone::get("America/New_York").unwrap(),
            requests: Vec::new(),
            slowness: 0,
            clock: clock.clone(),
            authorizations: Vec::new(),
            events: VecDeque::new(),
            canned: VecDeque::new(),
            chance: Chance::seeded(7),
        };
        let state = Arc::new(Mutex::new(shop));
        let router = Router::new().fallback(answer).with_state(state.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            state,
            clock,
            address,
            _server: server,
        }
    }

    pub(crate) fn shop(&self) -> MutexGuard<'_, Shop> {
        self.state.lock().unwrap()
    }

    /// Changes the shop.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Shop)) {
        change(&mut self.shop());
    }

    pub(crate) fn settings(&self) -> Settings {
        let url = format!("http://{}", self.address).parse().unwrap();
        let mut settings = Settings::new(url, "ck_1".to_owned(), "cs_secret".into());
        settings.page_size = 10;
        settings
    }

    /// The connector, with pages of 10.
    pub(crate) fn connect(&self) -> WooCommerce {
        self.connect_with(self.settings())
    }

    pub(crate) fn connect_with(&self, settings: Settings) -> WooCommerce {
        WooCommerce::new(settings, self.clock.clone(), Arc::new(Chance::seeded(1))).unwrap()
    }

    /// What happens after the next request.
    pub(crate) fn then(&self, event: impl FnOnce(&mut Shop) + Send + 'static) {
        self.shop().events.push_back(Box::new(event));
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        let mut shop = self.shop();
        shop.now = shop.now.checked_add(time).unwrap();
    }

    pub(crate) fn forget_requests(&self) {
        self.shop().requests.clear();
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.shop().requests.clone()
    }
}

/// One run over a stream: all pages until nothing more is there now.
pub(crate) async fn run(source: &WooCommerce, stream: StreamName, from: &mut Cursor) -> Vec<Page> {
    let mut pages = Vec::new();
    loop {
        let page = source.page(stream, from).await.unwrap();
        assert_ne!(
            (page.more, &page.next),
            (true, &*from),
            "the walk stands still"
        );
        *from = page.next.clone();
        let more = page.more;
        pages.push(page);
        assert!(pages.len() < 2_000, "the walk does not end");
        if !more {
            return pages;
        }
    }
}

/// The ids of all records, in the order delivered.
pub(crate) fn ids(pages: &[Page]) -> Vec<u64> {
    let records = pages.iter().flat_map(|page| &page.records);
    records.map(|record| record.id.parse().unwrap()).collect()
}

pub(crate) fn sorted(mut ids: Vec<u64>) -> Vec<u64> {
    ids.sort_unstable();
    ids
}

impl Shop {
    pub(crate) fn order(&mut self, id: u64) -> &mut Thing {
        self.orders.iter_mut().find(|it| it.id == id).unwrap()
    }

    /// An order is edited now.
    pub(crate) fn edit(&mut self, id: u64) {
        let now = self.now;
        let order = self.order(id);
        order.modified = now;
        order.content.push_str(", edited");
    }

    fn list(&mut self, path: &str, query: &Query) -> Vec<Thing> {
        let things = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["orders"] => self.orders.clone(),
            ["refunds"] => self.refunds.clone(),
            ["products"] => self.products.clone(),
            ["customers"] => self.customers.clone(),
            ["products", parent, "variations"] => {
                let parent: u64 = parent.parse().unwrap();
                let all = self.variations.iter();
                all.filter(|it| it.parent == parent).cloned().collect()
            }
            _ => panic!("no list at {path}"),
        };
        let status = query.get("status").unwrap_or("any");
        let mut things: Vec<Thing> = things
            .into_iter()
            .filter(|it| match status {
                "any" => it.status != "trash" && it.status != "auto-draft",
                other => it.status == other,
            })
            .filter(|it| query.allows("modified", it.modified) && query.allows("", it.created))
            .collect();
        let zone = self.zone.clone();
        let by_local = self.sorts_by_local_time;
        let shown = |moment: Timestamp| {
            let local = zone.to_datetime(moment);
            let utc = jiff::tz::TimeZone::UTC.to_datetime(moment);
            if by_local { local } else { utc }
        };
        if self.breaks_ties {
            things.sort_by_key(|it| it.id);
        } else {
            for place in (1..things.len()).rev() {
                let other = self.chance.below(u64::try_from(place).unwrap() + 1);
                things.swap(place, usize::try_from(other).unwrap());
            }
        }
        match query.get("orderby") {
            Some("modified") => things.sort_by_key(|it| shown(it.modified)),
            Some("date") => things.sort_by_key(|it| shown(it.created)),
            Some("id") | None => things.sort_by_key(|it| it.id),
            Some(other) => panic!("orderby {other}"),
        }
        things
    }

    fn json(&self, thing: &Thing) -> String {
        if let Some(damage) = &thing.damage {
            return damage.clone();
        }
        let local = |moment: Timestamp| self.zone.to_datetime(moment).to_string();
        let gmt = |moment: Timestamp| jiff::tz::TimeZone::UTC.to_datetime(moment).to_string();
        serde_json::json!({
            "id": thing.id,
            "status": thing.status,
            "role": thing.status,
            "type": thing.status,
            "name": thing.content,
            "date_created": local(thing.created),
            "date_created_gmt": gmt(thing.created),
            "date_modified": local(thing.modified),
            "date_modified_gmt": gmt(thing.modified),
            "first_name": thing.content,
        })
        .to_string()
    }
}

struct Query(Vec<(String, String)>);

impl Query {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.get(name).map(|text| text.parse().unwrap())
    }

    /// Exclusive bounds in whole seconds; `kind` is "modified" or "".
    fn allows(&self, kind: &str, moment: Timestamp) -> bool {
        let bound = |name: &str| {
            let name = if kind.is_empty() {
                name.to_owned()
            } else {
                format!("{kind}_{name}")
            };
            let text = self.get(&name)?.to_owned();
            assert_eq!(
                self.get("dates_are_gmt"),
                Some("true"),
                "bounds would be local"
            );
            assert_eq!(text.len(), 19, "{text} has a zone or fractions");
            Some(text.parse::<jiff::civil::DateTime>().unwrap())
        };
        let moment = jiff::tz::TimeZone::UTC.to_datetime(moment);
        bound("after").is_none_or(|after| moment > after)
            && bound("before").is_none_or(|before| moment < before)
    }
}

async fn answer(Shared(shop): Shared<Arc<Mutex<Shop>>>, uri: Uri, headers: HeaderMap) -> Response {
    let mut shop = shop.lock().unwrap();
    let authorization = headers.get("authorization").map(|it| it.to_str().unwrap());
    shop.authorizations
        .push(authorization.unwrap_or("none").to_owned());
    shop.requests.push(uri.to_string());
    if let Some(canned) = shop.canned.pop_front() {
        let mut response =
            (StatusCode::from_u16(canned.status).unwrap(), canned.body).into_response();
        for (name, value) in canned.headers {
            let name = axum::http::HeaderName::try_from(name).unwrap();
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        return response;
    }
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let query = Query(pairs.into_owned().collect());
    let path = uri
        .path()
        .strip_prefix("/wp-json/wc/v3/")
        .unwrap()
        .to_owned();
    let things = shop.list(&path, &query);
    let per_page = query.number("per_page").unwrap_or(10);
    assert!((1..=100).contains(&per_page));
    let page = query.number("page").unwrap_or(1);
    let offset = query.number("offset").unwrap_or((page - 1) * per_page);
    let chosen: Vec<String> = things
        .iter()
        .skip(offset)
        .take(per_page)
        .map(|thing| shop.json(thing))
        .collect();
    let body = format!("[{}]", chosen.join(","));
    let slowness = shop.slowness;
    shop.clock.pass(slowness);
    shop.now = shop.now.checked_add(slowness.seconds()).unwrap();
    let date = shop.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let headers = [
        ("date", date),
        ("content-type", "application/json; charset=UTF-8".to_owned()),
        ("x-wp-total", things.len().to_string()),
    ];
    if let Some(event) = shop.events.pop_front() {
        event(&mut shop);
    }
    (headers, body).into_response()
}

/// `seconds` after noon.
pub(crate) fn at(seconds: i64) -> Timestamp {
    noon().checked_add(seconds.seconds()).unwrap()
}
