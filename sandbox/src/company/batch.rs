//! Batch calls. FACTS: QuickBooks §10.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::calls::{admit, outcome_fragment, parse_object, query_fragment, run};
use super::dispatch::{Obstacles, fault_reply};
use super::fault::Fault;
use super::json::{self, Object};
use super::kind::Kind;
use super::plan::RequestView;
use super::quirks::BatchOrder;
use super::replay::{Admission, Outcome, fingerprint};
use super::reply::{Reply, fault_fragment};
use super::shared::{Shared, lock};
use super::write::{Operation, Write};

/// What an item asks for.
enum Task {
    Query(String),
    Write {
        write: Write,
        request_id: Option<String>,
        body: u64,
    },
    Known(Outcome),
    Refused(Fault),
}

/// Serves a batch call: 200 with one answer per item.
pub(super) async fn serve(
    shared: &Shared,
    view: &RequestView,
    parameters: &HashMap<String, String>,
    obstacles: &Obstacles,
) -> Reply {
    let items = match items(shared, &view.body) {
        Ok(items) => items,
        Err(fault) => return fault_reply(shared, &fault),
    };
    lock(&shared.counters).tally(|counts| {
        counts.batch_calls += 1;
        counts.batch_items += items.len() as u64;
    });
    let request_id = parameters
        .get("requestid")
        .map(String::as_str)
        .filter(|id| !id.is_empty());
    let mut tasks = Vec::with_capacity(items.len());
    for (id, item) in items {
        let task = prepare(shared, &id, item, request_id).await;
        tasks.push((id, task));
    }
    let latency = {
        let latency = lock(&shared.latency);
        latency.batch_call + latency.batch_item * u32::try_from(tasks.len()).unwrap_or(u32::MAX)
    };
    obstacles.pass(latency).await;
    let mut answers = Vec::with_capacity(tasks.len());
    for (done, (id, task)) in tasks.into_iter().enumerate() {
        if obstacles.cut_after_items.is_some_and(|most| done >= most) {
            abandon(shared, &task);
            continue;
        }
        let fragment = perform(shared, task);
        answers.push(format!("{{{fragment},\"bId\":{}}}", json::quoted(&id)));
    }
    if obstacles.cut_after_items.is_some() {
        shared.replay_done.notify_waiters();
        return Reply::Cut;
    }
    let company = lock(&shared.company);
    if company.quirks.batch_order == BatchOrder::Reversed {
        answers.reverse();
    }
    let fragment = format!("\"BatchItemResponse\":[{}]", answers.join(","));
    Reply::enveloped(200, &fragment, &company.stamps, shared.now())
}

/// The items with their bIds, which must be there, unique and few enough.
fn items(shared: &Shared, body: &str) -> Result<Vec<(String, Object)>, Fault> {
    let mut request = parse_object(body)?;
    let Some(Value::Array(list)) = request.remove("BatchItemRequest") else {
        return Err(Fault::required("BatchItemRequest"));
    };
    let most = lock(&shared.limits).batch_items;
    if list.len() > most {
        let text = format!("The number of items in a batch must not exceed {most}");
        return Err(Fault::business(&text));
    }
    let mut seen = HashSet::new();
    let mut items = Vec::with_capacity(list.len());
    for item in list {
        let Value::Object(item) = item else {
            return Err(Fault::required("BatchItemRequest"));
        };
        let id = json::text(&item, "bId")
            .ok_or_else(|| Fault::required("bId"))?
            .to_owned();
        if !seen.insert(id.clone()) {
            return Err(Fault::business("bId must be unique within a batch"));
        }
        items.push((id, item));
    }
    Ok(items)
}

/// Reads an item and looks its request id up, before any time passes.
async fn prepare(shared: &Shared, id: &str, item: Object, request_id: Option<&str>) -> Task {
    if let Some(statement) = json::text(&item, "Query") {
        return Task::Query(statement.to_owned());
    }
    let (write, body) = match write_of(item) {
        Ok(found) => found,
        Err(fault) => return Task::Refused(fault),
    };
    // FACTS: QuickBooks §3: the effective id is requestid followed by bId
    let request_id = request_id.map(|request_id| format!("{request_id}{id}"));
    match admit(shared, request_id.as_deref(), body).await {
        Ok(Admission::Known(outcome)) => Task::Known(outcome),
        Ok(_) => Task::Write {
            write,
            request_id,
            body,
        },
        Err(fault) => Task::Refused(fault),
    }
}

fn write_of(mut item: Object) -> Result<(Write, u64), Fault> {
    let options = json::text(&item, "optionsData")
        .unwrap_or_default()
        .to_owned();
    let operation = match json::text(&item, "operation") {
        Some(name) if name.eq_ignore_ascii_case("create") => Operation::Create,
        Some(name) if name.eq_ignore_ascii_case("update") && options == "void" => Operation::Void,
        Some(name) if name.eq_ignore_ascii_case("update") => Operation::Update,
        Some(name) if name.eq_ignore_ascii_case("delete") => Operation::Delete,
        Some(other) => return Err(Fault::unsupported(other)),
        None => return Err(Fault::required("operation")),
    };
    let entity = item.keys().find_map(|key| {
        Kind::from_name(key)
            .filter(|kind| kind.name() == key)
            .map(|kind| (kind, key.clone()))
    });
    let (kind, key) = entity.ok_or_else(|| Fault::required("entity"))?;
    let Some(Value::Object(body)) = item.remove(&key) else {
        return Err(Fault::required(kind.name()));
    };
    let what = format!("{}{operation:?}{options}", kind.name());
    let print = fingerprint(&what, &json::to_text(&body));
    let allow_duplicate_number = options.eq_ignore_ascii_case("allowduplicatedocnum");
    Ok((
        Write {
            kind,
            operation,
            body,
            allow_duplicate_number,
        },
        print,
    ))
}

fn perform(shared: &Shared, task: Task) -> String {
    match task {
        Task::Query(statement) => {
            lock(&shared.counters).tally(|counts| counts.metered_reads += 1);
            let company = lock(&shared.company);
            query_fragment(&company, &statement).unwrap_or_else(|fault| fault_fragment(&fault))
        }
        Task::Write {
            write,
            request_id,
            body,
        } => {
            let outcome = run(shared, write, request_id.as_deref(), body);
            outcome_fragment(&lock(&shared.company), &outcome)
        }
        Task::Known(outcome) => outcome_fragment(&lock(&shared.company), &outcome),
        Task::Refused(fault) => fault_fragment(&fault),
    }
}

/// An item that never took effect leaves its request id free.
fn abandon(shared: &Shared, task: &Task) {
    if let Task::Write {
        request_id: Some(id),
        ..
    } = task
    {
        lock(&shared.replays).abandon(id);
    }
}
