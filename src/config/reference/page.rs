//! `docs/configuration.md`, made from the descriptions.

use std::fmt::Write as _;

use super::{Key, Preset, SECTIONS};

const INTRODUCTION: &str = "\
<!-- Made from src/config/reference: change it there, then `UPDATE_DOCS=1 cargo test --test it configuration`. -->
# Configuration

One file, `config.toml`, in TOML. The file in the root of the project is a complete, commented example. `daybook --config PATH`
or `DAYBOOK_CONFIG` names another. `daybook check` says everything that is wrong with it at once, with line and column; an
unknown key is an error.

- **Durations** are written `\"250ms\"`, `\"30s\"`, `\"5m\"`, `\"1h30m\"`.
- **Secrets** are `{ env = \"NAME\" }`, `{ file = \"path\" }` (relative to the file's folder; a line break at the end is cut) or
  `{ credential = \"name\" }` (systemd's `LoadCredential`). A bare text is accepted with a warning.
- **Addresses** begin with `https://`; `http://` is for this machine only.
- **Names in the books** (accounts, items, tax codes, payment methods, classes, locations) are written as QuickBooks shows them,
  or as `id:123`.

";

/// The text of `docs/configuration.md`.
pub fn configuration_page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for section in SECTIONS {
        let _ = write!(page, "## `{}`\n\n{}\n\n", section.header, section.about);
        page.push_str("| key | value | default | meaning |\n|---|---|---|---|\n");
        for key in section.keys {
            page.push_str(&row(key));
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn row(key: &Key) -> String {
    let preset = match key.preset {
        Preset::Required => "**required**".to_owned(),
        Preset::Is(value) => format!("`{value}`"),
        Preset::None(words) => words.to_owned(),
    };
    let row = format!(
        "| `{}` | {} | {} | {} |\n",
        key.name, key.kind, preset, key.meaning
    );
    debug_assert!(row.matches('|').count() == 5, "a bar in a table's cell");
    row
}
