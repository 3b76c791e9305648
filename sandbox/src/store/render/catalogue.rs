//! Products, variations, tax rates and classes as JSON. FACTS: WooCommerce §8.

use std::sync::LazyLock;

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::super::assemble::encode_html;
use super::super::json::{Fields, object, push_value_of};
use super::super::model::catalogue::{Product, TaxRate};
use super::super::recorded::{body, moved_to, recorded};
use super::super::shop::Shop;
use super::{ALL_VERBS, Scene};

/// A recorded simple product, whose members a made one takes unless it has its own.
static PRODUCT: LazyLock<Value> = LazyLock::new(|| first(&body(recorded!("us-products-list"))));
/// A recorded variation as its parent lists it.
static VARIATION: LazyLock<Value> =
    LazyLock::new(|| first(&body(recorded!("us-product-variations"))));
/// A recorded variation as `/products/<id>` shows it.
static VARIATION_AS_PRODUCT: LazyLock<Value> =
    LazyLock::new(|| body(recorded!("us-product-get-variation-id-directly")));

/// The first of a list.
fn first(list: &Value) -> Value {
    list.get(0).cloned().unwrap_or_default()
}

/// Appends a product as `/products` shows it; variations too, when asked for by id or SKU.
pub(crate) fn push_product(out: &mut String, product: &Product, shop: &Shop, scene: &Scene<'_>) {
    let is_variation = product.parent_id != 0;
    let template = match (&product.recorded, is_variation) {
        (_, true) => &*VARIATION_AS_PRODUCT,
        (Some(recorded), false) => recorded,
        (None, false) => &*PRODUCT,
    };
    let mut members = members(template);
    common(&mut members, product, scene);
    set(&mut members, "name", json!(shop.line_name(product)));
    if product.recorded.is_none() {
        set(&mut members, "related_ids", json!([]));
        set(&mut members, "slug", json!(slug(&shop.line_name(product))));
        set(&mut members, "price_html", json!(price_html(product, shop)));
        set(&mut members, "weight", json!(""));
        if product.kind == "variable" {
            variable(&mut members, product, shop);
        }
    }
    set(
        &mut members,
        "permalink",
        json!(permalink(product, shop, scene)),
    );
    let mut text = String::new();
    let own = format!("products/{}", product.id);
    let parent = is_variation.then(|| format!("products/{}", product.parent_id));
    push(
        &mut text,
        &members,
        scene,
        &own,
        "products",
        parent.as_deref(),
    );
    if product.recorded.is_some() {
        text = moved_to(scene.site, &text);
    }
    out.push_str(&text);
}

/// Appends a variation as its parent lists it.
pub(crate) fn push_variation(out: &mut String, product: &Product, shop: &Shop, scene: &Scene<'_>) {
    let mut members = members(product.recorded.as_deref().unwrap_or(&VARIATION));
    common(&mut members, product, scene);
    set(&mut members, "name", json!(product.name));
    set(
        &mut members,
        "permalink",
        json!(permalink(product, shop, scene)),
    );
    // Without a sku of its own it shows its parent's.
    if product.sku.is_empty() {
        let parent = shop.product(product.parent_id);
        set(
            &mut members,
            "sku",
            json!(parent.map_or("", |parent| parent.sku.as_str())),
        );
    }
    let parent = format!("products/{}", product.parent_id);
    let collection = format!("{parent}/variations");
    let own = format!("{collection}/{}", product.id);
    push(out, &members, scene, &own, &collection, Some(&parent));
}

fn members(template: &Value) -> Map<String, Value> {
    let mut members = template.as_object().cloned().unwrap_or_default();
    members.shift_remove("_links");
    members
}

/// Replaces a member where it stands, if the template has it.
fn set(members: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some(slot) = members.get_mut(name) {
        *slot = value;
    }
}

fn common(members: &mut Map<String, Value>, product: &Product, scene: &Scene<'_>) {
    let stamp = |moment, utc| json!(scene.stamp(moment, utc));
    set(members, "id", json!(product.id));
    set(members, "parent_id", json!(product.parent_id));
    set(members, "date_created", stamp(product.created, false));
    set(members, "date_created_gmt", stamp(product.created, true));
    set(members, "date_modified", stamp(product.modified, false));
    set(members, "date_modified_gmt", stamp(product.modified, true));
    set(members, "type", json!(product.kind));
    set(members, "status", json!(product.status));
    set(members, "sku", json!(product.sku));
    set(members, "price", json!(product.price));
    set(members, "regular_price", json!(product.regular_price));
    set(members, "tax_status", json!(product.tax_status));
    set(members, "tax_class", json!(product.tax_class));
    set(members, "virtual", json!(product.is_virtual));
    set(members, "downloadable", json!(product.is_downloadable));
    set(members, "manage_stock", json!(product.stock.is_some()));
    set(members, "stock_quantity", json!(product.stock));
    if product.recorded.is_none() {
        let on_sale = product.price != product.regular_price && product.kind != "variable";
        set(members, "on_sale", json!(on_sale));
        set(
            members,
            "sale_price",
            json!(if on_sale { product.price.as_str() } else { "" }),
        );
        set(members, "purchasable", json!(!product.price.is_empty()));
        set(members, "shipping_required", json!(!product.is_virtual));
        set(members, "shipping_taxable", json!(!product.is_virtual));
        let attributes: Vec<Value> = product
            .attributes
            .iter()
            .map(|(slug, name, option)| {
                json!({"id": 0, "name": name, "slug": slug, "option": option})
            })
            .collect();
        set(members, "attributes", json!(attributes));
    }
    if product.parent_id == 0 {
        set(members, "total_sales", json!(product.total_sales));
    }
}

fn variable(members: &mut Map<String, Value>, product: &Product, shop: &Shop) {
    let children: Vec<&Product> = shop
        .products()
        .iter()
        .filter(|child| child.parent_id == product.id)
        .collect();
    let ids: Vec<u64> = children.iter().map(|child| child.id).collect();
    let mut attributes: Vec<(&str, Vec<&str>)> = Vec::new();
    for (_, name, option) in children.iter().flat_map(|child| &child.attributes) {
        match attributes.iter_mut().find(|known| known.0 == name) {
            Some(known) if !known.1.contains(&option.as_str()) => known.1.push(option),
            Some(_) => {}
            None => attributes.push((name, vec![option])),
        }
    }
    let attributes: Vec<Value> = (0..)
        .zip(attributes)
        .map(|(position, (name, options))| {
            json!({
                "id": 0, "name": name, "slug": name, "position": position, "visible": true,
                "variation": true, "options": options,
            })
        })
        .collect();
    set(members, "attributes", json!(attributes));
    set(members, "variations", json!(ids));
    set(members, "has_options", json!(true));
}

fn permalink(product: &Product, shop: &Shop, scene: &Scene<'_>) -> String {
    let parent = shop.product(product.parent_id).unwrap_or(product);
    let known = parent
        .recorded
        .as_deref()
        .and_then(|body| body["slug"].as_str());
    let slug = known.map_or_else(|| slug(&parent.name), str::to_owned);
    if parent.status == "draft" {
        return format!("{}/?post_type=product&p={}", scene.site, parent.id);
    }
    let mut link = format!("{}/product/{slug}/", scene.site);
    let options = product
        .attributes
        .iter()
        .map(|(slug, _, option)| format!("attribute_{slug}={}", option.replace(' ', "+")));
    let query: Vec<String> = options.collect();
    if !query.is_empty() {
        link.push('?');
        link.push_str(&query.join("&"));
    }
    link
}

fn slug(name: &str) -> String {
    let words = name.replace("&amp;", " ").to_lowercase();
    let mut slug = String::with_capacity(words.len());
    for letter in words.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

fn price_html(product: &Product, shop: &Shop) -> String {
    if product.price.is_empty() {
        return String::new();
    }
    let mut price = String::new();
    super::super::money::push_fixed(&mut price, product.unit_price(), 2);
    let symbol = &shop.settings.currency_symbol_html;
    format!(
        "<span class=\"woocommerce-Price-amount amount\"><bdi><span class=\"woocommerce-Price-currencySymbol\">{symbol}</span>{price}</bdi></span>"
    )
}

fn push(
    out: &mut String,
    members: &Map<String, Value>,
    scene: &Scene<'_>,
    own: &str,
    collection: &str,
    up: Option<&str>,
) {
    object(out, scene.fields, |into| {
        for (name, member) in members {
            into.value(name, member);
        }
        scene.links(into, own, ALL_VERBS, collection, |links| {
            if let Some(up) = up {
                links.list("up", [up], |path, link| {
                    link.text("href", &scene.link(path));
                });
            }
        });
    });
}

/// Appends a row of the tax table.
pub(crate) fn push_rate(out: &mut String, rate: &TaxRate, scene: &Scene<'_>) {
    let some = |text: &str| {
        if text.is_empty() {
            json!([])
        } else {
            json!([text])
        }
    };
    object(out, scene.fields, |into| {
        into.id("id", rate.id);
        into.text("country", &rate.country);
        into.text("state", &rate.state);
        into.text("postcode", &rate.postcode);
        into.text("city", &rate.city);
        into.money("rate", rate.percent, 4);
        into.text("name", &rate.name);
        into.id("priority", u64::from(rate.priority));
        into.flag("compound", rate.compound);
        into.flag("shipping", rate.shipping);
        into.int("order", 0);
        into.text("class", &rate.class);
        into.value("postcodes", &some(&rate.postcode));
        into.value("cities", &some(&rate.city));
        scene.links(
            into,
            &format!("taxes/{}", rate.id),
            ALL_VERBS,
            "taxes",
            |_| {},
        );
    });
}

/// Appends the three tax classes a shop has.
pub(crate) fn push_classes(out: &mut String, scene: &Scene<'_>) {
    let classes = [
        ("standard", "Standard rate"),
        ("reduced-rate", "Reduced rate"),
        ("zero-rate", "Zero rate"),
    ];
    let link = scene.link("taxes/classes");
    let all: Vec<Value> = classes
        .iter()
        .map(|(slug, name)| {
            json!({"slug": slug, "name": name, "_links": {"collection": [{"href": link}]}})
        })
        .collect();
    push_list(out, &all, scene.fields);
}

/// Appends an array of values, each with the members asked for.
pub(crate) fn push_list(out: &mut String, values: &[Value], fields: &Fields) {
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_value_of(out, value, fields);
    }
    out.push(']');
}

/// A name as the shop stores it.
pub(crate) fn stored_name(name: &str) -> String {
    encode_html(name)
}

/// A price as typed, without needless zeros cut off.
pub(crate) fn typed_price(price: Decimal) -> String {
    price.to_string()
}
