//! Who runs a pipeline. One process at a time holds its lease; a process that died on this machine
//! is recognised at once, one elsewhere when its lease runs out.

use std::fs;
use std::time::Duration;

use kit::{Chance, Clock};
use tokio_util::sync::CancellationToken;

use super::error::RunError;
use crate::store::{Commit, Dialect, Lease, Store};

/// How long a lease lasts without being renewed. It is renewed four times in that time, so that its
/// holder stops well before it runs out.
pub const LEASE: Duration = Duration::from_secs(30);

/// Names this process among all processes that may share the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    /// This process: machine, boot, process id and start, and a random part.
    pub fn this_process(clock: &dyn Clock, chance: &Chance) -> Self {
        let pid = std::process::id();
        Self(format!(
            "{}/{}/{pid}/{}/{}",
            machine(),
            boot(),
            started(pid).unwrap_or_default(),
            chance.id(clock.now()),
        ))
    }

    /// The text kept in the lease.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes the lease `name`, also from a process of this machine that has died.
pub(super) async fn take(
    store: &Store,
    name: &str,
    owner: &Owner,
    lasts: Duration,
) -> Result<Option<Lease>, RunError> {
    if let Some(lease) = store.acquire(name, owner.as_str(), lasts).await? {
        return Ok(Some(lease));
    }
    let leases = store.leases().await?;
    let Some(held) = leases.into_iter().find(|lease| lease.name == name) else {
        return Ok(None);
    };
    // processes that share a server may be on machines that call themselves alike
    if store.dialect() == Dialect::Sqlite && is_dead(&held.owner) {
        tracing::info!(
            lease = name,
            "the last holder of this lease has died, taking it over"
        );
        store.break_leases(&held.owner).await?;
        return Ok(store.acquire(name, owner.as_str(), lasts).await?);
    }
    Ok(None)
}

/// Renews a lease until `stop`; returns early, with an error, when it is lost.
pub(super) async fn keep(
    store: &Store,
    mut lease: Lease,
    lasts: Duration,
    clock: &dyn Clock,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = clock.sleep(lasts / 4) => {}
        }
        if store.renew(&mut lease, lasts).await? == Commit::LostRace {
            return Err(RunError::LeaseLost);
        }
    }
}

/// Whether the owner was a process of this machine that is gone. Unsure is no.
fn is_dead(owner: &str) -> bool {
    let mut parts = owner.split('/');
    let (Some(its_machine), Some(its_boot), Some(pid), Some(its_start)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    if its_machine != machine() || its_boot.is_empty() {
        return false;
    }
    if its_boot != boot() {
        return true;
    }
    match pid.parse().ok().map(started) {
        Some(Some(start)) => start != its_start,
        Some(None) => true,
        None => false,
    }
}

fn machine() -> String {
    read("/proc/sys/kernel/hostname")
}

fn boot() -> String {
    read("/proc/sys/kernel/random/boot_id")
}

/// When a process started, in ticks since the boot; `None` where there is no such process, or it has
/// ended and only waits to be reaped.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the name may hold spaces and parentheses: what counts stands behind the last one
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

fn read(path: &str) -> String {
    fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use kit::SystemClock;

    use super::*;

    #[test]
    fn this_process_lives_and_one_that_started_at_another_time_is_dead() {
        let owner = Owner::this_process(&SystemClock, &Chance::seeded(1));
        assert!(!is_dead(owner.as_str()));
        let mut parts: Vec<&str> = owner.as_str().split('/').collect();
        parts[3] = "1";
        assert!(is_dead(&parts.join("/")));
    }

    #[test]
    fn a_process_of_another_machine_is_never_called_dead() {
        assert!(!is_dead("elsewhere/boot/1/2/x"));
        assert!(!is_dead("unreadable"));
    }
}
