//! The catalogue of causes for which a posting is held or a record refused.

/// One cause: a stable code, what it means in the trade's words, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The stable code.
    pub code: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// Tried again by every run without being asked, since nothing but time or another posting is
    /// missing.
    pub by_itself: bool,
    /// Whether anything is held for it; else it is only told.
    pub holds: bool,
}

const fn by_hand(code: &'static str, meaning: &'static str, remedy: &'static str) -> Cause {
    Cause {
        code,
        meaning,
        remedy,
        by_itself: false,
        holds: true,
    }
}

const fn by_itself(code: &'static str, meaning: &'static str, remedy: &'static str) -> Cause {
    Cause {
        code,
        meaning,
        remedy,
        by_itself: true,
        holds: true,
    }
}

const fn only_told(code: &'static str, meaning: &'static str, remedy: &'static str) -> Cause {
    Cause {
        code,
        meaning,
        remedy,
        by_itself: false,
        holds: false,
    }
}

/// The cause of what somebody left out for good.
pub const EXCLUDED_BY_HAND: &str = "excluded_by_hand";

/// The cause of what somebody keeps from being sent until somebody releases it.
pub const HELD_BY_HAND: &str = "held_by_hand";

/// The cause of what somebody deleted in the books.
pub const DELETED_IN_BOOKS: &str = "deleted_in_books";

/// The cause of a payment that waits for its invoice.
pub const WAITS_FOR_INVOICE: &str = "waits_for_invoice";

/// The cause of an invoice that waits for its payment.
pub const WAITS_FOR_PAYMENT: &str = "waits_for_payment";

/// The cause of what may be in the books or not.
pub const OUTCOME_UNKNOWN: &str = "outcome_unknown";

/// The cause of what is in the books and should not be there any more.
pub(super) const UNWANTED_IN_BOOKS: &str = "unwanted_in_books";

/// All causes, by code. Codes are kept for good: monitoring and scripts rely on them.
pub const CAUSES: &[Cause] = &[
    by_hand(
        "ambiguous_customer",
        "Two customers in QuickBooks fit, and guessing would book the sale to a stranger.",
        "Merge the two customers in QuickBooks, or give only one of them the e-mail address, then retry.",
    ),
    by_hand(
        "changed_in_books",
        "Somebody changed the document in QuickBooks since it was posted; it is not overwritten.",
        "Compare the two; undo the change in QuickBooks, or leave the document as it is and exclude this change.",
    ),
    by_hand(
        "closed_period",
        "The document is dated on or before the closing date of the books.",
        "Move the closing date in QuickBooks, or set `orders.closed_period` to \"first_open_day\", then retry.",
    ),
    by_itself(
        "company_locked",
        "QuickBooks has locked the company for a while, as it does for maintenance.",
        "Nothing: it is tried again by each run. If it lasts for a day, ask QuickBooks' support.",
    ),
    by_hand(
        "currency_off",
        "The order is in a foreign currency and the company does not use multi-currency.",
        "Switch multi-currency on in QuickBooks (it cannot be switched off again), then retry.",
    ),
    by_hand(
        DELETED_IN_BOOKS,
        "The document was deleted in QuickBooks.",
        "Retry to make it again, or exclude it.",
    ),
    only_told(
        "deleted_in_store",
        "The order was deleted for good in the store; its document in QuickBooks was left as it is.",
        "Void the document in QuickBooks if there was no sale; else leave it.",
    ),
    by_hand(
        "deposited",
        "The document was deposited in QuickBooks and can no longer be changed.",
        "Take it out of the deposit in QuickBooks, then retry.",
    ),
    by_hand(
        "duplicate_sku",
        "Two items in QuickBooks have this SKU.",
        "Give only one of them the SKU in QuickBooks, then retry.",
    ),
    by_hand(
        "edited_after_posting",
        "The order changed in the store after it was posted, and changes are held by configuration.",
        "Retry to update the document in QuickBooks, or leave it as it is.",
    ),
    only_told(
        EXCLUDED_BY_HAND,
        "Somebody left it out for good, or left the document as it is.",
        "Nothing. Retry to bring it back.",
    ),
    by_hand(
        "form_mismatch",
        "QuickBooks made other amounts of several documents of this form, so no more of it are sent.",
        "Compare the figures with the tax settings in QuickBooks, mend what differs or report it; then retry, and one document goes alone first.",
    ),
    by_hand(
        HELD_BY_HAND,
        "Somebody holds it back: it is not sent until somebody releases it.",
        "Retry to send it as the store says then, or exclude it.",
    ),
    by_hand(
        "malformed_document",
        "The document could not be written in QuickBooks' form: a mistake in daybook.",
        "Report it with the order's JSON; enter the document by hand meanwhile.",
    ),
    by_hand(
        "malformed_record",
        "The store's answer for this record cannot be understood.",
        "Open the record in WooCommerce and save it again; if it stays, report it with the record's JSON.",
    ),
    by_hand(
        "missing_account",
        "An account the mapping names is not in the chart of accounts.",
        "Make the account in QuickBooks or correct its name in the configuration, then retry.",
    ),
    by_hand(
        "missing_item",
        "The product has no item in QuickBooks, and new ones are not made by configuration.",
        "Make the item in QuickBooks with the product's SKU, then retry.",
    ),
    by_hand(
        "missing_reference",
        "The document refers to something in QuickBooks that is gone or inactive.",
        "Make it active again in QuickBooks; or, where it was merged into another one or replaced, see that exactly one active entry has its e-mail address, SKU or name. Then retry.",
    ),
    by_hand(
        "missing_tax_code",
        "A tax code the mapping names is not in QuickBooks.",
        "Make the tax code in QuickBooks or correct its name in the configuration, then retry.",
    ),
    by_hand(
        "name_taken",
        "The name is used by somebody else in QuickBooks, and so is the name with the e-mail address.",
        "Rename one of them in QuickBooks, then retry.",
    ),
    by_hand(
        "negative_total",
        "The document would have a negative total, which QuickBooks refuses.",
        "Enter it by hand as a credit, then exclude it.",
    ),
    by_hand(
        "number_taken",
        "QuickBooks has another document with this number that daybook did not make.",
        "Give that document another number, or prefix the numbers with `orders.number`, then retry.",
    ),
    by_hand(
        OUTCOME_UNKNOWN,
        "QuickBooks gave no clear answer, and the document cannot be found there or told apart.",
        "Look for the document in QuickBooks, then retry or exclude.",
    ),
    by_itself(
        "refund_of_unposted_order",
        "The order of this refund is held or was never posted.",
        "Release the order first; the refund follows.",
    ),
    by_hand(
        "refused_by_quickbooks",
        "QuickBooks refused the document.",
        "Read QuickBooks' own words, mend the cause, then retry.",
    ),
    by_hand(
        "tax_off",
        "The order has tax and the company has no sales tax set up.",
        "Set sales tax up in QuickBooks, or choose another `tax.mode`, then retry.",
    ),
    by_itself(
        "throttled",
        "QuickBooks put the document off each time because of its rate limits.",
        "Nothing: it is tried again by each run.",
    ),
    by_hand(
        "total_mismatch",
        "No document QuickBooks would make has the store's total and tax to the cent.",
        "Compare the order's lines and tax in the store. Where they are wrong, correct the order; where it adds up, enter it by hand, then exclude it.",
    ),
    by_hand(
        "unknown_status",
        "The order has a status the configuration does not name.",
        "Add the status to `orders.statuses`, or leave it out for good by excluding the order.",
    ),
    by_hand(
        "unmapped_tax_rate",
        "No tax code in QuickBooks is given for this tax rate of the store.",
        "Map the rate under `tax.rates` or its class under `tax.classes`, then retry.",
    ),
    by_hand(
        "unpaid_order",
        "The order is not paid, by a gateway that takes money at once: its call-back probably failed.",
        "Check the payment at the gateway and mark the order paid in WooCommerce, or add the gateway to `orders.unpaid_methods`.",
    ),
    by_hand(
        "unsupported_order",
        "The order has a form that is not booked yet.",
        "Enter it by hand, then exclude it.",
    ),
    by_hand(
        UNWANTED_IN_BOOKS,
        "The document is in QuickBooks and should not be there any more: its order was cancelled or went back to a status that is not posted, or its refund was deleted.",
        "Retry to take the document out of QuickBooks (it is voided; a credit memo or an expense is deleted), or exclude it to leave it as it is. If it is a sale again in the store, it stays by itself.",
    ),
    by_hand(
        "voided_before",
        "The document was voided in QuickBooks, and a voided document cannot be revived.",
        "Delete the voided document in QuickBooks, then retry to make a new one.",
    ),
    by_itself(
        WAITS_FOR_INVOICE,
        "More was paid than the invoice in QuickBooks says, since a change of the order is not in the books yet.",
        "Retry the invoice to update it; the payment follows. Or receive the payment by hand, then exclude this one.",
    ),
    by_itself(
        "waits_for_order",
        "The refund's order is not in the books yet.",
        "Nothing: it is posted after its order.",
    ),
    by_itself(
        WAITS_FOR_PAYMENT,
        "The payment of the invoice stands in QuickBooks still; without it only half of what is wanted would be done.",
        "Release the payment; the invoice follows. Or leave the payment out by excluding it.",
    ),
    by_itself(
        "waits_for_reference",
        "A customer or product the document refers to is not in the books yet.",
        "Release that posting; this one follows.",
    ),
];

/// The cause of a code.
pub fn cause(code: &str) -> Option<&'static Cause> {
    CAUSES.iter().find(|cause| cause.code == code)
}

#[cfg(test)]
mod tests {
    use super::CAUSES;

    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(CAUSES.is_sorted_by(|left, right| left.code < right.code));
    }
}
