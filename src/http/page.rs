//! One plain page: is it running, is anything missing, is there something to do.

use std::fmt::Write;

use axum::extract::State;
use axum::response::Html;
use jiff::civil::Date;
use serde_json::Value;

use super::problem::ApiProblem;
use super::router::{App, Shared};
use super::status;
use crate::store::{CauseGroup, GroupBy, Reconciliation, StoreError};

const STYLE: &str = include_str!("../../web/assets/plain.css");

/// `GET /`
pub(super) async fn show(State(app): State<Shared>) -> Result<Html<String>, ApiProblem> {
    Ok(Html(render(&app).await?))
}

async fn render(app: &App) -> Result<String, StoreError> {
    let status = status::status(app).await?;
    let mut body = String::new();
    for pipeline in app.engine.pipelines() {
        let sums = app
            .store
            .reconcile(Date::MIN, Date::MAX, GroupBy::Status, Some(&pipeline.name))
            .await?;
        let held = app.store.held_by_cause(Some(&pipeline.name)).await?;
        let view = status
            .get("pipelines")
            .and_then(Value::as_array)
            .and_then(|views| {
                views
                    .iter()
                    .find(|view| text(view, "/name") == Some(pipeline.name.as_str()))
            });
        section(
            &mut body,
            pipeline.name.as_str(),
            view.unwrap_or(&Value::Null),
            &sums,
            &held,
        );
    }
    let refresh = if app.engine.active_runs().is_empty() {
        30
    } else {
        2
    };
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"refresh\" content=\"{refresh}\"><title>daybook</title>\
         <style>{STYLE}</style></head><body><header><h1>daybook</h1></header><main>{body}</main>\
         <footer>As of {}. For machines: <a href=\"/status\">/status</a>, \
         <a href=\"/api/sync/runs\">/api/sync/runs</a>.</footer></body></html>\n",
        app.clock.now().strftime("%-d %B %Y, %H:%M:%S UTC"),
    ))
}

fn section(out: &mut String, name: &str, view: &Value, sums: &Reconciliation, held: &[CauseGroup]) {
    let _ = write!(
        out,
        "<section><h2>{}</h2><p class=\"answer\">{}</p>",
        escape(name),
        sentence(view, held)
    );
    out.push_str(
        "<table><caption>Store and books</caption><thead><tr><th>Currency<th class=\"n\">Store\
         <th class=\"n\">Posted<th class=\"n\">Held<th class=\"n\">Excluded<th class=\"n\">Difference</thead><tbody>",
    );
    for total in &sums.totals {
        let _ = write!(out, "<tr><td>{}", total.currency);
        for figure in [
            total.store,
            total.posted,
            total.held,
            total.excluded,
            total.difference,
        ] {
            let _ = write!(out, "<td class=\"n\">{}", figure_text(figure));
        }
    }
    out.push_str("</tbody></table>");
    if !held.is_empty() {
        out.push_str("<table><caption>Waits for you</caption><thead><tr><th>Why<th class=\"n\">Documents<th>What to do</thead><tbody>");
        for group in held {
            let known = crate::domain::cause(&group.cause);
            let _ = write!(
                out,
                "<tr><td>{} <small>{}</small><td class=\"n\">{}<td>{}",
                escape(known.map_or("", |cause| cause.meaning)),
                escape(&group.cause),
                group.count,
                escape(known.map_or("", |cause| cause.remedy)),
            );
        }
        out.push_str("</tbody></table>");
    }
    out.push_str("</section>");
}

/// The answer first.
fn sentence(view: &Value, held: &[CauseGroup]) -> String {
    let waiting: u64 = held.iter().map(|group| group.count).sum();
    let posted = view.get("posted").and_then(Value::as_u64).unwrap_or(0);
    let now = match text(view, "/state") {
        Some("running") => "A run is active.".to_owned(),
        _ => match text(view, "/last_run/status") {
            Some("failed") => format!(
                "The last run failed: {}.",
                escape(text(view, "/last_run/error").unwrap_or("see the log")),
            ),
            Some(_) => "No run is active.".to_owned(),
            None => "No run was made yet.".to_owned(),
        },
    };
    match waiting {
        0 => format!("{posted} entries are in the books, nothing waits for you. {now}"),
        1 => format!("1 entry waits for you; {posted} are in the books. {now}"),
        _ => format!("{waiting} entries wait for you; {posted} are in the books. {now}"),
    }
}

fn text<'v>(view: &'v Value, pointer: &str) -> Option<&'v str> {
    view.pointer(pointer)?.as_str()
}

/// A figure with at least two decimals and a true minus.
fn figure_text(figure: rust_decimal::Decimal) -> String {
    let mut figure = figure.normalize();
    if figure.scale() < 2 {
        figure.rescale(2);
    }
    figure.to_string().replace('-', "\u{2212}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
