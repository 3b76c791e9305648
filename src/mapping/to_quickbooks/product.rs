//! Items: products of the store, and the few the mapping itself needs.

use kit::{ListEntry, ListKind, PostingKind};
use quickbooks::{Item, ItemEntry, ItemType, Ref};
use rust_decimal::Decimal;
use woocommerce::{Product, ProductType as StoreType};

use super::hold::{hold, hold_with};
use super::list_object::{adopted, kept, list_document, list_draft, moved, named_role, sparse};
use super::resolved::{NamedItem, Resolved};
use super::text::without_tags;
use crate::domain::{
    Document, Draft, IfPosted, Link, LinkKey, MappingRules, Match, MatchField, MissingProduct,
    Needs, ProductMatch, ProductType, References, SourceKind, Wish, last_part,
};

/// The longest name and SKU (FACTS: QuickBooks §7).
const LENGTH: usize = 100;

/// What a line is booked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ItemTarget {
    /// Something with a posting of its own.
    Key(LinkKey),
    /// An id of the books.
    Id(String),
}

/// What was sold, as a line or a product record tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sold<'a> {
    /// The product's or variation's id.
    pub(super) id: u64,
    /// Its full name.
    pub(super) name: &'a str,
    /// Its SKU; a variation without one shows its parent's (FACTS: WooCommerce §5), where that is not
    /// known as such.
    pub(super) sku: Option<&'a str>,
    /// For a variation its parent's name.
    pub(super) parent: Option<&'a str>,
}

impl Sold<'_> {
    fn key(&self) -> LinkKey {
        LinkKey::new(SourceKind::Product, self.id.to_string(), PostingKind::Item)
    }
}

/// Items of one company by the rules.
#[derive(Clone, Copy)]
pub(super) struct Catalogue<'a> {
    /// The rules.
    pub(super) rules: &'a MappingRules,
    /// Their names.
    pub(super) books: &'a Resolved,
}

impl Catalogue<'_> {
    /// What must be known of something sold.
    pub(super) fn need_sold(&self, sold: Sold<'_>, needs: &mut Needs) {
        needs.links.insert(sold.key());
        for look in self.looks(sold) {
            needs.matches.insert(look);
        }
        if self.rules.products.missing == MissingProduct::Generic {
            Self::need_named("generic_item", &self.books.generic_item, needs);
        }
    }

    /// What must be known of an item the mapping itself needs.
    pub(super) fn need_named(role: &str, item: &NamedItem, needs: &mut Needs) {
        if let NamedItem::Name { name, .. } = item {
            needs.links.insert(role_key(role, name));
            needs
                .matches
                .insert(Match::new(ListKind::Item, MatchField::Name, name));
        }
    }

    /// The item of something sold; its draft, where it is not in the books yet, goes to `drafts`.
    pub(super) fn sold(
        &self,
        sold: Sold<'_>,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> ItemTarget {
        let key = sold.key();
        let link = known.links.get(&key);
        if is_in_use(link) || drafts.iter().any(|draft| draft.key == key) {
            return ItemTarget::Key(key);
        }
        let wish = self.wish(sold, link, known, Decimal::ZERO);
        match wish {
            // nothing took its place
            _ if link.is_some() && !matches!(wish, Wish::Move(_)) => return ItemTarget::Key(key),
            Wish::Exclude { .. } => {
                return self.named("generic_item", &self.books.generic_item, known, drafts);
            }
            _ => {}
        }
        drafts.push(list_draft(key.clone(), self.name(sold), wish));
        ItemTarget::Key(key)
    }

    /// An item the mapping itself needs.
    pub(super) fn named(
        &self,
        role: &str,
        item: &NamedItem,
        known: &References,
        drafts: &mut Vec<Draft>,
    ) -> ItemTarget {
        let (name, account) = match item {
            NamedItem::ShippingField => return ItemTarget::Id("SHIPPING_ITEM_ID".to_owned()),
            NamedItem::Id(id) => return ItemTarget::Id(id.clone()),
            NamedItem::Name { name, account } => (name, account),
        };
        let key = role_key(role, name);
        let link = known.links.get(&key);
        if is_in_use(link) || drafts.iter().any(|draft| draft.key == key) {
            return ItemTarget::Key(key);
        }
        let look = Match::new(ListKind::Item, MatchField::Name, name);
        let found = known.matching(&look).iter();
        let fitting = of_name(found.filter(|entry| can_be_sold(entry)), name);
        let wish = match fitting.as_slice() {
            [only] if role == "tax" && is_booked_elsewhere(only, account) => Wish::Hold(hold_with(
                "missing_item",
                format!(
                    "the item `{name}` in QuickBooks is booked to another account than `tax.account`"
                ),
                "Give the item that account in QuickBooks, or name another in `tax.item`, then retry.",
            )),
            [only] => moved(adopted(only), link),
            _ if link.is_some() => return ItemTarget::Key(key), // nothing took its place
            [] => {
                let item = Item {
                    name: self.books.texts.name(name, LENGTH),
                    kind: ItemType::Service,
                    income_account_ref: Some(Ref::to(account)),
                    ..Item::default()
                };
                Wish::Post(Self::document(&item, None))
            }
            several => Wish::Hold(hold(
                "duplicate_sku",
                format!("{} items in QuickBooks are named `{name}`", several.len()),
            )),
        };
        drafts.push(list_draft(key.clone(), name.clone(), wish));
        ItemTarget::Key(key)
    }

    /// What must be known of a product's record.
    pub(super) fn need_product(&self, product: &Product, needs: &mut Needs) {
        let name = product.full_name();
        let sold = of_record(product, &name);
        needs.links.insert(sold.key());
        for look in self.looks(sold) {
            needs.matches.insert(look);
        }
    }

    /// The posting of a product's record.
    pub(super) fn product(&self, product: &Product, known: &References) -> Draft {
        let name = product.full_name();
        let sold = of_record(product, &name);
        let link = known.links.get(&sold.key());
        let is_parent = product.product_type == StoreType::Variable;
        let wish = match not_sold(product).filter(|_| link.is_none() || is_parent) {
            Some(reason) => Wish::Exclude {
                reason,
                if_posted: IfPosted::Ignore,
            },
            None => self.wish(
                sold,
                link,
                known,
                product.stock_quantity.unwrap_or_default(),
            ),
        };
        list_draft(sold.key(), self.name(sold), wish)
    }

    fn looks(&self, sold: Sold<'_>) -> Vec<Match> {
        let look = |field: &ProductMatch| match field {
            ProductMatch::Sku => sold
                .sku
                .map(|sku| Match::new(ListKind::Item, MatchField::Key, &self.sku(sku))),
            ProductMatch::Name => Some(Match::new(
                ListKind::Item,
                MatchField::Name,
                &self.name(sold),
            )),
        };
        self.rules
            .products
            .matching
            .iter()
            .filter_map(look)
            .collect()
    }

    /// Whether an entry is another variation of the same product: with the parent's SKU on all of them,
    /// one would be taken for the other.
    fn is_sibling(&self, sold: Sold<'_>, entry: &ListEntry) -> bool {
        let Some(parent) = sold.parent else {
            return false;
        };
        let parent = self.books.texts.name(&without_tags(parent), LENGTH);
        let (theirs, ours) = (
            last_part(&entry.name).trim().to_lowercase(),
            self.name(sold).to_lowercase(),
        );
        theirs != ours && theirs.starts_with(&format!("{} - ", parent.to_lowercase()))
    }

    /// Whether an entry can be this product: one of its SKU unless it is a sibling, one of its name unless
    /// it has another SKU. A name alone does not make another record's item this product's.
    fn fits(
        &self,
        field: MatchField,
        sold: Sold<'_>,
        entry: &ListEntry,
        known: &References,
    ) -> bool {
        if field == MatchField::Key {
            return !self.is_sibling(sold, entry);
        }
        let theirs = entry.key.trim().to_lowercase();
        let ours = sold.sku.map(|sku| self.sku(sku).to_lowercase());
        match ours.filter(|ours| !ours.is_empty() && !theirs.is_empty()) {
            Some(ours) => ours == theirs,
            None => known.linked_to(entry).iter().all(|key| *key == sold.key()),
        }
    }

    fn wish(
        &self,
        sold: Sold<'_>,
        link: Option<&Link>,
        known: &References,
        stock: Decimal,
    ) -> Wish {
        let as_before = |link: &Link| {
            if link.adopted {
                kept(link)
            } else {
                Wish::Post(self.item(sold, true, stock))
            }
        };
        if let Some(link) = link.filter(|link| !link.gone) {
            return as_before(link);
        }
        for look in self.looks(sold) {
            let found = known.matching(&look).iter();
            let fitting = found
                .filter(|entry| can_be_sold(entry) && self.fits(look.field, sold, entry, known));
            let fitting: Vec<&ListEntry> = match look.field {
                MatchField::Name => of_name(fitting, &self.name(sold)),
                MatchField::Key => fitting.collect(),
            };
            match fitting.as_slice() {
                [] => {}
                [only] => return moved(adopted(only), link),
                several => {
                    return Wish::Hold(hold(
                        "duplicate_sku",
                        format!(
                            "{} items in QuickBooks fit `{}`{}",
                            several.len(),
                            self.name(sold),
                            sold.sku
                                .map(|sku| format!(" with the SKU {sku}"))
                                .unwrap_or_default()
                        ),
                    ));
                }
            }
        }
        if let Some(link) = link {
            return as_before(link); // nothing took its place
        }
        match self.rules.products.missing {
            MissingProduct::Create => Wish::Post(self.item(sold, false, stock)),
            MissingProduct::Generic => Wish::Exclude {
                reason: "it has no item in QuickBooks and is sold as the generic one".to_owned(),
                if_posted: IfPosted::Ignore,
            },
            MissingProduct::Hold => Wish::Hold(hold(
                "missing_item",
                format!(
                    "the product `{}`{} has no item in QuickBooks",
                    self.name(sold),
                    sold.sku
                        .map(|sku| format!(" with the SKU {sku}"))
                        .unwrap_or_default()
                ),
            )),
        }
    }

    /// Carries only what is the same whether a line or the product's record tells it: a posted item
    /// is not written again because it is seen from the other side.
    fn item(&self, sold: Sold<'_>, exists: bool, stock: Decimal) -> Document {
        let products = &self.rules.products;
        let name = self.name(sold);
        let sku = sold
            .sku
            .map(|sku| self.sku(sku))
            .filter(|sku| !sku.is_empty());
        let mut item = Item {
            name: name.clone(),
            sku: sku.clone(),
            income_account_ref: Some(Ref::to(&self.books.income)),
            expense_account_ref: self.books.expense.as_ref().map(Ref::to),
            kind: match products.kind {
                ProductType::NonInventory => ItemType::NonInventory,
                ProductType::Service => ItemType::Service,
                ProductType::Inventory => ItemType::Inventory,
            },
            ..Item::default()
        };
        if products.kind == ProductType::Inventory {
            item.asset_account_ref = self.books.asset.as_ref().map(Ref::to);
            if !exists {
                // never sent again: an update would overwrite what was sold and bought since
                item.track_qty_on_hand = Some(true);
                item.qty_on_hand = Some(stock.max(Decimal::ZERO));
                item.inv_start_date = Some(
                    self.rules
                        .start_date
                        .unwrap_or(jiff::civil::date(2000, 1, 1)),
                );
            }
        }
        let suffix = sku.unwrap_or_else(|| format!("#{}", sold.id));
        let taken = self.books.texts.name(&with_suffix(&name, &suffix), LENGTH);
        let renamed = Item {
            name: taken,
            ..item.clone()
        };
        Self::document(&item, Some(&renamed))
    }

    fn document(item: &Item, renamed: Option<&Item>) -> Document {
        list_document(
            &item.name,
            item.sku.as_deref(),
            sparse(item),
            renamed.map(|it| (it.name.clone(), sparse(it))),
        )
    }

    fn name(&self, sold: Sold<'_>) -> String {
        let name = self.books.texts.name(&without_tags(sold.name), LENGTH);
        if name.is_empty() {
            format!("Product {}", sold.id)
        } else {
            name
        }
    }

    fn sku(&self, sku: &str) -> String {
        self.books.texts.line(sku, LENGTH).unwrap_or_default()
    }
}

/// `Name (suffix)`, the name cut where both are too long.
fn with_suffix(name: &str, suffix: &str) -> String {
    let room = LENGTH.saturating_sub(suffix.encode_utf16().count() + 3);
    format!("{} ({suffix})", quickbooks::clean_text(name, room))
}

fn is_in_use(link: Option<&Link>) -> bool {
    link.is_some_and(|link| !link.gone)
}

/// Categories and bundles have names too, but cannot stand on a line (FACTS: QuickBooks §7).
fn can_be_sold(entry: &ListEntry) -> bool {
    let kind = serde_json::from_str::<ItemEntry>(&entry.body).map(|item| item.kind);
    !matches!(kind.as_deref(), Ok("Category" | "Group" | "Bundle"))
}

/// Whether the sales of an item go to another account; what an answer does not say is no reason to doubt.
fn is_booked_elsewhere(entry: &ListEntry, account: &str) -> bool {
    let item = serde_json::from_str::<ItemEntry>(&entry.body).unwrap_or_default();
    !item.income_account.is_empty() && item.income_account != account
}

/// Of the entries that end in a name those that have no other part, else all of them; with the categories
/// before a name only that one.
fn of_name<'k>(entries: impl Iterator<Item = &'k ListEntry>, name: &str) -> Vec<&'k ListEntry> {
    let wanted = name.trim().to_lowercase();
    let is_whole = |entry: &&ListEntry| entry.name.trim().to_lowercase() == wanted;
    let (whole, parts): (Vec<_>, Vec<_>) = entries.partition(is_whole);
    if whole.is_empty() && !wanted.contains(':') {
        parts
    } else {
        whole
    }
}

fn of_record<'a>(product: &'a Product, name: &'a str) -> Sold<'a> {
    Sold {
        id: product.id,
        name,
        sku: product.sku.as_deref(),
        parent: product.parent_name.as_deref(),
    }
}

/// Why a product is not sold itself.
fn not_sold(product: &Product) -> Option<String> {
    match &product.product_type {
        StoreType::Variable => Some("it is sold as its variations".to_owned()),
        StoreType::Grouped => Some("it only groups other products".to_owned()),
        StoreType::External => Some("it is sold elsewhere".to_owned()),
        StoreType::Simple | StoreType::Variation | StoreType::Custom(_) => {
            let unfinished = matches!(product.status.as_str(), "draft" | "auto-draft" | "trash");
            unfinished.then(|| format!("status {}", product.status))
        }
    }
}

/// The name is part of it: where the configuration names another item, that one is looked for or made.
fn role_key(role: &str, name: &str) -> LinkKey {
    LinkKey::new(SourceKind::Role, named_role(role, name), PostingKind::Item)
}
