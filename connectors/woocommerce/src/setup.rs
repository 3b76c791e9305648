//! How a store is set up, as far as the books care: its settings, its tax rates, its gateways, the
//! statuses of its orders. Read for `daybook check`, never while orders are read.

use jiff::tz::TimeZone;
use kit::{Failure, Kind};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::source::WooCommerce;

/// Rates are read in pages of so many …
const PAGE: u64 = 100;
/// … and at most so many pages: imported tables of ten thousands of postcodes are not looked through.
const MOST_PAGES: u64 = 20;

/// How a store is set up. Orders say most of it themselves; it may have been changed since they were
/// made. Members that the key's user may not see are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreSetup {
    /// The shop's name; entities resolved.
    pub name: String,
    /// The shop's time zone, such as `America/New_York`, or an offset such as `UTC+05:30`.
    pub timezone: String,
    /// How far the store's clock is ahead of ours, in seconds.
    pub clock_ahead_seconds: i64,
    /// The WooCommerce version.
    pub version: Option<String>,
    /// Whether orders are in tables of their own (HPOS).
    pub custom_order_tables: Option<bool>,
    /// Its settings.
    pub settings: Option<StoreSettings>,
    /// Its tax rates, in the order of their ids.
    pub tax_rates: Option<Vec<StoreTaxRate>>,
    /// Its tax classes, the standard one included.
    pub tax_classes: Option<Vec<StoreTaxClass>>,
    /// Its gateways, also those that are switched off.
    pub gateways: Option<Vec<StoreGateway>>,
    /// The statuses its orders can have.
    pub statuses: Option<Vec<StoreStatus>>,
}

/// What of the settings the books care for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreSettings {
    /// The shop's currency, `USD`.
    pub currency: String,
    /// Whether prices are entered with tax.
    pub prices_include_tax: bool,
    /// Whether tax is charged at all.
    pub calculates_tax: bool,
    /// Whether tax is rounded at the subtotal instead of per line, so that lines can miss the total
    /// by cents (FACTS: WooCommerce §6).
    pub rounds_tax_at_subtotal: bool,
}

/// A row of the store's tax table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreTaxRate {
    /// Its id, as orders name it.
    pub id: u64,
    /// Two letters; empty: everywhere.
    pub country: String,
    /// Empty: everywhere in the country.
    pub state: String,
    /// Postcodes and ranges of them; none: everywhere.
    pub postcodes: Vec<String>,
    /// Cities; none: everywhere.
    pub cities: Vec<String>,
    /// In percent; `None` where it cannot be read.
    pub percent: Option<Decimal>,
    /// As customers see it.
    pub name: String,
    /// Of all that fit a place, one of each priority is charged.
    pub priority: i64,
    /// Whether it is taken of price and the other taxes.
    pub compound: bool,
    /// Whether shipping is taxed by it, too.
    pub shipping: bool,
    /// The slug of its class; `standard` is the one without a slug on products.
    pub class: String,
}

/// A tax class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreTaxClass {
    /// `standard`, `reduced-rate`, …
    pub slug: String,
    /// As the owner calls it.
    pub name: String,
}

/// A way to pay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreGateway {
    /// Its slug, as orders name it in `payment_method`.
    pub id: String,
    /// As customers see it; entities resolved.
    pub title: String,
    /// Whether customers can choose it.
    pub enabled: bool,
}

/// A status that orders can have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreStatus {
    /// Its slug, without `wc-`.
    pub slug: String,
    /// As the owner sees it.
    pub name: String,
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
    id: String,
    #[serde(default)]
    value: serde_json::Value,
}

/// A tax rate as it comes.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Rate {
    id: u64,
    country: String,
    state: String,
    postcode: String,
    city: String,
    postcodes: Vec<String>,
    cities: Vec<String>,
    #[serde(rename = "rate")]
    percent: String,
    name: String,
    priority: i64,
    compound: bool,
    shipping: bool,
    class: String,
}

impl WooCommerce {
    /// Reads how the store is set up. What the key's user may not see is left open; it takes a shop
    /// manager or administrator to see all.
    pub async fn store_setup(&self) -> Result<StoreSetup, Failure> {
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
        let status = self.system_status().await?;
        Ok(StoreSetup {
            name: decoded(&root.name),
            timezone: timezone(&root),
            clock_ahead_seconds: ahead.as_secs(),
            custom_order_tables: status.as_ref().and_then(|it| it.settings.hpos_enabled),
            version: status.map(|it| it.environment.version),
            settings: self.settings_seen().await?,
            tax_rates: self.tax_rates().await?,
            tax_classes: self.all_of("taxes/classes").await?,
            gateways: self.gateways().await?,
            statuses: self.all_of("orders/statuses").await?,
        })
    }

    async fn settings_seen(&self) -> Result<Option<StoreSettings>, Failure> {
        let general: Option<Vec<Setting>> = self.all_of("settings/general").await?;
        let tax: Option<Vec<Setting>> = self.all_of("settings/tax").await?;
        let (Some(mut settings), Some(tax)) = (general, tax) else {
            return Ok(None);
        };
        settings.extend(tax);
        let value = |id: &str| {
            let setting = settings.iter().find(|setting| setting.id == id);
            setting.and_then(|setting| setting.value.as_str())
        };
        let switch = |id: &str| value(id) == Some("yes");
        Ok(Some(StoreSettings {
            currency: value("woocommerce_currency").unwrap_or_default().to_owned(),
            prices_include_tax: switch("woocommerce_prices_include_tax"),
            calculates_tax: switch("woocommerce_calc_taxes"),
            rounds_tax_at_subtotal: switch("woocommerce_tax_round_at_subtotal"),
        }))
    }

    async fn tax_rates(&self) -> Result<Option<Vec<StoreTaxRate>>, Failure> {
        let mut rates = Vec::new();
        for page in 1..=MOST_PAGES {
            let query = [
                ("per_page", PAGE.to_string()),
                ("page", page.to_string()),
                ("orderby", "id".to_owned()),
                ("order", "asc".to_owned()),
            ];
            let Some(read) = self.list_seen::<Rate>("taxes", &query).await? else {
                return Ok(None);
            };
            let last = u64::try_from(read.len()).unwrap_or(PAGE) < PAGE;
            rates.extend(read.into_iter().map(StoreTaxRate::from));
            if last {
                break;
            }
        }
        Ok(Some(rates))
    }

    async fn gateways(&self) -> Result<Option<Vec<StoreGateway>>, Failure> {
        let gateways: Option<Vec<StoreGateway>> = self.all_of("payment_gateways").await?;
        Ok(gateways.map(|mut gateways| {
            for gateway in &mut gateways {
                gateway.title = decoded(&gateway.title);
            }
            gateways
        }))
    }

    async fn all_of<T: for<'d> Deserialize<'d>>(
        &self,
        path: &str,
    ) -> Result<Option<Vec<T>>, Failure> {
        self.list_seen(path, &[]).await
    }

    /// A list below `wc/v3/`; `None` where the key's user may not see it, or the store has no such list.
    async fn list_seen<T: for<'d> Deserialize<'d>>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Option<Vec<T>>, Failure> {
        let read = |items: &[&RawValue], _| {
            let items = items.iter();
            items
                .map(|item| understood(item.get(), path))
                .collect::<Result<Vec<T>, Failure>>()
        };
        match self
            .client
            .list(&format!("wc/v3/{path}"), query, read)
            .await
        {
            Ok(items) => items.map(Some),
            Err(failure) if failure.kind() == Kind::Stop => Ok(None),
            Err(failure) => Err(failure),
        }
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

impl From<Rate> for StoreTaxRate {
    fn from(rate: Rate) -> Self {
        // older versions have one postcode and one city
        let several = |all: Vec<String>, one: String| match (all.is_empty(), one.is_empty()) {
            (true, false) => vec![one],
            _ => all,
        };
        Self {
            id: rate.id,
            country: rate.country,
            state: rate.state,
            postcodes: several(rate.postcodes, rate.postcode),
            cities: several(rate.cities, rate.city),
            percent: percent(&rate.percent),
            name: decoded(&rate.name),
            priority: rate.priority,
            compound: rate.compound,
            shipping: rate.shipping,
            class: rate.class,
        }
    }
}

/// `None` also for what no tax is.
fn percent(text: &str) -> Option<Decimal> {
    let percent: Decimal = text.trim().parse().ok()?;
    (percent.abs() <= Decimal::ONE_THOUSAND).then_some(percent)
}

fn decoded(text: &str) -> String {
    html_escape::decode_html_entities(text).into_owned()
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
