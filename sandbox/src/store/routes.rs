//! What each route answers. FACTS: WooCommerce §2, §3.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{Fields, push_value_of};
use super::lists::{OrderQuery, status_names};
use super::orders::GONE;
use super::query::{Check, Params};
use super::quirks::StoreQuirks;
use super::render::catalogue::{push_classes, push_list, push_product, push_rate, push_variation};
use super::render::order::push_order;
use super::render::people::push_customer;
use super::render::refund::push_refund;
use super::render::{Scene, settings};
use super::reply::{Refusal, Reply, Totals, paging};
use super::shelves::{self, Shelf};
use super::state::{State, Webhook};

/// One request that was let in.
pub(crate) struct Call<'a> {
    pub method: &'a str,
    /// The parts of the path below `/wp-json/wc/v3/`.
    pub path: Vec<&'a str>,
    pub params: Params,
    pub body: &'a [u8],
    pub site: &'a str,
    pub now: Timestamp,
}

type Answer = Result<Reply, Refusal>;

const LIST: &str = "GET, POST";
const ONE: &str = "GET, POST, PUT, PATCH, DELETE";

impl Call<'_> {
    fn fields(&self) -> Fields {
        Fields::parse(self.params.list("_fields").into_iter())
    }

    /// A single resource keeps its `_links` whatever `_fields` says.
    fn fields_of_one(&self) -> Fields {
        self.fields().with("_links")
    }

    fn url(&self) -> String {
        format!("{}/wp-json/wc/v3/{}", self.site, self.path.join("/"))
    }

    fn scene<'s>(
        &'s self,
        state: &'s State,
        quirks: &StoreQuirks,
        fields: &'s Fields,
    ) -> Scene<'s> {
        let settings = &state.shop.settings;
        Scene { settings, site: self.site, version: quirks.version, places: 2, fields }
    }

    /// A page of a list with its totals and links.
    fn page(&self, body: String, totals: Totals, page: usize, added: &[(&str, &str)]) -> Reply {
        let mut reply = Reply::json(body, LIST);
        reply.totals = Some(totals);
        reply.paging = paging(&self.url(), &self.params, added, page, totals.pages);
        reply
    }
}

/// Answers a request that was let in.
pub(crate) fn answer(call: &Call<'_>, state: &mut State, quirks: &StoreQuirks) -> Answer {
    if call.method == "POST" && call.path.as_slice() == ["webhooks"] {
        return create_webhook(call, state, quirks);
    }
    if call.method != "GET" && call.method != "HEAD" {
        return Err(Refusal::no_route());
    }
    match call.path.as_slice() {
        [] => {
            let up = json!([{"href": format!("{}/wp-json/", call.site)}]);
            one(call, &json!({"namespace": "wc/v3", "_links": {"up": up}}), "GET")
        }
        ["orders"] => orders(call, state, quirks),
        ["orders", "statuses"] => {
            let all = status_names(state).into_iter();
            let all: Vec<Value> =
                all.map(|(slug, name)| json!({"slug": slug, "name": name})).collect();
            many(call, &all, "GET", None)
        }
        ["orders", id] => order(call, number(id)?, state, quirks),
        ["orders", id, "refunds"] => refunds_of(call, number(id)?, state, quirks),
        ["orders", id, "refunds", refund] => {
            refund_of(call, number(id)?, number(refund)?, state, quirks)
        }
        ["refunds"] => all_refunds(call, state, quirks),
        ["products"] => shelf(call, Shelf::Products, state, quirks),
        ["products", id] => product(call, number(id)?, state, quirks),
        ["products", id, "variations"] => variations(call, number(id)?, state, quirks),
        ["products", id, "variations", variation] => {
            variation_of(call, number(id)?, number(variation)?, state, quirks)
        }
        ["variations"] if quirks.version.lists_variations() => {
            shelf(call, Shelf::AllVariations, state, quirks)
        }
        ["customers"] => customers(call, state, quirks),
        ["customers", id] => customer(call, number(id)?, state, quirks),
        ["taxes"] => taxes(call, state, quirks),
        ["taxes", "classes"] => {
            let fields = call.fields();
            let mut body = String::new();
            push_classes(&mut body, &call.scene(state, quirks, &fields));
            let mut reply = Reply::json(body, LIST);
            reply.totals = Some(Totals { records: 3, pages: 1 });
            Ok(reply)
        }
        ["taxes", id] => tax(call, number(id)?, state, quirks),
        rest => of_the_store(call, rest, state, quirks),
    }
}

/// Settings, status and reports.
fn of_the_store(call: &Call<'_>, path: &[&str], state: &State, quirks: &StoreQuirks) -> Answer {
    let scene = call.scene(state, quirks, &Fields::All);
    match path {
        ["settings", group] => {
            let invalid = || {
                let message = "Invalid setting group.";
                Refusal::plain(404, "rest_setting_setting_group_invalid", message)
            };
            many(call, &settings::group(group, &scene).ok_or_else(invalid)?, "GET", None)
        }
        ["settings", group, id] => {
            let invalid =
                || Refusal::plain(404, "rest_setting_setting_invalid", "Invalid setting.");
            let setting = settings::setting(group, id, &scene).ok_or_else(invalid)?;
            one(call, &setting, "GET, POST, PUT, PATCH")
        }
        ["payment_gateways"] => {
            let gateways = settings::gateways(&scene);
            many(call, &gateways, "GET", Some(Totals { records: gateways.len(), pages: 1 }))
        }
        ["data", "currencies", "current"] => one(call, &settings::currency(&scene), "GET"),
        ["system_status"] => {
            let mut body = String::new();
            push_value_of(&mut body, &settings::system_status(quirks, &scene), &call.fields());
            Ok(Reply::json(body, "GET"))
        }
        ["reports", "orders", "totals"] => many(call, &order_totals(state), "GET", None),
        ["webhooks"] => {
            let hooks: Vec<Value> =
                state.webhooks.iter().map(|hook| webhook(hook, &scene, false)).collect();
            let totals = Totals::of(hooks.len(), 10);
            many(call, &hooks, LIST, Some(totals))
        }
        _ => Err(Refusal::no_route()),
    }
}

/// An id in a path; other text is no route.
fn number(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::no_route())
}

fn one(call: &Call<'_>, value: &Value, allow: &'static str) -> Answer {
    let mut body = String::new();
    push_value_of(&mut body, value, &call.fields_of_one());
    Ok(Reply::json(body, allow))
}

fn many(
    call: &Call<'_>,
    values: &[Value],
    allow: &'static str,
    totals: Option<Totals>,
) -> Answer {
    let mut body = String::new();
    push_list(&mut body, values, &call.fields());
    let mut reply = Reply::json(body, allow);
    reply.totals = totals;
    Ok(reply)
}

/// Writes `[a,b,c]`.
fn array<T>(items: impl IntoIterator<Item = T>, mut push: impl FnMut(&mut String, T)) -> String {
    let mut body = String::from("[");
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        push(&mut body, item);
    }
    body.push(']');
    body
}

/// What the orders controller fills in; with nothing to show only the first.
const ORDER_DEFAULTS: &[(&str, &str)] =
    &[("status[0]", "any"), ("dp", "2"), ("context", "view")];

fn defaults(page_is_empty: bool) -> &'static [(&'static str, &'static str)] {
    ORDER_DEFAULTS.get(..if page_is_empty { 1 } else { 3 }).unwrap_or_default()
}

fn orders(call: &Call<'_>, state: &State, quirks: &StoreQuirks) -> Answer {
    let query = OrderQuery::read(&call.params, state, quirks).map_err(|no| no.allowing(LIST))?;
    let (rows, totals) = query.orders(state, quirks);
    let fields = call.fields();
    let scene = Scene { places: query.places, ..call.scene(state, quirks, &fields) };
    let found = rows.iter().filter_map(|row| state.orders.seen_at(*row));
    let body = array(found, |out, order| push_order(out, &order, &scene));
    Ok(call.page(body, totals, query.window.page, defaults(rows.is_empty())))
}

fn no_order() -> Refusal {
    Refusal::plain(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.").allowing(ONE)
}

fn places(call: &Call<'_>) -> Result<u32, Refusal> {
    let mut check = Check::default();
    let places = check.integer(&call.params, "dp").unwrap_or(2);
    check.end()?;
    Ok(u32::try_from(places.unsigned_abs().min(12)).unwrap_or(2))
}

fn order(call: &Call<'_>, id: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    let row = state.orders.index_of(id).ok_or_else(no_order)?;
    let order = state.orders.seen_at(row).ok_or_else(no_order)?;
    let fields = call.fields_of_one();
    let scene = Scene { places: places(call)?, ..call.scene(state, quirks, &fields) };
    let mut body = String::with_capacity(4096);
    push_order(&mut body, &order, &scene);
    Ok(Reply::json(body, ONE))
}

fn refunds_of(call: &Call<'_>, id: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    let unknown = || {
        Refusal::plain(404, "woocommerce_rest_invalid_order_id", "Invalid order ID.").allowing(LIST)
    };
    let row = state.orders.index_of(id).ok_or_else(unknown)?;
    let order = state.orders.seen_at(row).ok_or_else(unknown)?;
    let query = OrderQuery::read(&call.params, state, quirks).map_err(|no| no.allowing(LIST))?;
    let (found, totals) = query.refunds(Some(row), state, quirks);
    let fields = call.fields();
    let scene = Scene { places: query.places, ..call.scene(state, quirks, &fields) };
    let refunds = found
        .iter()
        .filter_map(|(_, id)| order.refunds.iter().find(|refund| refund.id == *id));
    let body = array(refunds, |out, refund| push_refund(out, refund, id, false, &scene));
    Ok(call.page(body, totals, query.window.page, defaults(found.is_empty())))
}

fn refund_of(
    call: &Call<'_>,
    id: u64,
    refund: u64,
    state: &State,
    quirks: &StoreQuirks,
) -> Answer {
    const VERBS: &str = "GET, DELETE";
    let row = state.orders.index_of(id).ok_or_else(|| {
        Refusal::plain(404, "woocommerce_rest_invalid_order_id", "Invalid order ID.")
            .allowing(VERBS)
    })?;
    let (of, refund) = state.orders.refund(refund).ok_or_else(|| {
        Refusal::plain(404, "woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.")
            .allowing(VERBS)
    })?;
    if of != row {
        // The status that is meant stands as a bare number, so WordPress makes it a 500.
        let code = "woocommerce_rest_invalid_order_refund_id";
        return Err(Refusal::new(500, code, "Invalid order refund ID.", json!(404))
            .allowing(VERBS));
    }
    let fields = call.fields_of_one();
    let scene = Scene { places: places(call)?, ..call.scene(state, quirks, &fields) };
    let mut body = String::new();
    push_refund(&mut body, &refund, id, false, &scene);
    Ok(Reply::json(body, VERBS))
}

fn all_refunds(call: &Call<'_>, state: &State, quirks: &StoreQuirks) -> Answer {
    let query = OrderQuery::read(&call.params, state, quirks).map_err(|no| no.allowing("GET"))?;
    let (found, totals) = query.refunds(None, state, quirks);
    let fields = call.fields();
    let scene = Scene { places: query.places, ..call.scene(state, quirks, &fields) };
    let whole = found.iter().filter_map(|(row, id)| {
        let parent = state.orders.rows().get(*row).map(|row| u64::from(row.id))?;
        Some((parent, state.orders.refund(*id)?.1))
    });
    let body = array(whole, |out, (parent, refund)| {
        push_refund(out, &refund, parent, true, &scene);
    });
    let mut reply = call.page(body, totals, query.window.page, defaults(found.is_empty()));
    reply.allow = Some("GET");
    Ok(reply)
}

fn shelf(call: &Call<'_>, which: Shelf, state: &State, quirks: &StoreQuirks) -> Answer {
    let (ids, totals, window) = shelves::products(&call.params, which, state, quirks)
        .map_err(|refusal| refusal.allowing(LIST))?;
    let fields = call.fields();
    let scene = call.scene(state, quirks, &fields);
    let found = ids.iter().filter_map(|id| state.shop.product(*id));
    let body = array(found, |out, product| match which {
        Shelf::Products => push_product(out, product, &state.shop, &scene),
        Shelf::VariationsOf(_) | Shelf::AllVariations => {
            push_variation(out, product, &state.shop, &scene);
        }
    });
    Ok(call.page(body, totals, window.page, &[]))
}

fn no_product() -> Refusal {
    Refusal::plain(404, "woocommerce_rest_product_invalid_id", "Invalid ID.").allowing(ONE)
}

fn product(call: &Call<'_>, id: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    let product = state.shop.product(id).ok_or_else(no_product)?;
    let fields = call.fields_of_one();
    let mut body = String::new();
    push_product(&mut body, product, &state.shop, &call.scene(state, quirks, &fields));
    Ok(Reply::json(body, ONE))
}

fn variations(call: &Call<'_>, parent: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    if state.shop.product(parent).is_none() {
        let message = "Invalid parent ID.";
        return Err(Refusal::plain(404, "woocommerce_rest_product_invalid_id", message));
    }
    shelf(call, Shelf::VariationsOf(parent), state, quirks)
}

fn variation_of(
    call: &Call<'_>,
    parent: u64,
    id: u64,
    state: &State,
    quirks: &StoreQuirks,
) -> Answer {
    let product = state.shop.product(id).filter(|product| product.parent_id == parent);
    let unknown =
        || Refusal::plain(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.");
    let product = product.filter(|product| product.parent_id != 0).ok_or_else(unknown)?;
    let fields = call.fields_of_one();
    let mut body = String::new();
    push_variation(&mut body, product, &state.shop, &call.scene(state, quirks, &fields));
    Ok(Reply::json(body, ONE))
}

fn customers(call: &Call<'_>, state: &State, quirks: &StoreQuirks) -> Answer {
    let (found, totals, window) =
        shelves::customers(&call.params, state).map_err(|refusal| refusal.allowing(LIST))?;
    let fields = call.fields();
    let scene = call.scene(state, quirks, &fields);
    let body = array(&found, |out, customer| push_customer(out, customer, &scene));
    Ok(call.page(body, totals, window.page, &[]))
}

fn customer(call: &Call<'_>, id: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    let unknown = || Refusal::plain(404, "wc_user_invalid_id", "Invalid user ID.");
    let customer = state.customers.get(id).ok_or_else(unknown)?;
    let fields = call.fields_of_one();
    let mut body = String::new();
    push_customer(&mut body, &customer, &call.scene(state, quirks, &fields));
    Ok(Reply::json(body, ONE))
}

fn taxes(call: &Call<'_>, state: &State, quirks: &StoreQuirks) -> Answer {
    let mut check = Check::default();
    let window = super::lists::Window::read(&mut check, &call.params);
    let order = check.one_of(&call.params, "order", &["asc", "desc"], "asc");
    check.one_of(&call.params, "orderby", &["id", "order", "priority"], "order");
    check.end().map_err(|refusal| refusal.allowing(LIST))?;
    let mut ids: Vec<usize> = (0..state.shop.rates.len()).collect();
    if order == "desc" {
        ids.reverse();
    }
    let totals = Totals::of(ids.len(), window.per_page);
    let fields = call.fields();
    let scene = call.scene(state, quirks, &fields);
    let page = window.of(&ids).into_iter().filter_map(|at| state.shop.rates.get(at));
    let body = array(page, |out, rate| push_rate(out, rate, &scene));
    Ok(call.page(body, totals, window.page, &[]))
}

fn tax(call: &Call<'_>, id: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    let unknown = || Refusal::plain(404, "woocommerce_rest_invalid_id", "Invalid resource ID.");
    let rate = state.shop.rates.iter().find(|rate| rate.id == id).ok_or_else(unknown)?;
    let fields = call.fields_of_one();
    let mut body = String::new();
    push_rate(&mut body, rate, &call.scene(state, quirks, &fields));
    Ok(Reply::json(body, ONE))
}

fn order_totals(state: &State) -> Vec<Value> {
    let count = |slug: &str| {
        let number = state.orders.status_number(slug);
        let rows = state.orders.rows().iter();
        rows.filter(|row| row.status != GONE && Some(row.status) == number).count()
    };
    status_names(state)
        .into_iter()
        .map(|(slug, name)| json!({"slug": slug, "name": name, "total": count(&slug)}))
        .collect()
}

fn create_webhook(call: &Call<'_>, state: &mut State, quirks: &StoreQuirks) -> Answer {
    let invalid = |message: &str| Refusal::plain(400, "rest_invalid_json", message).allowing(LIST);
    let sent: Value =
        serde_json::from_slice(call.body).map_err(|_| invalid("Invalid JSON body passed."))?;
    let text = |name: &str| sent[name].as_str().unwrap_or_default().to_owned();
    let topic = text("topic");
    if !topic.contains('.') {
        let message = "Webhook topic is required and must be valid.";
        return Err(Refusal::plain(400, "woocommerce_rest_webhook_invalid_topic", message));
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
    super::json::push_value(&mut body, &value);
    state.webhooks.push(hook);
    let mut reply = Reply::json(body, LIST);
    reply.status = 201;
    Ok(reply)
}

/// The answer to its creation does not know yet when it was modified.
fn webhook(hook: &Webhook, scene: &Scene<'_>, fresh: bool) -> Value {
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
    let modified_gmt = if fresh { Value::Null } else { json!(created_gmt) };
    let own = scene.link(&format!("webhooks/{}", hook.id));
    let all = super::render::ALL_VERBS;
    json!({
        "id": hook.id, "name": hook.name, "status": hook.status, "topic": hook.topic,
        "resource": resource, "event": event, "hooks": hooks, "delivery_url": hook.delivery_url,
        "date_created": created, "date_created_gmt": created_gmt,
        "date_modified": modified, "date_modified_gmt": modified_gmt,
        "_links": {
            "self": [{"href": own, "targetHints": {"allow": all}}],
            "collection": [{"href": scene.link("webhooks")}],
        },
    })
}
