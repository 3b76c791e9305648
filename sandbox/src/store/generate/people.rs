//! Buyers: a name, an address and an e-mail, a few of them odd.

use jiff::{SignedDuration, Timestamp};

use super::super::model::people::{Address, Customer};
use super::dice::Dice;
use super::words;

/// Someone who buys.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub email: String,
    street: &'static str,
    city: &'static str,
    state: &'static str,
    postcode: &'static str,
    country: String,
    /// The account's own name fields are empty; only the address has them.
    bare_account: bool,
}

impl Person {
    pub(crate) fn address(&self) -> Address {
        Address {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            company: self.company.clone(),
            address_1: self.street.to_owned(),
            address_2: String::new(),
            city: self.city.to_owned(),
            state: self.state.to_owned(),
            postcode: self.postcode.to_owned(),
            country: self.country.clone(),
            email: self.email.clone(),
            phone: "555-0100".to_owned(),
        }
    }
}

/// Makes a person who most likely lives in the shop's country.
pub(crate) fn person(dice: &mut Dice, country: &str) -> Person {
    let (first_name, last_name) = if dice.chance(30) {
        *dice.pick(&words::ODD_NAMES, &("", ""))
    } else {
        let first = *dice.pick(&words::FIRST_NAMES, &"");
        (first, *dice.pick(&words::LAST_NAMES, &""))
    };
    let company = if dice.chance(80) {
        *dice.pick(&words::COMPANIES, &"")
    } else {
        ""
    };
    let (country, state, city, postcode) = if dice.chance(25) {
        let abroad = *dice.pick(&words::ABROAD, &("DE", "", "Berlin", "10115"));
        (abroad.0.to_owned(), abroad.1, abroad.2, abroad.3)
    } else {
        let (state, city, postcode) = *dice.pick(words::places(country), &("", "", ""));
        (country.to_owned(), state, city, postcode)
    };
    Person {
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        company: company.to_owned(),
        email: email(dice, first_name, last_name),
        street: dice.pick::<&str>(&words::STREETS, &""),
        city,
        state,
        postcode,
        country,
        bare_account: dice.chance(20),
    }
}

/// Unique with all likelihood, as e-mails of accounts must be.
fn email(dice: &mut Dice, first: &str, last: &str) -> String {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphabetic)
            .map(|c| c.to_ascii_lowercase())
            .collect()
    };
    let number = dice.next() >> 24;
    let (first, last) = (plain(first), plain(last));
    let name = if first.is_empty() && last.is_empty() {
        "buyer".to_owned()
    } else {
        format!("{first}.{last}")
    };
    format!(
        "{}{number:x}@example.com",
        name.trim_matches('.').chars().take(24).collect::<String>()
    )
}

/// The account of a person, made at `opened`.
pub(crate) fn customer(person: &Person, id: u64, opened: Timestamp) -> Customer {
    let billing = person.address();
    let shipping = Address {
        email: String::new(),
        ..billing.clone()
    };
    let named = |name: &str| {
        if person.bare_account {
            String::new()
        } else {
            name.to_owned()
        }
    };
    let created = opened - SignedDuration::from_hours(i64::try_from(id % 2000).unwrap_or(0));
    Customer {
        id,
        created,
        modified: Some(created + SignedDuration::from_secs(4)),
        email: person.email.clone(),
        first_name: named(&person.first_name),
        last_name: named(&person.last_name),
        role: "customer".to_owned(),
        username: format!("user{id}"),
        billing,
        shipping,
        is_paying: true,
        avatar_url: format!("https://secure.gravatar.com/avatar/{id:064x}?s=96&d=mm&r=g"),
        meta: Vec::new(),
    }
}
