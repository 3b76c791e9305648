//! What holds the mapping of a pipeline against both systems.

use std::sync::Arc;

use woocommerce::StoreSetup;

use crate::config::{Config, Pipeline};
use crate::engine::Compare;
use crate::mapping::to_quickbooks::{Around, Books, Neighbour, findings};

/// Holds the mapping of a pipeline against its books and its store.
pub(super) fn of(config: &Config, pipeline: &Pipeline) -> Arc<Compare> {
    let (rules, around) = (pipeline.mapping.clone(), around(config, pipeline));
    Arc::new(move |entries, setup, now| {
        let lists = Books::new(entries).map_err(|problem| problem.to_string())?;
        // what an older daybook kept in another form counts as not read
        let setup: Option<StoreSetup> = setup.and_then(|text| serde_json::from_str(text).ok());
        Ok(findings(&rules, &lists, setup.as_ref(), &around, now))
    })
}

/// What stands around a pipeline: the stores that share its company.
fn around(config: &Config, pipeline: &Pipeline) -> Around {
    let realm = |pipeline: &Pipeline| {
        let company = config.company(&pipeline.target);
        company.map(|company| company.realm_id.clone())
    };
    let others = config
        .pipelines
        .iter()
        .filter(|other| other.source != pipeline.source && realm(other) == realm(pipeline));
    Around {
        source: pipeline.source.to_string(),
        neighbours: others
            .map(|other| Neighbour {
                source: other.source.to_string(),
                orders: other.mapping.orders.number.clone(),
                refunds: other.mapping.refunds.number.clone(),
            })
            .collect(),
    }
}
