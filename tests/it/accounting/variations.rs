//! Variations, and what was sold that is gone from the store.
//!
//! | rule | shown by |
//! |---|---|
//! | a line of a deleted variation | `a_line_of_a_deleted_variation_goes_to_the_generic_item`, `a_line_of_a_deleted_variation_that_was_met_before_its_product_is_no_other_products`, `a_variation_deleted_before_its_sale_was_read_is_sold_as_the_generic_item` |
//! | a posted line whose product is gone | `a_posted_line_keeps_its_item_and_so_does_its_refund`, `a_deleted_product_leaves_the_document_as_it_is` |
//! | a variation is its own item | `a_variation_is_an_item_of_its_own_and_its_parent_is_none`, `variations_that_share_their_parents_sku_stay_apart`, `variations_whose_long_names_are_cut_alike_stay_apart`, `a_variation_that_shows_its_parents_sku_is_found_by_its_name` |

use daybook::domain::{Draft, LinkKey, Wish};
use kit::StreamName;
use serde_json::{Value, json};

use super::posted;
use super::products::{items, plain, take};
use crate::mapping::books::{Became, body};
use crate::mapping::orders::{OrderBuilder, product_line, refund};

/// A product of which the variations are sold.
fn tee() -> Value {
    json!({ "id": 30, "type": "variable", "name": "T-Shirt", "sku": "TEE", "status": "publish" })
}

/// A line of a variation of it; 0: the variation was deleted.
fn tee_line(variation: u64, name: &str) -> Value {
    let mut line = product_line(30, 1, "19.00", "19.00", &[]);
    line["variation_id"] = json!(variation);
    line["name"] = json!(format!("T-Shirt - {name}"));
    line["sku"] = json!("TEE");
    if variation != 0 {
        line["parent_name"] = json!("T-Shirt");
    }
    line
}

/// The ids of what the lines of a document are booked to.
fn sold_as(draft: &Draft) -> Vec<String> {
    let body = body(draft);
    let lines = body["Line"].as_array().unwrap().iter();
    let refs = lines.map(|line| &line["SalesItemLineDetail"]["ItemRef"]["value"]);
    refs.map(|it| {
        LinkKey::of_placeholder(it.as_str().unwrap())
            .unwrap()
            .source_id
    })
    .collect()
}

#[tokio::test]
async fn a_variation_is_an_item_of_its_own_and_its_parent_is_none() {
    let mut world = plain().await;
    let parent = json!({ "id": 30, "type": "variable", "name": "T-Shirt", "sku": "TEE" });
    assert!(matches!(take(&mut world, &parent), Became::Excluded(_)));
    let variation = json!({
        "id": 32, "parent_id": 30, "type": "variation", "name": "M, Sea Green",
        "parent_name": "T-Shirt", "sku": "TEE-M-G"
    });
    take(&mut world, &variation);
    assert_eq!(items(&world), ["T-Shirt - M, Sea Green"]);
    let mut line = product_line(30, 1, "19.00", "19.00", &[]);
    line["variation_id"] = json!(32);
    line["name"] = json!("T-Shirt - M, Sea Green");
    let (sale, _) = world.one(
        StreamName::Orders,
        &OrderBuilder::new(1).raw_line(line).done(),
    );
    let Wish::Post(document) = &sale.wish else {
        panic!("{sale:?}")
    };
    assert!(document.needs.iter().any(|key| key.source_id == "32"));
}

#[tokio::test]
async fn variations_that_share_their_parents_sku_stay_apart() {
    let mut world = plain().await;
    let variation = |id: u64, name: &str| {
        json!({
            "id": id, "parent_id": 30, "type": "variation", "name": name,
            "parent_name": "T-Shirt", "sku": "TEE"
        })
    };
    take(&mut world, &variation(31, "L"));
    take(&mut world, &variation(32, "M"));
    take(&mut world, &variation(33, "S"));
    assert_eq!(items(&world), ["T-Shirt - L", "T-Shirt - M", "T-Shirt - S"]);
}

#[tokio::test]
async fn variations_whose_long_names_are_cut_alike_stay_apart() {
    let mut world = plain().await;
    let parent = "Women's Long Sleeve Floral Print V Neck Casual Maxi Dress with Pockets and Belt for \
                  Summer Beach Party Wear";
    for (id, name, sku) in [(31, "S", "D-S"), (32, "M", "D-M"), (33, "L", "D-L")] {
        let variation = json!({
            "id": id, "parent_id": 30, "type": "variation", "name": name, "parent_name": parent,
            "sku": sku, "parent_sku": "D", "status": "publish"
        });
        let became = take(&mut world, &variation);
        assert!(matches!(became, Became::Posted { .. }), "{became:?}");
    }
    assert_eq!(items(&world).len(), 3);
}

#[tokio::test]
async fn a_variation_that_shows_its_parents_sku_is_found_by_its_name() {
    let mut world = plain().await;
    world.add_item_entry("55", "T-Shirt - L", "OLD-TEE-L", "NonInventory");
    take(&mut world, &tee());
    // the SKU of the line is the parent's, so it contradicts nothing
    let order = OrderBuilder::new(1).raw_line(tee_line(31, "L")).done();
    let drafts = world.plan(StreamName::Orders, &order);
    assert!(matches!(drafts[1].wish, Wish::Adopt(_)), "{drafts:?}");
}

#[tokio::test]
async fn a_line_of_a_deleted_variation_goes_to_the_generic_item() {
    let mut world = plain().await;
    take(&mut world, &tee());
    for (id, name) in [(1, "M"), (2, "S")] {
        let order = OrderBuilder::new(id).raw_line(tee_line(0, name)).done();
        let (sale, became) = world.one(StreamName::Orders, &order);
        assert_eq!(became, posted("19.00", "0"));
        assert_eq!(sold_as(&sale), ["generic_item:woocommerce sales"]);
        assert_eq!(
            body(&sale)["Line"][0]["Description"],
            format!("T-Shirt - {name}")
        );
    }
    assert_eq!(items(&world), ["WooCommerce sales"]);
}

#[tokio::test]
async fn a_line_of_a_deleted_variation_that_was_met_before_its_product_is_no_other_products() {
    let mut world = plain().await;
    let order = |id: u64, name: &str| OrderBuilder::new(id).raw_line(tee_line(0, name)).done();
    let (first, _) = world.one(StreamName::Orders, &order(1, "M"));
    assert_eq!(
        sold_as(&first),
        ["30"],
        "nothing says that it is no product of its own"
    );
    // the product's record says so, and leaves what is in the books
    assert!(matches!(take(&mut world, &tee()), Became::Excluded(_)));
    let (second, _) = world.one(StreamName::Orders, &order(2, "S"));
    assert_eq!(sold_as(&second), ["generic_item:woocommerce sales"]);
    let again = world
        .plan(StreamName::Orders, &order(1, "M"))
        .pop()
        .unwrap();
    assert_eq!(sold_as(&again), ["30"]);
    assert_eq!(items(&world), ["T-Shirt - M", "WooCommerce sales"]);
}

#[tokio::test]
async fn a_posted_line_keeps_its_item_and_so_does_its_refund() {
    let mut world = plain().await;
    take(&mut world, &tee());
    let lamp = |id: u64| {
        let mut line = product_line(id, 1, "9.00", "9.00", &[]);
        line["name"] = json!("Old lamp");
        line
    };
    let order = |lamp: Value, tee: Value| OrderBuilder::new(1).raw_line(lamp).raw_line(tee);
    let before = order(lamp(7), tee_line(31, "L")).done();
    let (sale, _) = world.one(StreamName::Orders, &before);
    assert_eq!(sold_as(&sale), ["7", "31"]);
    // both are deleted in the store, and somebody edits the order
    let after = order(lamp(0), tee_line(0, "L")).with("/customer_note", "ring twice");
    let (sale, _) = world.one(StreamName::Orders, &after.done());
    assert_eq!(sold_as(&sale), ["7", "31"]);
    let back = json!([{
        "id": 900, "name": "T-Shirt - L", "product_id": 30, "variation_id": 0, "quantity": -1,
        "tax_class": "", "subtotal": "-19.00", "subtotal_tax": "0", "total": "-19.00",
        "total_tax": "0", "taxes": [], "sku": "TEE", "meta_data": []
    }]);
    let refund = refund(77, 1, "19.00", back.as_array().unwrap());
    let (refund, became) = world.one(StreamName::Refunds, &refund);
    assert_eq!(became, posted("19.00", "0"));
    assert_eq!(sold_as(&refund), ["31"]);
    // what was not posted goes to the generic item
    let other = OrderBuilder::new(2).raw_line(lamp(0)).done();
    let (other, _) = world.one(StreamName::Orders, &other);
    assert_eq!(sold_as(&other), ["generic_item:woocommerce sales"]);
}
