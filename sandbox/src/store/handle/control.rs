//! Faults, hooks, the request log and the quirks of a running store.

use super::super::faults::{Fault, Matcher};
use super::super::log::{Request, RequestLog};
use super::super::quirks::StoreQuirks;
use super::StoreHandle;

impl StoreHandle {
    /// Plans a fault for the requests `matcher` names.
    pub fn plan_fault(&self, matcher: Matcher, fault: Fault) {
        self.0.faults().plan(matcher, fault);
    }

    /// Forgets all planned faults.
    pub fn clear_faults(&self) {
        self.0.faults().clear();
    }

    /// Runs `hook` just before the `number`th request from the start of the
    /// log (counted from 1) is answered: between two pages, for example.
    pub fn on_request(&self, number: u64, hook: impl FnOnce(&StoreHandle) + Send + 'static) {
        self.0.hooks().insert(number, Box::new(hook));
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.0.log().all().to_vec()
    }

    /// How many requests were made to a path below `/wp-json/wc/v3`, such as `/orders`.
    pub fn request_count(&self, path: &str) -> u64 {
        self.0.log().count(path)
    }

    /// Forgets the requests so far; [`StoreHandle::on_request`] counts from 1 again.
    pub fn clear_requests(&self) {
        *self.0.log() = RequestLog::new();
    }

    /// Changes the store's quirks from the next request on.
    pub fn set_quirks(&self, change: impl FnOnce(&mut StoreQuirks)) {
        let version = {
            let mut quirks = self.0.quirks_mut();
            change(&mut quirks);
            quirks.version
        };
        version
            .number()
            .clone_into(&mut self.0.state().shop.settings.version);
    }

    /// Switches a gateway of a plugin on, such as `stripe`.
    pub fn add_gateway(&self, slug: &str, title: &str) {
        let gateway = (slug.to_owned(), title.to_owned());
        self.state(|state, _| state.gateways.push(gateway));
    }
}
