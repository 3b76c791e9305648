//! What the company has: its settings and lists as last read, and how names of the configuration are
//! found in them. Customers are not here, and items only where the rules name them by id: there can be too
//! many, so they come per record.

use std::collections::HashMap;
use std::fmt;

use kit::{ListEntry, ListKind};
use quickbooks::{
    Account, Class, Company, Department, ItemEntry, PaymentMethod, Preferences, TaxCode, TaxRate,
};
use serde::de::DeserializeOwned;

/// A rule that does not fit the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key below `[pipelines.mapping]`, such as `payments.stripe.deposit_to`; empty where the
    /// trouble is in the books themselves.
    pub key: String,
    /// What is wrong, with the nearest names, and what to do.
    pub reason: String,
    /// The nearest name that the books have, where a name is wrong.
    pub nearest: Option<String>,
}

/// What is wrong with a name, without its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// See [`Problem::reason`].
    pub(super) reason: String,
    /// See [`Problem::nearest`].
    pub(super) nearest: Option<String>,
}

impl From<String> for Trouble {
    fn from(reason: String) -> Self {
        Self {
            reason,
            nearest: None,
        }
    }
}

impl From<&str> for Trouble {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            return f.write_str(&self.reason);
        }
        write!(f, "`mapping.{}`: {}", self.key, self.reason)
    }
}

/// The company, its preferences and its lists.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// The company.
    pub company: Company,
    /// Its preferences.
    pub preferences: Preferences,
    /// The chart of accounts.
    pub accounts: Vec<Account>,
    /// Tax codes.
    pub tax_codes: Vec<TaxCode>,
    /// Tax rates by id.
    pub tax_rates: HashMap<String, TaxRate>,
    /// Payment methods.
    pub payment_methods: Vec<PaymentMethod>,
    /// Classes.
    pub classes: Vec<Class>,
    /// Locations.
    pub departments: Vec<Department>,
    /// Items the rules name by id, and perhaps others.
    pub items: Vec<ItemEntry>,
}

impl Books {
    /// The books as their lists were last read; entries of customers are passed over.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a ListEntry>) -> Result<Self, Problem> {
        let mut books = Self::default();
        let (mut company, mut preferences) = (None, None);
        for entry in entries {
            match entry.kind {
                ListKind::Company => company = Some(read(entry)?),
                ListKind::Preferences => preferences = Some(read(entry)?),
                ListKind::Account => books.accounts.push(read(entry)?),
                ListKind::TaxCode => books.tax_codes.push(read(entry)?),
                ListKind::TaxRate => {
                    let rate: TaxRate = read(entry)?;
                    books.tax_rates.insert(rate.id.clone(), rate);
                }
                ListKind::PaymentMethod => books.payment_methods.push(read(entry)?),
                ListKind::Class => books.classes.push(read(entry)?),
                ListKind::Department => books.departments.push(read(entry)?),
                ListKind::Item => books.items.push(read(entry)?),
                ListKind::Customer => {}
            }
        }
        let missing = |what: &str| Problem {
            key: String::new(),
            reason: format!(
                "{what} of the QuickBooks company were not read yet: run `daybook check`"
            ),
            nearest: None,
        };
        books.company = company.ok_or_else(|| missing("the particulars"))?;
        books.preferences = preferences.ok_or_else(|| missing("the preferences"))?;
        Ok(books)
    }
}

fn read<T: DeserializeOwned>(entry: &ListEntry) -> Result<T, Problem> {
    serde_json::from_str(&entry.body).map_err(|error| Problem {
        key: String::new(),
        reason: format!(
            "the {} `{}` kept of QuickBooks cannot be read ({error}): run `daybook check`",
            entry.kind.as_str().replace('_', " "),
            entry.name,
        ),
        nearest: None,
    })
}

/// An entry of a list that the configuration can name.
pub(super) trait Named {
    /// What it is called in sentences: "an account".
    const WHAT: &'static str;
    /// Its id.
    fn id(&self) -> &str;
    /// Its name.
    fn name(&self) -> &str;
    /// Whether it is in use.
    fn active(&self) -> bool;
}

macro_rules! named {
    ($($type:ty: $what:literal),* $(,)?) => {$(
        impl Named for $type {
            const WHAT: &'static str = $what;
            fn id(&self) -> &str { &self.id }
            fn name(&self) -> &str { &self.name }
            fn active(&self) -> bool { self.active }
        }
    )*};
}

named! {
    Account: "account",
    TaxCode: "tax code",
    PaymentMethod: "payment method",
    Class: "class",
    Department: "location",
    ItemEntry: "item",
}

/// The entry that `wanted` names: `id:123`, a name as QuickBooks shows it (`Parent:Child`), or the
/// last part of one where only one has it. Case and outer spaces do not count.
pub(super) fn find<'a, T: Named>(list: &'a [T], wanted: &str) -> Result<&'a T, Trouble> {
    let wanted = wanted.trim();
    let mut active = list.iter().filter(|entry| entry.active());
    if let Some(id) = wanted.strip_prefix("id:") {
        let id = id.trim();
        return active.find(|entry| entry.id() == id).ok_or_else(|| {
            format!("there is no {} with the id {id} in QuickBooks", T::WHAT).into()
        });
    }
    let folded = wanted.to_lowercase();
    if let Some(entry) = active
        .clone()
        .find(|it| it.name().trim().to_lowercase() == folded)
    {
        return Ok(entry);
    }
    let last = |entry: &&T| {
        let (_, last) = entry.name().rsplit_once(':')?;
        (last.trim().to_lowercase() == folded).then_some(())
    };
    let mut leaves = active.clone().filter(|entry| last(entry).is_some());
    if let (Some(entry), None) = (leaves.next(), leaves.next()) {
        return Ok(entry);
    }
    let mut near: Vec<(f64, &str)> = active
        .by_ref()
        .map(|entry| {
            (
                strsim::jaro_winkler(&folded, &entry.name().to_lowercase()),
                entry.name(),
            )
        })
        .filter(|(score, _)| *score > 0.7)
        .collect();
    near.sort_by(|left, right| right.0.total_cmp(&left.0));
    let names: Vec<String> = near
        .iter()
        .take(3)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    let hint = if names.is_empty() {
        "make it there, or name one that exists".to_owned()
    } else {
        format!("the nearest are {}", names.join(", "))
    };
    Err(Trouble {
        reason: format!("there is no {} `{wanted}` in QuickBooks: {hint}", T::WHAT),
        nearest: near.first().map(|(_, name)| (*name).to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str, name: &str) -> Account {
        Account {
            id: id.to_owned(),
            name: name.to_owned(),
            active: true,
            ..Account::default()
        }
    }

    #[test]
    fn names_are_found_without_regard_to_case_and_by_their_last_part() {
        let accounts = [account("1", "Sales"), account("2", "Bank:Stripe Clearing")];
        let id = |wanted: &str| find(&accounts, wanted).map(|it| it.id.clone()).ok();
        assert_eq!(id(" sales "), Some("1".into()));
        assert_eq!(id("Stripe clearing"), Some("2".into()));
        assert_eq!(id("bank:stripe clearing"), Some("2".into()));
        assert_eq!(id("id:2"), Some("2".into()));
        assert_eq!(id("id:3"), None);
    }

    #[test]
    fn a_name_that_is_not_there_brings_the_nearest_ones() {
        let accounts = [account("1", "Shipping Income"), account("2", "Checking")];
        let trouble = find(&accounts, "Shiping income").err().unwrap();
        assert_eq!(trouble.nearest.as_deref(), Some("Shipping Income"));
        assert_eq!(
            trouble.reason,
            "there is no account `Shiping income` in QuickBooks: the nearest are `Shipping Income`"
        );
    }
}
