//! Settings, status, reports and webhooks.

use serde_json::{Value, json};

use super::super::json::{Fields, push_value, push_value_of};
use super::super::orders::GONE;
use super::super::quirks::StoreQuirks;
use super::super::render::{ALL_VERBS, Scene, settings};
use super::super::reply::{Refusal, Reply, Totals};
use super::super::state::{State, Webhook};
use super::super::statuses::status_names;
use super::{Answer, Call, LIST, many, one};

/// Settings, status and reports.
pub(super) fn of_the_store(
    call: &Call<'_>,
    path: &[&str],
    state: &State,
    quirks: &StoreQuirks,
) -> Answer {
    let scene = call.scene(state, quirks, &Fields::All);
    match path {
        ["settings", group] => {
            let invalid = || {
                let message = "Invalid setting group.";
                Refusal::plain(404, "rest_setting_setting_group_invalid", message)
            };
            Ok(many(
                call,
                &settings::group(group, &scene).ok_or_else(invalid)?,
                "GET",
                None,
            ))
        }
        ["settings", group, id] => {
            let invalid =
                || Refusal::plain(404, "rest_setting_setting_invalid", "Invalid setting.");
            let setting = settings::setting(group, id, &scene).ok_or_else(invalid)?;
            Ok(one(call, &setting, "GET, POST, PUT, PATCH"))
        }
        ["payment_gateways"] => {
            let gateways = settings::gateways(&scene, &state.gateways);
            Ok(many(
                call,
                &gateways,
                "GET",
                Some(Totals {
                    records: gateways.len(),
                    pages: 1,
                }),
            ))
        }
        ["data", "currencies", "current"] => Ok(one(call, &settings::currency(&scene), "GET")),
        ["system_status"] => {
            let mut body = String::new();
            push_value_of(
                &mut body,
                &settings::system_status(quirks, &scene),
                &call.fields(),
            );
            Ok(Reply::json(body, "GET"))
        }
        ["reports", "orders", "totals"] => Ok(many(call, &order_totals(state), "GET", None)),
        ["webhooks"] => {
            let hooks: Vec<Value> = state
                .webhooks
                .iter()
                .map(|hook| webhook(hook, &scene, false))
                .collect();
            let totals = Totals::of(hooks.len(), 10);
            Ok(many(call, &hooks, LIST, Some(totals)))
        }
        _ => Err(Refusal::no_route()),
    }
}

pub(super) fn order_totals(state: &State) -> Vec<Value> {
    let count = |slug: &str| {
        let number = state.orders.status_number(slug);
        let rows = state.orders.rows().iter();
        rows.filter(|row| row.status != GONE && Some(row.status) == number)
            .count()
    };
    status_names(state)
        .into_iter()
        .map(|(slug, name)| json!({"slug": slug, "name": name, "total": count(&slug)}))
        .collect()
}

pub(super) fn create_webhook(call: &Call<'_>, state: &mut State, quirks: &StoreQuirks) -> Answer {
    let invalid = |message: &str| Refusal::plain(400, "rest_invalid_json", message).allowing(LIST);
    let sent: Value =
        serde_json::from_slice(call.body).map_err(|_| invalid("Invalid JSON body passed."))?;
    let text = |name: &str| {
        sent.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let topic = text("topic");
    if !topic.contains('.') {
        let message = "Webhook topic is required and must be valid.";
        return Err(Refusal::plain(
            400,
            "woocommerce_rest_webhook_invalid_topic",
            message,
        ));
    }
    let hook = Webhook {
        id: state.webhooks.len() as u64 + 1,
        name: text("name"),
        status: "active".to_owned(),
        topic,
        delivery_url: text("delivery_url"),
        created: call.now,
    };
    let mut body = String::new();
    let value = webhook(&hook, &call.scene(state, quirks, &Fields::All), true);
    push_value(&mut body, &value);
    state.webhooks.push(hook);
    let mut reply = Reply::json(body, LIST);
    reply.status = 201;
    Ok(reply)
}

/// Changes what a webhook says; the members that are not sent stay.
pub(super) fn update_webhook(
    call: &Call<'_>,
    state: &mut State,
    quirks: &StoreQuirks,
    id: &str,
) -> Answer {
    let sent: Value = serde_json::from_slice(call.body).map_err(|_| {
        Refusal::plain(400, "rest_invalid_json", "Invalid JSON body passed.").allowing(LIST)
    })?;
    let found = state
        .webhooks
        .iter_mut()
        .find(|hook| hook.id.to_string() == id);
    let Some(hook) = found else {
        return Err(Refusal::plain(
            404,
            "woocommerce_rest_shop_webhook_invalid_id",
            "Invalid ID.",
        ));
    };
    for (name, member) in [
        ("name", &mut hook.name),
        ("status", &mut hook.status),
        ("topic", &mut hook.topic),
        ("delivery_url", &mut hook.delivery_url),
    ] {
        if let Some(text) = sent.get(name).and_then(Value::as_str) {
            text.clone_into(member);
        }
    }
    let hook = hook.clone();
    let mut body = String::new();
    let value = webhook(&hook, &call.scene(state, quirks, &Fields::All), false);
    push_value(&mut body, &value);
    Ok(Reply::json(body, LIST))
}

/// The answer to its creation does not know yet when it was modified.
pub(super) fn webhook(hook: &Webhook, scene: &Scene<'_>, fresh: bool) -> Value {
    let (resource, event) = hook.topic.split_once('.').unwrap_or((&hook.topic, ""));
    let hooks: &[&str] = match (resource, event) {
        ("order", "created") => &["woocommerce_new_order"],
        ("order", "updated") => &["woocommerce_update_order", "woocommerce_order_refunded"],
        ("order", "deleted") => &["wp_trash_post", "woocommerce_trash_order"],
        ("order", "restored") => &["untrashed_post", "woocommerce_untrash_order"],
        _ => &[],
    };
    let created = scene.stamp(hook.created, false);
    let created_gmt = scene.stamp(hook.created, true);
    let modified = if fresh { Value::Null } else { json!(created) };
    let modified_gmt = if fresh {
        Value::Null
    } else {
        json!(created_gmt)
    };
    let own = scene.link(&format!("webhooks/{}", hook.id));
    json!({
        "id": hook.id, "name": hook.name, "status": hook.status, "topic": hook.topic,
        "resource": resource, "event": event, "hooks": hooks, "delivery_url": hook.delivery_url,
        "date_created": created, "date_created_gmt": created_gmt,
        "date_modified": modified, "date_modified_gmt": modified_gmt,
        "_links": {
            "self": [{"href": own, "targetHints": {"allow": ALL_VERBS}}],
            "collection": [{"href": scene.link("webhooks")}],
        },
    })
}
