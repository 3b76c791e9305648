//! What several commands begin with.

use std::sync::Arc;

use kit::{Chance, SystemClock};
use tokio_util::sync::CancellationToken;

use super::Global;
use super::output::{Exit, Stopped, complain};
use crate::config::Config;
use crate::domain::PipelineName;
use crate::engine::{LEASE, Tripwire};
use crate::telemetry;
use crate::wiring::{BuildError, World};

/// The world of production: the system's clock, chance from the system, no tripwire.
pub(super) fn world() -> Result<World, Stopped> {
    let chance = Chance::from_system().map_err(|error| {
        Stopped::new(
            Exit::Failed,
            format!("the system gives no random numbers: {error}"),
        )
    })?;
    Ok(World {
        clock: Arc::new(SystemClock),
        chance: Arc::new(chance),
        trip: Tripwire::none(),
        lease: LEASE,
    })
}

/// The configuration; its warnings are printed, logging starts.
pub(super) fn config(global: &Global) -> Result<Config, Stopped> {
    let (config, warnings) = Config::load(&global.config, &environment)?;
    for warning in warnings {
        complain(&warning.to_string());
    }
    telemetry::start(&config.log);
    Ok(config)
}

/// The pipeline that is meant: the one named, or the only one.
pub(super) fn pipeline(config: &Config, named: Option<&str>) -> Result<PipelineName, Stopped> {
    let names = || {
        let names: Vec<&str> = config
            .pipelines
            .iter()
            .map(|pipeline| pipeline.name.as_str())
            .collect();
        names.join(", ")
    };
    match (named, config.pipelines.as_slice()) {
        (Some(name), _) => config
            .pipeline(name)
            .map(|pipeline| pipeline.name.clone())
            .ok_or_else(|| {
                Stopped::new(
                    Exit::Usage,
                    format!("there is no pipeline `{name}`; there is {}", names()),
                )
            }),
        (None, [only]) => Ok(only.name.clone()),
        (None, _) => Err(Stopped::new(
            Exit::Usage,
            format!(
                "the configuration has several pipelines: say which with --pipeline ({})",
                names()
            ),
        )),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment for the configuration"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl From<BuildError> for Stopped {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Store(error) => error.into(),
            BuildError::Connection { name, failure } => {
                Self::new(Exit::Usage, format!("connection `{name}`: {failure}"))
                    .with_remedy(failure.remedy())
            }
        }
    }
}

/// How the process was asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    Terminate,
}

impl Signal {
    pub(super) fn exit(self) -> Exit {
        match self {
            Self::Interrupt => Exit::Interrupted,
            Self::Terminate => Exit::Terminated,
        }
    }
}

/// Completes at the first SIGINT or SIGTERM and cancels `stop`.
pub(super) async fn signalled(stop: &CancellationToken) -> Result<Signal, Stopped> {
    use tokio::signal::unix::{SignalKind, signal};
    let no_signals = |error| {
        Stopped::new(
            Exit::Failed,
            format!("signals cannot be waited for: {error}"),
        )
    };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let signal = tokio::select! {
        _ = interrupt.recv() => Signal::Interrupt,
        _ = terminate.recv() => Signal::Terminate,
    };
    stop.cancel();
    Ok(signal)
}
