//! What each route answers. FACTS: WooCommerce §2, §3.

mod of_the_store;
mod orders;
mod shelves;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::of_the_store::{create_webhook, of_the_store, update_webhook};
use self::orders::{all_refunds, order, orders, refund_of, refunds_of};
use self::shelves::{customer, customers, product, shelf, tax, taxes, variation_of, variations};
use super::json::{Fields, push_value_of};
use super::query::Params;
use super::quirks::StoreQuirks;
use super::render::Scene;
use super::render::catalogue::{push_classes, push_list};
use super::reply::{Refusal, Reply, Totals, paging};
use super::shelves::Shelf;
use super::state::State;
use super::statuses::status_names;

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

/// What a route gives.
pub(super) type Answer = Result<Reply, Refusal>;

/// The verbs of a list.
pub(super) const LIST: &str = "GET, POST";
/// The verbs of one resource.
pub(super) const ONE: &str = "GET, POST, PUT, PATCH, DELETE";

impl Call<'_> {
    pub(super) fn fields(&self) -> Fields {
        Fields::parse(self.params.list("_fields").into_iter())
    }

    /// A single resource keeps its `_links` whatever `_fields` says.
    pub(super) fn fields_of_one(&self) -> Fields {
        self.fields().with("_links")
    }

    pub(super) fn url(&self) -> String {
        format!("{}/wp-json/wc/v3/{}", self.site, self.path.join("/"))
    }

    pub(super) fn scene<'s>(
        &'s self,
        state: &'s State,
        quirks: &StoreQuirks,
        fields: &'s Fields,
    ) -> Scene<'s> {
        let settings = &state.shop.settings;
        Scene {
            settings,
            site: self.site,
            version: quirks.version,
            places: 2,
            fields,
        }
    }

    /// A page of a list with its totals and links.
    pub(super) fn page(
        &self,
        body: String,
        totals: Totals,
        page: usize,
        added: &[(&str, &str)],
    ) -> Reply {
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
    if let ("POST" | "PUT", ["webhooks", id]) = (call.method, call.path.as_slice()) {
        return update_webhook(call, state, quirks, id);
    }
    if call.method != "GET" && call.method != "HEAD" {
        return Err(Refusal::no_route());
    }
    match call.path.as_slice() {
        [] => {
            let up = json!([{"href": format!("{}/wp-json/", call.site)}]);
            Ok(one(
                call,
                &json!({"namespace": "wc/v3", "_links": {"up": up}}),
                "GET",
            ))
        }
        ["orders"] => orders(call, state, quirks),
        ["orders", "statuses"] => {
            let all = status_names(state).into_iter();
            let all: Vec<Value> = all
                .map(|(slug, name)| json!({"slug": slug, "name": name}))
                .collect();
            Ok(many(call, &all, "GET", None))
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
            reply.totals = Some(Totals {
                records: 3,
                pages: 1,
            });
            Ok(reply)
        }
        ["taxes", id] => tax(call, number(id)?, state, quirks),
        rest => of_the_store(call, rest, state, quirks),
    }
}

/// An id in a path; other text is no route.
pub(super) fn number(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::no_route())
}

pub(super) fn one(call: &Call<'_>, value: &Value, allow: &'static str) -> Reply {
    let mut body = String::new();
    push_value_of(&mut body, value, &call.fields_of_one());
    Reply::json(body, allow)
}

pub(super) fn many(
    call: &Call<'_>,
    values: &[Value],
    allow: &'static str,
    totals: Option<Totals>,
) -> Reply {
    let mut body = String::new();
    push_list(&mut body, values, &call.fields());
    let mut reply = Reply::json(body, allow);
    reply.totals = totals;
    reply
}

/// Writes `[a,b,c]`.
pub(super) fn array<T>(
    items: impl IntoIterator<Item = T>,
    mut push: impl FnMut(&mut String, T),
) -> String {
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
