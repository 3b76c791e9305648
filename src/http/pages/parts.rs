//! What several pages are made of: chips, money, times, bars.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{Currency, Money};
use maud::{Markup, PreEscaped, html};
use rust_decimal::Decimal;

use super::words;
use crate::domain::{PostingState, SyncStatus};

/// A state as a chip: sign, word and colour, always the same.
pub(super) fn state(state: PostingState, warned: bool) -> Markup {
    let colour = state.as_str();
    html! {
        span class={ "chip " (colour) } {
            span aria-hidden="true" { (words::sign(state)) } " " (colour)
        }
        @if warned {
            " " (warning())
        }
    }
}

/// Posted, with something to look at.
pub(super) fn warning() -> Markup {
    html! { span class="chip warning" { span aria-hidden="true" { "▲" } " " (words::WARNING) } }
}

/// Several amounts, one a currency.
pub(super) fn sums(sums: &[Money]) -> Markup {
    html! { @for (index, sum) in sums.iter().enumerate() { @if index > 0 { ", " } (money_of(sum)) } }
}

/// The same as text.
pub(super) fn sums_text(sums: &[Money]) -> String {
    let texts: Vec<String> = sums.iter().map(money_text).collect();
    texts.join(", ")
}

/// An amount with its currency, as text.
pub(super) fn money_text(money: &Money) -> String {
    format!(
        "{} {}",
        amount_text(money.amount, money.currency),
        money.currency.as_str()
    )
}

/// The status of a run as a chip.
pub(super) fn status(status: SyncStatus) -> Markup {
    let (sign, word) = words::run_status(status);
    html! {
        span class={ "chip " (words::run_colour(status)) } {
            span aria-hidden="true" { (sign) } " " (word)
        }
    }
}

/// An amount with its currency: as many decimals as the currency has, a true minus.
pub(super) fn money(amount: Decimal, currency: Currency) -> Markup {
    html! { span class="money" { (amount_text(amount, currency)) " " span class="currency" { (currency.as_str()) } } }
}

/// The same, of a value that has both.
pub(super) fn money_of(money: &Money) -> Markup {
    self::money(money.amount, money.currency)
}

/// An amount without its currency, which stands in the head of its column.
pub(super) fn amount_text(amount: Decimal, currency: Currency) -> String {
    let mut plain = amount.normalize();
    if plain.scale() < currency.decimals() {
        plain.rescale(currency.decimals());
    }
    let text = plain.abs().to_string();
    let (whole, rest) = match text.split_once('.') {
        Some((whole, rest)) => (whole, format!(".{rest}")),
        None => (text.as_str(), String::new()),
    };
    let whole = whole
        .parse()
        .map_or_else(|_| whole.to_owned(), words::grouped);
    let minus = if plain.is_sign_negative() && !plain.is_zero() {
        "\u{2212}"
    } else {
        ""
    };
    format!("{minus}{whole}{rest}")
}

/// A moment: "2 minutes ago", exact on hover and on paper.
pub(super) fn time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Markup {
    let exact = exact(at, zone);
    let ago = words::ago(at.duration_until(now).as_secs());
    html! {
        time datetime=(at.to_string()) title=(exact) {
            span class="screen" data-ago="" { (ago) } span class="paper" { (exact) }
        }
    }
}

/// The exact local time.
pub(super) fn exact(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    local.strftime("%-d %b %Y, %H:%M:%S %Z").to_string()
}

/// A bar; its words stand beside it.
pub(super) fn bar(percentage: u64, label: &str, thin: bool) -> Markup {
    html! {
        progress class=(if thin { "thin" } else { "wide" }) max="100" value=(percentage) aria-label=(label) {
            (percentage) " %"
        }
    }
}

/// A button that does something on the server; `fields` say to what.
pub(super) fn button(action: &str, label: &str, fields: &[(&str, &str)], class: &str) -> Markup {
    html! {
        form method="post" action=(action) class="inline" {
            @for (name, value) in fields {
                input type="hidden" name=(name) value=(value);
            }
            button type="submit" class=(class) data-busy=[(action == "/do/sync").then_some(words::STARTING)] { (label) }
        }
    }
}

/// A button that asks to be opened first, and then says what it does.
pub(super) fn careful(label: &str, what: &str, button: &Markup) -> Markup {
    html! {
        details class="careful" {
            summary { (label) " …" }
            div { p { (prose(what)) } (button) }
        }
    }
}

/// An empty list says why it is empty and what would fill it.
pub(super) fn empty(text: &str) -> Markup {
    html! { p class="empty" { (text) } }
}

/// One bar of a chart.
pub(super) struct Bar {
    /// What it is about.
    pub(super) label: String,
    /// How high it is.
    pub(super) value: u64,
    /// What stands on top of that, in another colour.
    pub(super) rest: u64,
    /// What both say in words.
    pub(super) words: String,
    /// The list it counts.
    pub(super) link: Option<String>,
}

/// Upright bars with a table as their twin; `heads` are those of its columns.
pub(super) fn chart(title: &str, heads: (&str, &str), bars: &[Bar]) -> Markup {
    let high = |bar: &Bar| bar.value + bar.rest;
    let highest = bars.iter().map(high).max().unwrap_or(0).max(1);
    let slot = 640_u64
        .checked_div(bars.len() as u64)
        .unwrap_or(640)
        .clamp(4, 90);
    let width = slot * bars.len() as u64;
    let most = bars.iter().max_by_key(|bar| high(bar));
    html! {
        figure {
            figcaption { (title) @if let Some(most) = most { span class="small" { (words::at_most(&most.words)) } } }
            svg class="chart" viewBox={ "0 0 " (width) " 100" } preserveAspectRatio="none" role="img" aria-label=(title) {
                @for (index, bar) in bars.iter().enumerate() {
                    @let (value, all) = ((bar.value * 96).div_ceil(highest), (high(bar) * 96).div_ceil(highest));
                    @let (x, width) = (slot * index as u64 + slot / 8, slot - slot / 4);
                    g {
                        title { (bar.label) ": " (bar.words) }
                        rect class="back" x=(x) y="0" width=(width) height="100" {}
                        rect class="rest" x=(x) y=(100 - all) width=(width) height=(all) {}
                        rect x=(x) y=(100 - value) width=(width) height=(value) {}
                    }
                }
            }
            @if let (Some(first), Some(last)) = (bars.first(), bars.last()) {
                p class="axis small" aria-hidden="true" { span { (first.label) } span { (last.label) } }
            }
            details {
                summary { (words::AS_TABLE) }
                table {
                    thead { tr { th scope="col" { (heads.0) } th scope="col" class="n" { (heads.1) } } }
                    tbody { @for bar in bars { tr {
                        th scope="row" { @if let Some(link) = &bar.link { a href=(link) { (bar.label) } } @else { (bar.label) } }
                        td class="n" data-label=(heads.1) { (bar.words) }
                    } } }
                }
            }
        }
    }
}

/// A link with what of its query says something.
pub(super) fn link(path: &str, query: &[(&str, &str)]) -> String {
    let mut query = query.to_vec();
    query.retain(|(_, value)| !value.is_empty());
    link_of_all(path, &query)
}

/// A link with all of its query, whether or not it says something.
pub(super) fn link_of_all(path: &str, query: &[(&str, impl AsRef<str>)]) -> String {
    let mut serializer = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in query {
        serializer.append_pair(name, value.as_ref());
    }
    let query = serializer.finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// The page of an order.
pub(super) fn order_path(number: &str) -> String {
    let number: String = url::form_urlencoded::byte_serialize(number.as_bytes()).collect();
    // in a path a plus is a plus
    format!("/orders/{}", number.replace('+', "%20"))
}

/// Text whose words in backticks are code.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Nothing.
pub(super) fn none() -> Markup {
    PreEscaped(String::new())
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::{amount_text, link, order_path};

    #[test]
    fn money_has_its_currencys_decimals_and_a_true_minus() {
        let of = |amount, currency: &str| amount_text(amount, currency.parse().unwrap());
        assert_eq!(of(dec!(6412.8), "USD"), "6,412.80");
        assert_eq!(of(dec!(-58.2), "USD"), "\u{2212}58.20");
        assert_eq!(of(dec!(0), "USD"), "0.00");
        assert_eq!(of(dec!(-0.00), "USD"), "0.00");
        assert_eq!(of(dec!(1200), "JPY"), "1,200");
        assert_eq!(of(dec!(1.5), "KWD"), "1.500");
        assert_eq!(
            of(dec!(0.005), "USD"),
            "0.005",
            "a stray fraction is not hidden"
        );
    }

    #[test]
    fn links_are_escaped() {
        assert_eq!(
            link("/orders", &[("q", "a&b c"), ("state", "")]),
            "/orders?q=a%26b+c"
        );
        assert_eq!(order_path("A/1 +"), "/orders/A%2F1%20%2B");
    }
}
