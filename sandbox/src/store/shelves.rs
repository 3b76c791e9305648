//! Lists of products, variations and accounts. FACTS: WooCommerce §3, §8.

use std::cmp::Reverse;

use super::lists::Window;
use super::model::catalogue::Product;
use super::model::people::Customer;
use super::orders::seconds;
use super::query::{Check, Params, Span};
use super::quirks::OrderStorage;
use super::reply::{Refusal, Totals};
use super::state::State;

const PRODUCT_ORDER_BYS: &[&str] = &[
    "date",
    "id",
    "include",
    "title",
    "slug",
    "modified",
    "price",
    "popularity",
    "rating",
    "menu_order",
    "post__in",
    "sales",
    "random",
];
const VARIATION_ORDER_BYS: &[&str] = &[
    "date",
    "id",
    "include",
    "title",
    "slug",
    "modified",
    "menu_order",
];
const CUSTOMER_ORDER_BYS: &[&str] = &["id", "include", "name", "registered_date"];

/// Which products a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// `/products`: no variations, except when asked for by SKU.
    Products,
    /// `/products/<id>/variations`.
    VariationsOf(u64),
    /// `/variations`.
    AllVariations,
}

/// The ids of the page of products and how many there are in all.
pub(crate) fn products(
    params: &Params,
    shelf: Shelf,
    state: &State,
) -> Result<(Vec<u64>, Totals, Window), Refusal> {
    let mut check = Check::default();
    let window = Window::read(&mut check, params);
    let dates = ["after", "before", "modified_after", "modified_before"]
        .map(|name| check.date(params, name));
    let gmt = check.boolean(params, "dates_are_gmt");
    // Products are posts in every store: their dates compare in its own time.
    let storage = OrderStorage::Posts;
    let [after, before, modified_after, modified_before] =
        dates.map(|date| date.map(|date| date.bound(gmt, storage, &state.shop.settings)));
    let exclude = check.ids(params, "exclude");
    let include = check.ids(params, "include");
    let order = check.one_of(params, "order", &["asc", "desc"], "desc");
    let order_bys = if shelf == Shelf::Products {
        PRODUCT_ORDER_BYS
    } else {
        VARIATION_ORDER_BYS
    };
    let by = check.one_of(params, "orderby", order_bys, "date");
    let parents = check.ids(params, "parent");
    let statuses = [
        "any", "future", "trash", "draft", "pending", "private", "publish",
    ]
    .map(str::to_owned);
    check.each_of(params, "status", &statuses);
    check.end()?;
    let created = Span { after, before };
    let modified = Span {
        after: modified_after,
        before: modified_before,
    };
    let settings = &state.shop.settings;
    let skus = params.list("sku");
    let search = params.get("search").unwrap_or_default().to_lowercase();
    let status = params.list("status");
    let mut found: Vec<&Product> = state
        .shop
        .products()
        .iter()
        .filter(|product| on_shelf(product, shelf, !skus.is_empty()))
        .filter(|product| {
            let known = status.is_empty() || status.contains(&"any");
            (known || status.contains(&product.status.as_str()))
                && (include.is_empty() || include.contains(&product.id))
                && !exclude.contains(&product.id)
                && (parents.is_empty() || parents.contains(&product.parent_id))
                && (skus.is_empty() || skus.contains(&product.sku.as_str()))
                && (search.is_empty() || product.name.to_lowercase().contains(&search))
                && created.holds(seconds(product.created), settings)
                && modified.holds(seconds(product.modified), settings)
        })
        .collect();
    match by {
        "id" => found.sort_by_key(|product| product.id),
        "modified" => found.sort_by_key(|product| (product.modified, product.id)),
        "title" | "slug" => found.sort_by_key(|product| product.name.to_lowercase()),
        "price" => found.sort_by_key(|product| (product.unit_price(), product.id)),
        "include" if !include.is_empty() => {
            found.sort_by_key(|product| Reverse(include.iter().position(|id| *id == product.id)));
        }
        _ => found.sort_by_key(|product| (product.created, product.id)),
    }
    if order == "desc" || by == "include" {
        found.reverse();
    }
    let ids: Vec<u64> = found.iter().map(|product| product.id).collect();
    Ok((
        window.of(&ids),
        Totals::of(ids.len(), window.per_page),
        window,
    ))
}

fn on_shelf(product: &Product, shelf: Shelf, by_sku: bool) -> bool {
    match shelf {
        Shelf::Products => product.parent_id == 0 || by_sku,
        Shelf::VariationsOf(parent) => product.parent_id == parent,
        Shelf::AllVariations => product.parent_id != 0,
    }
}

/// The accounts of the page and how many there are in all. There is no date filter.
pub(crate) fn customers(
    params: &Params,
    state: &State,
) -> Result<(Vec<Customer>, Totals, Window), Refusal> {
    let mut check = Check::default();
    let window = Window::read(&mut check, params);
    let exclude = check.ids(params, "exclude");
    let include = check.ids(params, "include");
    let order = check.one_of(params, "order", &["asc", "desc"], "asc");
    let by = check.one_of(params, "orderby", CUSTOMER_ORDER_BYS, "name");
    let roles = [
        "all",
        "administrator",
        "editor",
        "author",
        "contributor",
        "subscriber",
        "customer",
        "shop_manager",
    ];
    let role = check.one_of(params, "role", &roles, "customer");
    check.end()?;
    let email = params.get("email").unwrap_or_default().to_lowercase();
    let search = params.get("search").unwrap_or_default().to_lowercase();
    let mut ids = state.customers.ids();
    ids.retain(|id| (include.is_empty() || include.contains(id)) && !exclude.contains(id));
    // Made-up accounts are customers all: only those by id need not be made to be sorted.
    if by == "id" && email.is_empty() && search.is_empty() {
        let others = role != "all" && role != "customer";
        ids.retain(|id| match *id {
            1 => role == "all" || role == "administrator",
            _ => !others,
        });
        if order == "desc" {
            ids.reverse();
        }
        let totals = Totals::of(ids.len(), window.per_page);
        let page = window
            .of(&ids)
            .into_iter()
            .filter_map(|id| state.customers.get(id))
            .collect();
        return Ok((page, totals, window));
    }
    let mut found: Vec<Customer> = ids
        .into_iter()
        .filter_map(|id| state.customers.get(id))
        .filter(|customer| {
            let name = format!("{} {}", customer.first_name, customer.last_name).to_lowercase();
            let texts = [&name, &customer.email, &customer.username];
            (role == "all" || customer.role == role)
                && (email.is_empty() || customer.email.to_lowercase() == email)
                && (search.is_empty() || texts.iter().any(|text| text.contains(&search)))
        })
        .collect();
    match by {
        "name" => found.sort_by_key(|customer| (customer.username.to_lowercase(), customer.id)),
        "registered_date" => found.sort_by_key(|customer| (customer.created, customer.id)),
        "include" if !include.is_empty() => {
            found.sort_by_key(|customer| include.iter().position(|id| *id == customer.id));
        }
        _ => found.sort_by_key(|customer| customer.id),
    }
    if order == "desc" {
        found.reverse();
    }
    let totals = Totals::of(found.len(), window.per_page);
    let page = found
        .into_iter()
        .skip(window.from)
        .take(window.per_page)
        .collect();
    Ok((page, totals, window))
}
