//! What a store is, in a sentence, for `daybook check`.

use kit::Failure;

use crate::setup::StoreSettings;
use crate::source::WooCommerce;

/// What is said where the settings may not be seen.
const HIDDEN: &str = "settings not to be seen with this key";

impl WooCommerce {
    /// [`kit::Source::check`].
    pub(crate) async fn examine(&self) -> Result<String, Failure> {
        // permissions first: the clearest remedy comes from what every run needs
        let query = [("per_page", "1".to_owned()), ("_fields", "id".to_owned())];
        let mut counts = Vec::new();
        for list in ["orders", "refunds", "products", "customers"] {
            let path = format!("wc/v3/{list}");
            let total = self
                .client
                .list(&path, &query, |_, told| told.total)
                .await?;
            counts.push(match total {
                Some(total) => format!("{total} {list}"),
                None => list.to_owned(),
            });
        }
        let setup = self.store_setup().await?;
        let version = setup.version.as_deref().unwrap_or("of unknown version");
        let storage = match setup.custom_order_tables {
            Some(true) => ", orders in tables of their own",
            Some(false) => {
                ", orders in posts storage, which hides some edits until the next re-check"
            }
            None => "",
        };
        let settings = setup
            .settings
            .as_ref()
            .map_or_else(|| HIDDEN.to_owned(), in_words);
        let clock = match setup.clock_ahead_seconds {
            -60..=60 => String::new(),
            ahead => format!(", its clock is {ahead} s ahead of ours"),
        };
        Ok(format!(
            "WooCommerce {version} at \"{}\": {settings}, {}{storage}; {}{clock}",
            setup.name,
            setup.timezone,
            counts.join(", "),
        ))
    }
}

fn in_words(settings: &StoreSettings) -> String {
    let tax = match (settings.calculates_tax, settings.prices_include_tax) {
        (false, _) => "no tax",
        (true, true) => "prices with tax",
        (true, false) => "prices without tax",
    };
    let rounding = if settings.calculates_tax && settings.rounds_tax_at_subtotal {
        ", tax rounded at the subtotal"
    } else {
        ""
    };
    format!("{}, {tax}{rounding}", settings.currency)
}
