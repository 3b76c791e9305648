//! Values without I/O: what the engine, the store and the mappings speak about.

mod cause;
mod decide;
mod draft;
mod fees;
pub mod finding;
mod ids;
mod mapping;
mod paper;
mod posting;
mod references;
mod rules;
mod sync;
mod told;
mod trust;

pub use cause::{
    CAUSES, Cause, DELETED_IN_BOOKS, EXCLUDED_BY_HAND, HELD_BY_HAND, OUTCOME_UNKNOWN,
    WAITS_FOR_INVOICE, WAITS_FOR_PAYMENT, cause,
};
pub use decide::{Books, Decision, Known, Standing, decide, decide_vanished};
pub use draft::{
    Document, Draft, Facets, Hold, IfPosted, LinkKey, OnEdit, Rename, SourceKind, Wish,
};
pub use fees::{FeeShare, FeesOfDay, GatewayDay};
pub use finding::{Finding, Line, Point, Weight};
pub use ids::{BatchId, ConnectionName, PipelineName, Realm, SyncId, TenantId};
pub use mapping::{MapError, Mapping};
pub use paper::{Paper, PaperLine, PaperMoment};
pub use posting::{Intent, Posting, PostingState, Route};
pub use references::{Link, Match, MatchField, Needs, Parent, References, last_part};
pub use rules::{
    AmountOnly, ClosedPeriod, CustomerMatch, CustomerRules, Customers, DiscountRules, FeeRules,
    GatewayFees, GatewayRules, MappingRules, MissingProduct, OrderDate, OrderRules, PaymentRules,
    PostDiscountAs, PostOrderAs, PostRefundAs, ProductMatch, ProductRules, ProductType,
    RefundRules, ShippingItem, ShippingRules, TaxMode, TaxRules, TrackingRules,
};
pub use sync::{
    BatchStatus, Checkpoint, Counts, Recount, RunOptions, SyncError, SyncMode, SyncStatus, Trigger,
};
pub use told::{Told, ToldLine};
pub use trust::{FORGIVEN_AFTER, FormTrust, MOST_MISMATCHES};
