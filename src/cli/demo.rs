//! `daybook demo`: a simulated store and company, an empty database, a full sync, the pages. Needs no
//! accounts; nothing leaves the machine.

use std::path::Path;

use clap::ValueEnum;
use jiff::civil::Date;
use rust_decimal::dec;
use sandbox::company::{AppliesTo, CompanyContents, CompanyOptions, CompanyServer, Kind, Limits};
use sandbox::store::{GenerateOptions, Seed, StoreContents, StoreOptions, StoreServer};
use serde_json::json;
use tempfile::TempDir;

use super::output::{Exit, Stopped, complain, line, table};
use super::{DemoArguments, Global, reconcile, run, setup, sync};
use crate::config::Config;
use crate::domain::{PipelineName, Route, RunOptions, Trigger};
use crate::engine::Progress;
use crate::http::Access;
use crate::store::{GroupBy, Reconciliation, Store};
use crate::wiring::{self, Program};

/// The simulated company takes so many times Intuit's rates, so that a demo is short.
const RATE: u32 = 10;
/// The same store each time.
const SEED: Seed = Seed(20_261_121);

/// The country whose taxes the store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Regime {
    /// United States: prices without tax, automated sales tax
    Us,
    /// United Kingdom: prices with VAT
    Uk,
    /// Canada: GST with QST or PST
    Ca,
    /// Australia: prices with GST
    Au,
}

/// Both simulated systems; they end when this is dropped.
struct Systems {
    store: StoreServer,
    company: CompanyServer,
}

pub(super) async fn run(global: &Global, arguments: &DemoArguments) -> Result<Exit, Stopped> {
    let folder = TempDir::with_prefix("daybook-demo-")
        .map_err(|error| Stopped::new(Exit::Failed, format!("no temporary folder: {error}")))?;
    let systems = start(arguments).await?;
    let config = configuration(&systems, arguments, folder.path())?;
    crate::telemetry::start(&config.log);
    let listener = if arguments.once {
        None // nothing is served
    } else {
        Some(run::listen(arguments.listen, "`--listen`").await?)
    };
    let world = setup::world()?;
    let clock = world.clock.clone();
    let program = wiring::build(&config, world).await?;
    if !global.json {
        complain(&format!(
            "A simulated store with {} orders and a simulated QuickBooks company; nothing leaves this machine.",
            arguments.orders
        ));
    }
    let progress = sync_all(&program, global.json).await?;
    report(&program, &systems, &progress, global.json).await?;
    let Some(listener) = listener else {
        program.store.close().await;
        return Ok(if progress.trouble.is_some() {
            Exit::Failed
        } else {
            Exit::Done
        });
    };
    let address = listener.local_addr().unwrap_or(arguments.listen);
    complain(&format!(
        "\nThe pages are at http://{address} until you press Ctrl-C."
    ));
    run::serve(&program, listener, Access::default(), clock).await?;
    Ok(Exit::Done)
}

async fn start(arguments: &DemoArguments) -> Result<Systems, Stopped> {
    use sandbox::company::Regime as Company;
    use sandbox::store::Regime as Shop;
    let (shop, company) = match arguments.regime {
        Regime::Us => (Shop::Us, Company::UsAst),
        Regime::Uk => (Shop::Uk, Company::Uk),
        Regime::Ca => (Shop::Ca, Company::Ca),
        Regime::Au => (Shop::Au, Company::Au),
    };
    let orders = usize::try_from(arguments.orders).unwrap_or(usize::MAX);
    let options = GenerateOptions {
        orders,
        regime: shop,
        customers: u64::from(arguments.orders / 4).max(3),
        ..GenerateOptions::default()
    };
    let not_started = |error: String| {
        Stopped::new(
            Exit::Failed,
            format!("the simulated systems cannot be started: {error}"),
        )
    };
    let store = StoreServer::start(StoreOptions::new(StoreContents::generate(SEED, &options)))
        .await
        .map_err(|error| not_started(error.to_string()))?;
    let company = CompanyServer::start(CompanyOptions {
        contents: contents(company),
        limits: Limits::real().scaled(RATE),
        ..CompanyOptions::fresh(company)
    })
    .await
    .map_err(|error| not_started(error.to_string()))?;
    Ok(Systems { store, company })
}

/// A fresh company with a clearing account; the Canadian one has a code like the simulated store's taxes, QST on price and GST.
fn contents(regime: sandbox::company::Regime) -> CompanyContents {
    let mut contents =
        CompanyContents::fresh(regime).with_account("Stripe Clearing", "Bank", "Checking");
    if regime == sandbox::company::Regime::Ca {
        let tax = &mut contents.tax;
        let federal = tax.add_agency("GST agency");
        let quebec = tax.add_agency("QST agency");
        let gst = tax.add_rate("GST before QST", dec!(5), federal);
        let qst = tax.add_rate("QST on GST", dec!(9.975), quebec);
        let rates = [(gst, AppliesTo::Amount), (qst, AppliesTo::AmountAndTax)];
        tax.add_code("GST/QST QC compound", true, &rates);
    }
    contents
}

/// The demo's configuration: the same file a real store needs, with the simulation's addresses.
fn configuration(
    systems: &Systems,
    arguments: &DemoArguments,
    folder: &Path,
) -> Result<Config, Stopped> {
    let (zone, tax) = match arguments.regime {
        Regime::Us => ("America/New_York", ""),
        Regime::Uk => ("Europe/London", UK_TAX),
        Regime::Ca => ("America/Toronto", CA_TAX),
        Regime::Au => ("Australia/Sydney", AU_TAX),
    };
    let secrets = |name: &str| match name {
        "DEMO_STORE_KEY" => Some(systems.store.consumer_key().to_owned()),
        "DEMO_STORE_SECRET" => Some(systems.store.consumer_secret().to_owned()),
        "DEMO_APP_SECRET" => Some(systems.company.client_secret()),
        "DEMO_REFRESH_TOKEN" => Some(systems.company.refresh_token()),
        _ => None,
    };
    let text = format!(
        r#"
[database]
url = "sqlite://{database}"

[server]
listen = "{listen}"

[log]
level = "warn"

[connections.store]
kind = "woocommerce"
url = "{store}"
consumer_key = {{ env = "DEMO_STORE_KEY" }}
consumer_secret = {{ env = "DEMO_STORE_SECRET" }}

[connections.books]
kind = "quickbooks"
environment = "sandbox"
client_id = "{client}"
client_secret = {{ env = "DEMO_APP_SECRET" }}
realm_id = "{realm}"
refresh_token = {{ env = "DEMO_REFRESH_TOKEN" }}
base_url = "{base}"
token_url = "{token}"
authorize_url = "{authorize}"
revoke_url = "{revoke}"
requests_per_minute = {per_minute}
requests_per_second = {per_second}
batch_calls_per_minute = {batch_calls}

[[pipelines]]
name = "store-to-books"
source = "store"
target = "books"
schedule = "every 1m"
timezone = "{zone}"
start_date = 2026-01-01
{tax}{FEES}
"#,
        database = folder.join("daybook.db").display(),
        listen = arguments.listen,
        store = systems.store.url(),
        client = systems.company.client_id(),
        realm = systems.company.realm_id(),
        base = systems.company.base_url(),
        token = systems.company.token_url(),
        authorize = systems.company.authorize_url(),
        revoke = systems.company.revoke_url(),
        per_minute = 500 * RATE,
        per_second = 10 * RATE,
        batch_calls = 40 * RATE,
    );
    let (config, _) = Config::from_text(&text, "demo", folder, &secrets)?;
    Ok(config)
}

/// What the card gateway keeps is booked as one expense a day.
const FEES: &str = r#"
[pipelines.mapping.payments.stripe]
deposit_to = "Stripe Clearing"
fee_meta = "_stripe_fee"
fee_account = "Merchant Fees"
"#;
/// What a British merchant would write; orders with German VAT are held, since no code is given for it.
const UK_TAX: &str = r#"
[pipelines.mapping.tax]
exempt_code = "No VAT"
[pipelines.mapping.tax.classes]
"" = "20.0% S"
"reduced-rate" = "5.0% R"
"zero-rate" = "0.0% Z"
"#;
/// Rates by their ids in the simulated store, alone and together.
const CA_TAX: &str = r#"
[pipelines.mapping.tax]
exempt_code = "Out of Scope"
[pipelines.mapping.tax.rates]
"1" = "GST"
"1+2" = "GST/QST QC compound"
"1+3" = "HST ON"
"1+4" = "GST/PST BC"
"#;
const AU_TAX: &str = r#"
[pipelines.mapping.tax]
exempt_code = "Out of Scope"
[pipelines.mapping.tax.classes]
"" = "GST"
"zero-rate" = "GST free"
"#;

async fn sync_all(program: &Program, json: bool) -> Result<Progress, Stopped> {
    let name = PipelineName::new("store-to-books");
    let mut handle = program
        .engine
        .start(&name, RunOptions::default(), Trigger::Command)
        .await?;
    sync::show_bars(handle.clone(), json).await;
    Ok(handle.wait().await)
}

/// The reconciliation, and beside it what the simulated company itself holds.
async fn report(
    program: &Program,
    systems: &Systems,
    progress: &Progress,
    as_json: bool,
) -> Result<(), Stopped> {
    let route = program
        .engine
        .pipelines()
        .next()
        .map(|pipeline| pipeline.route.clone());
    let Some(route) = route else { return Ok(()) };
    let sums = program
        .store
        .reconcile(Date::MIN, Date::MAX, GroupBy::Status, Some(&route.pipeline))
        .await?;
    let company = Figures::of(systems);
    if as_json {
        let held = program.store.held_by_cause(Some(&route.pipeline)).await?;
        let held: Vec<_> = held
            .iter()
            .map(|group| json!({ "cause": group.cause, "count": group.count }))
            .collect();
        line(
            &json!({
                "status": progress.status,
                "totals": sums.totals,
                "held": held,
                "documents": company.documents,
                "fees": company.fees,
                "requests": company.requests,
                "metered_reads": company.reads,
            })
            .to_string(),
        );
        return Ok(());
    }
    if let Some(trouble) = &progress.trouble {
        complain(&format!("{trouble}\n→ {}", trouble.remedy()));
    }
    line(&streams(progress));
    line("");
    line(&equation(&sums));
    line("");
    held(&program.store, &route).await?;
    line(&format!(
        "QuickBooks holds {} documents, {} of them the card fees of a day; it took {} requests, {} of them \
         metered reads, and refused {}.",
        company.documents, company.fees, company.requests, company.reads, company.refused,
    ));
    Ok(())
}

fn streams(progress: &Progress) -> String {
    let rows: Vec<Vec<String>> = progress
        .streams
        .iter()
        .map(|stream| {
            let counts = stream.counts;
            let numbers = [
                counts.processed,
                counts.created,
                counts.updated,
                counts.skipped,
                counts.failed,
                counts.held,
            ];
            let mut cells = vec![stream.stream.to_string(), stream.status.to_string()];
            cells.extend(numbers.map(|number| number.to_string()));
            cells
        })
        .collect();
    let header = [
        "stream", "status", "read", "created", "updated", "skipped", "failed", "held",
    ];
    table(&header, &rows, &[2, 3, 4, 5, 6, 7])
}

/// *Store = posted + held + excluded, difference 0.00*, a line for each currency.
pub(super) fn equation(sums: &Reconciliation) -> String {
    let rows: Vec<Vec<String>> = sums
        .totals
        .iter()
        .map(|total| {
            let mut cells = vec![total.currency.to_string()];
            let figures = [
                total.store,
                total.posted,
                total.held,
                total.excluded,
                total.difference,
            ];
            cells.extend(figures.map(|it| reconcile::figure(it, total.currency)));
            cells
        })
        .collect();
    let header = [
        "",
        "store",
        "= posted",
        "+ held",
        "+ excluded",
        "difference",
    ];
    table(&header, &rows, &[1, 2, 3, 4, 5])
}

async fn held(store: &Store, route: &Route) -> Result<(), Stopped> {
    for group in store.held_by_cause(Some(&route.pipeline)).await? {
        let known = crate::domain::cause(&group.cause);
        line(&format!(
            "{} held: {}\n  → {} ({})",
            group.count,
            known.map_or("", |cause| cause.meaning),
            known.map_or("", |cause| cause.remedy),
            group.cause,
        ));
    }
    Ok(())
}

/// What the simulated company says of itself.
struct Figures {
    documents: usize,
    fees: usize,
    requests: u64,
    reads: u64,
    refused: u64,
}

impl Figures {
    fn of(systems: &Systems) -> Self {
        let handle = systems.company.handle();
        let counts = handle.counts();
        Self {
            documents: handle.documents().len(),
            fees: handle.documents_of(Kind::Purchase).len(),
            requests: counts.total,
            reads: counts.metered_reads,
            refused: counts.throttled,
        }
    }
}
