//! The words of the plan.

use super::{count, grouped};

pub(in super::super) const BY_THEMSELVES: &str = "Nothing waits for approval: documents are posted as they come. With posting = \"review\" in the \
     configuration a run plans, and posts only what is approved here.";
pub(in super::super) const NOTHING: &str =
    "Nothing is planned. The next run plans what is new in the store.";
pub(in super::super) const PROMISE: &str = "Nothing of this is in QuickBooks before you approve it, and then exactly this is posted. If the store has \
     changed meanwhile, nothing is posted and you are told what changed. Planned ";
pub(in super::super) const POSTING: &str =
    "The store is being looked at once more; then exactly this is posted.";
pub(in super::super) const CHANGED: &str =
    "Nothing was posted: this is no longer as planned. The plan below is the new one.";
pub(in super::super) const WHAT: &str = "What";
pub(in super::super) const HOW_MANY: &str = "How many";
pub(in super::super) const TOTALS: &str = "What will be done";
pub(in super::super) const ORDER: &str = "Order";

pub(in super::super) fn waits(documents: u64, others: u64) -> String {
    let what = if documents > 0 {
        count(documents, "document waits", "documents wait")
    } else {
        count(
            others,
            "customer or product waits",
            "customers and products wait",
        )
    };
    format!("{what} for your approval")
}

pub(in super::super) fn and_others(others: u64) -> String {
    format!(
        ", and {} they refer to",
        count(others, "customer or product", "customers and products")
    )
}

pub(in super::super) fn post(documents: u64) -> String {
    match documents {
        0 => "Post these customers and products".to_owned(),
        1 => "Post this document".to_owned(),
        number => format!("Post these {} documents", grouped(number)),
    }
}

pub(in super::super) const FROM_THE_FIRST: &str = "From the first";

/// "51 to 100 of 120".
pub(in super::super) fn part(after: usize, until: usize, of: usize) -> String {
    let [first, last, of] = [after.saturating_add(1), until, of].map(|it| grouped(it as u64));
    format!("{first} to {last} of {of}")
}

pub(in super::super) fn did_not_end(trouble: &str, remedy: &str) -> String {
    format!("The run did not end: {trouble}. {remedy}")
}

pub(in super::super) fn run_is(status: &str) -> String {
    format!("The run is {status}. What was approved is sent by the next run.")
}

pub(in super::super) fn not_posted(error: &str) -> String {
    format!("Nothing was posted: {error}.")
}

pub(in super::super) const POSTS_BY_ITSELF: &str =
    "this pipeline posts by itself: nothing waits for approval";
pub(in super::super) const UNKNOWN: &str =
    "there is no such plan, or it is no longer kept: look at the new one on the page Plan";

/// What is not in the plan.
pub(in super::super) fn held(number: u64) -> String {
    count(
        number,
        "entry is held and not in this plan",
        "entries are held and not in this plan",
    )
}
