//! What a store is and how it is set up, for `daybook check`.

use jiff::tz::TimeZone;
use kit::{Currency, Failure, Kind};
use serde::Deserialize;

use crate::source::WooCommerce;

/// How a store is set up, as far as the books care. Orders say most of it themselves; it may have
/// been changed since they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSetup {
    /// The shop's name; entities resolved.
    pub name: String,
    /// The WooCommerce version; `None` where the key's user may not see it.
    pub version: Option<String>,
    /// The shop's currency.
    pub currency: Currency,
    /// Whether prices are entered with tax.
    pub prices_include_tax: bool,
    /// Whether tax is charged at all.
    pub calculates_tax: bool,
    /// Whether tax is rounded at the subtotal instead of per line, so that lines can miss the total
    /// by cents (FACTS: WooCommerce §6).
    pub rounds_tax_at_subtotal: bool,
    /// The shop's time zone, such as `America/New_York`, or an offset such as `UTC+05:30`.
    pub timezone: String,
    /// Whether orders are in tables of their own (HPOS); `None` where the key's user may not see it.
    pub custom_order_tables: Option<bool>,
    /// How far the store's clock is ahead of ours, in seconds.
    pub clock_ahead_seconds: i64,
}

impl StoreSetup {
    /// The shop's time zone, where it has a named one that is known here.
    pub fn time_zone(&self) -> Option<TimeZone> {
        TimeZone::get(&self.timezone).ok()
    }
}

#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    name: String,
    #[serde(default)]
    timezone_string: String,
    /// A number, or text in some versions.
    #[serde(default)]
    gmt_offset: serde_json::Value,
    #[serde(default)]
    namespaces: Vec<String>,
}

#[derive(Deserialize)]
struct SystemStatus {
    environment: Environment,
    settings: SystemSettings,
}

#[derive(Deserialize)]
struct Environment {
    version: String,
}

#[derive(Deserialize)]
struct SystemSettings {
    #[serde(rename = "HPOS_enabled")]
    hpos_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Setting {
    #[serde(default)]
    value: serde_json::Value,
}

impl WooCommerce {
    /// Reads how the store is set up. Needs a key of a shop manager or administrator.
    pub async fn setup(&self) -> Result<StoreSetup, Failure> {
        let query = [(
            "_fields",
            "name,timezone_string,gmt_offset,namespaces".to_owned(),
        )];
        let (json, told) = self.client.object("", &query).await?;
        let ahead = self.client.now().duration_until(told.asked_at);
        let root: Root = understood(json.get(), "the site's index")?;
        if !root.namespaces.iter().any(|name| name == "wc/v3") {
            return Err(Failure::stop(
                "no_woocommerce",
                "the address answers as a WordPress site without WooCommerce's API",
                "check the connection's `url`, and that WooCommerce is active there",
            ));
        }
        let currency = self.setting("general/woocommerce_currency").await?;
        let currency = currency.parse().map_err(|error| {
            Failure::stop(
                "bad_currency",
                format!("the store's currency cannot be used: {error}"),
                "set the shop's currency (WooCommerce, Settings, General)",
            )
        })?;
        let status = self.system_status().await?;
        Ok(StoreSetup {
            name: html_escape::decode_html_entities(&root.name).into_owned(),
            currency,
            prices_include_tax: self.switch("tax/woocommerce_prices_include_tax").await?,
            calculates_tax: self.switch("general/woocommerce_calc_taxes").await?,
            rounds_tax_at_subtotal: self.switch("tax/woocommerce_tax_round_at_subtotal").await?,
            timezone: timezone(&root),
            custom_order_tables: status.as_ref().and_then(|it| it.settings.hpos_enabled),
            version: status.map(|it| it.environment.version),
            clock_ahead_seconds: ahead.as_secs(),
        })
    }

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
        let setup = self.setup().await?;
        let version = setup.version.as_deref().unwrap_or("of unknown version");
        let storage = match setup.custom_order_tables {
            Some(true) => ", orders in tables of their own",
            Some(false) => {
                ", orders in posts storage, which hides some edits until the next re-check"
            }
            None => "",
        };
        let tax = match (setup.calculates_tax, setup.prices_include_tax) {
            (false, _) => "no tax",
            (true, true) => "prices with tax",
            (true, false) => "prices without tax",
        };
        let rounding = if setup.calculates_tax && setup.rounds_tax_at_subtotal {
            ", tax rounded at the subtotal"
        } else {
            ""
        };
        let clock = match setup.clock_ahead_seconds {
            -60..=60 => String::new(),
            ahead => format!(", its clock is {ahead} s ahead of ours"),
        };
        Ok(format!(
            "WooCommerce {version} at \"{}\": {}, {}, {tax}{rounding}{storage}; {}{clock}",
            setup.name,
            setup.currency,
            setup.timezone,
            counts.join(", "),
        ))
    }

    /// A setting's value as text.
    async fn setting(&self, name: &str) -> Result<String, Failure> {
        let path = format!("wc/v3/settings/{name}");
        let (json, _) = self.client.object(&path, &[]).await?;
        let setting: Setting = understood(json.get(), name)?;
        Ok(setting.value.as_str().unwrap_or_default().to_owned())
    }

    async fn switch(&self, name: &str) -> Result<bool, Failure> {
        self.setting(name).await.map(|value| value == "yes")
    }

    /// Versions and storage; `None` where the key's user may not see them.
    async fn system_status(&self) -> Result<Option<SystemStatus>, Failure> {
        let query = [("_fields", "environment,settings".to_owned())];
        match self.client.object("wc/v3/system_status", &query).await {
            Ok((json, _)) => Ok(serde_json::from_str(json.get()).ok()),
            Err(failure) if failure.kind() == Kind::Stop => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

fn understood<'a, T: Deserialize<'a>>(json: &'a str, what: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|error| {
        Failure::retry(
            "answer_unexpected",
            format!("the store's answer about {what} cannot be read: {error}"),
        )
    })
}

fn timezone(root: &Root) -> String {
    if !root.timezone_string.is_empty() {
        return root.timezone_string.clone();
    }
    let text = match &root.gmt_offset {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', text.as_str()),
    };
    let (hours, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let minutes = match fraction {
        "25" => 15,
        "5" => 30,
        "75" => 45,
        _ => 0,
    };
    let hours: u32 = hours.parse().unwrap_or(0);
    format!("UTC{sign}{hours:02}:{minutes:02}")
}
