//! Checks that need no other object: unknown members, lengths, characters.
//! FACTS: QuickBooks §5.3, §7 and the `overlay` of `schema.json`.

use serde_json::Value;

use super::super::fault::Fault;
use super::super::json::{self, Object};
use super::super::kind::Kind;
use super::super::members;
use super::super::quirks::{BeyondLatin1, UnknownMembers};
use super::super::state::Company;
use super::READ_ONLY;

/// Path and longest length of a party's texts.
const PARTY_LENGTHS: &[(&str, usize)] = &[
    ("DisplayName", 500),
    ("Title", 16),
    ("GivenName", 100),
    ("MiddleName", 100),
    ("FamilyName", 100),
    ("Suffix", 16),
    ("CompanyName", 500),
    ("PrintOnCheckName", 110),
    ("PrimaryEmailAddr.Address", 100),
    ("ResaleNum", 16),
    ("PrimaryPhone.FreeFormNumber", 30),
    ("Mobile.FreeFormNumber", 30),
    ("AlternatePhone.FreeFormNumber", 30),
    ("Fax.FreeFormNumber", 30),
    ("GSTIN", 15),
    ("Notes", 4000),
];

const ITEM_LENGTHS: &[(&str, usize)] = &[
    ("Name", 100),
    ("Sku", 100),
    ("Description", 4000),
    ("PurchaseDesc", 1000),
];

const ACCOUNT_LENGTHS: &[(&str, usize)] = &[("Name", 100), ("Description", 100), ("AcctNum", 7)];

const TRANSACTION_LENGTHS: &[(&str, usize)] = &[
    ("DocNumber", 21),
    ("PrivateNote", 4000),
    ("CustomerMemo.value", 1000),
    ("PaymentRefNum", 21),
    ("BillEmail.Address", 100),
    ("BillEmailCc.Address", 200),
    ("BillEmailBcc.Address", 200),
    ("TrackingNum", 30),
    ("ShipMethodRef.value", 30),
];

const ADDRESSES: &[&str] = &["BillAddr", "ShipAddr", "ShipFromAddr", "PrimaryAddr"];

const ADDRESS_LENGTHS: &[(&str, usize)] = &[
    ("Line1", 500),
    ("Line2", 500),
    ("Line3", 500),
    ("Line4", 500),
    ("Line5", 500),
    ("City", 255),
    ("CountrySubDivisionCode", 255),
    ("PostalCode", 30),
    ("Country", 255),
];

impl Company {
    /// Looks at a body as it came in; gives it back without what is ignored.
    pub(super) fn screen(&self, kind: Kind, mut body: Object) -> Result<Object, Fault> {
        match self.quirks.unknown_members {
            UnknownMembers::Dropped => members::drop_unknown(kind.name(), &mut body),
            UnknownMembers::Refused => {
                if let Some(unknown) = members::unknown(kind.name(), &body).first() {
                    return Err(Fault::unknown_property(unknown));
                }
            }
        }
        body.retain(|key, _| !READ_ONLY.contains(&key.as_str()));
        self.check_letters(&mut body)?;
        check_lengths(kind, &body)?;
        Ok(body)
    }

    /// FACTS: QuickBooks §1: US companies are documented as ISO 8859-1 only.
    fn check_letters(&self, body: &mut Object) -> Result<(), Fault> {
        if !self.regime.is_us() || self.quirks.beyond_latin1 == BeyondLatin1::Kept {
            return Ok(());
        }
        let refuse = self.quirks.beyond_latin1 == BeyondLatin1::Refused;
        for (key, value) in body.iter_mut() {
            if !to_latin1(value, refuse) {
                return Err(Fault::invalid_characters(key, &value.to_string()));
            }
        }
        Ok(())
    }
}

/// Replaces what lies beyond ISO 8859-1; false when it must be refused.
fn to_latin1(value: &mut Value, refuse: bool) -> bool {
    match value {
        Value::String(text) if text.chars().any(|letter| letter > '\u{FF}') => {
            if refuse {
                return false;
            }
            *text = text
                .chars()
                .map(|c| if c > '\u{FF}' { '?' } else { c })
                .collect();
            true
        }
        Value::Array(elements) => elements
            .iter_mut()
            .all(|element| to_latin1(element, refuse)),
        Value::Object(object) => object.values_mut().all(|inner| to_latin1(inner, refuse)),
        _ => true,
    }
}

/// Several errors come in one fault (recorded: `fault_two_errors_2050_and_2020`).
fn check_lengths(kind: Kind, body: &Object) -> Result<(), Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for (path, maximum) in lengths(kind) {
        check_length(body, path, *maximum, path, &mut faults);
    }
    for address in ADDRESSES {
        let Some(inner) = json::inner(body, address) else {
            continue;
        };
        for (member, maximum) in ADDRESS_LENGTHS {
            let element = format!("{address}.{member}");
            check_length(inner, member, *maximum, &element, &mut faults);
        }
    }
    for line in json::elements(body, "Line")
        .iter()
        .filter_map(Value::as_object)
    {
        check_length(line, "Description", 4000, "Line.Description", &mut faults);
    }
    for field in json::elements(body, "CustomField")
        .iter()
        .filter_map(Value::as_object)
    {
        check_length(
            field,
            "StringValue",
            31,
            "CustomField.StringValue",
            &mut faults,
        );
    }
    join(faults)
}

/// One fault out of several.
pub(super) fn join(faults: Vec<Fault>) -> Result<(), Fault> {
    let joined = faults.into_iter().reduce(|mut all, one| {
        all.errors.extend(one.errors);
        all
    });
    joined.map_or(Ok(()), Err)
}

fn check_length(body: &Object, path: &str, maximum: usize, element: &str, faults: &mut Vec<Fault>) {
    let value = match path.split_once('.') {
        Some((outer, member)) => {
            json::inner(body, outer).and_then(|inner| json::text(inner, member))
        }
        None => json::text(body, path),
    };
    let length = value.map_or(0, |text| text.chars().count());
    if length > maximum {
        faults.push(Fault::length(element, 0, maximum, length));
    }
}

fn lengths(kind: Kind) -> &'static [(&'static str, usize)] {
    match kind {
        Kind::Customer | Kind::Vendor | Kind::Employee => PARTY_LENGTHS,
        Kind::Item => ITEM_LENGTHS,
        Kind::Account => ACCOUNT_LENGTHS,
        Kind::PaymentMethod | Kind::Term => &[("Name", 31)],
        Kind::Class | Kind::Department => &[("Name", 100)],
        _ if kind.is_transaction() => TRANSACTION_LENGTHS,
        _ => &[],
    }
}

/// Refuses colons, tabs and line breaks where names must not have them.
pub(super) fn check_name_letters(
    body: &Object,
    keys: &[&str],
    forbidden: &[char],
) -> Result<(), Fault> {
    for key in keys {
        if let Some(text) = json::text(body, key).filter(|text| text.contains(forbidden)) {
            return Err(Fault::invalid_characters(key, text));
        }
    }
    Ok(())
}
