//! Postal addresses.

use quickbooks::PhysicalAddress;
use woocommerce::Address;

use super::text::Texts;

/// Where a bill goes: name and company first, as on an envelope.
pub(super) fn of_bill(address: &Address, texts: Texts) -> PhysicalAddress {
    let name = full_name(address);
    place(
        address,
        [
            &name,
            &address.company,
            &address.address_1,
            &address.address_2,
        ],
        texts,
    )
}

/// Where goods go: the street first, since US automated tax reads it there.
pub(super) fn of_shipment(address: &Address, texts: Texts) -> PhysicalAddress {
    let name = full_name(address);
    place(
        address,
        [
            &address.address_1,
            &address.address_2,
            &name,
            &address.company,
        ],
        texts,
    )
}

fn full_name(address: &Address) -> String {
    format!("{} {}", address.first_name.trim(), address.last_name.trim())
}

/// Empty where the store has no place: a name alone is no address.
fn place(address: &Address, lines: [&str; 4], texts: Texts) -> PhysicalAddress {
    let parts = [
        &address.address_1,
        &address.address_2,
        &address.city,
        &address.state,
        &address.postcode,
        &address.country,
    ];
    if parts.iter().all(|part| part.trim().is_empty()) {
        return PhysicalAddress::default();
    }
    let mut lines = lines.into_iter().filter_map(|line| texts.line(line, 500));
    PhysicalAddress {
        line1: lines.next(),
        line2: lines.next(),
        line3: lines.next(),
        line4: lines.next(),
        line5: None,
        city: texts.line(&address.city, 255),
        country_sub_division_code: texts.line(&address.state, 255),
        postal_code: texts.line(&address.postcode, 30),
        country: texts.line(&address.country, 255),
    }
}
