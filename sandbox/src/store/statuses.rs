//! The statuses an order can be in: WooCommerce's own and those plugins add.
//! FACTS: WooCommerce §3.

use super::state::State;

/// WooCommerce's own statuses, in the order its error names them; a plugin's come before the draft.
const STATUSES: [&str; 10] = [
    "any",
    "trash",
    "auto-draft",
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
];

/// The slugs of statuses that orders can be in, with their names, plugins' among them.
pub(crate) fn status_names(state: &State) -> Vec<(String, String)> {
    let own = [
        ("pending", "Pending payment"),
        ("processing", "Processing"),
        ("on-hold", "On hold"),
        ("completed", "Completed"),
        ("cancelled", "Cancelled"),
        ("refunded", "Refunded"),
        ("failed", "Failed"),
    ];
    let mut names: Vec<(String, String)> = own
        .iter()
        .map(|(slug, name)| ((*slug).to_owned(), (*name).to_owned()))
        .collect();
    for status in state.orders.statuses() {
        let known = names.iter().any(|(slug, _)| slug == status);
        if !known && !matches!(status.as_str(), "trash" | "auto-draft" | "checkout-draft") {
            let name = if status == "partial-ship" {
                "Partially shipped"
            } else {
                status
            };
            names.push((status.clone(), name.to_owned()));
        }
    }
    names.push(("checkout-draft".to_owned(), "Draft".to_owned()));
    names
}

/// The slugs that the parameter `status` may name.
pub(crate) fn allowed_statuses(state: &State) -> Vec<String> {
    let mut allowed: Vec<String> = STATUSES.iter().map(|status| (*status).to_owned()).collect();
    for (slug, _) in status_names(state) {
        if !allowed.contains(&slug) {
            allowed.push(slug);
        }
    }
    allowed
}
