//! Products, accounts and taxes.

use super::super::lists::Window;
use super::super::query::Check;
use super::super::quirks::StoreQuirks;
use super::super::render::catalogue::{push_product, push_rate, push_variation};
use super::super::render::people::push_customer;
use super::super::reply::{Refusal, Reply, Totals};
use super::super::shelves::{self, Shelf};
use super::super::state::State;
use super::{Answer, Call, LIST, ONE, array};

pub(super) fn shelf(call: &Call<'_>, which: Shelf, state: &State, quirks: &StoreQuirks) -> Answer {
    let (ids, totals, window) =
        shelves::products(&call.params, which, state).map_err(|refusal| refusal.allowing(LIST))?;
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

pub(super) fn no_product() -> Refusal {
    Refusal::plain(404, "woocommerce_rest_product_invalid_id", "Invalid ID.").allowing(ONE)
}

pub(super) fn product(call: &Call<'_>, id: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    let product = state.shop.product(id).ok_or_else(no_product)?;
    let fields = call.fields_of_one();
    let mut body = String::new();
    push_product(
        &mut body,
        product,
        &state.shop,
        &call.scene(state, quirks, &fields),
    );
    Ok(Reply::json(body, ONE))
}

pub(super) fn variations(
    call: &Call<'_>,
    parent: u64,
    state: &State,
    quirks: &StoreQuirks,
) -> Answer {
    if state.shop.product(parent).is_none() {
        let message = "Invalid parent ID.";
        return Err(Refusal::plain(
            404,
            "woocommerce_rest_product_invalid_id",
            message,
        ));
    }
    shelf(call, Shelf::VariationsOf(parent), state, quirks)
}

pub(super) fn variation_of(
    call: &Call<'_>,
    parent: u64,
    id: u64,
    state: &State,
    quirks: &StoreQuirks,
) -> Answer {
    let product = state
        .shop
        .product(id)
        .filter(|product| product.parent_id == parent);
    let unknown = || {
        Refusal::plain(
            404,
            "woocommerce_rest_product_variation_invalid_id",
            "Invalid ID.",
        )
    };
    let product = product
        .filter(|product| product.parent_id != 0)
        .ok_or_else(unknown)?;
    let fields = call.fields_of_one();
    let mut body = String::new();
    push_variation(
        &mut body,
        product,
        &state.shop,
        &call.scene(state, quirks, &fields),
    );
    Ok(Reply::json(body, ONE))
}

pub(super) fn customers(call: &Call<'_>, state: &State, quirks: &StoreQuirks) -> Answer {
    let (found, totals, window) =
        shelves::customers(&call.params, state).map_err(|refusal| refusal.allowing(LIST))?;
    let fields = call.fields();
    let scene = call.scene(state, quirks, &fields);
    let body = array(&found, |out, customer| push_customer(out, customer, &scene));
    Ok(call.page(body, totals, window.page, &[]))
}

pub(super) fn customer(call: &Call<'_>, id: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    let unknown = || Refusal::plain(404, "wc_user_invalid_id", "Invalid user ID.");
    let customer = state.customers.get(id).ok_or_else(unknown)?;
    let fields = call.fields_of_one();
    let mut body = String::new();
    push_customer(&mut body, &customer, &call.scene(state, quirks, &fields));
    Ok(Reply::json(body, ONE))
}

pub(super) fn taxes(call: &Call<'_>, state: &State, quirks: &StoreQuirks) -> Answer {
    let mut check = Check::default();
    let window = Window::read(&mut check, &call.params);
    let order = check.one_of(&call.params, "order", &["asc", "desc"], "asc");
    check.one_of(
        &call.params,
        "orderby",
        &["id", "order", "priority"],
        "order",
    );
    check.end().map_err(|refusal| refusal.allowing(LIST))?;
    let mut ids: Vec<usize> = (0..state.shop.rates.len()).collect();
    if order == "desc" {
        ids.reverse();
    }
    let totals = Totals::of(ids.len(), window.per_page);
    let fields = call.fields();
    let scene = call.scene(state, quirks, &fields);
    let page = window
        .of(&ids)
        .into_iter()
        .filter_map(|at| state.shop.rates.get(at));
    let body = array(page, |out, rate| push_rate(out, rate, &scene));
    Ok(call.page(body, totals, window.page, &[]))
}

pub(super) fn tax(call: &Call<'_>, id: u64, state: &State, quirks: &StoreQuirks) -> Answer {
    let unknown = || Refusal::plain(404, "woocommerce_rest_invalid_id", "Invalid resource ID.");
    let rate = state
        .shop
        .rates
        .iter()
        .find(|rate| rate.id == id)
        .ok_or_else(unknown)?;
    let fields = call.fields_of_one();
    let mut body = String::new();
    push_rate(&mut body, rate, &call.scene(state, quirks, &fields));
    Ok(Reply::json(body, ONE))
}
