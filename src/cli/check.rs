//! `daybook check`: reaches both systems and holds the mapping against what both have; names every fix
//! and prints the lines of the configuration that make it.

use kit::Source;
use serde_json::{Value, json};

use super::Global;
use super::output::{Exit, Stopped, line};
use super::setup;
use crate::config::Config;
use crate::domain::finding::toml;
use crate::domain::{ConnectionName, Finding as Point, Weight};
use crate::engine::RunError;
use crate::wiring::{self, Hooked};

/// One thing that was checked.
struct Finding {
    what: String,
    result: Result<String, (String, String)>,
    exit: Exit,
    /// What comparing a mapping brought.
    points: Vec<Point>,
}

impl Finding {
    fn well(what: String, found: impl Into<String>) -> Self {
        Self {
            what,
            result: Ok(found.into()),
            exit: Exit::Done,
            points: Vec::new(),
        }
    }

    fn wrong(what: String, problem: String, remedy: impl Into<String>, exit: Exit) -> Self {
        Self {
            what,
            result: Err((problem, remedy.into())),
            exit,
            points: Vec::new(),
        }
    }
}

pub(super) async fn run(global: &Global) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let world = setup::world()?;
    let program = wiring::build(&config, world).await?;
    let mut findings = vec![Finding::well(
        format!("configuration {}", global.config.display()),
        format!("{} pipelines", config.pipelines.len()),
    )];
    for (name, store) in &program.stores {
        findings.push(reached(format!("store `{name}`"), store.check().await));
    }
    for (name, store) in &program.stores {
        if let Some(url) = webhooks_of(&config, name) {
            findings.push(hooked(name, store.webhooks(&url).await));
        }
    }
    for (name, books) in &program.companies {
        findings.push(reached(
            format!("company `{name}`"),
            books.target.check().await,
        ));
    }
    for pipeline in program.engine.pipelines() {
        let reached = |what: String| {
            let mut sound = findings.iter().filter(|finding| finding.result.is_ok());
            sound.any(|finding| finding.what == what)
        };
        if !reached(format!("company `{}`", pipeline.target_name)) {
            continue; // one trouble is said once
        }
        let ask_store = reached(format!("store `{}`", pipeline.route.source));
        let result = program
            .engine
            .check_mapping(&pipeline.name, ask_store)
            .await;
        findings.push(mapped(format!("mapping of `{}`", pipeline.name), result));
    }
    program.store.close().await;
    print(&findings, global.json);
    Ok(findings
        .iter()
        .map(|finding| finding.exit)
        .find(|exit| *exit != Exit::Done)
        .unwrap_or(Exit::Done))
}

/// Where the webhooks of a store go that are wanted.
fn webhooks_of(config: &Config, name: &ConnectionName) -> Option<url::Url> {
    config.store(name)?.webhook_secret.as_ref()?;
    wiring::webhook_url(config, name)
}

fn hooked(
    name: &ConnectionName,
    result: Result<Vec<(&'static str, Hooked)>, kit::Failure>,
) -> Finding {
    let what = format!("webhooks of `{name}`");
    let hooks = match result {
        Ok(hooks) => hooks,
        Err(failure) => return reached(what, Err(failure)),
    };
    let troubles: Vec<String> = hooks
        .iter()
        .filter_map(|(topic, hooked)| match hooked {
            Hooked::Active => None,
            Hooked::Idle(_, status) => Some(format!("{topic} is {status}")),
            Hooked::Missing => Some(format!("{topic} is missing")),
        })
        .collect();
    if troubles.is_empty() {
        return Finding::well(what, "all are active");
    }
    let remedy = "`daybook webhooks install` makes and wakes them; without them changes are found \
                  at the next look";
    Finding::wrong(what, troubles.join(", "), remedy, Exit::Failed)
}

fn reached(what: String, result: Result<String, kit::Failure>) -> Finding {
    match result {
        Ok(found) => Finding::well(what, found),
        Err(failure) => {
            let remedy = failure.remedy().to_owned();
            let message = failure.to_string();
            Finding::wrong(what, message, remedy, Stopped::from(failure).exit())
        }
    }
}

fn mapped(what: String, result: Result<Vec<Point>, RunError>) -> Finding {
    let points = match result {
        Ok(points) => points,
        Err(error) => {
            let (message, remedy) = (error.to_string(), error.remedy());
            return Finding::wrong(what, message, remedy, Stopped::from(error).exit());
        }
    };
    let is_error = |point: &&Point| point.weight == Weight::Error;
    let errors = points.iter().filter(is_error).count();
    let remarks = points.len() - errors;
    let mut finding = match (errors, remarks) {
        (0, 0) => Finding::well(what, "every name is in the books"),
        (0, _) => {
            let found = format!("every name is in the books; {}", count(remarks, "remark"));
            Finding::well(what, found)
        }
        (_, _) => {
            let problem = format!(
                "{} would hold orders or end runs, and {}",
                count(errors, "point"),
                count(remarks, "remark")
            );
            let remedy = "correct the mapping in the configuration: what to do and the lines to paste are below";
            Finding::wrong(what, problem, remedy, Exit::Usage)
        }
    };
    finding.points = points;
    finding
}

fn count(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {what}{s}")
}

fn print(findings: &[Finding], as_json: bool) {
    if as_json {
        let checks: Vec<Value> = findings.iter().map(as_value).collect();
        line(&json!({ "checks": checks }).to_string());
        return;
    }
    for finding in findings {
        match &finding.result {
            Ok(found) => line(&format!("✓ {}: {found}", finding.what)),
            Err((problem, remedy)) => {
                line(&format!("! {}: {problem}", finding.what));
                line(&format!("  → {remedy}"));
            }
        }
        print_points(finding);
    }
}

fn print_points(finding: &Finding) {
    for point in &finding.points {
        let mark = match point.weight {
            Weight::Error => "!",
            Weight::Remark => "·",
        };
        line(&format!("  {mark} {} ({})", point.what, point.point.code()));
        line(&format!("    {}", point.why));
        line(&format!("    → {}", point.remedy));
    }
    let lines = toml(&finding.points);
    if lines.is_empty() {
        return;
    }
    line(&format!(
        "  Lines for the {}, below its [[pipelines]]; where a section stands there already they go into it, and what \
         is behind # waits:",
        finding.what
    ));
    line("");
    line(lines.trim_end());
    line("");
}

fn as_value(finding: &Finding) -> Value {
    let mut value = match &finding.result {
        Ok(found) => json!({ "what": finding.what, "ok": true, "found": found }),
        Err((problem, remedy)) => {
            json!({ "what": finding.what, "ok": false, "problem": problem, "remedy": remedy })
        }
    };
    if finding.what.starts_with("mapping of ")
        && let Some(members) = value.as_object_mut()
    {
        let points: Vec<Value> = finding.points.iter().map(point_as_value).collect();
        members.insert("findings".to_owned(), Value::from(points));
        members.insert("toml".to_owned(), Value::from(toml(&finding.points)));
    }
    value
}

fn point_as_value(point: &Point) -> Value {
    json!({
        "code": point.point.code(),
        "weight": point.weight.as_str(),
        "what": point.what,
        "why": point.why,
        "remedy": point.remedy,
        "toml": point.toml(),
    })
}
