//! `daybook check`: reaches both systems and holds the mapping against the books; names every fix.

use kit::Source;
use serde_json::json;

use super::Global;
use super::output::{Exit, Stopped, line};
use super::setup;
use crate::config::Config;
use crate::domain::ConnectionName;
use crate::engine::RunError;
use crate::wiring::{self, Hooked};

/// One thing that was checked.
struct Finding {
    what: String,
    result: Result<String, (String, String)>,
    exit: Exit,
}

pub(super) async fn run(global: &Global) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let world = setup::world()?;
    let program = wiring::build(&config, world).await?;
    let mut findings = vec![Finding {
        what: format!("configuration {}", global.config.display()),
        result: Ok(format!("{} pipelines", config.pipelines.len())),
        exit: Exit::Done,
    }];
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
        let books_reached = findings.iter().any(|finding| {
            finding.what == format!("company `{}`", pipeline.target_name) && finding.result.is_ok()
        });
        if !books_reached {
            continue; // one trouble is said once
        }
        let result = program.engine.check_mapping(&pipeline.name).await;
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
        return Finding {
            what,
            result: Ok("all are active".to_owned()),
            exit: Exit::Done,
        };
    }
    let remedy = "`daybook webhooks install` makes and wakes them; without them changes are found \
                  at the next look";
    Finding {
        what,
        result: Err((troubles.join(", "), remedy.to_owned())),
        exit: Exit::Failed,
    }
}

fn reached(what: String, result: Result<String, kit::Failure>) -> Finding {
    match result {
        Ok(found) => Finding {
            what,
            result: Ok(found),
            exit: Exit::Done,
        },
        Err(failure) => {
            let remedy = failure.remedy().to_owned();
            let message = failure.to_string();
            let exit = Stopped::from(failure).exit();
            Finding {
                what,
                result: Err((message, remedy)),
                exit,
            }
        }
    }
}

fn mapped(what: String, result: Result<(), RunError>) -> Finding {
    match result {
        Ok(()) => Finding {
            what,
            result: Ok("every name is in the books".to_owned()),
            exit: Exit::Done,
        },
        Err(error) => {
            let result = Err((error.to_string(), error.remedy()));
            Finding {
                what,
                result,
                exit: Stopped::from(error).exit(),
            }
        }
    }
}

fn print(findings: &[Finding], as_json: bool) {
    if as_json {
        let checks: Vec<_> = findings
            .iter()
            .map(|finding| match &finding.result {
                Ok(found) => json!({ "what": finding.what, "ok": true, "found": found }),
                Err((problem, remedy)) => {
                    json!({ "what": finding.what, "ok": false, "problem": problem, "remedy": remedy })
                }
            })
            .collect();
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
    }
}
