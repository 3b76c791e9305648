//! What commands print, and the codes they end with.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;

use crate::config::Problems;
use crate::domain::SyncStatus;
use crate::engine::{RunError, StartError};
use crate::store::StoreError;

/// How a command ended: the contract with scripts and service managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all done.
    Done,
    /// 1: it failed.
    Failed,
    /// 2: the command line or the configuration is wrong.
    Usage,
    /// 3: done, but some records were rejected or are held.
    Partial,
    /// 4: another run of this pipeline is active.
    Active,
    /// 5: credentials or permission.
    Credentials,
    /// 130: stopped by Ctrl-C, after the checkpoint was saved.
    Interrupted,
    /// 143: stopped by SIGTERM, after the checkpoint was saved.
    Terminated,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Partial => 3,
            Exit::Active => 4,
            Exit::Credentials => 5,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        })
    }
}

/// A command that could not do what it was asked: what happened and what to do.
#[derive(Debug)]
pub(super) struct Stopped {
    exit: Exit,
    message: String,
    remedy: Option<String>,
}

impl Stopped {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            remedy: None,
        }
    }

    pub(super) fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    pub(super) fn print(&self, json: bool) {
        if json {
            let problem = serde_json::json!({ "error": self.message, "remedy": self.remedy });
            line(&problem.to_string());
            return;
        }
        complain(&self.message);
        if let Some(remedy) = &self.remedy {
            complain(&format!("→ {remedy}"));
        }
    }
}

impl From<Problems> for Stopped {
    fn from(problems: Problems) -> Self {
        Self::new(Exit::Usage, problems.to_string())
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        let remedy = error.remedy().to_owned();
        Self::new(Exit::Failed, error.to_string()).with_remedy(remedy)
    }
}

impl From<RunError> for Stopped {
    fn from(error: RunError) -> Self {
        let remedy = error.remedy();
        Self::new(exit_of(&error), error.to_string()).with_remedy(remedy)
    }
}

impl From<StartError> for Stopped {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Active(_) | StartError::ActiveElsewhere => {
                Self::new(Exit::Active, error.to_string())
                    .with_remedy("wait for it, or look at it with `daybook status`")
            }
            StartError::UnknownPipeline(_) => Self::new(Exit::Usage, error.to_string()),
            StartError::UnknownBatch(_) => Self::new(Exit::Failed, error.to_string()),
            StartError::Run(error) => error.into(),
        }
    }
}

impl From<kit::Failure> for Stopped {
    fn from(failure: kit::Failure) -> Self {
        let remedy = failure.remedy().to_owned();
        Self::new(exit_of_failure(&failure), failure.to_string()).with_remedy(remedy)
    }
}

/// The exit code for what ended a run.
pub(super) fn exit_of(error: &RunError) -> Exit {
    match error {
        RunError::Connection { failure, .. } => exit_of_failure(failure),
        RunError::Mapping(_) => Exit::Usage,
        RunError::Store(_) | RunError::Crashed(_) => Exit::Failed,
        RunError::LeaseLost => Exit::Active,
        RunError::Stopped => Exit::Interrupted,
    }
}

fn exit_of_failure(failure: &kit::Failure) -> Exit {
    match failure.kind() {
        kit::Kind::Stop => Exit::Credentials,
        kit::Kind::Retry { .. } | kit::Kind::Reject => Exit::Failed,
    }
}

/// Prints a line of data. A reader that is gone is no error of ours.
pub(super) fn line(text: &str) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// Prints a line for the person at the terminal, beside the data.
pub(super) fn complain(text: &str) {
    let _ = writeln!(stderr().lock(), "{text}");
}

/// Whether a person looks at the data.
pub(super) fn data_is_seen() -> bool {
    stdout().is_terminal()
}

/// Whether bars make sense.
pub(super) fn is_terminal() -> bool {
    stderr().is_terminal()
}

/// Empties the terminal.
pub(super) fn clear_screen() {
    let _ = write!(stdout().lock(), "\x1b[2J\x1b[H");
}

/// A status; where somebody sees the data, with its sign and in its colour.
pub(super) fn paint(status: SyncStatus, seen: bool) -> String {
    if !seen {
        return status.to_string();
    }
    let colour = match status {
        SyncStatus::Completed => 32,
        SyncStatus::Running | SyncStatus::Queued => 36,
        SyncStatus::Partial | SyncStatus::Paused | SyncStatus::Interrupted => 33,
        SyncStatus::Failed => 31,
        SyncStatus::Cancelled => 90,
    };
    format!("\x1b[{colour}m{} {status}\x1b[0m", status.sign())
}

/// How wide a text is: a colour takes no place.
fn width(text: &str) -> usize {
    let parts = text.split("\x1b[").enumerate();
    let seen = parts.map(|(index, part)| match part.split_once('m') {
        Some((_, seen)) if index > 0 => seen,
        Some(_) | None => part,
    });
    seen.map(|part| part.chars().count()).sum()
}

/// Rows as a table with a header, columns as wide as their widest cell; those named in `right` are
/// aligned to the right.
pub(super) fn table(header: &[&str], rows: &[Vec<String>], right: &[usize]) -> String {
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let cells = cells.map(|cell| width(cell));
        cells
            .chain(header.get(column).map(|name| width(name)))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(widest).collect();
    let render = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for (column, (cell, widest)) in cells.zip(&widths).enumerate() {
            let padding = " ".repeat(widest.saturating_sub(width(cell)));
            if column > 0 {
                text.push_str("  ");
            }
            if right.contains(&column) {
                text.push_str(&padding);
                text.push_str(cell);
            } else {
                text.push_str(cell);
                text.push_str(&padding);
            }
        }
        text.trim_end().to_owned()
    };
    let mut lines = vec![render(&mut header.iter().copied())];
    lines.extend(
        rows.iter()
            .map(|row| render(&mut row.iter().map(String::as_str))),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_a_sign_and_a_colour_where_somebody_sees_it() {
        assert_eq!(paint(SyncStatus::Failed, true), "\x1b[31m! failed\x1b[0m");
        assert_eq!(
            paint(SyncStatus::Completed, true),
            "\x1b[32m✓ completed\x1b[0m"
        );
        assert_eq!(paint(SyncStatus::Failed, false), "failed");
    }

    #[test]
    fn a_colour_takes_no_place_in_a_table() {
        let rows = |seen| {
            let row = |status, number: &str| vec![paint(status, seen), number.to_owned()];
            [
                row(SyncStatus::Failed, "1"),
                row(SyncStatus::Completed, "20"),
            ]
        };
        let plain = table(&["status", "read"], &rows(false), &[1]);
        assert_eq!(plain, "status     read\nfailed        1\ncompleted    20");
        let painted = table(&["status", "read"], &rows(true), &[1]);
        let painted = ["\x1b[31m", "\x1b[32m", "\x1b[0m"]
            .iter()
            .fold(painted, |text, code| text.replace(code, ""));
        assert_eq!(
            painted,
            "status       read\n! failed        1\n✓ completed    20"
        );
    }
}
