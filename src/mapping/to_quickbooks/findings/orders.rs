//! Statuses, document numbers, currency, and the days of the books.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Seen, error, listed, remark};
use crate::domain::finding::quoted;
use crate::domain::{ClosedPeriod, Finding, Line, Point};

/// WooCommerce's own statuses: what becomes of them is decided.
const OWN: [&str; 11] = [
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
    "auto-draft",
    "draft",
    "trash",
];
/// As much of a store's name as a document number has room for.
const PREFIX: usize = 6;

pub(super) fn findings(seen: Seen<'_>) -> Vec<Finding> {
    let all = [
        not_seen(seen),
        misspelt(seen),
        statuses(seen),
        currency(seen),
        numbers(seen),
        closed(seen),
        zone(seen),
        rounding(seen),
    ];
    all.into_iter().flatten().collect()
}

fn not_seen(seen: Seen<'_>) -> Option<Finding> {
    let Some(store) = seen.store else {
        return Some(remark(
            Point::NotSeen,
            "the store was not asked yet how it is set up".to_owned(),
            "Its taxes, gateways and statuses are not compared.",
            "Run `daybook check`.",
        ));
    };
    let parts = [
        ("its settings", store.settings.is_none()),
        ("tax rates", store.tax_rates.is_none()),
        ("tax classes", store.tax_classes.is_none()),
        ("gateways", store.gateways.is_none()),
        ("statuses", store.statuses.is_none()),
    ];
    let hidden: Vec<&str> = parts
        .iter()
        .filter(|(_, hidden)| *hidden)
        .map(|(name, _)| *name)
        .collect();
    if hidden.is_empty() {
        return None;
    }
    Some(remark(
        Point::NotSeen,
        format!("the store's key does not show {}", hidden.join(", ")),
        "They are not compared. Orders are read all the same.",
        "Let the key belong to a shop manager or administrator (WooCommerce, Settings, Advanced, REST API), with \
         the permission \"Read\".",
    ))
}

/// Statuses that the mapping names and the store does not have.
fn misspelt(seen: Seen<'_>) -> Option<Finding> {
    let there = seen.store?.statuses.as_ref()?;
    let there: Vec<&str> = there.iter().map(|status| status.slug.as_str()).collect();
    let named = &seen.rules.orders.statuses;
    let is_there = |slug: &str| OWN.contains(&slug) || there.contains(&slug);
    let unknown: Vec<&str> = named
        .iter()
        .map(String::as_str)
        .filter(|slug| !is_there(slug))
        .collect();
    if unknown.is_empty() {
        return None;
    }
    let mut finding = error(
        Point::StatusUnknown,
        format!(
            "the store has no status {}, which `orders.statuses` names",
            listed(&unknown)
        ),
        "Orders in the status that is meant are left out or held.",
        "Write it as the store does: a slug, without `wc-`.",
    );
    let mut slugs: Vec<&str> = Vec::new();
    for slug in named {
        let near = if is_there(slug) {
            Some(slug.as_str())
        } else {
            let all = OWN.iter().chain(&there).copied();
            let close = |it: &&str| strsim::jaro_winkler(slug, it);
            all.max_by(|left, right| close(left).total_cmp(&close(right)))
        };
        slugs.extend(near.filter(|near| !slugs.contains(near)));
    }
    let slugs: Vec<String> = slugs.into_iter().map(quoted).collect();
    finding.lines = vec![Line {
        section: "orders".to_owned(),
        key: "statuses".to_owned(),
        value: format!("[{}]", slugs.join(", ")),
        note: Some("with the nearest that the store has, if they are meant".to_owned()),
        ready: false,
    }];
    Some(finding)
}

fn statuses(seen: Seen<'_>) -> Option<Finding> {
    let listed_there = &seen.rules.orders.statuses;
    let new: Vec<&str> = seen
        .store?
        .statuses
        .as_ref()?
        .iter()
        .map(|status| status.slug.as_str())
        .filter(|slug| !OWN.contains(slug) && !listed_there.iter().any(|known| known == slug))
        .collect();
    if new.is_empty() {
        return None;
    }
    // holding them may be just what is wanted, so it is no error
    let mut finding = remark(
        Point::StatusNotNamed,
        format!(
            "a plugin added the status {}, which the mapping does not name",
            listed(&new)
        ),
        "Orders in it are held (`unknown_status`): only the owner knows whether they are sales.",
        "Name it under `orders.statuses` where its orders are to be booked. Those that are not can be left out one \
         by one with `daybook exclude`.",
    );
    let all = listed_there.iter().map(String::as_str).chain(new);
    let all: Vec<String> = all.map(quoted).collect();
    finding.lines = vec![Line {
        section: "orders".to_owned(),
        key: "statuses".to_owned(),
        value: format!("[{}]", all.join(", ")),
        note: None,
        ready: true,
    }];
    Some(finding)
}

fn currency(seen: Seen<'_>) -> Option<Finding> {
    let currency = &seen.store?.settings.as_ref()?.currency;
    let preferences = &seen.books.preferences;
    let home = &preferences.home_currency;
    if currency.is_empty() || currency == home {
        return None;
    }
    Some(if preferences.multi_currency_enabled {
        remark(
            Point::ForeignCurrency,
            format!("the store sells in {currency}, and the home currency of the books is {home}"),
            "Documents are in the order's currency, with QuickBooks' exchange rate of the day; each customer has a \
             currency of its own there.",
            "Nothing has to be done where that is meant.",
        )
    } else {
        error(
            Point::CurrencyOff,
            format!("the store sells in {currency}, and the books are in {home} alone"),
            "Every order is held (`currency_off`).",
            "Switch on several currencies in QuickBooks (Account and settings, Advanced; it cannot be undone), or \
             post to a company whose home currency it is.",
        )
    })
}

/// Several stores into one company, with the same numbers of sales or of refunds.
fn numbers(seen: Seen<'_>) -> Option<Finding> {
    let (sales, refunds) = (&seen.rules.orders.number, &seen.rules.refunds.number);
    let others = &seen.around.neighbours;
    let alike: Vec<&str> = others
        .iter()
        .filter(|it| it.orders == *sales || it.refunds == *refunds)
        .map(|it| it.source.as_str())
        .collect();
    if alike.is_empty() {
        return None;
    }
    let same_sales = others.iter().any(|it| it.orders == *sales);
    let same_refunds = others.iter().any(|it| it.refunds == *refunds);
    let keys = [
        (same_sales, "orders.number", sales),
        (same_refunds, "refunds.number", refunds),
    ];
    let keys: Vec<String> = keys
        .into_iter()
        .filter(|(same, ..)| *same)
        .map(|(_, key, template)| format!("`{key}` = {}", quoted(template)))
        .collect();
    let mut finding = error(
        Point::SharedNumbers,
        format!(
            "{} posts to the same company with the same document numbers ({})",
            listed(&alike),
            keys.join(", ")
        ),
        "Two documents of one number meet there, and the second is held (`number_taken`).",
        "Give the documents of each store a prefix of their own, sales and refunds.",
    );
    let apart = if same_sales {
        format!("{}-{{number}}", prefix(seen, &alike))
    } else {
        sales.clone()
    };
    if same_sales {
        finding.lines.push(Line::text("orders", "number", &apart));
    }
    if same_refunds {
        // as the sales are told apart
        let number = apart.replace("{number}", refunds);
        finding.lines.push(Line::text("refunds", "number", &number));
    }
    Some(finding)
}

/// A prefix that no other store has, nor gets where it is asked for one in its turn.
fn prefix(seen: Seen<'_>, alike: &[&str]) -> String {
    let neighbours = &seen.around.neighbours;
    let is_taken = |prefix: &str| {
        let prefix = format!("{prefix}-");
        neighbours.iter().any(|it| it.orders.starts_with(&prefix))
    };
    let mut sources: Vec<&str> = alike.to_vec();
    sources.push(&seen.around.source);
    sources.sort_unstable();
    sources.dedup();
    let mut given: Vec<String> = Vec::new();
    for source in sources {
        let letters = source.chars().filter(char::is_ascii_alphanumeric);
        let name = letters.collect::<String>().to_uppercase();
        let head = |length: usize| name.chars().take(length).collect::<String>();
        let tail: String = name.chars().skip(name.len().saturating_sub(2)).collect();
        let numbered = (1..100).map(|number| format!("{}{number}", head(PREFIX - 2)));
        let mut candidates = [head(PREFIX), format!("{}{tail}", head(PREFIX - 2))]
            .into_iter()
            .chain(numbered);
        let free = candidates.find(|it| !it.is_empty() && !is_taken(it) && !given.contains(it));
        let free = free.unwrap_or_default();
        if source == seen.around.source {
            return free;
        }
        given.push(free);
    }
    String::new()
}

fn closed(seen: Seen<'_>) -> Option<Finding> {
    let (closed, start) = (
        seen.books.preferences.book_close_date?,
        seen.rules.start_date?,
    );
    let held = seen.rules.orders.closed_period == ClosedPeriod::Hold;
    if start > closed || !held {
        return None;
    }
    let mut finding = remark(
        Point::BooksClosed,
        format!("the books are closed until {closed}, and orders are posted from {start} on"),
        "Orders of the closed days are held (`closed_period`).",
        "Let the pipeline's `start_date` be the day after, or book such orders on the first open day.",
    );
    finding.lines = vec![
        Line::text("orders", "closed_period", "first_open_day")
            .later()
            .noted("dates them on the first open day, with the true date in the memo"),
    ];
    Some(finding)
}

fn zone(seen: Seen<'_>) -> Option<Finding> {
    let theirs = &seen.store?.timezone;
    let ours = &seen.rules.timezone;
    let name = ours.iana_name().unwrap_or("UTC");
    if theirs.is_empty() || theirs == name || alike(seen.store?.time_zone(), ours, seen.now) {
        return None;
    }
    Some(remark(
        Point::TimeZone,
        format!("the store is in {theirs}, and the pipeline counts days in {name}"),
        "An order near midnight stands under another day in the books than in the store's own reports.",
        format!(
            "Set the pipeline's `timezone` to {} where that is not meant.",
            quoted(theirs)
        ),
    ))
}

/// Whether two zones tell the same time, in summer and in winter.
fn alike(theirs: Option<TimeZone>, ours: &TimeZone, now: Timestamp) -> bool {
    let Some(theirs) = theirs else {
        return false;
    };
    let half_a_year = SignedDuration::from_hours(24 * 182);
    let later = now.checked_add(half_a_year).unwrap_or(now);
    [now, later]
        .into_iter()
        .all(|moment| theirs.to_offset(moment) == ours.to_offset(moment))
}

fn rounding(seen: Seen<'_>) -> Option<Finding> {
    let settings = seen.store?.settings.as_ref()?;
    if !settings.calculates_tax || !settings.rounds_tax_at_subtotal {
        return None;
    }
    Some(remark(
        Point::TaxRounding,
        "the store rounds tax at the subtotal, not line by line".to_owned(),
        "The parts of an order can miss its total by a cent; the cents are then allocated so that they meet it, and \
         an order that no allocation meets is held (`total_mismatch`).",
        "To be rid of it, clear \"Round tax at subtotal level\" in the store (WooCommerce, Settings, Tax).",
    ))
}
