//! The words of the connections.

use super::count;

pub(in super::super) const NO_WEBHOOKS: &str =
    "Without webhooks: changes are found at the next look.";
pub(in super::super) const WEBHOOKS: &str =
    "Webhooks are taken: an order placed is looked at within seconds.";
pub(in super::super) const WOOCOMMERCE: &str = "WooCommerce";
pub(in super::super) const SANDBOX: &str = "QuickBooks Online, a company for trying";
pub(in super::super) const PRODUCTION: &str = "QuickBooks Online";
pub(in super::super) const BROKEN: &str = "cannot be used";
pub(in super::super) const WORKS: &str = "works";
pub(in super::super) const LAST_USED: &str = "last used ";
pub(in super::super) const UNUSED: &str = "not used yet";
pub(in super::super) const IN_USE: &str = "being used for the first time";
pub(in super::super) const SINCE_START: &str = "since daybook was started";
pub(in super::super) const ADDRESS: &str = "Address";
pub(in super::super) const RECORDS_A_PAGE: &str = "Records a page";
pub(in super::super) const HOOKS: &str = "Webhooks";
pub(in super::super) const COMPANY: &str = "Company";
pub(in super::super) const CONSENT: &str = "Consent";
pub(in super::super) const LISTS_READ: &str = "Lists of the company read";
pub(in super::super) const NOT_YET: &str = "not yet";
pub(in super::super) const DAYS_LEFT: &str = "Days of consent left";
pub(in super::super) const READS: &str = "Metered reads this month";
pub(in super::super) const READS_HELP: &str = "What is read of QuickBooks; Intuit's free plan has 500,000 a month for all companies of an app. Writing is free.";
pub(in super::super) const LIMITS: &str = "Intuit's limits";
pub(in super::super) const WHAT: &str = "What";
pub(in super::super) const USED: &str = "Used";
pub(in super::super) const OF: &str = "Of";
pub(in super::super) const REQUESTS: &str = "Requests in the last minute";
pub(in super::super) const BATCHES: &str = "Batch calls in the last minute";
pub(in super::super) const UNDER_WAY: &str = "Calls under way";
pub(in super::super) const RECONNECT: &str = "Reconnect";

/// Where consent is given, and what that needs.
pub(in super::super) fn reconnecting(redirect: &str) -> String {
    format!(
        "Intuit asks an administrator of the company, and leads back to `{redirect}`. That address must stand among the \
         redirect URIs of your app at developer.intuit.com; runs go on meanwhile, and nothing in the books changes."
    )
}

/// "good until 12 Feb 2027".
pub(in super::super) fn good_until(day: &str) -> String {
    format!("good until {day}, if it is not used before; renewed ")
}

/// The same for the overview.
pub(in super::super) fn consent_until(day: &str) -> String {
    format!("consent good until {day}")
}

pub(in super::super) fn refused(number: u64) -> String {
    if number == 0 {
        return "No request was refused for its limits since the start. ".to_owned();
    }
    format!(
        "{} refused for its limits since the start. ",
        count(number, "request was", "requests were")
    )
}

pub(in super::super) fn slowed(percent: u32) -> String {
    format!("Going at {percent} % of the allowed rate, which is what holds. ")
}

pub(in super::super) fn paused_until(at: &str) -> String {
    format!("Paused until {at}.")
}

/// The company's id where its name is not known yet.
pub(in super::super) fn company(realm: &str) -> String {
    format!("company {realm}")
}

pub(in super::super) fn connected(name: &str, found: &str) -> String {
    format!("daybook is connected to {found} again (`{name}`). The next run uses it.")
}

pub(in super::super) const BACK: &str = "Back to the connections";
pub(in super::super) const NO_COMPANY: &str = "there is no QuickBooks connection of this name";
pub(in super::super) const NOT_ASKED: &str =
    "this answer belongs to no question of the last 15 minutes: press “Reconnect” again";
pub(in super::super) const NO_CONSENT: &str =
    "no consent was given at Intuit, so nothing has changed: press “Reconnect” to try again";

/// What the journal notes.
pub(in super::super) const CONSENT_GIVEN: &str = "consent was given";
