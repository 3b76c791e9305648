//! The items the rules name by id, and the accounts of those that are made. Whether QuickBooks takes these
//! accounts is said by the findings.

use super::resolved::Lookup;
use crate::domain::{MappingRules, MissingProduct, ProductRules, ProductType, ShippingItem};

/// The ids of the items that the rules name by id.
pub fn named_items(rules: &MappingRules) -> Vec<String> {
    let shipping = match &rules.shipping.item {
        ShippingItem::Auto => "",
        ShippingItem::Named(name) => name,
    };
    let names = [
        shipping,
        &rules.fees.item,
        &rules.refunds.item,
        &rules.products.generic,
        &rules.tax.item,
    ];
    let mut ids: Vec<String> = names.into_iter().filter_map(id_in).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The id that stands instead of a name: `id:123`.
pub(super) fn id_in(name: &str) -> Option<String> {
    let id = name.trim().strip_prefix("id:")?;
    Some(id.trim().to_owned())
}

/// Ids of the accounts of items.
pub(super) struct ItemAccounts {
    /// What they are sold for.
    pub(super) income: String,
    /// What they cost, where they are bought.
    pub(super) expense: Option<String>,
    /// What they are worth in stock, where they are kept there.
    pub(super) asset: Option<String>,
}

/// Looks the accounts up.
pub(super) fn item_accounts(products: &ProductRules, look: &mut Lookup<'_>) -> ItemAccounts {
    let (income, expense, asset) = (
        ("products.income_account", &products.income_account),
        ("products.expense_account", &products.expense_account),
        ("products.asset_account", &products.asset_account),
    );
    let makes = products.missing == MissingProduct::Create;
    let bought = makes && products.kind != ProductType::Service;
    let stocked = makes && products.kind == ProductType::Inventory;
    if stocked && !look.books.preferences.quantity_on_hand {
        look.problem(
            "products.type",
            "the company does not track quantities on hand: switch it on in QuickBooks, or use \
             `non_inventory`",
        );
    }
    ItemAccounts {
        income: look.account(income.0, income.1),
        expense: bought.then(|| look.account(expense.0, expense.1)),
        asset: stocked.then(|| look.account(asset.0, asset.1)),
    }
}
