//! Settings, status and other documents of the store itself, as JSON. They are
//! the recorded ones with this store's values put in.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::quirks::{OrderStorage, StoreQuirks};
use super::super::recorded::{body, recorded};
use super::Scene;

/// A group of settings: `general` or `tax`; `None` for one that is not simulated.
pub(crate) fn group(name: &str, scene: &Scene<'_>) -> Option<Vec<Value>> {
    let recorded = match name {
        "general" => body(recorded!("us-settings-general")),
        "tax" => body(recorded!("us-settings-tax")),
        _ => return None,
    };
    let Value::Array(mut settings) = recorded else { return None };
    for setting in &mut settings {
        let id = setting["id"].as_str().unwrap_or_default().to_owned();
        if let Some(value) = value_of(&id, scene) {
            setting["value"] = value;
        }
        let own = format!("settings/{name}/{id}");
        setting["_links"] = json!({
            "self": [{"href": scene.link(&own), "targetHints": {"allow": ["GET", "POST", "PUT", "PATCH"]}}],
            "collection": [{"href": scene.link(&format!("settings/{name}"))}],
        });
    }
    Some(settings)
}

/// One setting; its own document also names its group.
pub(crate) fn setting(group_name: &str, id: &str, scene: &Scene<'_>) -> Option<Value> {
    let found = group(group_name, scene)?.into_iter().find(|setting| setting["id"] == id)?;
    let mut members = Map::new();
    for (name, value) in found.as_object()? {
        if name == "_links" {
            members.insert("group_id".to_owned(), json!(group_name));
        }
        members.insert(name.clone(), value.clone());
    }
    Some(Value::Object(members))
}

fn value_of(id: &str, scene: &Scene<'_>) -> Option<Value> {
    let settings = scene.settings;
    let yes_no = |flag: bool| json!(if flag { "yes" } else { "no" });
    Some(match id {
        "woocommerce_store_address" => json!(settings.address),
        "woocommerce_store_city" => json!(settings.city),
        "woocommerce_store_postcode" => json!(settings.postcode),
        "woocommerce_default_country" if settings.state.is_empty() => json!(settings.country),
        "woocommerce_default_country" => json!(format!("{}:{}", settings.country, settings.state)),
        "woocommerce_currency" => json!(settings.currency),
        "woocommerce_prices_include_tax" => yes_no(settings.prices_include_tax),
        "woocommerce_tax_round_at_subtotal" => yes_no(settings.round_at_subtotal),
        _ => return None,
    })
}

/// `/system_status`.
pub(crate) fn system_status(quirks: &StoreQuirks, scene: &Scene<'_>) -> Value {
    let mut status = body(recorded!("us-system-status"));
    let version = quirks.version.number();
    let hpos = quirks.storage == OrderStorage::Hpos;
    status["environment"]["home_url"] = json!(scene.site);
    status["environment"]["site_url"] = json!(scene.site);
    status["environment"]["version"] = json!(version);
    status["database"]["wc_database_version"] = json!(version);
    status["settings"]["currency"] = json!(scene.settings.currency);
    status["settings"]["currency_symbol"] = json!(scene.settings.currency_symbol_html);
    status["settings"]["HPOS_enabled"] = json!(hpos);
    if !hpos {
        status["settings"]["order_datastore"] = json!("WC_Order_Data_Store_CPT");
    }
    status["active_plugins"][0]["version"] = json!(version);
    status["active_plugins"][0]["version_latest"] = json!(version);
    status
}

/// `/wp-json/`, open to all.
pub(crate) fn root(now: Timestamp, scene: &Scene<'_>) -> Value {
    let mut root = body(recorded!("wp-json-root"));
    let seconds = scene.settings.offset_seconds(now);
    root["name"] = json!(scene.settings.name);
    root["url"] = json!(scene.site);
    root["home"] = json!(scene.site);
    root["gmt_offset"] = if seconds % 3600 == 0 {
        json!(seconds / 3600)
    } else {
        // Half and quarter hours; there are no smaller parts in use.
        let hundredths = seconds * 100 / 3600;
        let hours = rust_decimal::Decimal::new(i64::from(hundredths), 2).normalize();
        serde_json::from_str(&hours.to_string()).unwrap_or_default()
    };
    root["timezone_string"] = json!(scene.settings.zone_name);
    root
}

/// `/data/currencies/current`.
pub(crate) fn currency(scene: &Scene<'_>) -> Value {
    let code = &scene.settings.currency;
    json!({
        "code": code,
        "name": scene.settings.currency_name,
        "symbol": scene.settings.currency_symbol_html,
        "_links": {
            "self": [{
                "href": scene.link(&format!("data/currencies/{code}")),
                "targetHints": {"allow": ["GET"]},
            }],
            "collection": [{"href": scene.link("data/currencies")}],
        },
    })
}

/// `/payment_gateways`: those WordPress knows.
pub(crate) fn gateways(scene: &Scene<'_>) -> Vec<Value> {
    let text = body(recorded!("us-payment-gateways")).to_string();
    let here = text.replace("https://127.0.0.1:8443", scene.site);
    serde_json::from_str(&here).unwrap_or_default()
}
