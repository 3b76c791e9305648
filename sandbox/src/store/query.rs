//! The query of a request: PHP's arrays, `WordPress`' types and their errors.
//! FACTS: WooCommerce §2, §3. Unknown parameters are ignored, known ones of a
//! wrong type are refused.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Map, Value, json};

use super::model::settings::Settings;
use super::quirks::OrderStorage;
use super::reply::Refusal;

/// The parameters of a request in the order they came. `status[]=a&status[]=b`
/// is one parameter with two values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, Vec<String>)>,
}

impl Params {
    pub(crate) fn parse(query: &str) -> Self {
        let mut params = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let (name, is_array) = match name.split_once('[') {
                Some((name, _)) => (name.to_owned(), true),
                None => (name.into_owned(), false),
            };
            match params.pairs.iter_mut().find(|known| known.0 == name) {
                Some((_, values)) if is_array => values.push(value.into_owned()),
                Some((_, values)) => *values = vec![value.into_owned()],
                None => params.pairs.push((name, vec![value.into_owned()])),
            }
        }
        params
    }

    pub(crate) fn pairs(&self) -> &[(String, Vec<String>)] {
        &self.pairs
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, values) = self.pairs.iter().find(|known| known.0 == name)?;
        values.first().map(String::as_str)
    }

    /// The values of an array parameter, however it was written; empty parts are left out.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let found = self.pairs.iter().find(|known| known.0 == name);
        let values = found
            .map(|(_, values)| values.as_slice())
            .unwrap_or_default();
        let parts = values.iter().flat_map(|value| value.split(','));
        parts
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect()
    }
}

/// Collects what is wrong with the parameters, since `WordPress` names them all at once.
#[derive(Debug, Default)]
pub(crate) struct Check {
    params: Map<String, Value>,
    details: Map<String, Value>,
}

impl Check {
    fn refuse(&mut self, name: &str, code: &str, message: &str, data: &Value) {
        self.params.insert(name.to_owned(), json!(message));
        let detail = json!({"code": code, "message": message, "data": data});
        self.details.insert(name.to_owned(), detail);
    }

    /// Ends the check: the 400 of all that was found.
    pub(crate) fn end(self) -> Result<(), Refusal> {
        if self.params.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = self.params.keys().map(String::as_str).collect();
        let message = format!("Invalid parameter(s): {}", names.join(", "));
        let data = json!({"status": 400, "params": self.params, "details": self.details});
        Err(Refusal::new(400, "rest_invalid_param", &message, &data))
    }

    pub(crate) fn integer(&mut self, params: &Params, name: &str) -> Option<i64> {
        let text = params.get(name)?.trim();
        let number = text.parse().ok();
        if number.is_none() {
            let message = format!("{name} is not of type integer.");
            self.refuse(name, "rest_invalid_type", &message, &json!({"param": name}));
        }
        number
    }

    pub(crate) fn boolean(&mut self, params: &Params, name: &str) -> bool {
        match params.get(name).map(str::to_lowercase).as_deref() {
            None | Some("false" | "0" | "") => false,
            Some("true" | "1") => true,
            Some(_) => {
                let message = format!("{name} is not of type boolean.");
                self.refuse(name, "rest_invalid_type", &message, &json!({"param": name}));
                false
            }
        }
    }

    /// `page`, at least 1.
    pub(crate) fn page(&mut self, params: &Params) -> usize {
        let page = self.integer(params, "page").unwrap_or(1);
        if page < 1 {
            let message = "page must be greater than or equal to 1";
            self.refuse("page", "rest_out_of_bounds", message, &Value::Null);
        }
        usize::try_from(page).unwrap_or(1)
    }

    /// `per_page`, 1 to 100, otherwise 10.
    pub(crate) fn per_page(&mut self, params: &Params) -> usize {
        let per_page = self.integer(params, "per_page").unwrap_or(10);
        if !(1..=100).contains(&per_page) {
            let message = "per_page must be between 1 (inclusive) and 100 (inclusive)";
            self.refuse("per_page", "rest_out_of_bounds", message, &Value::Null);
        }
        usize::try_from(per_page).unwrap_or(10)
    }

    /// One of `allowed`, otherwise the first of them.
    pub(crate) fn one_of<'a>(
        &mut self,
        params: &Params,
        name: &str,
        allowed: &[&'a str],
        otherwise: &'a str,
    ) -> &'a str {
        let Some(given) = params.get(name) else {
            return otherwise;
        };
        if let Some(known) = allowed.iter().find(|known| **known == given) {
            return known;
        }
        let message = format!("{name} is not one of {}.", sentence(allowed));
        self.refuse(name, "rest_not_in_enum", &message, &Value::Null);
        otherwise
    }

    /// Every value one of `allowed`.
    pub(crate) fn each_of(&mut self, params: &Params, name: &str, allowed: &[String]) {
        let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
        let given = params.list(name);
        let bad = given.iter().position(|value| !allowed.contains(value));
        if let Some(at) = bad {
            let message = format!("{name}[{at}] is not one of {}.", sentence(&allowed));
            self.refuse(name, "rest_not_in_enum", &message, &Value::Null);
        }
    }

    /// Ids; an empty list is no list.
    pub(crate) fn ids(&mut self, params: &Params, name: &str) -> Vec<u64> {
        let mut ids = Vec::new();
        for (at, text) in params.list(name).into_iter().enumerate() {
            if let Ok(id) = text.parse() {
                ids.push(id);
            } else {
                let of = format!("{name}[{at}]");
                let message = format!("{of} is not of type integer.");
                self.refuse(name, "rest_invalid_type", &message, &json!({"param": of}));
            }
        }
        ids
    }

    /// A date as sent, if it is one.
    pub(crate) fn date(&mut self, params: &Params, name: &str) -> Option<SentDate> {
        let text = params.get(name)?;
        let date = SentDate::parse(text);
        if date.is_none() {
            self.refuse(name, "rest_invalid_date", "Invalid date.", &Value::Null);
        }
        date
    }
}

/// `a, b, and c`.
fn sentence(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        [start @ .., last] => format!("{}, and {last}", start.join(", ")),
    }
}

/// A date parameter: seconds are kept, parts of them cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SentDate {
    wall: DateTime,
    /// Seconds east of UTC, if a zone was sent.
    offset: Option<i32>,
}

impl SentDate {
    fn parse(text: &str) -> Option<Self> {
        let date = text.get(..10)?;
        let separator = text.get(10..11)?;
        let time = text.get(11..19)?;
        if !matches!(separator, "T" | "t" | " ") || !is_time(time) {
            return None;
        }
        let wall: DateTime = format!("{date}T{time}").parse().ok()?;
        let mut rest = text.get(19..)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            rest = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            if rest.len() == fraction.len() {
                return None;
            }
        }
        let offset = match rest {
            "" => None,
            "Z" => Some(0),
            zone => Some(offset(zone)?),
        };
        Some(Self { wall, offset })
    }

    /// What stamps are compared with.
    pub(crate) fn bound(self, gmt: bool, storage: OrderStorage, settings: &Settings) -> Bound {
        let utc = |wall: DateTime| seconds_of(wall);
        let moment = |wall: DateTime, offset: i32| seconds_of(wall) - i64::from(offset);
        match (gmt, self.offset) {
            (true, None) => Bound::Utc(utc(self.wall)),
            // The flag and a zone together: moved to the store's time, then read as UTC.
            (true, Some(offset)) => {
                let at = timestamp(moment(self.wall, offset));
                Bound::Utc(seconds_of(settings.local(at)))
            }
            (false, Some(offset)) if storage == OrderStorage::Posts => {
                let at = timestamp(moment(self.wall, offset));
                Bound::Local(seconds_of(settings.local(at)))
            }
            (false, Some(offset)) => Bound::Utc(moment(self.wall, offset)),
            (false, None) if storage == OrderStorage::Posts => Bound::Local(utc(self.wall)),
            (false, None) => {
                let local = settings.zone.to_ambiguous_timestamp(self.wall).compatible();
                Bound::Utc(local.map_or_else(|_| utc(self.wall), Timestamp::as_second))
            }
        }
    }
}

fn is_time(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        2 | 5 => byte == b':',
        _ => byte.is_ascii_digit(),
    })
}

/// `+02:00`, `-0530`, `+02`.
fn offset(zone: &str) -> Option<i32> {
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let hours: i32 = zone.get(1..3)?.parse().ok()?;
    let rest = zone.get(3..)?;
    let minutes: i32 = match rest.trim_start_matches(':') {
        "" if rest.is_empty() => 0,
        minutes if minutes.len() == 2 => minutes.parse().ok()?,
        _ => return None,
    };
    Some(sign * (hours * 3600 + minutes * 60))
}

fn seconds_of(wall: DateTime) -> i64 {
    jiff::tz::Offset::UTC
        .to_timestamp(wall)
        .map_or(0, Timestamp::as_second)
}

fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A bound in seconds: of UTC stamps, or of stamps in the store's own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Utc(i64),
    Local(i64),
}

impl Bound {
    /// The moment's seconds as this bound counts them.
    fn of(self, moment: u32, settings: &Settings) -> i64 {
        match self {
            Self::Utc(_) => i64::from(moment),
            Self::Local(_) => seconds_of(settings.local(timestamp(i64::from(moment)))),
        }
    }

    fn seconds(self) -> i64 {
        match self {
            Self::Utc(seconds) | Self::Local(seconds) => seconds,
        }
    }
}

/// Both bounds, each exclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub after: Option<Bound>,
    pub before: Option<Bound>,
}

impl Span {
    pub(crate) fn holds(&self, moment: u32, settings: &Settings) -> bool {
        let later = |bound: Bound| bound.of(moment, settings) > bound.seconds();
        let earlier = |bound: Bound| bound.of(moment, settings) < bound.seconds();
        self.after.is_none_or(later) && self.before.is_none_or(earlier)
    }

    /// A moment that all in the span are later than, if one is known.
    pub(crate) fn floor(&self) -> Option<u32> {
        match self.after {
            Some(Bound::Utc(seconds)) => u32::try_from(seconds).ok(),
            Some(Bound::Local(_)) | None => None,
        }
    }
}
