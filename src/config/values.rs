//! What single values look like: texts, numbers, words, lists, durations, dates, addresses, names.
//! Pure functions from a TOML value to what the program uses.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::DeValue;
use url::{Host, Url};

use super::nearest::{near, nearest, one_of};
use super::reader::{Parsed, kind_of};

type Toml<'a> = Spanned<DeValue<'a>>;

/// A value that does not fit, said at its own place.
pub(super) fn fault<T>(value: &Toml<'_>, message: impl Into<String>) -> Parsed<T> {
    Err(vec![(value.span(), message.into())])
}

/// Any text.
pub(super) fn text(value: &Toml<'_>) -> Parsed<String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        other => fault(
            value,
            format!("must be a text in quotes, not {}", kind_of(other)),
        ),
    }
}

/// A text that says something.
pub(super) fn filled(value: &Toml<'_>) -> Parsed<String> {
    let text = text(value)?;
    if text.trim().is_empty() {
        return fault(value, "must not be empty");
    }
    Ok(text)
}

/// A whole number within bounds.
pub(super) fn number(bounds: RangeInclusive<u32>) -> impl Fn(&Toml<'_>) -> Parsed<u32> {
    move |value| {
        let DeValue::Integer(digits) = value.get_ref() else {
            let found = kind_of(value.get_ref());
            return fault(value, format!("must be a whole number, not {found}"));
        };
        let number = i128::from_str_radix(digits.as_str(), digits.radix());
        let number = number.ok().and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| bounds.contains(number)) {
            Some(number) => Ok(number),
            None if *bounds.end() == u32::MAX => {
                fault(value, format!("must be {} or more", bounds.start()))
            }
            None => fault(
                value,
                format!("must be between {} and {}", bounds.start(), bounds.end()),
            ),
        }
    }
}

/// One of some words, each with what it stands for.
pub(super) fn word<T: Clone>(words: &[(&'static str, T)]) -> impl Fn(&Toml<'_>) -> Parsed<T> {
    move |value| {
        let text = text(value)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(meaning.clone());
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let meant = near(&text, known.iter().copied())
            .map(|near| format!("the nearest is `{near}`; "))
            .unwrap_or_default();
        let possible = one_of(&known);
        fault(
            value,
            format!("`{text}` is not known; {meant}possible are {possible}"),
        )
    }
}

/// A list whose members are different.
pub(super) fn list<T: PartialEq>(
    member: impl Fn(&Toml<'_>) -> Parsed<T>,
) -> impl Fn(&Toml<'_>) -> Parsed<Vec<T>> {
    move |value| {
        let DeValue::Array(members) = value.get_ref() else {
            let found = kind_of(value.get_ref());
            return fault(
                value,
                format!("must be a list like [\"…\", \"…\"], not {found}"),
            );
        };
        let mut list = Vec::new();
        let mut faults = Vec::new();
        for value in members {
            match member(value) {
                Ok(found) if list.contains(&found) => {
                    faults.push((value.span(), "is in the list twice".to_owned()));
                }
                Ok(found) => list.push(found),
                Err(wrong) => faults.extend(wrong),
            }
        }
        if faults.is_empty() {
            Ok(list)
        } else {
            Err(faults)
        }
    }
}

/// A list with at least one member.
pub(super) fn filled_list<T: PartialEq>(
    member: impl Fn(&Toml<'_>) -> Parsed<T>,
) -> impl Fn(&Toml<'_>) -> Parsed<Vec<T>> {
    let list = list(member);
    move |value| {
        let members = list(value)?;
        if members.is_empty() {
            return fault(value, "must not be empty");
        }
        Ok(members)
    }
}

/// A duration within bounds.
pub(super) fn duration(bounds: RangeInclusive<Duration>) -> impl Fn(&Toml<'_>) -> Parsed<Duration> {
    move |value| {
        let DeValue::String(text) = value.get_ref() else {
            let found = kind_of(value.get_ref());
            return fault(
                value,
                format!("must be a duration in quotes like \"30s\" or \"5m\", not {found}"),
            );
        };
        let Some(duration) = parse_duration(text) else {
            return fault(
                value,
                format!(
                    "`{text}` is not a duration: write it like \"250ms\", \"30s\", \"5m\" or \"1h30m\""
                ),
            );
        };
        if !bounds.contains(&duration) {
            let (from, to) = (
                print_duration(*bounds.start()),
                print_duration(*bounds.end()),
            );
            return fault(value, format!("must be between {from} and {to}"));
        }
        Ok(duration)
    }
}

const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// `1h30m`: numbers with units, larger units first.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let mut millis: u64 = 0;
    let mut rest = text.trim();
    let mut smaller_than = u64::MAX;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, behind) = rest.split_at_checked(digits)?;
        let letters = behind
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(letters)?;
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
        if *size >= smaller_than {
            return None;
        }
        smaller_than = *size;
        millis = millis.checked_add(number.parse::<u64>().ok()?.checked_mul(*size)?)?;
        rest = behind.trim_start();
    }
    Some(Duration::from_millis(millis))
}

/// A duration as it is written in the file.
pub(super) fn print_duration(duration: Duration) -> String {
    let mut millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, size) in UNITS {
        if millis >= size {
            let _ = write!(text, "{}{unit}", millis / size);
            millis %= size;
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

/// A day: TOML's local date.
pub(super) fn date(value: &Toml<'_>) -> Parsed<Date> {
    const HOW: &str = "must be a date without quotes and without a time, like 2026-01-01";
    let DeValue::Datetime(found) = value.get_ref() else {
        return fault(value, HOW);
    };
    let (Some(date), None, None) = (found.date, found.time, found.offset) else {
        return fault(value, HOW);
    };
    let day = i16::try_from(date.year).ok().and_then(|year| {
        let month = i8::try_from(date.month).ok()?;
        Date::new(year, month, i8::try_from(date.day).ok()?).ok()
    });
    day.map_or_else(|| fault(value, "is no day of the calendar"), Ok)
}

/// A time zone by its IANA name.
pub(super) fn time_zone(value: &Toml<'_>) -> Parsed<TimeZone> {
    let name = text(value)?;
    match TimeZone::get(&name) {
        Ok(zone) if zone.iana_name().is_some() => Ok(zone),
        Ok(_) | Err(_) => {
            let known: Vec<String> = jiff::tz::db()
                .available()
                .map(|name| name.as_str().to_owned())
                .collect();
            let near = nearest(&name, known.iter().map(String::as_str)).unwrap_or("UTC");
            fault(
                value,
                format!(
                    "`{name}` is not a time zone of the IANA list, like `America/New_York`; the nearest is `{near}`"
                ),
            )
        }
    }
}

/// A name that stands in paths and tables: letters, digits, `-` and `_`.
pub(super) fn name(value: &Toml<'_>) -> Parsed<String> {
    let name = text(value)?;
    if let Some(message) = unfit_name(&name) {
        return fault(value, message);
    }
    Ok(name)
}

/// Why a name cannot be used.
pub(super) fn unfit_name(name: &str) -> Option<&'static str> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let fits = !name.is_empty() && name.len() <= 64 && name.chars().all(fits);
    (!fits).then_some("a name has letters a–z, digits, `-` and `_`, at most 64 of them")
}

/// Whether a host is this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address of one resource, as it is.
pub(super) fn endpoint(value: &Toml<'_>) -> Parsed<Url> {
    let text = text(value)?;
    let url = match Url::parse(text.trim()) {
        Ok(url) if url.has_host() => url,
        Ok(_) | Err(_) => {
            return fault(
                value,
                "is not a web address: write it like \"https://shop.example.com\"",
            );
        }
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return fault(
                value,
                "must begin with https://, since secrets travel over it; http:// is for this machine only",
            );
        }
        other => return fault(value, format!("must begin with https://, not {other}://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return fault(
            value,
            "must not hold a user or password: secrets have keys of their own",
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return fault(value, "must end before any `?` or `#`");
    }
    Ok(url)
}

/// The address under which other addresses are: its path ends with a slash, so that they can be
/// joined to it.
pub(super) fn base_url(value: &Toml<'_>) -> Parsed<Url> {
    let mut url = endpoint(value)?;
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

/// Where a server listens.
pub(super) fn listen(value: &Toml<'_>) -> Parsed<SocketAddr> {
    let text = text(value)?;
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let address = match text.strip_prefix("localhost:") {
        Some(port) => port.parse().ok().map(|port| SocketAddr::new(here, port)),
        None => text.parse().ok(),
    };
    address.map_or_else(
        || {
            fault(
                value,
                format!(
                    "`{text}` is not an address with a port, like \"127.0.0.1:8080\" or \"[::1]:8080\""
                ),
            )
        },
        Ok,
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse<T>(text: &str, parser: impl Fn(&Toml<'_>) -> Parsed<T>) -> Result<T, String> {
        let value = DeValue::parse(text).expect("TOML");
        parser(&value).map_err(|faults| {
            let messages: Vec<String> = faults.into_iter().map(|(_, message)| message).collect();
            messages.join("; ")
        })
    }

    #[test]
    fn durations_are_numbers_with_units_larger_units_first() {
        let millis = |text| parse_duration(text).map(|duration| duration.as_millis());
        assert_eq!(millis("250ms"), Some(250));
        assert_eq!(millis("1h30m"), Some(5_400_000));
        assert_eq!(millis("1h 30m"), Some(5_400_000));
        assert_eq!(millis("2d"), Some(172_800_000));
        assert_eq!(millis("0s"), Some(0));
        for wrong in [
            "",
            "30",
            "s",
            "30m1h",
            "1m1m",
            "-5s",
            "1.5s",
            "5 minutes",
            "99999999999999999999s",
        ] {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_duration_reads_as_itself(millis in 0_u64..10_000_000_000) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse_duration(&print_duration(duration)), Some(duration));
        }
    }

    #[test]
    fn base_addresses_end_with_one_slash_and_endpoints_stay_as_they_are() {
        let base = |text| parse(text, base_url).map(|url| url.to_string());
        assert_eq!(
            base("\"https://a.example\"").as_deref(),
            Ok("https://a.example/")
        );
        assert_eq!(
            base("\"https://a.example/shop//\"").as_deref(),
            Ok("https://a.example/shop/")
        );
        let end = parse("\"http://127.0.0.1:9/token\"", endpoint).map(|url| url.to_string());
        assert_eq!(end.as_deref(), Ok("http://127.0.0.1:9/token"));
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for here in ["http://localhost:1", "http://127.8.9.1", "http://[::1]:2/x"] {
            assert!(parse(&format!("\"{here}\""), endpoint).is_ok(), "{here}");
        }
        for elsewhere in [
            "http://a.example",
            "http://10.0.0.1",
            "http://localhost.example",
            "ftp://a.example",
        ] {
            assert!(
                parse(&format!("\"{elsewhere}\""), endpoint).is_err(),
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn numbers_may_be_written_in_any_way_of_toml() {
        assert_eq!(parse("1_000", number(1..=u32::MAX)), Ok(1000));
        assert_eq!(parse("0x1E", number(1..=30)), Ok(30));
        assert_eq!(
            parse("-1", number(0..=u32::MAX)),
            Err("must be 0 or more".to_owned())
        );
        assert_eq!(
            parse("99999999999999999999999999999999999999999", number(1..=30)),
            Err("must be between 1 and 30".to_owned())
        );
    }

    #[test]
    fn a_listen_address_has_a_port() {
        assert_eq!(
            parse("\"localhost:8080\"", listen)
                .map(|address| address.to_string())
                .as_deref(),
            Ok("127.0.0.1:8080")
        );
        assert!(parse("\"[::1]:0\"", listen).is_ok());
        assert!(parse("\"127.0.0.1\"", listen).is_err());
        assert!(parse("\":8080\"", listen).is_err());
    }
}
