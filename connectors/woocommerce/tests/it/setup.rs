//! How a store is set up, as far as the key shows it.

use daybook_woocommerce::StoreSetup;
use kit::Source;
use rust_decimal::dec;
use sandbox::store::{RecordedStore, StoreContents, StoreQuirks};

use crate::simulated::{World, connect};

#[tokio::test]
async fn how_a_store_is_set_up_is_read_with_its_taxes_gateways_and_statuses() {
    let contents = StoreContents::recorded(RecordedStore::Ca);
    let world = World::new(contents, StoreQuirks::default(), 100).await;
    world
        .store
        .handle()
        .add_gateway("stripe", "Card &amp; wallets");
    let setup = world.source.store_setup().await.unwrap();
    assert!(setup.time_zone().is_some());
    let settings = setup.settings.clone().unwrap();
    assert_eq!(settings.currency, "CAD");
    assert!(settings.calculates_tax && !settings.prices_include_tax);
    assert!(!settings.rounds_tax_at_subtotal);
    let rates = setup.tax_rates.clone().unwrap();
    let ids: Vec<u64> = rates.iter().map(|rate| rate.id).collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    let quebec = &rates[1];
    assert_eq!(
        (quebec.country.as_str(), quebec.state.as_str()),
        ("CA", "QC")
    );
    assert_eq!(quebec.percent, Some(dec!(9.975)));
    assert!(quebec.compound && quebec.shipping && quebec.priority == 2);
    let classes = setup.tax_classes.clone().unwrap();
    let classes: Vec<&str> = classes.iter().map(|class| class.slug.as_str()).collect();
    assert_eq!(classes, ["standard", "reduced-rate", "zero-rate"]);
    let gateways = setup.gateways.clone().unwrap();
    let stripe = gateways.iter().find(|it| it.id == "stripe").unwrap();
    assert_eq!(
        (stripe.title.as_str(), stripe.enabled),
        ("Card & wallets", true)
    );
    let statuses = setup.statuses.clone().unwrap();
    assert!(statuses.iter().any(|status| status.slug == "on-hold"));

    // what a mapping reads is the same
    let text = world.source.setup().await.unwrap();
    let read: StoreSetup = serde_json::from_str(&text).unwrap();
    assert_eq!(read.tax_rates, setup.tax_rates);
}

#[tokio::test]
async fn a_key_that_may_not_see_settings_leaves_them_open_and_reads_orders_all_the_same() {
    let contents = StoreContents::recorded(RecordedStore::Us);
    let world = World::new(contents, StoreQuirks::default(), 100).await;
    let key = world.store.clerk_key();
    let source = connect(&world.store, key, world.clock.clone(), 100);
    let found = source.check().await.unwrap();
    assert!(found.contains("settings not to be seen"), "{found}");
    let setup = source.store_setup().await.unwrap();
    assert_eq!(setup.settings, None);
    assert!(setup.tax_rates.is_none() && setup.gateways.is_none());
    assert!(setup.statuses.is_some() && setup.time_zone().is_some());
}
