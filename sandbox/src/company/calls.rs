//! The calls below `/v3/company/{realm}/`: which they are and what they answer.
//! FACTS: QuickBooks §1.

use std::collections::HashMap;

use serde_json::Value;

use super::batch;
use super::changes;
use super::dispatch::{Obstacles, fault_reply};
use super::fault::Fault;
use super::json::{self, Object};
use super::kind::Kind;
use super::money::Currency;
use super::plan::RequestView;
use super::query;
use super::replay::{Admission, LONGEST, Outcome, fingerprint};
use super::reply::{Reply, fault_fragment, member};
use super::shared::{Shared, lock};
use super::state::{Answer, Company};
use super::tokens::values;
use super::write::{Operation, Write};

/// Serves what stands behind the realm in the path.
pub(super) async fn serve(
    shared: &Shared,
    view: &RequestView,
    rest: &str,
    obstacles: &Obstacles,
) -> Reply {
    let parameters = values(&view.query);
    let (head, id) = rest
        .trim_end_matches('/')
        .split_once('/')
        .unwrap_or((rest, ""));
    let head = head.trim_end_matches('/').to_ascii_lowercase();
    if view.method == "POST" {
        return match head.as_str() {
            "batch" => batch::serve(shared, view, &parameters, obstacles).await,
            "query" => {
                let statement = view.body.clone();
                read(shared, obstacles, move |company| {
                    query_fragment(company, &statement)
                })
                .await
            }
            _ => match Kind::from_name(&head) {
                Some(kind) if id.is_empty() => {
                    single_write(shared, view, kind, &parameters, obstacles).await
                }
                _ => not_a_path(shared),
            },
        };
    }
    if view.method != "GET" {
        return not_a_path(shared);
    }
    let value = |name: &str| parameters.get(name).cloned().unwrap_or_default();
    match head.as_str() {
        "query" => {
            let statement = value("query");
            read(shared, obstacles, move |company| {
                query_fragment(company, &statement)
            })
            .await
        }
        "cdc" => {
            let (entities, since) = (value("entities"), value("changedSince"));
            let now = shared.now();
            let answer = move |company: &Company| changes::changes(company, &entities, &since, now);
            read(shared, obstacles, answer).await
        }
        "companyinfo" => {
            read(shared, obstacles, |company| {
                Ok(member("CompanyInfo", &company.show_info()))
            })
            .await
        }
        "preferences" => {
            read(shared, obstacles, |company| {
                let shown = company.show_single(
                    &company.preferences.to_object(),
                    company.preferences_changes,
                );
                Ok(member("Preferences", &shown))
            })
            .await
        }
        "exchangerate" => {
            let (source, date) = (value("sourcecurrencycode"), value("asofdate"));
            let now = shared.now();
            read(shared, obstacles, move |company| {
                let today = company.stamps.today(now).to_string();
                exchange_rate(
                    company,
                    &source,
                    if date.is_empty() { &today } else { &date },
                )
            })
            .await
        }
        _ => match Kind::from_name(&head) {
            Some(kind) if !id.is_empty() => {
                let id = id.to_owned();
                read(shared, obstacles, move |company| {
                    let stored = company.read(kind, &id)?;
                    Ok(member(kind.name(), &company.show(kind, &stored.version)))
                })
                .await
            }
            _ => not_a_path(shared),
        },
    }
}

/// 404: unknown path. FACTS: QuickBooks §5.2.
fn not_a_path(shared: &Shared) -> Reply {
    let message = "An application error has occurred while processing your request";
    let detail = "System Failure Error: Could not find resource for relative path";
    fault_reply(
        shared,
        &Fault::new(404, "SystemFault", 10_000, message, detail, None),
    )
}

/// A metered read: waits its time, then answers from the books.
async fn read(
    shared: &Shared,
    obstacles: &Obstacles,
    answer: impl FnOnce(&Company) -> Result<String, Fault>,
) -> Reply {
    lock(&shared.counters).tally(|counts| counts.metered_reads += 1);
    let latency = lock(&shared.latency).read;
    obstacles.pass(latency).await;
    let company = lock(&shared.company);
    match answer(&company) {
        Ok(fragment) => Reply::enveloped(200, &fragment, &company.stamps, shared.now()),
        Err(fault) => {
            let in_http_200 = company.quirks.faults_in_http_200;
            Reply::fault(&fault, &company.stamps, shared.now(), in_http_200)
        }
    }
}

/// `"QueryResponse":{…}`.
pub(super) fn query_fragment(company: &Company, statement: &str) -> Result<String, Fault> {
    Ok(member("QueryResponse", &query::run(company, statement)?))
}

fn exchange_rate(company: &Company, source: &str, date: &str) -> Result<String, Fault> {
    let currency = Currency::from_code(source)
        .ok_or_else(|| Fault::invalid_enumeration("sourcecurrencycode", source))?;
    let home = company.preferences.home_currency;
    let known = company
        .exchange_rates
        .iter()
        .find(|(known, _)| *known == currency);
    let rate = match known {
        Some((_, rate)) => json::plain(*rate),
        None if currency == home => Value::from(1),
        None => return Err(Fault::not_found()),
    };
    let opened = company.stamps.seconds(company.opened);
    let body = serde_json::json!({
        "domain": "QBO", "sparse": false,
        "SourceCurrencyCode": currency.code(), "TargetCurrencyCode": home.code(),
        "Rate": rate, "AsOfDate": date, "MetaData": { "LastUpdatedTime": opened }
    });
    Ok(member("ExchangeRate", &body.to_string()))
}

async fn single_write(
    shared: &Shared,
    view: &RequestView,
    kind: Kind,
    parameters: &HashMap<String, String>,
    obstacles: &Obstacles,
) -> Reply {
    lock(&shared.counters).tally(|counts| counts.writes += 1);
    let write = match single(view, kind, parameters) {
        Ok(write) => write,
        Err(fault) => return fault_reply(shared, &fault),
    };
    let request_id = parameters
        .get("requestid")
        .map(String::as_str)
        .filter(|id| !id.is_empty());
    let what = format!(
        "{}{:?}{}",
        kind.name(),
        write.operation,
        write.allow_duplicate_number
    );
    let body = fingerprint(&what, &view.body);
    let outcome = match admit(shared, request_id, body).await {
        Ok(Admission::Known(outcome)) => outcome,
        Ok(_) => {
            let latency = lock(&shared.latency).write;
            obstacles.pass(latency).await;
            run(shared, write, request_id, body)
        }
        Err(fault) => return fault_reply(shared, &fault),
    };
    match outcome {
        Outcome::Done(answer) => {
            let company = lock(&shared.company);
            let fragment = company.show_answer(&answer);
            Reply::enveloped(200, &fragment, &company.stamps, shared.now())
        }
        Outcome::Refused(fault) => fault_reply(shared, &fault),
    }
}

/// The write of a call of its own.
fn single(
    view: &RequestView,
    kind: Kind,
    parameters: &HashMap<String, String>,
) -> Result<Write, Fault> {
    let listed = parameters
        .get("include")
        .map(String::as_str)
        .unwrap_or_default();
    let included = |what: &str| listed.split(',').any(|one| one.eq_ignore_ascii_case(what));
    let operation = match parameters.get("operation").map(String::as_str) {
        Some("delete") => Operation::Delete,
        // FACTS: QuickBooks §6: invoices are voided by operation, receipts and payments by include
        Some("void") if matches!(kind, Kind::SalesReceipt | Kind::Payment) => {
            return Err(Fault::unsupported("void"));
        }
        Some("void") => Operation::Void,
        _ if included("void") => Operation::Void,
        Some("update") => Operation::Update,
        Some("create") => Operation::Create,
        None => Operation::Save,
        Some(other) => return Err(Fault::unsupported(other)),
    };
    let body = parse_object(&view.body)?;
    Ok(Write {
        kind,
        operation,
        body,
        allow_duplicate_number: included("allowduplicatedocnum"),
    })
}

/// A body that must be a JSON object.
pub(super) fn parse_object(text: &str) -> Result<Object, Fault> {
    serde_json::from_str::<Object>(text).map_err(|error| {
        let detail = format!("Invalid input: {error}");
        Fault::validation(500, "Unsupported Operation", detail, "")
    })
}

/// Waits until a request id is free and tells what it stands for. FACTS:
/// QuickBooks §3: at most 50 characters, else 6000.
pub(super) async fn admit(
    shared: &Shared,
    request_id: Option<&str>,
    body: u64,
) -> Result<Admission, Fault> {
    let Some(id) = request_id else {
        return Ok(Admission::Run);
    };
    if id.chars().count() > LONGEST {
        let text = "You cannot enter more than 50 characters in the request_id field";
        return Err(Fault::business(text));
    }
    loop {
        let waiting = shared.replay_done.notified();
        tokio::pin!(waiting);
        waiting.as_mut().enable();
        let quirks = lock(&shared.company).quirks.clone();
        let admission = lock(&shared.replays).begin(id, body, &quirks, shared.now())?;
        match admission {
            Admission::Wait => waiting.await,
            Admission::Known(outcome) => {
                lock(&shared.counters).tally(|counts| counts.replayed += 1);
                return Ok(Admission::Known(outcome));
            }
            Admission::Run => return Ok(Admission::Run),
        }
    }
}

/// Does a write and remembers its outcome under its request id.
pub(super) fn run(shared: &Shared, write: Write, request_id: Option<&str>, body: u64) -> Outcome {
    let number = json::text(&write.body, "DocNumber").map(str::to_owned);
    let planned = number.and_then(|number| lock(&shared.plans).take_refusal(&number));
    let now = shared.now();
    let result: Result<Answer, Fault> = match planned {
        Some(fault) => Err(fault),
        None => lock(&shared.company).write(write, now),
    };
    if result.is_ok() {
        lock(&shared.counters).tally(|counts| counts.objects_written += 1);
    }
    if let Some(id) = request_id {
        let quirks = lock(&shared.company).quirks.clone();
        lock(&shared.replays).finish(id, body, &result, &quirks, now);
        shared.replay_done.notify_waiters();
    }
    match result {
        Ok(answer) => Outcome::Done(answer),
        Err(fault) => Outcome::Refused(fault.into()),
    }
}

/// The fragment of an outcome, as it stands in a batch answer.
pub(super) fn outcome_fragment(company: &Company, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(answer) => company.show_answer(answer),
        Outcome::Refused(fault) => fault_fragment(fault),
    }
}
