//! The store's accounts. As with orders, untouched generated ones are made
//! again when asked for.

use std::collections::BTreeMap;

use super::generate::Generator;
use super::model::people::Customer;

/// All accounts, the administrator among them.
pub(crate) struct Customers {
    /// Ids that stand in for generated accounts: (first id, count, generator).
    generated: Option<(u64, u64, Box<Generator>)>,
    /// Recorded, new and changed ones; `None` where a generated one is gone.
    kept: BTreeMap<u64, Option<Customer>>,
}

impl Customers {
    pub(crate) fn of(customers: Vec<Customer>) -> Self {
        let kept = customers
            .into_iter()
            .map(|customer| (customer.id, Some(customer)))
            .collect();
        Self {
            generated: None,
            kept,
        }
    }

    /// The generator's accounts, besides `others`.
    pub(crate) fn generated(generator: Generator, others: Vec<Customer>) -> Self {
        let span = generator.customer_ids();
        Self {
            generated: Some((span.0, span.1, Box::new(generator))),
            ..Self::of(others)
        }
    }

    pub(crate) fn get(&self, id: u64) -> Option<Customer> {
        if let Some(kept) = self.kept.get(&id) {
            return kept.clone();
        }
        let (first, count, generator) = self.generated.as_ref()?;
        let index = id.checked_sub(*first).filter(|index| index < count)?;
        Some(generator.customer(index))
    }

    pub(crate) fn put(&mut self, customer: Customer) {
        self.kept.insert(customer.id, Some(customer));
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let known = self.get(id).is_some();
        if known {
            self.kept.insert(id, None);
        }
        known
    }

    /// All ids, ascending.
    pub(crate) fn ids(&self) -> Vec<u64> {
        let mut ids: Vec<u64> = self
            .kept
            .iter()
            .filter(|(_, kept)| kept.is_some())
            .map(|(id, _)| *id)
            .collect();
        if let Some((first, count, _)) = &self.generated {
            ids.extend((*first..first + count).filter(|id| !self.kept.contains_key(id)));
        }
        ids.sort_unstable();
        ids
    }

    /// The id for the next account.
    pub(crate) fn next_id(&self) -> u64 {
        let kept = self.kept.keys().next_back().copied().unwrap_or(0);
        let generated = self
            .generated
            .as_ref()
            .map_or(0, |(first, count, _)| first + count - 1);
        kept.max(generated) + 1
    }
}
