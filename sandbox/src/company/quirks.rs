//! What the FACTS call unsure, as switches. The defaults are what is most
//! likely; a program is safe only when it is safe under each setting.
//! FACTS: QuickBooks §11.

use std::time::Duration;

use rust_decimal::Decimal;

/// How the company behaves where nobody outside Intuit knows for certain.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent switches"
)]
pub struct CompanyQuirks {
    /// Whether a repeated `requestid` is answered with the first answer at all.
    pub replays_request_ids: bool,
    /// The same `requestid` with another body, entity or operation.
    pub changed_body: ChangedBody,
    /// Whether a first attempt that was refused is answered with that refusal
    /// again; otherwise it is tried anew.
    pub replays_refusals: bool,
    /// A `requestid` whose first call is still being worked on.
    pub call_in_progress: CallInProgress,
    /// How long a `requestid` is remembered by the company's clock; `None`: for ever.
    pub request_id_lifetime: Option<Duration>,
    /// Where a document number must be unique.
    pub number_check: NumberCheck,
    /// Whether refund receipts may share a number.
    pub refund_receipts_exempt_from_number_check: bool,
    /// Whether duplicates are accepted while the company numbers documents
    /// itself (`CustomTxnNumbers` false).
    pub duplicates_accepted_when_numbered_automatically: bool,
    /// How names are compared for uniqueness.
    pub names: NameComparison,
    /// Whether `=`, `IN` and `LIKE` of a query ignore upper and lower case.
    pub queries_ignore_case: bool,
    /// Text beyond ISO 8859-1 sent to a US company.
    pub beyond_latin1: BeyondLatin1,
    /// `MAXRESULTS` above 1000.
    pub too_many_results: TooManyResults,
    /// A look-back of change data capture beyond 30 days.
    pub old_changes: OldChanges,
    /// Whether `ORDERBY Id` sorts `10` before `9`.
    pub ids_sort_as_text: bool,
    /// Whether refusals come with HTTP 200 and a Fault in the body.
    pub faults_in_http_200: bool,
    /// The body of HTTP 429.
    pub throttle_form: ThrottleForm,
    /// Seconds in the `Retry-After` of a 429; `None`: no such header.
    pub retry_after: Option<u32>,
    /// Whether the items of a batch call count one by one against the requests
    /// a minute.
    pub batch_items_count_singly: bool,
    /// The order of the answers of a batch call.
    pub batch_order: BatchOrder,
    /// When a refresh gives a new refresh token.
    pub rotation: Rotation,
    /// How long a replaced refresh token still works.
    pub rotation_grace: Duration,
    /// A sent `TotalTax` under automated sales tax.
    pub automated_override: TaxOverride,
    /// Whether a sent `TotalTax` of 0 counts as an override.
    pub zero_tax_is_an_override: bool,
    /// A sent `TotalTax` under manual US sales tax.
    pub manual_override: TaxOverride,
    /// How far a sent `TaxLine` amount may be from the computed one, outside
    /// the US; further away is refused with 6000. Said for two decimals: in other currencies it is as
    /// many of their smallest units.
    pub tax_line_tolerance: Decimal,
    /// What is rounded when tax is computed, outside the US.
    pub tax_rounding: TaxRounding,
    /// More than the currency's decimals in a line's `Amount`.
    pub extra_decimals: ExtraDecimals,
    /// The code for a date in a closed period: 6200 or 6210.
    pub closed_period_code: u32,
    /// A member the company does not know.
    pub unknown_members: UnknownMembers,
    /// Whether `CompanyInfo.Country` has three letters, as announced for October 2025.
    pub three_letter_countries: bool,
    /// Whether a payment raises the SyncToken of the invoices it pays.
    pub payments_raise_sync_token: bool,
}

impl Default for CompanyQuirks {
    fn default() -> Self {
        Self {
            replays_request_ids: true,
            changed_body: ChangedBody::FirstAnswer,
            replays_refusals: false,
            call_in_progress: CallInProgress::Waits,
            request_id_lifetime: None,
            number_check: NumberCheck::PerType,
            refund_receipts_exempt_from_number_check: true,
            duplicates_accepted_when_numbered_automatically: true,
            names: NameComparison::IgnoresCaseAndOuterSpaces,
            queries_ignore_case: false,
            beyond_latin1: BeyondLatin1::Kept,
            too_many_results: TooManyResults::Refused,
            old_changes: OldChanges::Refused,
            ids_sort_as_text: false,
            faults_in_http_200: false,
            throttle_form: ThrottleForm::Service,
            retry_after: None,
            batch_items_count_singly: false,
            batch_order: BatchOrder::AsSent,
            rotation: Rotation::Every(Duration::from_hours(24)),
            rotation_grace: Duration::ZERO,
            automated_override: TaxOverride::Honoured,
            zero_tax_is_an_override: false,
            manual_override: TaxOverride::Ignored,
            tax_line_tolerance: Decimal::new(5, 2),
            tax_rounding: TaxRounding::PerRate,
            extra_decimals: ExtraDecimals::Rounded,
            closed_period_code: 6210,
            unknown_members: UnknownMembers::Refused,
            three_letter_countries: true,
            payments_raise_sync_token: true,
        }
    }
}

/// The same `requestid` with another body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangedBody {
    /// The answer of the first body, nothing done.
    FirstAnswer,
    /// Fault 600.
    Refused,
    /// Done as if the id were new.
    TreatedAsNew,
}

/// A `requestid` whose first call has no answer yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallInProgress {
    /// The second call waits for the first and gets its answer.
    Waits,
    /// Fault 600.
    Refused,
    /// Both are done: a second document.
    RunsAgain,
}

/// Where a document number must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberCheck {
    /// Nowhere.
    Off,
    /// Among documents of one type.
    PerType,
    /// Among all documents.
    AcrossTypes,
}

/// How names are compared for uniqueness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameComparison {
    /// `Ann Lee` and ` ann lee ` are one name.
    IgnoresCaseAndOuterSpaces,
    /// Letter by letter.
    Exact,
    /// Case, spaces anywhere and full-width forms do not count.
    IgnoresCaseSpacesAndWidth,
}

/// Text beyond ISO 8859-1 in a US company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeyondLatin1 {
    /// Stored as sent.
    Kept,
    /// Fault 2040.
    Refused,
    /// Stored as `?`.
    QuestionMark,
}

/// `MAXRESULTS` above 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooManyResults {
    /// Fault 4001.
    Refused,
    /// 1000 rows.
    Clamped,
}

/// `changedSince` more than 30 days ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldChanges {
    /// A fault.
    Refused,
    /// The changes of 30 days.
    Cut,
}

/// The body of HTTP 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThrottleForm {
    /// Recorded: type `SERVICE`, code `3001`.
    Service,
    /// Second hand: type `ValidationFault`, code `003001`.
    Validation,
    /// Recorded in 2016: as `Service`, but with HTTP 403.
    Forbidden,
}

/// The order of the answers of a batch call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchOrder {
    /// As the items came.
    AsSent,
    /// The other way round.
    Reversed,
}

/// When a refresh gives a new refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// At each use.
    EachUse,
    /// At the first use after the token has this age.
    Every(Duration),
}

/// What a sent `TotalTax` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxOverride {
    /// It becomes the tax, prorated over the rates.
    Honoured,
    /// Only together with `TxnTaxCodeRef`.
    OnlyWithTaxCode,
    /// Nothing: the company computes.
    Ignored,
}

/// What is rounded when tax is computed. FACTS: QuickBooks §8, unsure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxRounding {
    /// The tax of each rate, once, on the sum of its lines.
    PerRate,
    /// The tax of each rate on each line.
    PerLine,
}

/// More decimals in an amount than its currency has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraDecimals {
    /// Rounded half up.
    Rounded,
    /// Refused with 2080.
    Refused,
}

/// A member the company does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownMembers {
    /// Fault 2010.
    Refused,
    /// Dropped silently.
    Dropped,
}
