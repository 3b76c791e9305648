//! Settings, status and other documents of the store itself, as JSON. They are
//! the recorded ones with this store's values put in.

use jiff::Timestamp;
use rust_decimal::Decimal;
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
    let Value::Array(mut settings) = recorded else {
        return None;
    };
    for setting in &mut settings {
        let Some(members) = setting.as_object_mut() else {
            continue;
        };
        let id = members
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if let Some(value) = value_of(&id, scene) {
            members.insert("value".to_owned(), value);
        }
        let own = scene.link(&format!("settings/{name}/{id}"));
        let verbs = json!(["GET", "POST", "PUT", "PATCH"]);
        let links = json!({
            "self": [{"href": own, "targetHints": {"allow": verbs}}],
            "collection": [{"href": scene.link(&format!("settings/{name}"))}],
        });
        members.insert("_links".to_owned(), links);
    }
    Some(settings)
}

/// One setting; its own document also names its group.
pub(crate) fn setting(group_name: &str, id: &str, scene: &Scene<'_>) -> Option<Value> {
    let found = group(group_name, scene)?
        .into_iter()
        .find(|setting| is(setting, id))?;
    let mut members = Map::new();
    for (name, value) in found.as_object()? {
        if name == "_links" {
            members.insert("group_id".to_owned(), json!(group_name));
        }
        members.insert(name.clone(), value.clone());
    }
    Some(Value::Object(members))
}

fn is(setting: &Value, id: &str) -> bool {
    setting.get("id").and_then(Value::as_str) == Some(id)
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

/// Replaces what stands at a JSON pointer, if anything does.
fn put(document: &mut Value, pointer: &str, value: Value) {
    if let Some(slot) = document.pointer_mut(pointer) {
        *slot = value;
    }
}

/// `/system_status`.
pub(crate) fn system_status(quirks: &StoreQuirks, scene: &Scene<'_>) -> Value {
    let mut status = body(recorded!("us-system-status"));
    let version = quirks.version.number();
    let hpos = quirks.storage == OrderStorage::Hpos;
    for (pointer, value) in [
        ("/environment/home_url", json!(scene.site)),
        ("/environment/site_url", json!(scene.site)),
        ("/environment/version", json!(version)),
        ("/database/wc_database_version", json!(version)),
        ("/settings/currency", json!(scene.settings.currency)),
        (
            "/settings/currency_symbol",
            json!(scene.settings.currency_symbol_html),
        ),
        ("/settings/HPOS_enabled", json!(hpos)),
        ("/active_plugins/0/version", json!(version)),
        ("/active_plugins/0/version_latest", json!(version)),
    ] {
        put(&mut status, pointer, value);
    }
    if !hpos {
        put(
            &mut status,
            "/settings/order_datastore",
            json!("WC_Order_Data_Store_CPT"),
        );
    }
    status
}

/// `/wp-json/`, open to all.
pub(crate) fn root(now: Timestamp, scene: &Scene<'_>) -> Value {
    let mut root = body(recorded!("wp-json-root"));
    let seconds = scene.settings.offset_seconds(now);
    let offset = if seconds % 3600 == 0 {
        json!(seconds / 3600)
    } else {
        // Half and quarter hours; there are no smaller parts in use.
        let hours = Decimal::new(i64::from(seconds) * 100 / 3600, 2).normalize();
        serde_json::from_str(&hours.to_string()).unwrap_or_default()
    };
    for (pointer, value) in [
        ("/name", json!(scene.settings.name)),
        ("/url", json!(scene.site)),
        ("/home", json!(scene.site)),
        ("/gmt_offset", offset),
        ("/timezone_string", json!(scene.settings.zone_name)),
    ] {
        put(&mut root, pointer, value);
    }
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

/// `/payment_gateways`: those `WordPress` knows, and those of plugins in the same form.
pub(crate) fn gateways(scene: &Scene<'_>, of_plugins: &[(String, String)]) -> Vec<Value> {
    let text = body(recorded!("us-payment-gateways")).to_string();
    let here = text.replace("https://127.0.0.1:8443", scene.site);
    let mut gateways: Vec<Value> = serde_json::from_str(&here).unwrap_or_default();
    let form = gateways.first().cloned().unwrap_or_default();
    for (slug, title) in of_plugins {
        let mut gateway = form.clone();
        for (pointer, value) in [("/id", slug), ("/title", title), ("/method_title", title)] {
            put(&mut gateway, pointer, json!(value));
        }
        gateways.push(gateway);
    }
    gateways
}
