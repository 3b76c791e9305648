//! What the service manager is told: ready, still alive, stopping. Without systemd nothing happens.

use std::time::Duration;

use kit::Clock;
use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

/// The daemon serves.
pub(crate) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The daemon is on its way out.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Tells the watchdog, twice as often as it asks for, that the process works, until `stop`.
pub(crate) async fn keep_watchdog(clock: &dyn Clock, stop: &CancellationToken) {
    let Some(period) = sd_notify::watchdog_enabled().filter(|period| !period.is_zero()) else {
        return stop.cancelled().await;
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep((period / 2).max(Duration::from_millis(100))) => {}
        }
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!("the service manager could not be told: {error}");
    }
}
