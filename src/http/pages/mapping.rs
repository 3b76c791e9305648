//! What goes where: what is not mapped first, then the store's words beside those of the books.

use axum::extract::{Extension, State};
use axum::response::Html;
use maud::{Markup, html};

use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::words::mapping as said;
use super::{Tab, compared, in_address, page, parts, words};
use crate::config::Pipeline;
use crate::domain::{Customers, MappingRules, ShippingItem};
use crate::store::{FacetUse, StoreError};

pub(super) async fn show(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Result<Html<String>, ApiProblem> {
    let mut sections = Vec::new();
    for pipeline in &app.config.pipelines {
        sections.push(section(&app, pipeline).await?);
    }
    let body = html! {
        h1 { (words::MAPPING) }
        @for section in &sections { (section) }
    };
    Ok(page(&app, caller, Tab::Mapping, words::MAPPING, body).await?)
}

async fn section(app: &App, pipeline: &Pipeline) -> Result<Markup, StoreError> {
    let name = &pipeline.name;
    let rules = &pipeline.mapping;
    let address = in_address(app, name);
    let used = app.store.facets(name).await?;
    let held = app.store.held_by_cause(Some(name)).await?;
    let compared = app.engine.findings(name).await.ok();
    Ok(html! {
        section aria-label=(name.as_str()) {
            @if app.config.pipelines.len() > 1 { h2 { (name.as_str()) } }
            (compared::open_points(&held, compared.as_deref(), address))
            (payments(rules, &used.gateways, address))
            (tax(rules))
            (taxes_seen(&used.taxes, address))
            (orders(rules, &used.statuses, address))
            (sales(rules))
        }
    })
}

fn deposit<'r>(rules: &'r MappingRules, gateway: &str) -> &'r str {
    let own = rules.payments.gateways.get(gateway);
    own.and_then(|own| own.deposit_to.as_deref())
        .or(rules.payments.default.deposit_to.as_deref())
        .unwrap_or(said::UNDEPOSITED)
}

/// How many orders have it, with their list. One without a gateway or tax is asked for as such.
fn used(facet: &FacetUse, parameter: &str, pipeline: &str) -> Markup {
    let mut query = vec![(parameter, facet.name.as_str())];
    if !pipeline.is_empty() {
        query.push(("pipeline", pipeline));
    }
    html! {
        a href=(parts::link_of_all("/orders", &query)) { (said::orders(facet.count)) }
    }
}

/// A table of what goes where.
fn table(caption: &str, left: &str, right: &str, rows: &[(Markup, Markup, Markup)]) -> Markup {
    html! {
        table class="list" {
            caption { (caption) }
            thead { tr { th scope="col" { (left) } th scope="col" { (right) } th scope="col" class="n" { (said::USED_BY) } } }
            tbody { @for (from, to, by) in rows { tr {
                th scope="row" { (from) }
                td data-label=(right) { span aria-hidden="true" { "→ " } (to) }
                td class="n" data-label=(said::USED_BY) { (by) }
            } } }
        }
    }
}

fn payments(rules: &MappingRules, gateways: &[FacetUse], pipeline: &str) -> Markup {
    let rows: Vec<_> = gateways
        .iter()
        .map(|gateway| {
            let own = rules.payments.gateways.get(&gateway.name);
            let method = own.and_then(|own| own.method.as_deref());
            let name = if gateway.name.is_empty() {
                said::NO_GATEWAY
            } else {
                &gateway.name
            };
            let to = html! {
                (deposit(rules, &gateway.name))
                @if let Some(method) = method { (said::METHOD) (method) }
                @if own.is_none() { " " span class="small" { (said::BY_DEFAULT) } }
            };
            (html! { (name) }, to, used(gateway, "gateway", pipeline))
        })
        .collect();
    table(said::GATEWAYS, said::GATEWAY, said::ACCOUNT, &rows)
}

fn tax(rules: &MappingRules) -> Markup {
    let configured = |kind: &str, from: &str, to: &str| {
        let from = if from.is_empty() {
            said::STANDARD
        } else {
            from
        };
        (html! { (kind) " " (from) }, html! { (to) }, parts::none())
    };
    let mut rows = vec![(
        html! { (said::HOW_TAXED) },
        html! { (said::tax_mode(rules.tax.mode)) },
        parts::none(),
    )];
    let rates = rules.tax.rates.iter();
    rows.extend(rates.map(|(from, to)| configured(said::RATE, from, to)));
    let classes = rules.tax.classes.iter();
    rows.extend(classes.map(|(from, to)| configured(said::CLASS, from, to)));
    rows.push((
        html! { (said::UNTAXED) },
        html! { (rules.tax.exempt_code) },
        parts::none(),
    ));
    table(words::TAX, said::IN_STORE, said::TAX_CODE, &rows)
}

/// By what the orders so far were taxed.
fn taxes_seen(taxes: &[FacetUse], pipeline: &str) -> Markup {
    html! {
        @if !taxes.is_empty() {
            details {
                summary { (said::taxes_so_far(taxes.len())) }
                ul {
                    @for taxes in taxes {
                        li { (if taxes.name.is_empty() { said::NO_TAX } else { &taxes.name }) ": " (used(taxes, "tax", pipeline)) }
                    }
                }
            }
        }
    }
}

fn orders(rules: &MappingRules, statuses: &[FacetUse], pipeline: &str) -> Markup {
    let as_what = said::booked_as(rules.orders.post_as);
    let rows: Vec<_> = statuses
        .iter()
        .map(|status| {
            let to = if rules.orders.statuses.contains(&status.name) {
                as_what
            } else {
                said::NOT_BOOKED
            };
            (
                html! { (status.name) },
                html! { (to) },
                used(status, "order_status", pipeline),
            )
        })
        .collect();
    table(said::ORDERS, said::STATUS, said::BOOKED_AS, &rows)
}

fn sales(rules: &MappingRules) -> Markup {
    let plain = |from: &str, to: String| (html! { (from) }, html! { (to) }, parts::none());
    let customer = |mode: Customers| match mode {
        Customers::PerCustomer => said::EACH.to_owned(),
        Customers::One => said::all_to(&rules.customers.generic),
    };
    let matching = rules.customers.matching.iter();
    let matching: Vec<&str> = matching.map(|by| said::customer_by(*by)).collect();
    let products = rules.products.matching.iter();
    let products: Vec<&str> = products.map(|by| said::product_by(*by)).collect();
    let shipping = match &rules.shipping.item {
        ShippingItem::Auto => said::SHIPPING_AUTO.to_owned(),
        ShippingItem::Named(name) => name.clone(),
    };
    let rows = vec![
        plain(said::ACCOUNTS, customer(rules.customers.mode)),
        plain(said::GUESTS, customer(rules.customers.guests)),
        plain(said::CUSTOMERS_BY, matching.join(said::THEN)),
        plain(said::PRODUCTS_BY, products.join(said::THEN)),
        plain(said::NEW_ITEMS, rules.products.income_account.clone()),
        plain(said::SHIPPING, shipping),
        plain(said::FEES, rules.fees.item.clone()),
        plain(said::DISCOUNTS, rules.discounts.account.clone()),
        plain(said::REFUNDS, rules.refunds.item.clone()),
        plain(said::NUMBERS, rules.orders.number.clone()),
    ];
    table(said::EVERYTHING_ELSE, said::IN_STORE, said::IN_BOOKS, &rows)
}
