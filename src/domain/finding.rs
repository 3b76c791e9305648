//! What comparing a mapping with both systems brings: points that would hold orders, points worth
//! knowing, and for each the lines of the configuration that settle it.

use std::fmt::Write as _;

/// Whether a point stops something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It would hold orders, or end runs.
    Error,
    /// It is worth knowing.
    Remark,
}

impl Weight {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Remark => "remark",
        }
    }
}

macro_rules! points {
    ($($name:ident $code:literal $meaning:literal;)*) => {
        /// What a finding is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Point {
            $(#[doc = $meaning] $name,)*
        }

        impl Point {
            /// All of them with their stable codes and meanings.
            pub const ALL: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$name, $code, $meaning),)*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

points! {
    UnresolvedName "unresolved_name" "A name or setting of the mapping does not fit the books.";
    AccountType "account_type" "An account is of a type that QuickBooks does not take in this place.";
    UnmappedTaxRate "unmapped_tax_rate" "The store charges tax for which no tax code is named.";
    TaxPercentDiffers "tax_percent_differs" "The code that is named has another percentage than the store charges.";
    TaxClassWithoutRates "tax_class_without_rates" "A tax class of the store has no rates, so its goods are sold without tax.";
    UntaxedGoods "untaxed_goods" "No code is named for what is sold without tax.";
    TaxOff "tax_off" "The store charges tax, and the books have none.";
    TaxAsLine "tax_as_line" "Tax is booked as a line, which the tax reports do not see.";
    CurrencyOff "currency_off" "The store sells in another currency than the books know.";
    ForeignCurrency "foreign_currency" "The store sells in another currency than the home currency of the books.";
    StatusNotNamed "status_not_named" "A plugin's status is not named, so its orders are held.";
    StatusUnknown "status_unknown" "A status is named that the store does not have.";
    SharedNumbers "shared_numbers" "Several stores share a company and number their sales or their refunds alike.";
    GatewayAccount "gateway_account" "Money of a gateway goes where that of others goes.";
    GatewayFee "gateway_fee" "What a gateway keeps is unknown.";
    Discounts "discounts" "The company does not allow discount lines.";
    ShippingField "shipping_field" "The company's shipping field and the mapping differ.";
    CustomNumbers "custom_numbers" "QuickBooks does not check document numbers for repetition.";
    BooksClosed "books_closed" "The books are closed for days that are to be posted.";
    TimeZone "time_zone" "Store and books count days in different time zones.";
    TaxRounding "tax_rounding" "The store rounds tax at the subtotal.";
    StockCounted "stock_counted" "Stock of inventory items is told as it is today, and backfilled sales are taken off it again.";
    NotSeen "not_seen" "The store's key does not show its settings.";
    Note "note" "Something else that is worth knowing.";
}

/// One line of the configuration, below a section of `[pipelines.mapping]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The section below `pipelines.mapping`, as written: `tax.rates`.
    pub section: String,
    /// The key, as written.
    pub key: String,
    /// The value, as written.
    pub value: String,
    /// What to know of it.
    pub note: Option<String>,
    /// False where something has to be done first; then the line is printed as a comment.
    pub ready: bool,
}

impl Line {
    /// A line with a text for its value.
    pub fn text(section: impl Into<String>, key: impl Into<String>, value: &str) -> Self {
        Self {
            section: section.into(),
            key: key.into(),
            value: quoted(value),
            note: None,
            ready: true,
        }
    }

    /// With something to know of it.
    #[must_use]
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Only once something was done first.
    #[must_use]
    pub fn later(mut self) -> Self {
        self.ready = false;
        self
    }
}

/// One point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub point: Point,
    /// Whether it stops something.
    pub weight: Weight,
    /// What was found, a sentence without its full stop.
    pub what: String,
    /// What follows from it, a sentence.
    pub why: String,
    /// What to do, a sentence.
    pub remedy: String,
    /// The lines of the configuration that settle it; none where it is settled elsewhere.
    pub lines: Vec<Line>,
}

impl Finding {
    /// The lines of this finding alone, ready to paste.
    pub fn toml(&self) -> String {
        toml([self])
    }
}

/// The lines of all these findings, each section once, ready to paste below a pipeline. What has to
/// wait stands in comments.
pub fn toml<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let mut sections: Vec<(&str, Vec<&Line>)> = Vec::new();
    for line in findings.into_iter().flat_map(|finding| &finding.lines) {
        match sections.iter_mut().find(|(name, _)| *name == line.section) {
            Some((_, lines)) if lines.iter().any(|known| known.key == line.key) => {}
            Some((_, lines)) => lines.push(line),
            None => sections.push((&line.section, vec![line])),
        }
    }
    let mut text = String::new();
    for (name, lines) in sections {
        let mark = |ready: bool| if ready { "" } else { "# " };
        let any = lines.iter().any(|line| line.ready);
        let _ = writeln!(text, "{}[pipelines.mapping.{name}]", mark(any));
        for line in lines {
            let _ = write!(text, "{}{} = {}", mark(line.ready), line.key, line.value);
            if let Some(note) = &line.note {
                let _ = write!(text, "   # {}", note.replace(['\n', '\r'], " "));
            }
            text.push('\n');
        }
    }
    text
}

/// A text as TOML writes it.
pub fn quoted(text: &str) -> String {
    let mut written = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            letter if letter.is_control() => {
                let _ = write!(written, "\\u{:04X}", u32::from(letter));
            }
            letter => written.push(letter),
        }
    }
    written.push('"');
    written
}

/// A key as TOML writes it: bare where that is possible.
pub fn key(text: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !text.is_empty() && text.chars().all(bare) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(lines: Vec<Line>) -> Finding {
        Finding {
            point: Point::Note,
            weight: Weight::Remark,
            what: String::new(),
            why: String::new(),
            remedy: String::new(),
            lines,
        }
    }

    #[test]
    fn each_section_stands_once_and_what_has_to_wait_is_a_comment() {
        let first = finding(vec![
            Line::text("tax.rates", quoted("1"), "GST").noted("GST, 5 %"),
            Line::text("payments.stripe", "deposit_to", "Stripe Clearing").later(),
        ]);
        let second = finding(vec![
            Line::text("tax.rates", quoted("1+2"), "a \"b\" \\ c"),
            Line::text("tax.rates", quoted("1"), "said already"),
        ]);
        let text = toml([&first, &second]);
        assert_eq!(
            text,
            "[pipelines.mapping.tax.rates]\n\
             \"1\" = \"GST\"   # GST, 5 %\n\
             \"1+2\" = \"a \\\"b\\\" \\\\ c\"\n\
             # [pipelines.mapping.payments.stripe]\n\
             # deposit_to = \"Stripe Clearing\"\n"
        );
        let read: toml::Table = text.parse().unwrap();
        let rates = &read["pipelines"]["mapping"]["tax"]["rates"];
        assert_eq!(rates["1+2"].as_str(), Some("a \"b\" \\ c"));
    }

    #[test]
    fn keys_are_bare_where_toml_allows_it() {
        assert_eq!(key("ppcp-gateway"), "ppcp-gateway");
        assert_eq!(key(""), "\"\"");
        assert_eq!(key("a.b"), "\"a.b\"");
        assert_eq!(quoted("a\tb"), "\"a\\u0009b\"");
    }

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<&str> = Point::ALL.iter().map(|(_, code, _)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Point::ALL.len());
    }
}
