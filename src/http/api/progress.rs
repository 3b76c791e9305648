//! Live progress as server-sent events: a snapshot first, then what changes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::watch;

use super::super::extract::{Asked, Named};
use super::super::feed::{self, Message, about_sync, version_of};
use super::super::problem::ApiProblem;
use super::super::router::Shared;
use crate::domain::SyncId;
use crate::engine::{SyncReport, history};

/// So often a watcher hears something, so that neither side takes a quiet line for a dead one.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A browser whose line was cut comes back after this.
const COME_BACK: Duration = Duration::from_secs(2);

/// Progress of all runs
///
/// Server-sent events. `progress`, `complete` and `error` are about one stream of a run, `run` about a whole run;
/// `journal` says that somebody held back, left out or released something. First comes what is going on now, with `since` also what has changed since, and with `Last-Event-ID` only that.
#[utoipa::path(
    get, path = "/api/sync/progress", tag = "sync",
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event received"),
        ("since" = Option<u64>, Query, description = "Microseconds since 1970: what changed later is told, though it is over"),
    ),
    responses((status = 200, description = "Events for as long as the line holds; a heartbeat each 15 seconds",
        body = SyncReport, content_type = "text/event-stream"))
)]
pub(in super::super) async fn all(
    State(app): State<Shared>,
    headers: HeaderMap,
    Asked(query): Asked<SinceQuery>,
) -> Result<Response, ApiProblem> {
    let state = app.feed.watch(&app.store, &app.engine).await?;
    // one that knows what was never told knows it from before the clock was set back
    let newest = newest(&state.borrow());
    let mut watcher = Watcher::new(app, state);
    watcher.seen = last_seen(&headers).filter(|seen| *seen <= newest);
    watcher.since = query.since;
    Ok(events(watcher))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SinceQuery {
    since: Option<u64>,
}

/// Progress of one stream of a run
///
/// Server-sent events. A stream that is over sends its last report and ends; who has that already gets 204, upon
/// which browsers stop asking.
#[utoipa::path(
    get, path = "/api/sync/progress/{sync_id}", tag = "sync",
    params(
        ("sync_id" = String, Path, description = "The stream of a run"),
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event received"),
    ),
    responses(
        (status = 200, description = "Events until it is over; a heartbeat each 15 seconds",
            body = SyncReport, content_type = "text/event-stream"),
        (status = 204, description = "It is over, and nothing has changed since"),
    )
)]
pub(in super::super) async fn one(
    State(app): State<Shared>,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let id = SyncId::new(id);
    // taken before the row is read: what changes meanwhile is told after it
    let state = app.feed.watch(&app.store, &app.engine).await?;
    let told_before = newest(&state.borrow());
    let row = history::sync(&app.store, &id).await?;
    let row = row.ok_or_else(|| ApiProblem::not_found(format!("there is no sync `{id}`")))?;
    let seen = last_seen(&headers);
    let active = app.engine.active(&row.pipeline);
    let over = row.status.is_final();
    let version = version_of(row.updated_at);
    if over && seen.is_some_and(|seen| seen >= version) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let report = SyncReport::new(row, active.as_ref(), app.clock.now());
    let first = VecDeque::from([about_sync(&report, version)]);
    let mut watcher = Watcher::new(app, state);
    watcher.seen = Some(told_before);
    watcher.only = Some(id);
    watcher.to_tell = first;
    Ok(events(watcher))
}

fn last_seen(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

/// The version of the newest message; 0 where there is none.
fn newest(state: &feed::State) -> u64 {
    state.last().map_or(0, |newest| newest.version)
}

/// What one watcher has been told.
struct Watcher {
    app: Shared,
    state: watch::Receiver<feed::State>,
    /// The newest message it knows; `None`: it needs to be told what is going on.
    seen: Option<u64>,
    /// Where it knows nothing: what is newer is told, though it is over.
    since: Option<u64>,
    only: Option<SyncId>,
    to_tell: VecDeque<Message>,
    over: bool,
    /// Ends when it has heard nothing for too long; what others hear does not put that off.
    beat: BoxFuture<'static, ()>,
}

fn events(mut watcher: Watcher) -> Response {
    // what is news counts from now on, however late the first byte is asked for
    if watcher.to_tell.is_empty() {
        watcher.collect();
    }
    let come_back = COME_BACK.as_millis();
    let greeting = Bytes::from(format!(": daybook\nretry: {come_back}\n\n"));
    let greeting = stream::iter([Ok::<_, Infallible>(greeting)]);
    let frames = stream::unfold(watcher, |mut watcher| async move {
        let frame = watcher.next().await?;
        Some((Ok(frame), watcher))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // a proxy that collects answers would hold every event back
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let body = Body::from_stream(futures_util::StreamExt::chain(greeting, frames));
    (headers, body).into_response()
}

impl Watcher {
    fn new(app: Shared, state: watch::Receiver<feed::State>) -> Self {
        Self {
            beat: app.engine.clock().sleep(HEARTBEAT),
            app,
            state,
            seen: None,
            since: None,
            only: None,
            to_tell: VecDeque::new(),
            over: false,
        }
    }

    /// What goes over the line next; `None` when there will be no more.
    async fn next(&mut self) -> Option<Bytes> {
        let frame = self.frame().await;
        self.beat = self.app.engine.clock().sleep(HEARTBEAT);
        frame
    }

    async fn frame(&mut self) -> Option<Bytes> {
        loop {
            if let Some(message) = self.to_tell.pop_front() {
                self.over = self.only.is_some() && message.event != "progress";
                return Some(message.frame);
            }
            if self.over {
                return None;
            }
            self.collect();
            if !self.to_tell.is_empty() {
                continue;
            }
            tokio::select! {
                () = self.app.engine.stopping() => return None,
                changed = self.state.changed() => changed.ok()?,
                () = &mut self.beat => {
                    return Some(Bytes::from_static(b": still here\n\n"));
                }
            }
        }
    }

    /// What of the state is news: to a new watcher what is going on now, and what it says it missed.
    fn collect(&mut self) {
        let state = self.state.borrow_and_update().clone();
        let news = |message: &&Message| match self.seen {
            Some(seen) => message.version > seen,
            None => message.live || self.since.is_some_and(|since| message.version > since),
        };
        let wanted = |message: &&Message| self.only.is_none() || message.sync == self.only;
        self.to_tell = state.iter().filter(news).filter(wanted).cloned().collect();
        self.seen = Some(self.seen.unwrap_or(0).max(newest(&state)));
    }
}
