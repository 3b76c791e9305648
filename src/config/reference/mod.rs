//! Every key of the configuration, described once: the reader takes names and defaults from here,
//! `docs/configuration.md` is made from it, and `config.toml` is compared with it.

mod connections;
mod mapping;
mod money;
mod page;
mod program;

pub use connections::{CONNECTION, QUICKBOOKS, WOOCOMMERCE};
pub use mapping::{
    CUSTOM_FIELDS, CUSTOMERS, DISCOUNTS, FEES, MAPPING, ORDERS, PRODUCTS, SHIPPING, TRACKING,
};
pub use money::{GATEWAY, PAYMENTS, PAYMENTS_DEFAULT, REFUNDS, TAX, TAX_CLASSES, TAX_RATES};
pub use page::configuration_page;
pub use program::{DATABASE, LOG, PIPELINE, ROOT, SERVER};

/// What holds where a key is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Nothing: the key must be there.
    Required,
    /// This value, in TOML.
    Is(&'static str),
    /// What is said here in words.
    None(&'static str),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value looks like, in words.
    pub kind: &'static str,
    /// What holds without it.
    pub preset: Preset,
    /// What it means, in one or two sentences.
    pub meaning: &'static str,
}

/// One table.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// How it is headed in the file.
    pub header: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

impl Section {
    /// The names of its keys.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.keys.iter().map(|key| key.name)
    }

    /// Whether a key is described.
    pub fn knows(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// What holds where the key is absent.
    pub fn preset(&self, name: &str) -> Option<Preset> {
        let key = self.keys.iter().find(|key| key.name == name)?;
        Some(key.preset)
    }

    /// What the key means.
    pub fn meaning(&self, name: &str) -> Option<&'static str> {
        let key = self.keys.iter().find(|key| key.name == name)?;
        Some(key.meaning)
    }
}

/// All tables, in the order in which they are documented.
pub const SECTIONS: &[&Section] = &[
    &DATABASE,
    &SERVER,
    &LOG,
    &WOOCOMMERCE,
    &QUICKBOOKS,
    &PIPELINE,
    &ORDERS,
    &CUSTOMERS,
    &PRODUCTS,
    &SHIPPING,
    &FEES,
    &DISCOUNTS,
    &TAX,
    &TAX_CLASSES,
    &TAX_RATES,
    &PAYMENTS_DEFAULT,
    &GATEWAY,
    &REFUNDS,
    &TRACKING,
    &CUSTOM_FIELDS,
];

const fn required(name: &'static str, kind: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        preset: Preset::Required,
        meaning,
    }
}

const fn preset(
    name: &'static str,
    kind: &'static str,
    value: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        name,
        kind,
        preset: Preset::Is(value),
        meaning,
    }
}

const fn optional(
    name: &'static str,
    kind: &'static str,
    without: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        name,
        kind,
        preset: Preset::None(without),
        meaning,
    }
}

/// A key that stands for a table of its own.
const fn table(name: &'static str, meaning: &'static str) -> Key {
    optional(name, "table", "its defaults", meaning)
}
