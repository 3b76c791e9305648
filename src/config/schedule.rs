//! When a pipeline is due. Pure: the moment to count from is an argument.

use std::fmt;
use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::values::{parse_duration, print_duration};

/// When runs start by themselves.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// A fixed time after the last start.
    Every(Duration),
    /// By the clock of a time zone.
    Cron(Box<Cron>, TimeZone),
    /// Never: only when asked.
    Manual,
}

/// The shortest time between two runs that may be asked for.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

impl Schedule {
    /// Reads cron with five fields, `every 5m` or `manual`; cron follows the clock of `zone`.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        let text = text.trim();
        if text == "manual" {
            return Ok(Self::Manual);
        }
        if let Some(period) = text.strip_prefix("every ") {
            let period = parse_duration(period).ok_or_else(|| {
                format!("`{text}` is not a schedule: write it like `every 5m` or `every 1h30m`")
            })?;
            if !(SHORTEST..=LONGEST).contains(&period) {
                return Err("the time between runs must be between 1s and 366d".to_owned());
            }
            return Ok(Self::Every(period));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser.parse(text).map_err(|_| {
            format!(
                "`{text}` is not a schedule: write cron with five fields (`*/5 * * * *`), `every 5m` or `manual`"
            )
        })?;
        let schedule = Self::Cron(Box::new(cron), zone.clone());
        if schedule.next_after(Timestamp::UNIX_EPOCH).is_none() {
            return Err(format!(
                "`{text}` never comes due: no calendar has such a day"
            ));
        }
        Ok(schedule)
    }

    /// The first moment strictly after `from` at which a run is due; `None` where none ever is.
    ///
    /// Where the clock goes forward, a fixed hour that does not exist comes due at the first moment
    /// after the gap; where it goes back, a fixed hour comes due once and `*/5` in both halves.
    pub fn next_after(&self, from: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(period) => from.checked_add(*period).ok(),
            Self::Cron(cron, zone) => {
                let local = from.to_zoned(zone.clone());
                let next = cron.find_next_occurrence(&local, false).ok()?.timestamp();
                (next > from).then_some(next)
            }
            Self::Manual => None,
        }
    }
}

/// As it is written in the file.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(period) => write!(f, "every {}", print_duration(*period)),
            Self::Cron(cron, _) => f.write_str(cron.as_str()),
            Self::Manual => f.write_str("manual"),
        }
    }
}
