//! A stretch of days in the books.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::problem::ApiProblem;

/// A stretch of days; open where a side is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

impl Period {
    /// The month that `text` names (`2026-11`), else the days given.
    pub(super) fn of(
        month: Option<&str>,
        from: Option<Date>,
        to: Option<Date>,
    ) -> Result<Self, ApiProblem> {
        let Some(month) = month.filter(|month| !month.is_empty()) else {
            return Ok(Self { from, to });
        };
        if from.is_some() || to.is_some() {
            return Err(ApiProblem::bad_request(
                "give either `month` or `from` and `to`",
            ));
        }
        let first = format!("{month}-01").parse::<Date>();
        let first = first.map_err(|_| {
            ApiProblem::bad_request(format!("`{month}` is not a month: write it like 2026-11"))
        })?;
        Ok(Self::month(first))
    }

    /// The month a day is in.
    pub(super) fn month(day: Date) -> Self {
        Self {
            from: Some(day.first_of_month()),
            to: Some(day.last_of_month()),
        }
    }

    /// The month before and the month after, where this is a month.
    pub(super) fn neighbours(self) -> Option<(Date, Date)> {
        let first = self.from?;
        if Self::month(first) != self {
            return None;
        }
        let before = first.checked_sub(1.month()).ok()?;
        Some((before, first.checked_add(1.month()).ok()?))
    }

    pub(super) fn first(self) -> Date {
        self.from.unwrap_or(Date::MIN)
    }

    pub(super) fn last(self) -> Date {
        self.to.unwrap_or(Date::MAX)
    }
}
