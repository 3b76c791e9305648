//! Orders and refunds.

use serde_json::json;

use super::super::lists::OrderQuery;
use super::super::query::Check;
use super::super::quirks::StoreQuirks;
use super::super::render::Scene;
use super::super::render::order::push_order;
use super::super::render::refund::push_refund;
use super::super::reply::{Refusal, Reply};
use super::super::state::State;
use super::{Answer, Call, LIST, ONE, array};

/// What the orders controller fills in; with nothing to show only the first.
const ORDER_DEFAULTS: &[(&str, &str)] = &[("status[0]", "any"), ("dp", "2"), ("context", "view")];

pub(super) fn defaults(page_is_empty: bool) -> &'static [(&'static str, &'static str)] {
    ORDER_DEFAULTS
        .get(..if page_is_empty { 1 } else { 3 })
        .unwrap_or_default()
}

pub(super) fn orders(call: &Call<'_>, state: &State, quirks: &StoreQuirks) -> Answer {
    let query = OrderQuery::read(&call.params, state, quirks).map_err(|no| no.allowing(LIST))?;
    let (rows, totals) = query.orders(state, quirks);
    let fields = call.fields();
    let scene = Scene {
        places: query.places,
        ..call.scene(state, quirks, &fields)
    };
    let found = rows.iter().filter_map(|row| state.orders.seen_at(*row));
    let body = array(found, |out, order| push_order(out, &order, &scene));
    Ok(call.page(body, totals, query.window.page, defaults(rows.is_empty())))
}

pub(super) fn no_order() -> Refusal {
    Refusal::plain(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.").allowing(ONE)
}

pub(super) fn places(call: &Call<'_>) -> Result<u32, Refusal> {
    let mut check = Check::default();
    let places = check.integer(&call.params, "dp").unwrap_or(2);
    check.end()?;
    Ok(u32::try_from(places.unsigned_abs().min(12)).unwrap_or(2))
}

pub(super) fn order(call: &Call<'_>, id: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    let row = state.orders.index_of(id).ok_or_else(no_order)?;
    let order = state.orders.seen_at(row).ok_or_else(no_order)?;
    let fields = call.fields_of_one();
    let scene = Scene {
        places: places(call)?,
        ..call.scene(state, quirks, &fields)
    };
    let mut body = String::with_capacity(4096);
    push_order(&mut body, &order, &scene);
    Ok(Reply::json(body, ONE))
}

pub(super) fn refunds_of(call: &Call<'_>, id: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    let unknown = || {
        Refusal::plain(
            404,
            "woocommerce_rest_invalid_order_id",
            "Invalid order ID.",
        )
        .allowing(LIST)
    };
    let row = state.orders.index_of(id).ok_or_else(unknown)?;
    let order = state.orders.seen_at(row).ok_or_else(unknown)?;
    let query = OrderQuery::read(&call.params, state, quirks).map_err(|no| no.allowing(LIST))?;
    let (found, totals) = query.refunds(Some(row), state, quirks);
    let fields = call.fields();
    let scene = Scene {
        places: query.places,
        ..call.scene(state, quirks, &fields)
    };
    let refunds = found
        .iter()
        .filter_map(|(_, id)| order.refunds.iter().find(|refund| refund.id == *id));
    let body = array(refunds, |out, refund| {
        push_refund(out, refund, id, false, &scene);
    });
    Ok(call.page(body, totals, query.window.page, defaults(found.is_empty())))
}

pub(super) fn refund_of(
    call: &Call<'_>,
    id: u64,
    refund: u64,
    state: &State,
    quirks: &StoreQuirks,
) -> Answer {
    const VERBS: &str = "GET, DELETE";
    let row = state.orders.index_of(id).ok_or_else(|| {
        Refusal::plain(
            404,
            "woocommerce_rest_invalid_order_id",
            "Invalid order ID.",
        )
        .allowing(VERBS)
    })?;
    let (of, refund) = state.orders.refund(refund).ok_or_else(|| {
        Refusal::plain(
            404,
            "woocommerce_rest_shop_order_refund_invalid_id",
            "Invalid ID.",
        )
        .allowing(VERBS)
    })?;
    if of != row {
        // The status that is meant stands as a bare number, so WordPress makes it a 500.
        let code = "woocommerce_rest_invalid_order_refund_id";
        return Err(
            Refusal::new(500, code, "Invalid order refund ID.", &json!(404)).allowing(VERBS),
        );
    }
    let fields = call.fields_of_one();
    let scene = Scene {
        places: places(call)?,
        ..call.scene(state, quirks, &fields)
    };
    let mut body = String::new();
    push_refund(&mut body, &refund, id, false, &scene);
    Ok(Reply::json(body, VERBS))
}

pub(super) fn all_refunds(call: &Call<'_>, state: &State, quirks: &StoreQuirks) -> Answer {
    let query = OrderQuery::read(&call.params, state, quirks).map_err(|no| no.allowing("GET"))?;
    let (found, totals) = query.refunds(None, state, quirks);
    let fields = call.fields();
    let scene = Scene {
        places: query.places,
        ..call.scene(state, quirks, &fields)
    };
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
