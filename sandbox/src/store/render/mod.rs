//! Writes what the store holds as the JSON that the REST API sends, member by
//! member in the recorded order.

pub(crate) mod catalogue;
pub(crate) mod order;
pub(crate) mod people;
pub(crate) mod refund;
pub(crate) mod settings;

use jiff::Timestamp;

use super::json::{Fields, Object};
use super::model::settings::Settings;
use super::money::push_padded;
use super::quirks::StoreVersion;

/// What every body depends on besides its record.
pub(crate) struct Scene<'a> {
    pub settings: &'a Settings,
    /// `http://127.0.0.1:port`, without a slash.
    pub site: &'a str,
    pub version: StoreVersion,
    /// Decimals of money: the parameter `dp`.
    pub places: u32,
    pub fields: &'a Fields,
}

impl Scene<'_> {
    /// A stamp and nothing else: `2026-11-21T15:30:41`, in the store's time or in UTC.
    pub(crate) fn stamp(&self, moment: Timestamp, utc: bool) -> String {
        let mut text = String::with_capacity(20);
        self.push_stamp(&mut text, moment, utc);
        text
    }

    fn push_stamp(&self, out: &mut String, moment: Timestamp, utc: bool) {
        let civil = if utc {
            jiff::tz::Offset::UTC.to_datetime(moment)
        } else {
            self.settings.zone.to_datetime(moment)
        };
        let number = |part: i16| u64::from(part.unsigned_abs());
        let small = |part: i8| u64::from(part.unsigned_abs());
        push_padded(out, number(civil.year()), 4);
        for (mark, part) in [
            ('-', civil.month()),
            ('-', civil.day()),
            ('T', civil.hour()),
            (':', civil.minute()),
            (':', civil.second()),
        ] {
            out.push(mark);
            push_padded(out, small(part), 2);
        }
    }

    /// A stamp member, null when there is none.
    pub(crate) fn date(
        &self,
        into: &mut Object<'_, '_>,
        name: &str,
        moment: Option<Timestamp>,
        utc: bool,
    ) {
        match moment {
            Some(moment) => into.raw(name, |out| {
                out.push('"');
                self.push_stamp(out, moment, utc);
                out.push('"');
            }),
            None => into.null(name),
        }
    }

    /// `name` in the store's time and `name_gmt` in UTC.
    pub(crate) fn dates(
        &self,
        into: &mut Object<'_, '_>,
        name: &str,
        name_gmt: &str,
        moment: Option<Timestamp>,
    ) {
        self.date(into, name, moment, false);
        self.date(into, name_gmt, moment, true);
    }

    /// A link into the API: `path` stands below `/wp-json/wc/v3/`.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}/wp-json/wc/v3/{path}", self.site)
    }

    /// `_links` with `self`, its verbs, and `collection`; `more` adds others.
    pub(crate) fn links(
        &self,
        into: &mut Object<'_, '_>,
        own: &str,
        verbs: &'static [&'static str],
        collection: &str,
        more: impl FnOnce(&mut Object<'_, '_>),
    ) {
        into.object("_links", |links| {
            links.list("self", [own], |path, link| {
                link.text("href", &self.link(path));
                link.object("targetHints", |hints| {
                    hints.raw("allow", |out| {
                        out.push_str("[\"");
                        out.push_str(&verbs.join("\",\""));
                        out.push_str("\"]");
                    });
                });
            });
            links.list("collection", [collection], |path, link| {
                link.text("href", &self.link(path));
            });
            more(links);
        });
    }
}

/// The verbs of a single order, product or customer.
pub(crate) const ALL_VERBS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];
