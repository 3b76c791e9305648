//! What goes where: what is not mapped first, then the store's words beside those of the books.

use axum::extract::{Extension, State};
use axum::response::Html;
use maud::{Markup, html};

use super::super::guard::Caller;
use super::super::problem::ApiProblem;
use super::super::router::{App, Shared};
use super::{Tab, compared, page, parts, words};
use crate::config::Pipeline;
use crate::domain::{
    CustomerMatch, Customers, MappingRules, PostOrderAs, ProductMatch, ShippingItem, TaxMode,
};
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
    let gateways = app.store.gateways_used(name).await?;
    let statuses = app.store.statuses_used(name).await?;
    let taxes = app.store.taxes_used(name).await?;
    let held = app.store.held_by_cause(Some(name)).await?;
    let compared = app.engine.findings(name).await.ok();
    Ok(html! {
        section aria-label=(name.as_str()) {
            @if app.config.pipelines.len() > 1 { h2 { (name.as_str()) } }
            (compared::open_points(&held, compared.as_deref()))
            (payments(rules, &gateways))
            (tax(rules))
            (taxes_seen(&taxes))
            (orders(rules, &statuses))
            (sales(rules))
        }
    })
}

fn deposit<'r>(rules: &'r MappingRules, gateway: &str) -> &'r str {
    let own = rules.payments.gateways.get(gateway);
    own.and_then(|own| own.deposit_to.as_deref())
        .or(rules.payments.default.deposit_to.as_deref())
        .unwrap_or("Undeposited Funds")
}

fn used(facet: &FacetUse, parameter: &str) -> Markup {
    let value: String = url::form_urlencoded::byte_serialize(facet.name.as_bytes()).collect();
    html! {
        a href={ "/orders?" (parameter) "=" (value) } { (words::count(facet.count, "order", "orders")) }
    }
}

/// A table of what goes where.
fn table(caption: &str, left: &str, right: &str, rows: &[(Markup, Markup, Markup)]) -> Markup {
    html! {
        table class="list" {
            caption { (caption) }
            thead { tr { th scope="col" { (left) } th scope="col" { (right) } th scope="col" class="n" { "Used by" } } }
            tbody { @for (from, to, by) in rows { tr {
                th scope="row" { (from) }
                td data-label=(right) { span aria-hidden="true" { "→ " } (to) }
                td class="n" data-label="Used by" { (by) }
            } } }
        }
    }
}

fn payments(rules: &MappingRules, gateways: &[FacetUse]) -> Markup {
    let rows: Vec<_> = gateways
        .iter()
        .map(|gateway| {
            let own = rules.payments.gateways.get(&gateway.name);
            let method = own.and_then(|own| own.method.as_deref());
            let name = if gateway.name.is_empty() {
                "no gateway"
            } else {
                &gateway.name
            };
            let to = html! {
                (deposit(rules, &gateway.name))
                @if let Some(method) = method { ", method " (method) }
                @if own.is_none() { " " span class="small" { "(by default)" } }
            };
            (html! { (name) }, to, used(gateway, "gateway"))
        })
        .collect();
    table(
        "Gateways and where their money goes",
        "Gateway",
        "Account",
        &rows,
    )
}

fn tax(rules: &MappingRules) -> Markup {
    let configured = |kind: &str, from: &str, to: &str| {
        let from = if from.is_empty() { "standard" } else { from };
        (html! { (kind) " " (from) }, html! { (to) }, parts::none())
    };
    let mut rows = vec![(
        html! { "how tax is booked" },
        html! { (tax_mode(rules.tax.mode)) },
        parts::none(),
    )];
    let rates = rules.tax.rates.iter();
    rows.extend(rates.map(|(from, to)| configured("rate", from, to)));
    let classes = rules.tax.classes.iter();
    rows.extend(classes.map(|(from, to)| configured("class", from, to)));
    rows.push((
        html! { "lines without tax" },
        html! { (rules.tax.exempt_code) },
        parts::none(),
    ));
    table("Tax", "In the store", "Tax code", &rows)
}

fn tax_mode(mode: TaxMode) -> &'static str {
    match mode {
        TaxMode::Auto => "as the company's country and settings ask for",
        TaxMode::UsAutomated => "automated sales tax, with the store's tax as the total",
        TaxMode::UsManual => "one code for the whole document",
        TaxMode::Codes => "a code on each line",
        TaxMode::Line => "as a line of its own",
        TaxMode::None => "not at all: an order with tax is held",
    }
}

/// By what the orders so far were taxed.
fn taxes_seen(taxes: &[FacetUse]) -> Markup {
    html! {
        @if !taxes.is_empty() {
            details {
                summary { "Taxes of the orders so far (" (taxes.len()) ")" }
                ul {
                    @for taxes in taxes {
                        li { (if taxes.name.is_empty() { "no tax" } else { &taxes.name }) ": " (used(taxes, "tax")) }
                    }
                }
            }
        }
    }
}

fn orders(rules: &MappingRules, statuses: &[FacetUse]) -> Markup {
    let as_what = match rules.orders.post_as {
        PostOrderAs::Auto => "sales receipt, or invoice where it is paid later",
        PostOrderAs::SalesReceipt => "sales receipt",
        PostOrderAs::Invoice => "invoice",
    };
    let rows: Vec<_> = statuses
        .iter()
        .map(|status| {
            let to = if rules.orders.statuses.contains(&status.name) {
                as_what
            } else {
                "not booked"
            };
            (
                html! { (status.name) },
                html! { (to) },
                used(status, "order_status"),
            )
        })
        .collect();
    table("Orders by their status", "Status", "Booked as", &rows)
}

fn sales(rules: &MappingRules) -> Markup {
    let plain = |from: &str, to: String| (html! { (from) }, html! { (to) }, parts::none());
    let customer = |mode: Customers| match mode {
        Customers::PerCustomer => "a customer each".to_owned(),
        Customers::One => format!("all to “{}”", rules.customers.generic),
    };
    let matching: Vec<&str> = rules
        .customers
        .matching
        .iter()
        .map(|by| match by {
            CustomerMatch::Email => "e-mail address",
            CustomerMatch::Name => "name",
        })
        .collect();
    let products: Vec<&str> = rules
        .products
        .matching
        .iter()
        .map(|by| match by {
            ProductMatch::Sku => "SKU",
            ProductMatch::Name => "name",
        })
        .collect();
    let shipping = match &rules.shipping.item {
        ShippingItem::Auto => "the company's shipping field, or an item “Shipping”".to_owned(),
        ShippingItem::Named(name) => name.clone(),
    };
    let rows = vec![
        plain("Accounts of the store", customer(rules.customers.mode)),
        plain("Guests", customer(rules.customers.guests)),
        plain("Customers are recognised by", matching.join(", then ")),
        plain("Products are recognised by", products.join(", then ")),
        plain("Sales of new items", rules.products.income_account.clone()),
        plain("Shipping", shipping),
        plain("Fees", rules.fees.item.clone()),
        plain("Discounts", rules.discounts.account.clone()),
        plain("Refunds without lines", rules.refunds.item.clone()),
        plain("Numbers of documents", rules.orders.number.clone()),
    ];
    table("Everything else", "In the store", "In the books", &rows)
}
