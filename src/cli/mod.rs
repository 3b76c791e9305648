//! The commands. They hold no rules: each parses, calls the engine or the store, and prints.

mod check;
mod connect;
mod demo;
mod exclude;
mod fee;
mod output;
mod plan;
mod reconcile;
mod retry;
mod run;
mod setup;
mod show;
mod standing;
mod status;
mod sync;
mod told;
mod webhooks;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;
use kit::StreamName;

pub use output::Exit;

/// Posts WooCommerce stores to QuickBooks Online: every order, refund, customer and product, to the
/// cent, exactly once.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Where the configuration is if nobody says so.
const CONFIG: &str = "config.toml";

/// What every command takes.
#[derive(Debug, Args)]
struct Global {
    /// The configuration file
    #[arg(
        long,
        global = true,
        env = "DAYBOOK_CONFIG",
        default_value = CONFIG,
        value_name = "PATH"
    )]
    config: PathBuf,
    /// Print data as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: schedules, API and pages
    Run,
    /// Do one run in the foreground
    Sync(SyncArguments),
    /// Show runs, streams, counts and errors, and the command that resumes
    Status(StatusArguments),
    /// Tell a whole story from the journal
    #[command(subcommand)]
    Show(ShowArguments),
    /// Try held and failed postings again
    Retry(RetryArguments),
    /// Leave held and failed postings out for good
    Exclude(ExcludeArguments),
    /// Draw up what a run would post, document by document, where `posting` is "review"
    Plan(PlanArguments),
    /// Post exactly what a plan says
    Apply(ApplyArguments),
    /// Show that store = posted + held + excluded, from the journal alone
    Reconcile(ReconcileArguments),
    /// Show everything on an embedded sandbox: no accounts needed
    Demo(DemoArguments),
    /// Let an administrator of the company give consent in a browser, once
    Connect(ConnectArguments),
    /// Make the store tell of orders at once
    Webhooks(WebhooksArguments),
    /// Validate the configuration, reach both systems, hold the mapping against the books
    Check,
}

/// `daybook sync`
#[derive(Debug, Args)]
struct SyncArguments {
    /// Only these streams (customers, products, orders, refunds); none: all of the pipeline
    #[arg(value_name = "STREAM")]
    streams: Vec<StreamName>,
    /// The pipeline, where the configuration has more than one
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Read from the beginning instead of from where the last run ended
    #[arg(long)]
    full: bool,
    /// Read and map, but write and post nothing
    #[arg(long)]
    dry_run: bool,
    /// At most so many records a stream
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Go on with an interrupted run
    #[arg(long, value_name = "SYNC_OR_BATCH_ID", conflicts_with_all = ["streams", "full", "dry_run", "limit", "since", "until"])]
    resume: Option<String>,
    /// Only what is dated this day or later
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// Only what is dated this day or earlier
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
}

/// `daybook status`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct StatusArguments {
    /// One run, or one stream of a run
    #[arg(value_name = "ID", conflicts_with_all = ["latest", "all"])]
    id: Option<String>,
    /// Only the run at work, else the one that is paused, else the latest (the default)
    #[arg(long, conflicts_with = "all")]
    latest: bool,
    /// All runs
    #[arg(long)]
    all: bool,
    /// Only runs that failed or are partial
    #[arg(long)]
    failed: bool,
    /// Look again and again until it is over
    #[arg(long, conflicts_with_all = ["all", "failed"])]
    watch: bool,
}

/// `daybook connect`
#[derive(Debug, Args)]
struct ConnectArguments {
    /// The QuickBooks connection, as the configuration names it
    #[arg(value_name = "NAME")]
    name: String,
    /// Where Intuit's page comes back to: one of the app's redirect URIs. `localhost` is listened at,
    /// from any other the address is pasted
    #[arg(
        long = "redirect-uri",
        default_value = "http://localhost:8017/callback",
        value_name = "URL"
    )]
    redirect: url::Url,
}

/// `daybook show`
#[derive(Debug, Subcommand)]
enum ShowArguments {
    /// An order: what the store said, what was planned, sent and answered, and why it is held
    Order {
        /// The order's number
        #[arg(value_name = "NUMBER")]
        number: String,
    },
}

/// `daybook retry`
#[derive(Debug, Args)]
struct RetryArguments {
    /// Only these postings; without ids and cause all that is held or failed
    #[arg(value_name = "ID", conflicts_with = "cause")]
    ids: Vec<String>,
    /// Only what is held or failed for this cause
    #[arg(long, value_name = "CODE")]
    cause: Option<String>,
    /// Only postings of this pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

/// `daybook exclude`
#[derive(Debug, Args)]
struct ExcludeArguments {
    /// The postings: `daybook show order NUMBER` names them
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
}

/// `daybook plan`
#[derive(Debug, Args)]
struct PlanArguments {
    /// The pipeline, where the configuration has more than one
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

/// `daybook apply`
#[derive(Debug, Args)]
struct ApplyArguments {
    /// The plan's id, as `daybook plan` prints it
    #[arg(value_name = "PLAN_ID")]
    plan: String,
}

/// `daybook reconcile`
#[derive(Debug, Args)]
struct ReconcileArguments {
    /// One month; without a period all days
    #[arg(long, value_name = "YYYY-MM", value_parser = reconcile::month, conflicts_with_all = ["from", "to"])]
    month: Option<(Date, Date)>,
    /// The first day
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// By what the figures are broken down
    #[arg(long, default_value = "day", value_name = "WHAT")]
    by: reconcile::By,
    /// Name the orders and refunds behind each figure
    #[arg(long)]
    orders: bool,
    /// Only this pipeline; without it all of the database together
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Print CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

/// `daybook webhooks`
#[derive(Debug, Args)]
struct WebhooksArguments {
    #[command(subcommand)]
    action: WebhooksAction,
}

#[derive(Debug, Subcommand)]
enum WebhooksAction {
    /// Create the webhooks that are missing in the store, and wake those that it gave up
    Install {
        /// Only this store
        #[arg(long, value_name = "NAME")]
        connection: Option<String>,
    },
}

/// `daybook demo`
#[derive(Debug, Args)]
struct DemoArguments {
    /// How many orders the store has
    #[arg(long, default_value_t = 500, value_name = "N")]
    orders: u32,
    /// The country whose taxes the store has
    #[arg(long, default_value = "us", value_name = "REGIME")]
    regime: demo::Regime,
    /// Print the reconciliation and exit
    #[arg(long)]
    once: bool,
    /// Where the pages are served
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: std::net::SocketAddr,
}

/// Parses the command line, does what it says, and returns how it went.
pub async fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let Arguments { global, command } = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let asked_for = !error.use_stderr();
            let _ = error.print(); // nothing is left to tell it to
            return if asked_for { Exit::Done } else { Exit::Usage };
        }
    };
    let result = match command {
        Command::Run => run::run(&global).await,
        Command::Sync(arguments) => sync::run(&global, arguments).await,
        Command::Status(arguments) => status::run(&global, &arguments).await,
        Command::Show(arguments) => show::run(&global, &arguments).await,
        Command::Retry(arguments) => retry::run(&global, &arguments).await,
        Command::Exclude(arguments) => exclude::run(&global, &arguments).await,
        Command::Plan(arguments) => plan::draw_up(&global, &arguments).await,
        Command::Apply(arguments) => plan::apply(&global, &arguments).await,
        Command::Reconcile(arguments) => reconcile::run(&global, &arguments).await,
        Command::Demo(arguments) => demo::run(&global, &arguments).await,
        Command::Connect(arguments) => connect::run(&global, &arguments).await,
        Command::Webhooks(arguments) => {
            let WebhooksAction::Install { connection } = &arguments.action;
            webhooks::install(&global, connection.as_deref()).await
        }
        Command::Check => check::run(&global).await,
    };
    result.unwrap_or_else(|stopped| {
        stopped.print(global.json);
        stopped.exit()
    })
}
