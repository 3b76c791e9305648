//! The words generated stores are made of, plain and odd.

use super::dice::Dice;

pub(super) const FIRST_NAMES: [&str; 40] = [
    "Ada", "Amélie", "Ben", "Björn", "Carla", "Chloé", "Dana", "Diego", "Ella", "Emil", "Fatima",
    "Finn", "Grace", "Hana", "Iris", "Ivan", "Jo", "John", "Kai", "Lena", "Li", "Luca", "Maria",
    "Mateo", "Mia", "Nia", "Noah", "Olga", "Omar", "Priya", "Quinn", "Rosa", "Sam", "Sofía", "Tom",
    "Uma", "Viktor", "Wei", "Yara", "Zoë",
];

pub(super) const LAST_NAMES: [&str; 40] = [
    "Smith",
    "Reed",
    "Park",
    "Vega",
    "Okafor",
    "Löwenström",
    "O'Brien",
    "García",
    "Kowalska",
    "Nguyen",
    "Müller",
    "Rossi",
    "Novák",
    "Haddad",
    "Cohen",
    "Ivanova",
    "Tanaka",
    "Silva",
    "Jensen",
    "Murphy",
    "Walker",
    "Patel",
    "Diaz",
    "Moreau",
    "Fischer",
    "Brown",
    "Wright",
    "Johnson",
    "Lee",
    "Chen",
    "Khan",
    "Ali",
    "Svensson",
    "Byrne",
    "Costa",
    "Weiss",
    "Bauer",
    "Dubois",
    "Romero",
    "Adams",
];

/// Names that break what is careless: quotes, marks, emoji, other scripts, spaces, none at all.
pub(super) const ODD_NAMES: [(&str, &str); 12] = [
    ("花子 🌸", "田中"),
    ("Дмитрий", "Петров"),
    ("محمد", "العلي"),
    ("Jean \"JJ\"", "de la Tour-d'Auvergne"),
    ("R&D", "Buyer <Co>"),
    ("", ""),
    ("Mononym", ""),
    ("  Spaced ", " Out  "),
    ("Anne:Marie", "Tab\there"),
    ("Þórður", "Guðmundsdóttir"),
    ("👩‍🔬", "Ünïcödé"),
    (
        "Bartholomew-Maximilian Aurelius Theodorus Wolfgang",
        "von und zu Hohenstein-Württemberg-Lichtenfels-Oettingen-Wallerstein",
    ),
];

pub(super) const COMPANIES: [&str; 12] = [
    "Reed & Sons, LLC",
    "Nordlys AB",
    "株式会社 “茶” & Söhne",
    "Acme: Tea Division",
    "Café <Co>",
    "O'Neill's \"Finest\"",
    "Blue Door Bakery",
    "Harbour Hotel",
    "Fern & Field",
    "Studio 9",
    "Müller GmbH & Co. KG",
    "The Extraordinarily Long Company Name Of A Family Business That Has Merged Once Too Often, Incorporated",
];

pub(super) const STREETS: [&str; 10] = [
    "12 Main St",
    "200 N Spring St",
    "7 Harbour Rd",
    "45 Elm Ave",
    "9 Station Rd",
    "31 Church Ln",
    "1600 Oak Blvd",
    "88 Queen St",
    "5 Mill Way",
    "73 Park Row",
];

/// (first, second) parts of product names.
pub(super) const PRODUCT_WORDS: ([&str; 16], [&str; 20]) = (
    [
        "Stoneware",
        "Linen",
        "Oak",
        "Copper",
        "Wild",
        "Smoked",
        "Alpine",
        "Harbour",
        "Velvet",
        "Paper",
        "Glass",
        "Wool",
        "Honey",
        "Juniper",
        "Amber",
        "Slate",
    ],
    [
        "Teapot", "Tray", "Infuser", "Caddy", "Blend", "Candle", "Scarf", "Board", "Jar", "Spoon",
        "Napkin", "Kettle", "Whisk", "Bowl", "Cushion", "Notebook", "Soap", "Vase", "Basket",
        "Coaster",
    ],
);

const ENGRAVINGS: [&str; 4] = ["To “Bo” & Jo", "Mum ❤", "R&D <3", "Plain words"];

const NOTES: [&str; 6] = [
    "Please leave with the neighbour.",
    "Ring twice\r\nthen wait",
    "Gift! Don't include the invoice, \"please\" 🙏",
    "Call +1 555 0100 before delivery",
    "<b>Urgent</b> & fragile",
    "Sonnez à l'interphone – 3ᵉ étage",
];

pub(super) fn engraving(dice: &mut Dice) -> &'static str {
    dice.pick::<&str>(&ENGRAVINGS, &"")
}

pub(super) fn note(dice: &mut Dice) -> &'static str {
    dice.pick::<&str>(&NOTES, &"")
}

/// The shop's delivery methods: title and net price in cents.
pub(super) fn shipping_methods(country: &str) -> &'static [(&'static str, i64)] {
    match country {
        "GB" => &[
            ("Royal Mail Tracked 48", 329),
            ("Royal Mail Special", 708),
            ("EU post", 1042),
        ],
        "CA" => &[("Postes Canada", 1299), ("Xpresspost", 2150)],
        "AU" => &[("Australia Post Parcel", 905), ("Express & Signed", 1450)],
        _ => &[
            ("Standard & Tracked", 795),
            ("Standard & Tracked", 795),
            ("Overnight", 2450),
        ],
    }
}

/// Places people live in: (state, city, postcode), the shop's own country.
pub(super) fn places(country: &str) -> &'static [(&'static str, &'static str, &'static str)] {
    match country {
        "GB" => &[
            ("", "London", "SW1A 1AA"),
            ("", "Leeds", "LS1 4DY"),
            ("", "Bath", "BA1 1LN"),
            ("", "Edinburgh", "EH1 1YZ"),
        ],
        "CA" => &[
            ("ON", "Toronto", "M5V 2T6"),
            ("ON", "Ottawa", "K1P 1J1"),
            ("QC", "Montréal", "H2Y 1C6"),
            ("QC", "Québec", "G1R 2L3"),
            ("BC", "Vancouver", "V6B 1A1"),
            ("AB", "Calgary", "T2P 1J9"),
        ],
        "AU" => &[
            ("NSW", "Sydney", "2000"),
            ("VIC", "Melbourne", "3000"),
            ("QLD", "Brisbane", "4000"),
            ("WA", "Perth", "6000"),
        ],
        _ => &[
            ("NY", "New York", "10001"),
            ("NY", "Buffalo", "14201"),
            ("CA", "Los Angeles", "90012"),
            ("CA", "San Francisco", "94103"),
            ("TX", "Austin", "78701"),
            ("OR", "Portland", "97205"),
            ("FL", "Miami", "33101"),
        ],
    }
}

/// Where a few buyers live: (country, state, city, postcode).
pub(super) const ABROAD: [(&str, &str, &str, &str); 4] = [
    ("DE", "DE-BE", "Berlin", "10115"),
    ("JP", "JP13", "東京", "100-0001"),
    ("FR", "", "Besançon", "25000"),
    ("IE", "D", "Dublin", "D02 AF30"),
];
