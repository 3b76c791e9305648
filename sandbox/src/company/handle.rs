//! What tests and the demo look at and turn while the company runs. All of it
//! is synchronous and counts as no request.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::books::{id_text, parse_id};
use super::counts::RequestCounts;
use super::document::Document;
use super::fault::Fault;
use super::index::Field;
use super::kind::Kind;
use super::limits::Limits;
use super::oauth::TokenGrant;
use super::options::Latency;
use super::plan::{Callback, Effect, Pause, RequestView, When};
use super::preferences::Preferences;
use super::quirks::CompanyQuirks;
use super::shared::{Shared, lock};
use super::state::Answer;
use super::write::{Operation, Write};

/// A hold on a running company; clones hold the same one.
#[derive(Clone)]
pub struct CompanyHandle {
    shared: Arc<Shared>,
}

impl CompanyHandle {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// `http://127.0.0.1:port`.
    pub fn base_url(&self) -> String {
        self.shared.base_url.clone()
    }

    /// The company's id.
    pub fn realm_id(&self) -> String {
        self.shared.realm_id.clone()
    }

    /// Id and secret of the app.
    pub fn client(&self) -> (String, String) {
        let oauth = lock(&self.shared.oauth);
        (oauth.client_id.clone(), oauth.client_secret.clone())
    }

    /// The refresh token that works now; empty once consent was withdrawn.
    pub fn refresh_token(&self) -> String {
        lock(&self.shared.oauth).refresh_token()
    }

    /// A working access token, without using the token endpoint.
    pub fn access_token(&self) -> String {
        lock(&self.shared.oauth).issue_access_token(self.shared.now())
    }

    /// Every token that was given, oldest first.
    pub fn token_grants(&self) -> Vec<TokenGrant> {
        lock(&self.shared.oauth).log.clone()
    }

    /// Lets all access tokens expire now.
    pub fn expire_access_tokens(&self) {
        lock(&self.shared.oauth).expire_access(self.shared.now());
    }

    /// Someone disconnects the app: no token works any more.
    pub fn revoke_consent(&self) {
        lock(&self.shared.oauth).revoke_all();
    }

    /// Whether the consent page denies from now on.
    pub fn deny_consent(&self, denies: bool) {
        self.shared.denies_consent.store(denies, Ordering::Relaxed);
    }
}

/// What is in the books.
impl CompanyHandle {
    /// Every transaction, by kind and rising id.
    pub fn documents(&self) -> Vec<Document> {
        let kinds = Kind::ALL.into_iter().filter(|kind| kind.is_transaction());
        kinds.flat_map(|kind| self.documents_of(kind)).collect()
    }

    /// Every transaction of a kind, by rising id.
    pub fn documents_of(&self, kind: Kind) -> Vec<Document> {
        let company = lock(&self.shared.company);
        let all = company.books.all(kind);
        all.map(|stored| Document::read(kind, &stored.version))
            .collect()
    }

    /// Shows every transaction to a closure, one at a time: for books too
    /// large to hold twice. The closure must not use this handle.
    pub fn for_each_document(&self, mut look: impl FnMut(Document)) {
        let company = lock(&self.shared.company);
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_transaction()) {
            for stored in company.books.all(kind) {
                look(Document::read(kind, &stored.version));
            }
        }
    }

    /// The transactions with this number, of any kind.
    pub fn documents_numbered(&self, number: &str) -> Vec<Document> {
        let company = lock(&self.shared.company);
        let mut found = Vec::new();
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_transaction()) {
            let candidates = company.books.candidates(kind, Field::DocNumber, number);
            let stored = candidates
                .into_iter()
                .filter_map(|id| company.books.get(kind, id));
            let documents = stored.map(|stored| Document::read(kind, &stored.version));
            found.extend(documents.filter(|one| one.doc_number.as_deref() == Some(number)));
        }
        found
    }

    /// How many transactions of a kind were deleted.
    pub fn deleted(&self, kind: Kind) -> usize {
        let company = lock(&self.shared.company);
        let graves = company.books.tombstones().iter();
        graves.filter(|grave| grave.kind == kind).count()
    }

    /// How many objects of a kind there are, inactive ones included.
    pub fn count(&self, kind: Kind) -> usize {
        lock(&self.shared.company).books.count(kind)
    }

    /// Every object of a kind as it would be answered, inactive ones included.
    pub fn objects(&self, kind: Kind) -> Vec<Value> {
        let company = lock(&self.shared.company);
        let shown = company
            .books
            .all(kind)
            .map(|stored| company.show(kind, &stored.version));
        shown
            .filter_map(|text| serde_json::from_str(&text).ok())
            .collect()
    }

    /// One object as it would be answered.
    pub fn object(&self, kind: Kind, id: &str) -> Option<Value> {
        let company = lock(&self.shared.company);
        let stored = company.books.get(kind, parse_id(kind, id)?)?;
        serde_json::from_str(&company.show(kind, &stored.version)).ok()
    }

    /// The id of the list object of that full name.
    pub fn id_named(&self, kind: Kind, name: &str) -> Option<String> {
        let company = lock(&self.shared.company);
        let stored = company
            .books
            .all(kind)
            .find(|stored| stored.card.name() == name)?;
        Some(id_text(kind, stored.version.id))
    }
}

/// What people do in the company itself.
impl CompanyHandle {
    /// Someone enters an object; the body is what a client would send. Gives its id.
    pub fn add(&self, kind: Kind, body: Value) -> Result<String, Fault> {
        let body = into_object(body)?;
        self.write(kind, Operation::Create, body)
    }

    /// What the company would make of a new object, checks and computed members included, without
    /// keeping it: for more documents than anyone wants to hold.
    pub fn preview(&self, kind: Kind, body: Value) -> Result<Value, Fault> {
        let write = Write {
            kind,
            operation: Operation::Create,
            body: into_object(body)?,
            allow_duplicate_number: true,
        };
        let now = self.shared.now();
        let composed = lock(&self.shared.company).preview(write, now)?;
        Ok(Value::Object(composed))
    }

    /// Someone adds a vendor.
    pub fn add_vendor(&self, name: &str) -> Result<String, Fault> {
        self.add(Kind::Vendor, json!({ "DisplayName": name }))
    }

    /// Someone adds a customer.
    pub fn add_customer(&self, name: &str, email: &str) -> Result<String, Fault> {
        let mut body = json!({ "DisplayName": name });
        if let (false, Some(object)) = (email.is_empty(), body.as_object_mut()) {
            object.insert("PrimaryEmailAddr".to_owned(), json!({ "Address": email }));
        }
        self.add(Kind::Customer, body)
    }

    /// Someone edits an object: the members given replace those there.
    pub fn edit(&self, kind: Kind, id: &str, members: Value) -> Result<(), Fault> {
        let mut body = self.with_token(kind, id)?;
        body.insert("sparse".to_owned(), Value::Bool(true));
        body.append(&mut into_object(members)?);
        self.write(kind, Operation::Update, body).map(|_| ())
    }

    /// Someone makes a list object inactive.
    pub fn deactivate(&self, kind: Kind, id: &str) -> Result<(), Fault> {
        self.edit(kind, id, json!({ "Active": false }))
    }

    /// Someone deletes a transaction.
    pub fn delete(&self, kind: Kind, id: &str) -> Result<(), Fault> {
        let body = self.with_token(kind, id)?;
        self.write(kind, Operation::Delete, body).map(|_| ())
    }

    /// Someone voids a transaction.
    pub fn void(&self, kind: Kind, id: &str) -> Result<(), Fault> {
        let body = self.with_token(kind, id)?;
        self.write(kind, Operation::Void, body).map(|_| ())
    }

    /// Someone brings a transaction held in Undeposited Funds to the bank; it
    /// cannot change any more. Gives the id of the deposit.
    pub fn deposit(&self, kind: Kind, id: &str) -> Result<String, Fault> {
        let document = self.object(kind, id).ok_or_else(Fault::not_found)?;
        let account = self.id_named(Kind::Account, "Checking").unwrap_or_default();
        let amount = document.get("TotalAmt").cloned().unwrap_or_default();
        let currency = document.get("CurrencyRef").cloned().unwrap_or_default();
        let link = json!([{ "TxnId": id, "TxnType": kind.name(), "TxnLineId": "0" }]);
        let body = json!({
            "DepositToAccountRef": { "value": account },
            "CurrencyRef": currency,
            "Line": [{ "Amount": amount, "LinkedTxn": link }]
        });
        self.add(Kind::Deposit, body)
    }

    /// Someone closes the books through a day, or opens them.
    pub fn close_books(&self, through: Option<Date>) {
        self.set_preferences(|preferences| preferences.book_close_date = through);
    }

    /// Someone changes the company's switches.
    pub fn set_preferences(&self, change: impl FnOnce(&mut Preferences)) {
        let mut company = lock(&self.shared.company);
        change(&mut company.preferences);
        company.preferences_changes += 1;
    }

    /// The subscription ends (every write is refused with 6190) or is paid again.
    pub fn set_subscription(&self, paid: bool) {
        lock(&self.shared.company).can_write = paid;
    }

    fn with_token(&self, kind: Kind, id: &str) -> Result<Map<String, Value>, Fault> {
        let object = self.object(kind, id).ok_or_else(Fault::not_found)?;
        let token = object.get("SyncToken").cloned().unwrap_or_default();
        into_object(json!({ "Id": id, "SyncToken": token }))
    }

    fn write(
        &self,
        kind: Kind,
        operation: Operation,
        body: Map<String, Value>,
    ) -> Result<String, Fault> {
        let write = Write {
            kind,
            operation,
            body,
            allow_duplicate_number: true,
        };
        let now = self.shared.now();
        let answer = lock(&self.shared.company).write(write, now)?;
        Ok(match answer {
            Answer::Object(_, version) => version.id.to_string(),
            Answer::Deleted(_, id) => id.to_string(),
            Answer::Nothing => String::new(),
        })
    }
}

/// Plans, switches and counts.
impl CompanyHandle {
    /// Plans an effect, once.
    pub fn plan(&self, when: When, effect: Effect) {
        self.plan_times(when, effect, 1);
    }

    /// Plans an effect for so many matching requests from the first on;
    /// `u64::MAX` for all.
    pub fn plan_times(&self, when: When, effect: Effect, times: u64) {
        lock(&self.shared.plans).add(when, effect, times);
    }

    /// Forgets what is still planned.
    pub fn clear_plans(&self) {
        lock(&self.shared.plans).clear();
    }

    /// How many plans have not been used up yet.
    pub fn plans_left(&self) -> usize {
        lock(&self.shared.plans).left()
    }

    /// Plans a stop after the work took effect and before its answer leaves.
    pub fn hold_answer(&self, when: When) -> Pause {
        let pause = Pause::default();
        self.plan(when, Effect::HoldAnswer(pause.clone()));
        pause
    }

    /// Plans a stop before the work takes effect: a slow call in progress.
    pub fn hold_work(&self, when: When) -> Pause {
        let pause = Pause::default();
        self.plan(when, Effect::HoldWork(pause.clone()));
        pause
    }

    /// Runs a closure each time a matching request took effect and before its
    /// answer leaves.
    pub fn before_answer(
        &self,
        when: When,
        times: u64,
        call: impl Fn(&RequestView) + Send + Sync + 'static,
    ) {
        self.plan_times(when, Effect::BeforeAnswer(Callback::new(call)), times);
    }

    /// Changes how the company behaves.
    pub fn set_quirks(&self, change: impl FnOnce(&mut CompanyQuirks)) {
        change(&mut lock(&self.shared.company).quirks);
    }

    /// Changes the quotas; what was counted stays counted.
    pub fn set_limits(&self, limits: Limits) {
        *lock(&self.shared.limits) = limits;
    }

    /// Changes how long answers take.
    pub fn set_latency(&self, latency: Latency) {
        *lock(&self.shared.latency) = latency;
    }

    /// What was asked since the start or the last reset.
    pub fn counts(&self) -> RequestCounts {
        lock(&self.shared.counters).snapshot()
    }

    /// Counts from zero again.
    pub fn reset_counts(&self) {
        lock(&self.shared.counters).reset();
    }

    /// Waits until something is true of the company, looking again after each
    /// request. The caller sets the deadline.
    pub async fn wait_until(&self, is_true: impl Fn(&Self) -> bool) {
        loop {
            let served = self.shared.served.notified();
            tokio::pin!(served);
            served.as_mut().enable();
            if is_true(self) {
                return;
            }
            served.await;
        }
    }

    /// Starts keeping every request; costs memory.
    pub fn keep_requests(&self) {
        let mut kept = lock(&self.shared.kept_requests);
        if kept.is_none() {
            *kept = Some(Vec::new());
        }
    }

    /// The requests kept so far, oldest first.
    pub fn requests(&self) -> Vec<RequestView> {
        lock(&self.shared.kept_requests).clone().unwrap_or_default()
    }
}

fn into_object(value: Value) -> Result<Map<String, Value>, Fault> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Fault::required("body")),
    }
}
