//! When orders come: more on Sundays and Mondays, more in November, few at
//! night, some at the stroke of midnight, some many in one second.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::dice::Dice;
use super::{CALENDAR, GenerateOptions};

/// How busy each hour of a day is.
const HOURS: [(u64, u64); 24] = [
    (12, 0),
    (8, 1),
    (5, 2),
    (3, 3),
    (3, 4),
    (5, 5),
    (12, 6),
    (22, 7),
    (34, 8),
    (45, 9),
    (52, 10),
    (55, 11),
    (58, 12),
    (54, 13),
    (50, 14),
    (48, 15),
    (46, 16),
    (48, 17),
    (54, 18),
    (64, 19),
    (72, 20),
    (70, 21),
    (50, 22),
    (27, 23),
];

/// The seconds since 1970 of each order, ascending, and of the end of the last day.
pub(crate) fn order_times(
    seed: u64,
    options: &GenerateOptions,
    zone: &TimeZone,
) -> (Vec<u32>, u32) {
    let days = days(options.first_day, options.last_day);
    let weights: Vec<u64> = days.iter().map(|day| weight(*day)).collect();
    let all: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let mut times = Vec::with_capacity(options.orders);
    let mut before: u128 = 0;
    let mut placed: u128 = 0;
    for (number, (day, weight)) in days.iter().zip(&weights).enumerate() {
        before += u128::from(*weight);
        let due = options.orders as u128 * before / all.max(1);
        let count = usize::try_from(due - placed).unwrap_or(0);
        placed = due;
        let mut dice = Dice::of(seed, CALENDAR, number as u64);
        times.extend(times_of_day(&mut dice, *day, zone, count));
    }
    let end = start_of(options.last_day.saturating_add(1.day()), zone);
    (times, end)
}

fn days(first: Date, last: Date) -> Vec<Date> {
    let mut days: Vec<Date> = first
        .series(1.day())
        .take_while(|day| *day <= last)
        .collect();
    if days.is_empty() {
        days.push(first);
    }
    days
}

fn weight(day: Date) -> u64 {
    let weekday = match day.weekday() {
        Weekday::Sunday => 120,
        Weekday::Monday => 115,
        Weekday::Saturday => 85,
        Weekday::Friday => 90,
        Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday => 100,
    };
    let season = match day.month() {
        11 => 170,
        12 => 150,
        1 | 2 => 80,
        7 | 8 => 90,
        _ => 100,
    };
    weekday * season
}

fn start_of(day: Date, zone: &TimeZone) -> u32 {
    let start = day
        .to_zoned(zone.clone())
        .map(|start| start.timestamp().as_second());
    u32::try_from(start.unwrap_or(0)).unwrap_or(0)
}

/// Ascending. A day of a clock change is an hour shorter or longer.
fn times_of_day(dice: &mut Dice, day: Date, zone: &TimeZone, count: usize) -> Vec<u32> {
    let start = start_of(day, zone);
    let length = start_of(day.saturating_add(1.day()), zone)
        .saturating_sub(start)
        .max(1);
    let mut times: Vec<u32> = (0..count)
        .map(|_| {
            let hour = dice.weighted(&HOURS, 12);
            let second = hour * 3600 + dice.below(3600);
            let scaled = second * u64::from(length) / 86_400;
            start + u32::try_from(scaled).unwrap_or(0)
        })
        .collect();
    times.sort_unstable();
    if count > 3 && dice.chance(150) {
        // The first second of a day and the last one: which month is it in?
        if let Some(first) = times.first_mut() {
            *first = start;
        }
        if let Some(last) = times.last_mut() {
            *last = start + length - 1;
        }
    }
    if dice.chance(100) {
        crowd(dice, &mut times);
    }
    times
}

/// A newsletter goes out: a few orders fall into one second.
fn crowd(dice: &mut Dice, times: &mut [u32]) {
    let from = usize::try_from(dice.below(times.len() as u64)).unwrap_or(0);
    let Some(second) = times.get(from).copied() else {
        return;
    };
    for time in times.iter_mut().skip(from).take(5) {
        *time = second;
    }
}
