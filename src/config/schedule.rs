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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a known zone")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn next(schedule: &str, zone_name: &str, from: &str) -> Option<Timestamp> {
        let schedule = Schedule::parse(schedule, &zone(zone_name)).expect("a schedule");
        schedule.next_after(at(from))
    }

    /// All runs of a schedule from one moment to another.
    fn runs(schedule: &str, zone_name: &str, from: &str, to: &str) -> Vec<String> {
        let schedule = Schedule::parse(schedule, &zone(zone_name)).expect("a schedule");
        std::iter::successors(schedule.next_after(at(from)), |last| {
            schedule.next_after(*last)
        })
        .take_while(|moment| *moment <= at(to))
        .map(|moment| moment.to_string())
        .collect()
    }

    #[test]
    fn cron_follows_the_clock_of_the_zone() {
        assert_eq!(
            next("30 2 * * *", "America/New_York", "2026-11-21T08:00:00Z"),
            Some(at("2026-11-22T07:30:00Z"))
        );
        assert_eq!(
            next("*/5 * * * *", "Asia/Kathmandu", "2026-11-21T08:00:00Z"),
            Some(at("2026-11-21T08:05:00Z"))
        );
    }

    #[test]
    fn a_fraction_of_a_second_before_is_due_and_a_fraction_after_is_not() {
        assert_eq!(
            next("* * * * *", "UTC", "2026-01-01T00:00:59.9Z"),
            Some(at("2026-01-01T00:01:00Z"))
        );
        assert_eq!(
            next("* * * * *", "UTC", "2026-01-01T00:01:00.1Z"),
            Some(at("2026-01-01T00:02:00Z"))
        );
        assert_eq!(
            next("* * * * *", "UTC", "2026-01-01T00:01:00Z"),
            Some(at("2026-01-01T00:02:00Z"))
        );
    }

    #[test]
    fn an_hour_that_does_not_exist_comes_due_after_the_gap() {
        // New York, 2026-03-08: 02:00 becomes 03:00
        let runs = runs(
            "30 2 * * *",
            "America/New_York",
            "2026-03-07T00:00:00Z",
            "2026-03-10T00:00:00Z",
        );
        assert_eq!(
            runs,
            [
                "2026-03-07T07:30:00Z",
                "2026-03-08T07:00:00Z",
                "2026-03-09T06:30:00Z"
            ]
        );
    }

    #[test]
    fn an_hour_that_comes_twice_is_due_once_and_a_rhythm_goes_on() {
        // New York, 2026-11-01: 02:00 becomes 01:00
        let (from, to) = ("2026-11-01T04:00:00Z", "2026-11-01T08:00:00Z");
        assert_eq!(
            runs("30 1 * * *", "America/New_York", from, to),
            ["2026-11-01T05:30:00Z"]
        );
        assert_eq!(runs("*/30 * * * *", "America/New_York", from, to).len(), 8);
    }

    #[test]
    fn every_counts_from_the_last_start_and_manual_is_never_due() {
        assert_eq!(
            next("every 1h30m", "UTC", "2026-01-01T00:00:00Z"),
            Some(at("2026-01-01T01:30:00Z"))
        );
        assert_eq!(next("manual", "UTC", "2026-01-01T00:00:00Z"), None);
        assert_eq!(
            Schedule::Every(Duration::from_secs(60)).next_after(Timestamp::MAX),
            None
        );
    }

    #[test]
    fn what_is_printed_reads_as_the_same_schedule() {
        for text in ["*/5 * * * *", "every 1h30m", "manual"] {
            let schedule = Schedule::parse(text, &TimeZone::UTC).expect("a schedule");
            assert_eq!(schedule.to_string(), text);
        }
    }

    #[test]
    fn a_day_no_calendar_has_is_refused() {
        let refused = Schedule::parse("0 0 30 2 *", &TimeZone::UTC).expect_err("never due");
        assert_eq!(
            refused,
            "`0 0 30 2 *` never comes due: no calendar has such a day"
        );
    }

    proptest! {
        #[test]
        fn the_next_run_is_always_later(
            second in 0_i64..4_102_444_800,
            nano in 0_i32..1_000_000_000,
            schedule in prop::sample::select(vec![
                "* * * * *", "*/5 * * * *", "30 2 * * *", "15 1,2,3 * * 0", "0 0 1 * *", "59 23 29 2 *",
                "@hourly", "every 1s", "every 90m",
            ]),
            name in prop::sample::select(vec![
                "UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca",
                "Pacific/Apia", "America/Sao_Paulo", "Asia/Tehran",
            ]),
        ) {
            let from = Timestamp::new(second, nano).expect("in range");
            let schedule = Schedule::parse(schedule, &zone(name)).expect("a schedule");
            let due = schedule.next_after(from);
            prop_assert!(due.is_some_and(|due| due > from), "{schedule} in {name} from {from}: {due:?}");
        }
    }
}
