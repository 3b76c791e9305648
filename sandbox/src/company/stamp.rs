//! Times as the company writes them: with the offset of the US Pacific data
//! centre (FACTS: QuickBooks §1).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Formats and reads times in the company's zone.
#[derive(Clone, Debug)]
pub(super) struct Stamps {
    zone: TimeZone,
}

impl Stamps {
    pub(super) fn pacific() -> Self {
        Self {
            zone: TimeZone::get("America/Los_Angeles").unwrap_or(TimeZone::UTC),
        }
    }

    fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    /// `2019-08-01T08:36:52-07:00`, as in `MetaData`.
    pub(super) fn seconds(&self, at: Timestamp) -> String {
        self.local(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// `2019-08-01T08:36:52.001-07:00`, as in the envelope.
    pub(super) fn milliseconds(&self, at: Timestamp) -> String {
        self.local(at)
            .strftime("%Y-%m-%dT%H:%M:%S.%3f%:z")
            .to_string()
    }

    /// The day it is where the server stands.
    pub(super) fn today(&self, at: Timestamp) -> Date {
        self.local(at).date()
    }

    /// A time with an offset, a time without one (the server's), or a day (its
    /// first moment).
    pub(super) fn parse(&self, text: &str) -> Option<Timestamp> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(at);
        }
        let local = text
            .parse::<jiff::civil::DateTime>()
            .ok()
            .or_else(|| text.parse::<Date>().ok().map(|day| day.at(0, 0, 0, 0)))?;
        Some(local.to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}

/// The day at the front of a date or a date with a time; FACTS: QuickBooks §7:
/// a `TxnDate` with a time is cut to its date.
pub(super) fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_the_offset_of_the_season() {
        let stamps = Stamps::pacific();
        let summer: Timestamp = "2019-08-01T15:36:52.001Z".parse().unwrap_or_default();
        assert_eq!(stamps.milliseconds(summer), "2019-08-01T08:36:52.001-07:00");
        let winter: Timestamp = "2016-12-07T23:27:09.527Z".parse().unwrap_or_default();
        assert_eq!(stamps.seconds(winter), "2016-12-07T15:27:09-08:00");
    }

    #[test]
    fn a_day_with_a_time_is_cut() {
        assert_eq!(
            day("2019-06-20 16:29:01 -0700"),
            Some(Date::constant(2019, 6, 20))
        );
        assert_eq!(day("June"), None);
    }
}
