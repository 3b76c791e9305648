//! Products and their variations.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::parse::parse;
use super::{Meta, ParseError, TaxStatus, scalar};

/// What a product is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum ProductType {
    /// Sold as it is.
    Simple,
    /// Sold as one of its variations.
    Variable,
    /// One variation of a variable product.
    Variation,
    /// A page that groups other products.
    Grouped,
    /// Sold elsewhere.
    External,
    /// Something a plugin added: bundles, subscriptions.
    Custom(String),
}

impl From<String> for ProductType {
    fn from(text: String) -> Self {
        match text.as_str() {
            "simple" => Self::Simple,
            "variable" => Self::Variable,
            "variation" => Self::Variation,
            "grouped" => Self::Grouped,
            "external" => Self::External,
            _ => Self::Custom(text),
        }
    }
}

/// Who counts the stock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StockManagement {
    /// Nobody.
    #[default]
    Off,
    /// The store, for this product itself.
    Own,
    /// The store, for the parent of this variation.
    Parent,
}

/// A product or a variation. Money is in the store's currency.
#[derive(Clone, Debug, Deserialize)]
pub struct Product {
    /// The id.
    pub id: u64,
    /// For a variation its product; else 0.
    #[serde(default)]
    pub parent_id: u64,
    /// What it is.
    #[serde(rename = "type")]
    pub product_type: ProductType,
    /// The name, entities resolved, tags kept; of a variation only its attributes ("S, Red"). See
    /// [`Product::full_name`].
    #[serde(default, deserialize_with = "scalar::decoded")]
    pub name: String,
    /// For a variation the product's name. Not of the API: [`crate::WooCommerce`] adds it.
    #[serde(default, deserialize_with = "scalar::decoded_or_none")]
    pub parent_name: Option<String>,
    /// The SKU; `None` for none. WooCommerce shows the parent's for a variation without its own;
    /// [`parse_product`] clears that, where [`crate::WooCommerce`] has told the parent's.
    #[serde(default, deserialize_with = "scalar::text_or_none")]
    pub sku: Option<String>,
    /// For a variation the product's SKU. Not of the API: [`crate::WooCommerce`] adds it.
    #[serde(default, deserialize_with = "scalar::text_or_none")]
    pub parent_sku: Option<String>,
    /// `publish`, `draft`, `pending`, `private`, `trash` or a plugin's own.
    #[serde(default, deserialize_with = "scalar::text")]
    pub status: String,
    /// The tax class's slug; "" is standard.
    #[serde(default, deserialize_with = "scalar::text")]
    pub tax_class: String,
    /// Whether it is taxed.
    #[serde(default)]
    pub tax_status: TaxStatus,
    /// The present price, with tax or without as the store enters prices; `None` where not set.
    #[serde(default, deserialize_with = "scalar::amount_or_none")]
    pub price: Option<Decimal>,
    /// How many are there, possibly negative; `None` where not counted.
    #[serde(default, deserialize_with = "scalar::stock_or_none")]
    pub stock_quantity: Option<Decimal>,
    /// Who counts the stock.
    #[serde(default, deserialize_with = "stock_management")]
    pub manage_stock: StockManagement,
    /// Whether nothing is shipped: a service or a download.
    #[serde(default, rename = "virtual")]
    pub is_virtual: bool,
    /// For a variation what tells it apart from its siblings.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    /// When it was made.
    #[serde(default, deserialize_with = "scalar::moment")]
    pub date_created_gmt: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, deserialize_with = "scalar::moment")]
    pub date_modified_gmt: Option<Timestamp>,
    /// Meta data.
    #[serde(default)]
    pub meta_data: Meta,
}

/// An attribute such as "Size".
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Attribute {
    /// Its name, entities resolved.
    #[serde(default, deserialize_with = "scalar::decoded")]
    pub name: String,
    /// For a variation its value ("Sea Green"); `None` for the parent, which has a list of them.
    #[serde(default, deserialize_with = "scalar::decoded_or_none")]
    pub option: Option<String>,
}

impl Product {
    /// The name as order lines show it: "T-Shirt - S, Red" for a variation.
    pub fn full_name(&self) -> String {
        let Some(parent) = &self.parent_name else {
            return self.name.clone();
        };
        if self.name.starts_with(parent.as_str()) && self.name.len() > parent.len() {
            return self.name.clone(); // some versions give variations their whole name
        }
        let own = if self.name.is_empty() || self.name == *parent {
            let options = self.attributes.iter().filter_map(|it| it.option.as_deref());
            options.collect::<Vec<_>>().join(", ")
        } else {
            self.name.clone()
        };
        if own.is_empty() {
            parent.clone()
        } else {
            format!("{parent} - {own}")
        }
    }
}

fn stock_management<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<StockManagement, D::Error> {
    Ok(match scalar::text(deserializer)?.as_str() {
        "1" | "yes" => StockManagement::Own,
        "parent" => StockManagement::Parent,
        _ => StockManagement::Off,
    })
}

/// Parses one product or variation as received from `/products` or `/products/<id>/variations`.
pub fn parse_product(body: &str) -> Result<Product, ParseError> {
    let mut product: Product = parse("product", body)?;
    if product.parent_sku.is_some() && product.sku == product.parent_sku {
        product.sku = None;
    }
    Ok(product)
}
