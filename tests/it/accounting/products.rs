//! Products: what a sale is booked as.
//!
//! | rule | shown by |
//! |---|---|
//! | `products.match` | `a_known_sku_is_the_same_item_and_two_of_them_are_held`, `a_known_name_is_the_same_item_but_a_category_is_none`, `a_sku_alone_can_decide` |
//! | `products.missing` | `a_missing_item_can_be_held_or_sold_as_the_generic_one` |
//! | `products.type` | `items_are_of_the_owners_type_and_accounts` |
//! | an item in a category | `an_item_in_a_category_is_found_by_the_last_part_of_its_name` |
//! | `products.generic` | `a_deleted_product_is_sold_as_the_generic_item_under_its_own_name`, `the_generic_item_has_the_owners_name` |
//! | `products.income_account` | `items_are_of_the_owners_type_and_accounts` |
//! | `products.expense_account` | `items_are_of_the_owners_type_and_accounts` |
//! | `products.asset_account` | `items_are_of_the_owners_type_and_accounts`, `names_and_accounts_that_do_not_fit_come_with_the_nearest_that_do` |
//! | a product and the lines that sell it are one item | `a_product_and_its_lines_are_one_item`, `a_line_makes_the_same_item_as_the_products_record` |
//! | two items with one SKU: held | `a_known_sku_is_the_same_item_and_two_of_them_are_held` |
//! | names are cut and cleaned, unique by their SKU | `two_products_of_one_name_are_told_apart_by_their_skus`, `a_known_name_with_another_sku_is_another_item` |
//! | two products of one name without a SKU stay two | `products_of_one_name_or_of_lost_letters_stay_two`, `two_products_of_one_name_stay_two_within_one_page` |
//! | inventory items begin before the oldest order that is posted | `an_inventory_item_begins_before_the_oldest_order_that_is_posted` |
//! | quantity is never changed after creation | `the_stock_of_an_item_is_told_once` |
//! | every recorded product | `the_recorded_products_all_become_items` |

use daybook::domain::{
    Draft, LinkKey, MappingRules, MissingProduct, ProductMatch, ProductType, SourceKind, Wish,
};
use jiff::civil::date;
use kit::{PostingKind, StreamName};
use sandbox::company::{CompanyContents, Kind, Regime};
use serde_json::{Value, json};

use super::{mug, posted, rules, us};
use crate::mapping::books::{Became, World, body};
use crate::mapping::orders::{OrderBuilder, product_line};
use crate::mapping::recorded::recorded;
use crate::support::{Story, quiet_store};

fn product(id: u64, name: &str, sku: &str) -> Value {
    json!({ "id": id, "type": "simple", "name": name, "sku": sku, "status": "publish" })
}

pub(super) async fn plain() -> World {
    us(MappingRules::default()).await
}

pub(super) fn take(world: &mut World, product: &Value) -> Became {
    world
        .take(StreamName::Products, &product.to_string())
        .pop()
        .unwrap()
        .1
}

pub(super) fn items(world: &World) -> Vec<String> {
    let items = world.company.handle().objects(Kind::Item);
    let names = items
        .iter()
        .filter_map(|it| it["Name"].as_str().map(str::to_owned));
    names
        .filter(|name| name != "Services" && name != "Hours")
        .collect()
}

fn key(id: &str) -> LinkKey {
    LinkKey::new(SourceKind::Product, id, PostingKind::Item)
}

#[tokio::test]
async fn a_product_and_its_lines_are_one_item() {
    let mut world = plain().await;
    take(&mut world, &product(10, "Product 10", "SKU-10"));
    let drafts = world.take(
        StreamName::Orders,
        &OrderBuilder::new(1).line(10, 1, "5", "5", &[]).done(),
    );
    assert!(
        drafts
            .iter()
            .all(|(draft, _)| draft.key.kind != PostingKind::Item)
    );
    assert_eq!(items(&world), ["Product 10"]);
}

#[tokio::test]
async fn a_line_makes_the_same_item_as_the_products_record() {
    let world = plain().await;
    let order = OrderBuilder::new(1).line(10, 1, "5", "5", &[]).done();
    let from_line = world.plan(StreamName::Orders, &order);
    let from_line = from_line
        .iter()
        .find(|it| it.key.kind == PostingKind::Item)
        .unwrap();
    let record = product(10, "Product 10", "SKU-10").to_string();
    let from_record = world.plan(StreamName::Products, &record).pop().unwrap();
    assert_eq!(from_line, &from_record);
}

#[tokio::test]
async fn a_known_sku_is_the_same_item_and_two_of_them_are_held() {
    let mut world = plain().await;
    world.add_item_entry("55", "Mug, blue", "mug-001", "NonInventory");
    assert_eq!(
        take(&mut world, &product(1, "Stoneware Mug", "MUG-001")),
        Became::Adopted
    );
    world.add_item_entry("56", "Mug, red", "MUG-001", "NonInventory");
    let became = take(&mut world, &product(2, "Stoneware Mug", "MUG-001"));
    assert_eq!(became, Became::Held("duplicate_sku".to_owned()));
}

#[tokio::test]
async fn a_known_name_is_the_same_item_but_a_category_is_none() {
    let mut world = plain().await;
    world.add_item_entry("55", "stoneware mug", "", "NonInventory");
    world.add_item_entry("56", "Pots", "", "Category");
    assert_eq!(
        take(&mut world, &product(1, "Stoneware Mug", "")),
        Became::Adopted
    );
    assert!(matches!(
        take(&mut world, &product(2, "Pots", "")),
        Became::Posted { .. }
    ));
}

#[tokio::test]
async fn a_known_name_with_another_sku_is_another_item() {
    let mut world = plain().await;
    world.add_item_entry("55", "Stoneware Mug", "MUG-OLD", "NonInventory");
    let became = take(&mut world, &product(1, "Stoneware Mug", "MUG-001"));
    assert!(matches!(became, Became::Posted { .. }), "{became:?}");
    // a product without a SKU contradicts nothing, and the new item is another product's
    let became = take(&mut world, &product(2, "Stoneware mug", ""));
    assert_eq!(became, Became::Adopted);
    assert_eq!(world.links[&key("2")].target_id, "55");
    world.add_item_entry("56", "Pots:Stoneware Mug", "", "NonInventory");
    world.add_item_entry("57", "Cups:Stoneware Mug", "", "NonInventory");
    let became = take(&mut world, &product(3, "Stoneware mug", ""));
    assert_eq!(became, Became::Held("duplicate_sku".to_owned()));
}

#[tokio::test]
async fn a_sku_alone_can_decide() {
    let mut rules = MappingRules::default();
    rules.products.matching = vec![ProductMatch::Sku];
    let mut world = World::fresh(Regime::UsAst, rules).await;
    world.add_item_entry("55", "Stoneware Mug", "", "NonInventory");
    let became = take(&mut world, &product(1, "Stoneware Mug", "MUG-001"));
    assert!(matches!(became, Became::Posted { .. }));
}

#[tokio::test]
async fn two_products_of_one_name_are_told_apart_by_their_skus() {
    let mut world = plain().await;
    let long = "A very long name: with a colon and <b>tags</b> ".repeat(4);
    take(&mut world, &product(1, &long, "A-1"));
    take(&mut world, &product(2, &long, "B-2"));
    let names = items(&world);
    assert!(
        names[0].starts_with("A very long name- with a colon and tags"),
        "{names:?}"
    );
    assert!(names[1].ends_with(" (B-2)"), "{names:?}");
    assert!(names.iter().all(|name| name.encode_utf16().count() <= 100));
}

#[tokio::test]
async fn products_of_one_name_or_of_lost_letters_stay_two() {
    let mut world = plain().await;
    for (id, name) in [
        (1, "Gift card"),
        (2, "Gift card"),
        (3, "iPhone \u{4ed6}"),
        (4, "iPhone \u{5979}"),
    ] {
        take(&mut world, &product(id, name, ""));
    }
    let names = ["Gift card", "Gift card (#2)", "iPhone Ta", "iPhone Ta (#4)"];
    assert_eq!(items(&world), names);
}

#[tokio::test]
async fn an_item_in_a_category_is_found_by_the_last_part_of_its_name() {
    let mut world = us(rules(|it| it.fees.item = "Extras:Gift wrap".to_owned())).await;
    world.add_item_entry("55", "Pots:Stoneware Mug", "", "NonInventory");
    world.add_item_entry("56", "Extras:Gift wrap", "", "Service");
    world.add_item_entry("57", "Old:Gift wrap", "", "Service");
    let became = take(&mut world, &product(1, "Stoneware mug", "MUG-001"));
    assert_eq!(became, Became::Adopted);
    assert_eq!(world.links[&key("1")].target_id, "55");
    // with its categories just that one is meant
    let order = mug(1).fee("2.00", &[]).done();
    let drafts = world.plan(StreamName::Orders, &order);
    let is_fees = |it: &&Draft| it.key.source_id.starts_with("fees:");
    let fees = drafts.iter().find(is_fees).unwrap();
    assert!(
        matches!(&fees.wish, Wish::Adopt(it) if it.target_id == "56"),
        "{fees:?}"
    );
    // an item outside of all categories comes before one in a category
    world.add_item_entry("58", "Teapot", "", "NonInventory");
    world.add_item_entry("59", "Pots:Teapot", "", "NonInventory");
    take(&mut world, &product(2, "Teapot", ""));
    assert_eq!(world.links[&key("2")].target_id, "58");
}

#[tokio::test]
async fn a_deleted_product_is_sold_as_the_generic_item_under_its_own_name() {
    let mut world = plain().await;
    let mut line = product_line(0, 2, "90.00", "90.00", &[]);
    line["sku"] = json!(null);
    line["name"] = json!("Lamp &amp; Shade");
    let (sale, _) = world.one(
        StreamName::Orders,
        &OrderBuilder::new(1).raw_line(line).done(),
    );
    assert_eq!(items(&world), ["WooCommerce sales"]);
    assert_eq!(body(&sale)["Line"][0]["Description"], "Lamp & Shade");
}

#[tokio::test]
async fn the_generic_item_has_the_owners_name() {
    let mut world = us(rules(|it| it.products.generic = "Odds and ends".to_owned())).await;
    let mut line = product_line(0, 1, "9.00", "9.00", &[]);
    line["sku"] = json!(null);
    let order = OrderBuilder::new(1).raw_line(line).done();
    assert_eq!(world.one(StreamName::Orders, &order).1, posted("9.00", "0"));
    assert_eq!(items(&world), ["Odds and ends"]);
}

#[tokio::test]
async fn a_missing_item_can_be_held_or_sold_as_the_generic_one() {
    let mut rules = MappingRules::default();
    rules.products.missing = MissingProduct::Hold;
    let world = World::fresh(Regime::UsAst, rules).await;
    let order = OrderBuilder::new(1).line(10, 1, "5", "5", &[]).done();
    let drafts = world.plan(StreamName::Orders, &order);
    let item = drafts
        .iter()
        .find(|it| it.key.kind == PostingKind::Item)
        .unwrap();
    assert!(matches!(&item.wish, Wish::Hold(hold) if hold.cause == "missing_item"));
    // and its order waits for it
    let mapping = "[pipelines.mapping.products]\nmissing = \"hold\"";
    let story = Story::sold(quiet_store(mapping)).await;
    story.world.run().await;
    let mut causes = story.held().await;
    causes.sort();
    causes.dedup();
    assert_eq!(causes, ["missing_item", "waits_for_reference"]);
    assert_eq!(story.world.books().documents(), []);

    let mut rules = MappingRules::default();
    rules.products.missing = MissingProduct::Generic;
    let mut world = World::fresh(Regime::UsAst, rules).await;
    world.add_item_entry("1", "Services", "SKU-11", "Service");
    let order = OrderBuilder::new(1)
        .line(10, 1, "5", "5", &[])
        .line(11, 1, "7", "7", &[])
        .done();
    let drafts = world.take(StreamName::Orders, &order);
    let sources: Vec<_> = drafts
        .iter()
        .filter(|(draft, _)| draft.key.kind == PostingKind::Item)
        .map(|(draft, _)| (draft.key.source_kind, draft.key.source_id.clone()))
        .collect();
    let generic = (
        SourceKind::Role,
        "generic_item:woocommerce sales".to_owned(),
    );
    assert_eq!(sources, [generic, (SourceKind::Product, "11".to_owned())]);
}

#[tokio::test]
async fn items_are_of_the_owners_type_and_accounts() {
    for (kind, word, accounts) in [
        (
            ProductType::NonInventory,
            "NonInventory",
            [Some("Sales"), Some("Supplies"), None],
        ),
        (ProductType::Service, "Service", [Some("Sales"), None, None]),
        (
            ProductType::Inventory,
            "Inventory",
            [Some("Sales"), Some("Supplies"), Some("Shop stock")],
        ),
    ] {
        let contents = CompanyContents::fresh(Regime::UsAst)
            .with_account("Supplies", "Cost of Goods Sold", "SuppliesMaterialsCogs")
            .with_account("Shop stock", "Other Current Asset", "Inventory");
        let mapping = rules(|rules| {
            rules.products.kind = kind;
            rules.products.income_account = "Sales".to_owned();
            rules.products.expense_account = "Supplies".to_owned();
            rules.products.asset_account = "Shop stock".to_owned();
        });
        let mut world = World::of(contents, mapping).await;
        world.take(StreamName::Orders, &mug(1).done());
        let books = world.company.handle();
        let id = books.id_named(Kind::Item, "Product 10").unwrap();
        let item = books.object(Kind::Item, &id).unwrap();
        let members = ["IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef"];
        assert_eq!(item["Type"], word);
        assert_eq!(
            members.map(|member| item[member]["name"].as_str()),
            accounts
        );
    }
}

#[tokio::test]
async fn an_inventory_item_begins_before_the_oldest_order_that_is_posted() {
    let from = |start: jiff::civil::Date| {
        rules(|rules| {
            rules.products.kind = ProductType::Inventory;
            rules.start_date = Some(start);
        })
    };
    // the books refuse a sale before the stock of its product begins: on the first day none is
    let mut world = us(from(date(2026, 11, 5))).await;
    let (_, became) = world.one(StreamName::Orders, &mug(1).done());
    assert_eq!(became, posted("37.00", "0"));
    let books = world.company.handle();
    let id = books.id_named(Kind::Item, "Product 10").unwrap();
    let item = books.object(Kind::Item, &id).unwrap();
    assert_eq!(item["InvStartDate"], "2026-11-05");
    let mut world = us(from(date(2026, 11, 6))).await;
    let (_, became) = world.one(StreamName::Orders, &mug(1).done());
    assert!(matches!(became, Became::Excluded(_)), "{became:?}");
}

#[tokio::test]
async fn the_stock_of_an_item_is_told_once() {
    let mut rules = MappingRules::default();
    rules.products.kind = ProductType::Inventory;
    let mut world = World::fresh(Regime::UsAst, rules).await;
    let mut mug = product(1, "Mug", "M");
    mug["stock_quantity"] = json!(7);
    let first = world
        .plan(StreamName::Products, &mug.to_string())
        .pop()
        .unwrap();
    assert_eq!(body(&first)["QtyOnHand"].to_string(), "7");
    assert_eq!(body(&first)["InvStartDate"], "2000-01-01");
    world.settle(&first);
    let later = world
        .plan(StreamName::Products, &mug.to_string())
        .pop()
        .unwrap();
    assert_eq!(
        body(&later)["QtyOnHand"],
        json!(null),
        "it would undo what was sold since"
    );
}

#[tokio::test]
async fn the_recorded_products_all_become_items() {
    let mut world = plain().await;
    for record in recorded("us-products-list") {
        let became = world.take(StreamName::Products, &record).pop().unwrap().1;
        assert!(!matches!(became, Became::Held(_)), "{record}: {became:?}");
    }
    assert!(items(&world).len() > 8, "{:?}", items(&world));
}
