//! `daybook show order NUMBER`: an order's whole story, in plain words, from the journal alone.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::Receipt;
use serde_json::{Value, json};

use super::output::{Exit, Stopped, line};
use super::standing::{headline, is_refund, is_to_be, is_voided, place_in_words, sign};
use super::told::{at, tell_lines, tell_order};
use super::{Global, ShowArguments, fee, setup};
use crate::config::Config;
use crate::domain::{EXCLUDED_BY_HAND, Hold, Intent, PostingState, Told};
use crate::store::{Attempt, AuditEntry, Chapter, Story};
use crate::wiring;

pub(super) async fn run(global: &Global, arguments: &ShowArguments) -> Result<Exit, Stopped> {
    let ShowArguments::Order { number } = arguments;
    let number = number.trim().trim_start_matches('#');
    let config = setup::config(global)?;
    let store = wiring::open_store(&config, &setup::world()?).await?;
    let stories = store.order_stories(number).await?;
    store.close().await;
    if stories.is_empty() {
        return Err(
            Stopped::new(Exit::Failed, format!("the journal has no order {number}")).with_remedy(
                "`daybook sync` reads what is new; an order that was never bought is not read",
            ),
        );
    }
    let teller = Teller { config: &config };
    if global.json {
        let stories: Vec<Value> = stories.iter().map(|story| teller.as_json(story)).collect();
        line(&json!({ "orders": stories }).to_string());
    } else {
        let texts: Vec<String> = stories.iter().map(|story| teller.as_text(story)).collect();
        line(&texts.join("\n\n"));
    }
    Ok(Exit::Done)
}

/// Tells stories with the configuration's zones and addresses.
struct Teller<'a> {
    config: &'a Config,
}

impl Teller<'_> {
    fn as_text(&self, story: &Story) -> String {
        let zone = self.zone(story);
        let mut text = format!("Order {} of `{}`", story.number, story.route.source);
        let told = told_order(story);
        match &told {
            Some(told) => tell_order(&mut text, told, &zone),
            None if fee::is_of_day(story) => {
                text = format!("Fees {} of `{}`", story.number, story.route.source);
            }
            None => text.push_str(": its record cannot be read"),
        }
        if let Some(fee) = &story.fee {
            fee::tell(&mut text, fee);
        }
        for chapter in &story.chapters {
            text.push('\n');
            self.tell_chapter(&mut text, story, chapter, &zone);
        }
        text
    }

    fn tell_chapter(&self, text: &mut String, story: &Story, chapter: &Chapter, zone: &TimeZone) {
        let posting = &chapter.detail.loaded.posting;
        let other = chapter.detail.other_total();
        let sign = sign(posting, other.is_some());
        let _ = write!(text, "\n{sign} {}", headline(posting, other));
        if let Some(warning) = &posting.warning {
            let _ = write!(text, "\n  ▲ {warning}");
        }
        if let Some(hold) = posting.hold.as_ref().filter(|hold| !hold.remedy.is_empty()) {
            let _ = write!(text, "\n  → {}", hold.remedy);
        }
        if let Some(told) = told(chapter).filter(|_| is_refund(posting)) {
            tell_lines(text, &told);
            if !told.reason.is_empty() {
                let _ = write!(text, "\n  the store's reason: {}", told.reason);
            }
        }
        let expected = &posting.expected;
        if let (Some(total), true) = (expected.total, is_to_be(posting)) {
            let _ = write!(
                text,
                "\n  planned: {}{}{} over {total}{}",
                posting.key.kind.in_words(),
                with(" ", expected.doc_number.as_deref()),
                with(" dated ", expected.date.map(|it| it.to_string()).as_deref()),
                with(
                    " with tax ",
                    expected.tax.map(|it| it.to_string()).as_deref()
                ),
            );
        }
        for need in chapter
            .needs
            .iter()
            .filter(|need| need.kind.as_str() == "customer" || need.state != PostingState::Posted)
        {
            let place = need.target_id.as_ref().map(|id| format!(" (id {id})"));
            let _ = write!(
                text,
                "\n  {} {}: {}{}",
                need.kind.in_words(),
                need.number,
                need.state,
                place.unwrap_or_default()
            );
            if matches!(need.state, PostingState::Held | PostingState::Failed) {
                let said = |said: &Option<String>| said.clone().unwrap_or_default();
                let (why, cause) = (said(&need.reason), said(&need.cause));
                let remedy = said(&need.remedy);
                let _ = write!(text, ": {why} ({cause})\n  → {remedy}");
                let _ = write!(text, "\n  try again: daybook retry {}", need.id);
            }
        }
        let _ = write!(text, "\n  {} first wanted", at(posting.created_at, zone));
        for event in events(chapter) {
            let _ = match event {
                Event::Call(attempt) => write!(
                    text,
                    "\n  {} {}, request {}: {}",
                    at(attempt.begun_at, zone),
                    sent_for(attempt.intent),
                    attempt.call,
                    outcome(attempt),
                ),
                Event::Note(note) => write!(
                    text,
                    "\n  {} {}: {}{}",
                    at(note.created_at, zone),
                    note.actor,
                    note.action,
                    with(", ", Some(note.detail.as_str()).filter(|it| !it.is_empty())),
                ),
            };
        }
        if let Some(receipt) = &posting.receipt {
            let _ = write!(
                text,
                "\n  {}: {}{}, id {}{}{}{}",
                place_in_words(chapter),
                posting.key.kind.in_words(),
                with(" ", receipt.doc_number.as_deref()),
                receipt.target_id,
                with(
                    ", total ",
                    receipt.total.map(|it| it.to_string()).as_deref()
                ),
                with(", tax ", receipt.tax.map(|it| it.to_string()).as_deref()),
                with("\n  ", self.page(story, chapter, receipt).as_deref()),
            );
        }
        let waits = matches!(posting.state, PostingState::Held | PostingState::Failed);
        let left_out = posting.hold.as_ref();
        if waits && posting.intent != Intent::Post && chapter.detail.loaded.link.is_some() {
            let _ = write!(text, "\n  void it: daybook retry {}", posting.id);
        } else if waits {
            let _ = write!(text, "\n  try again: daybook retry {}", posting.id);
        } else if left_out.is_some_and(|hold| hold.cause == EXCLUDED_BY_HAND) {
            let _ = write!(text, "\n  bring it back: daybook retry {}", posting.id);
        }
    }

    fn as_json(&self, story: &Story) -> Value {
        let chapters: Vec<Value> = story
            .chapters
            .iter()
            .map(|chapter| self.chapter_json(story, chapter))
            .collect();
        json!({
            "pipeline": story.route.pipeline,
            "source": story.route.source,
            "number": story.number,
            "store": told_order(story),
            "fee": story.fee.as_ref().map(fee::as_json),
            "record": story.record.as_deref().map(parsed),
            "postings": chapters,
        })
    }

    fn chapter_json(&self, story: &Story, chapter: &Chapter) -> Value {
        let detail = &chapter.detail;
        let posting = &detail.loaded.posting;
        let hold = posting.hold.as_ref();
        let calls: Vec<Value> = detail
            .attempts
            .iter()
            .rev()
            .map(|attempt| {
                json!({
                    "request_id": attempt.call,
                    "slot": attempt.slot,
                    "path": attempt.path,
                    "intent": attempt.intent,
                    "begun_at": attempt.begun_at,
                    "answered_at": attempt.answered_at,
                    "outcome": attempt.outcome,
                    "answer": attempt.answer.as_deref().map(parsed),
                })
            })
            .collect();
        let needs: Vec<Value> = chapter
            .needs
            .iter()
            .map(|need| {
                json!({
                    "id": need.id, "kind": need.kind, "number": need.number,
                    "state": need.state, "target_id": need.target_id,
                })
            })
            .collect();
        let notes: Vec<Value> = chapter
            .notes
            .iter()
            .map(|note| {
                json!({
                    "at": note.created_at, "actor": note.actor,
                    "action": note.action, "detail": note.detail,
                })
            })
            .collect();
        json!({
            "id": posting.id,
            "source_kind": posting.key.source_kind,
            "source_id": posting.key.source_id,
            "kind": posting.key.kind,
            "state": posting.state,
            "intent": posting.intent,
            "date": posting.date,
            "amount": posting.store_amount,
            "warning": posting.warning,
            "cause": hold.map(|hold| &hold.cause).filter(|cause| !cause.is_empty()),
            "reason": hold.map(|hold| &hold.reason),
            "remedy": hold.map(|hold| &hold.remedy).filter(|remedy| !remedy.is_empty()),
            "store": told(chapter),
            "expected": posting.expected,
            "document": Some(posting.body.as_str()).filter(|body| !body.is_empty()).map(parsed),
            "needs": needs,
            "books": posting.receipt,
            "page": posting.receipt.as_ref().and_then(|it| self.page(story, chapter, it)),
            "attempts": posting.attempts,
            "calls": calls,
            "notes": notes,
            "created_at": posting.created_at,
            "updated_at": posting.updated_at,
            "posted_at": detail.posted_at,
        })
    }

    /// The document's page in QuickBooks, where there is one still.
    fn page(&self, story: &Story, chapter: &Chapter, receipt: &Receipt) -> Option<String> {
        let loaded = &chapter.detail.loaded;
        let (realm, kind) = (&story.route.realm, loaded.posting.key.kind);
        if loaded.link.is_none() && !is_voided(&loaded.posting) {
            return None;
        }
        wiring::web_page(self.config, realm, kind, &receipt.target_id)
    }

    /// The store's calendar.
    fn zone(&self, story: &Story) -> TimeZone {
        self.config
            .pipeline(story.route.pipeline.as_str())
            .map_or(TimeZone::UTC, |pipeline| pipeline.timezone.clone())
    }
}

fn told_order(story: &Story) -> Option<Told> {
    let record = story.record.as_deref()?;
    wiring::told(crate::domain::SourceKind::Order, record)
}

fn told(chapter: &Chapter) -> Option<Told> {
    let posting = &chapter.detail.loaded.posting;
    wiring::told(posting.key.source_kind, chapter.detail.record.as_deref()?)
}

/// What happened to a posting.
enum Event<'c> {
    Call(&'c Attempt),
    Note(&'c AuditEntry),
}

impl Event<'_> {
    fn at(&self) -> Timestamp {
        match self {
            Self::Call(attempt) => attempt.begun_at,
            Self::Note(note) => note.created_at,
        }
    }
}

/// All of it, in the order in which it happened.
fn events(chapter: &Chapter) -> Vec<Event<'_>> {
    let calls = chapter.detail.attempts.iter().rev().map(Event::Call);
    let mut events: Vec<Event<'_>> = calls.chain(chapter.notes.iter().map(Event::Note)).collect();
    events.sort_by_key(Event::at);
    events
}

fn sent_for(intent: Intent) -> &'static str {
    match intent {
        Intent::Post => "sent",
        Intent::Void => "sent to be voided",
        Intent::Undo => "sent to be deleted again",
    }
}

fn outcome(attempt: &Attempt) -> String {
    let answer = attempt.answer.as_deref();
    let receipt: Option<Receipt> = answer.and_then(|it| serde_json::from_str(it).ok());
    let hold: Option<Hold> = answer.and_then(|it| serde_json::from_str(it).ok());
    let id = receipt.map_or_else(String::new, |receipt| {
        let total = receipt.total.map(|total| format!(", total {total}"));
        format!("id {}{}", receipt.target_id, total.unwrap_or_default())
    });
    let why = hold.map_or_else(String::new, |hold| format!(": {}", hold.reason));
    match attempt.outcome.as_deref() {
        None => "no answer yet".to_owned(),
        Some("posted") => format!("in the books, {id}"),
        Some("mismatch") => format!("came out with other amounts, {id}"),
        Some("reversed") if attempt.intent == Intent::Undo => "deleted".to_owned(),
        Some("reversed") => "voided".to_owned(),
        Some("held") => format!("refused{why}"),
        Some("gone") => format!("no longer in the books{why}"),
        Some("requeued") => format!("put off{why}"),
        Some("refreshed") => "only its version had risen; sent again with that".to_owned(),
        Some("renamed") => "the name was taken; sent again under the other one".to_owned(),
        Some("withdrawn") => "did not arrive; taken back".to_owned(),
        Some(other) => format!("{other}{why}"),
    }
}

fn with(before: &str, text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!("{before}{text}"))
}

/// JSON as it is; a text that is none stays text.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}
