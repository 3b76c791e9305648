//! `daybook run`: the daemon.

use std::net::SocketAddr;
use std::time::Duration;

use kit::Clock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Global;
use super::output::{Exit, Stopped};
use super::setup::{self, Signal};
use crate::config::Server;
use crate::http::{Access, router};
use crate::service;
use crate::wiring::{self, Program};

/// How long runs and requests have to end; systemd waits longer (`TimeoutStopSec`).
const GRACE: Duration = Duration::from_secs(30);

pub(super) async fn run(global: &Global) -> Result<Exit, Stopped> {
    let config = setup::config(global)?;
    let world = setup::world()?;
    let clock = world.clock.clone();
    let program = wiring::build(&config, world).await?;
    let listener = listen(config.server.listen, "`server.listen`").await?;
    let signal = serve(&program, listener, access(&config.server), clock).await?;
    Ok(signal.exit())
}

/// Opens the port; `chosen_in` says where another can be chosen.
pub(super) async fn listen(address: SocketAddr, chosen_in: &str) -> Result<TcpListener, Stopped> {
    TcpListener::bind(address).await.map_err(|error| {
        Stopped::new(
            Exit::Failed,
            format!("{address} cannot be listened on: {error}"),
        )
        .with_remedy(format!(
            "end the program that uses the port, or choose another in {chosen_in}"
        ))
    })
}

fn access(server: &Server) -> Access {
    Access::new(
        server.auth_token.clone(),
        server.viewer_token.clone(),
        Some(server.public_url.clone()),
    )
}

/// Serves pages, API and schedules until a signal, then ends at a safe point.
pub(super) async fn serve(
    program: &Program,
    listener: TcpListener,
    access: Access,
    clock: std::sync::Arc<dyn Clock>,
) -> Result<Signal, Stopped> {
    let app = wiring::app(program, access, clock.clone());
    let address = listener
        .local_addr()
        .map_err(|error| Stopped::new(Exit::Failed, error.to_string()))?;
    tracing::info!("serving on http://{address}");
    let stop = CancellationToken::new();
    let closing = stop.clone();
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service)
        .with_graceful_shutdown(async move { closing.cancelled().await })
        .into_future();
    service::ready(&format!("serving on http://{address}"));
    let ending = async {
        let signal = setup::signalled(&stop).await;
        service::stopping();
        tracing::info!("ending: runs stop at their next safe point");
        if !program.engine.shut_down(GRACE).await {
            tracing::warn!(
                "a run did not stop in time; the next start goes on from its checkpoint"
            );
        }
        program.store.close().await;
        signal
    };
    // only a signal ends the daemon on purpose: the other parts wait for it once they are done
    let working = async {
        tokio::join!(
            program.engine.serve(),
            service::keep_watchdog(&*clock, &stop)
        );
        std::future::pending::<()>().await;
    };
    let serving = async {
        let result = serving.await;
        if stop.is_cancelled() {
            std::future::pending::<()>().await;
        }
        result
    };
    tokio::select! {
        signal = ending => signal,
        () = working => Err(Stopped::new(Exit::Failed, "the daemon ended by itself")),
        result = serving => Err(Stopped::new(Exit::Failed, format!("the server ended: {result:?}"))),
    }
}
