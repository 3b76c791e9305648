//! Shipping, fees, discounts, and the cents of all lines.
//!
//! | rule | shown by |
//! |---|---|
//! | `shipping.item` | `shipping_uses_the_companys_own_field_where_it_has_one`, `shipping_is_an_item_where_the_company_has_no_field_for_it`, `shipping_can_be_booked_to_an_item_of_the_owners` |
//! | `shipping.income_account` | `shipping_is_an_item_where_the_company_has_no_field_for_it` |
//! | `fees.item` | `fees_have_an_item_and_an_account_of_their_own` |
//! | `fees.income_account` | `fees_have_an_item_and_an_account_of_their_own` |
//! | `discounts.post_as` | `a_discount_is_one_line_to_its_account`, `discounts_can_be_taken_off_the_lines`, `a_company_without_discounts_gets_lines_after_discount` |
//! | `discounts.account` | `a_discount_is_one_line_to_its_account` |
//! | free shipping makes no line | `free_shipping_makes_no_line` |
//! | orders are read with six decimals | `orders_are_read_with_six_decimals` |
//! | a store that rounds tax at the subtotal | `a_store_that_rounds_tax_at_the_subtotal_loses_no_cent` |
//! | what rounding cannot explain is held | `what_no_allocation_within_half_a_cent_a_line_can_meet_is_held` |
//! | a fee below zero with tax of a rate that says 0 % | `a_fee_taxed_by_a_rate_of_nothing_ends_no_run` |

use daybook::domain::{MappingRules, PostDiscountAs, ShippingItem};
use kit::StreamName;
use sandbox::company::{CompanyContents, Kind, Regime};
use serde_json::{Value, json};

use super::{held, mug, posted, rules, us, us_with};
use crate::mapping::books::{World, body};
use crate::mapping::orders::OrderBuilder;
use crate::mapping::recorded::recorded;
use crate::support::{Story, quiet_store};

/// An item of the books by its name, as they show it.
fn item(world: &World, name: &str) -> Value {
    let books = world.company.handle();
    let id = books.id_named(Kind::Item, name).expect(name);
    books.object(Kind::Item, &id).unwrap()
}

/// Amounts of the lines of a mapped document.
fn amounts(body: &Value) -> Vec<String> {
    let lines = body["Line"].as_array().unwrap();
    lines.iter().map(|it| it["Amount"].to_string()).collect()
}

#[tokio::test]
async fn shipping_uses_the_companys_own_field_where_it_has_one() {
    let contents = CompanyContents::fresh(Regime::UsAst)
        .with_preferences(|preferences| preferences.allow_shipping = true);
    let mut world = World::of(contents, MappingRules::default()).await;
    let order = mug(1).shipping("7.95", &[]).done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("44.95", "0"));
    let item = &body(&draft)["Line"][1]["SalesItemLineDetail"]["ItemRef"]["value"];
    assert_eq!(*item, "SHIPPING_ITEM_ID");
}

#[tokio::test]
async fn shipping_is_an_item_where_the_company_has_no_field_for_it() {
    let mut world = us_with(MappingRules::default(), |contents| {
        contents.with_preferences(|preferences| preferences.allow_shipping = false)
    })
    .await;
    let order = mug(1).shipping("7.95", &[]).done();
    let (_, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("44.95", "0"));
    let shipping = item(&world, "Shipping");
    assert_eq!(shipping["IncomeAccountRef"]["name"], "Shipping Income");
    assert_eq!(shipping["Type"], "Service");
}

#[tokio::test]
async fn shipping_can_be_booked_to_an_item_of_the_owners() {
    let mut world = us(rules(|rules| {
        rules.shipping.item = ShippingItem::Named("Freight".to_owned());
        rules.shipping.income_account = "Services".to_owned();
    }))
    .await;
    let order = mug(1).shipping("7.95", &[]).done();
    assert_eq!(
        world.one(StreamName::Orders, &order).1,
        posted("44.95", "0")
    );
    assert_eq!(
        item(&world, "Freight")["IncomeAccountRef"]["name"],
        "Services"
    );
}

#[tokio::test]
async fn free_shipping_makes_no_line() {
    let mut world = us(MappingRules::default()).await;
    let order = mug(1).shipping("0.00", &[]).done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("37.00", "0"));
    assert_eq!(amounts(&body(&sale)), ["37.00"]);
    assert_eq!(
        body(&sale)["ShipMethodRef"]["value"],
        "Flat & fast",
        "how it is sent is told"
    );
}

#[tokio::test]
async fn fees_have_an_item_and_an_account_of_their_own() {
    let mut world = us(MappingRules::default()).await;
    let order = mug(1).fee("5.00", &[]).fee("-2.00", &[]).done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("40.00", "0"));
    assert_eq!(amounts(&body(&sale)), ["37.00", "5.00", "-2.00"]);
    let income = &item(&world, "Fees")["IncomeAccountRef"]["name"];
    assert_eq!(
        income, "Sales of Product Income",
        "that of products where nothing is said"
    );
    let mut world = us(rules(|rules| {
        rules.fees.item = "Gift wrapping".to_owned();
        rules.fees.income_account = Some("Services".to_owned());
    }))
    .await;
    world.one(StreamName::Orders, &order);
    let wrapping = item(&world, "Gift wrapping");
    assert_eq!(wrapping["IncomeAccountRef"]["name"], "Services");
}

#[tokio::test]
async fn a_discount_is_one_line_to_its_account() {
    for post_as in [PostDiscountAs::Auto, PostDiscountAs::Line] {
        let contents = CompanyContents::fresh(Regime::UsAst).with_account(
            "Coupons",
            "Income",
            "DiscountsRefundsGiven",
        );
        let coupons = contents.account_id("Coupons").unwrap();
        let mapping = rules(|rules| {
            rules.discounts.post_as = post_as;
            rules.discounts.account = "Coupons".to_owned();
        });
        let mut world = World::of(contents, mapping).await;
        let order = OrderBuilder::new(1)
            .line(10, 3, "55.50", "50.00", &[])
            .line(11, 1, "20.00", "18.00", &[])
            .done();
        let (sale, became) = world.one(StreamName::Orders, &order);
        assert_eq!(became, posted("68.00", "0"));
        let body = body(&sale);
        assert_eq!(amounts(&body), ["55.50", "20.00", "7.50"]);
        let discount = &body["Line"][2]["DiscountLineDetail"];
        assert_eq!(discount["DiscountAccountRef"]["value"], json!(coupons));
    }
}

#[tokio::test]
async fn discounts_can_be_taken_off_the_lines() {
    let mut world = us(rules(|it| it.discounts.post_as = PostDiscountAs::Net)).await;
    let order = OrderBuilder::new(1)
        .line(10, 3, "55.50", "50.00", &[])
        .line(11, 1, "20.00", "18.00", &[])
        .done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("68.00", "0"));
    assert_eq!(amounts(&body(&sale)), ["50.00", "18.00"]);
}

#[tokio::test]
async fn a_company_without_discounts_gets_lines_after_discount() {
    let contents = CompanyContents::fresh(Regime::UsAst)
        .with_preferences(|preferences| preferences.allow_discount = false);
    let mut world = World::of(contents, MappingRules::default()).await;
    let order = OrderBuilder::new(1)
        .line(10, 3, "55.50", "50.00", &[])
        .done();
    let (draft, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("50.00", "0"));
    let lines = body(&draft)["Line"].clone();
    assert_eq!(lines.as_array().unwrap().len(), 1);
    assert_eq!(lines[0]["Amount"].to_string(), "50.00");
    let detail = &lines[0]["SalesItemLineDetail"];
    assert_eq!(
        detail["UnitPrice"].to_string(),
        "16.667",
        "3 times that is 50.00"
    );
}

#[tokio::test]
async fn orders_are_read_with_six_decimals() {
    let story = Story::sold(quiet_store("")).await;
    story.world.run().await;
    let asked = story.world.shop().requests();
    let with_amounts = |path: &str| path.ends_with("/orders") || path.ends_with("/refunds");
    let asked: Vec<_> = asked
        .iter()
        .filter(|it| with_amounts(&it.path) && !it.query.contains("_fields=id"))
        .collect();
    assert!(!asked.is_empty());
    for request in asked {
        assert!(request.query.contains("dp=6"), "{request:?}");
    }
}

#[tokio::test]
async fn a_store_that_rounds_tax_at_the_subtotal_loses_no_cent() {
    let mut world = us(MappingRules::default()).await;
    for (name, total, tax) in [
        ("us-order-round_at_subtotal-dp6", "91.37", "7.45"),
        ("us-order-round_at_subtotal_cent_gap-dp6", "58.79", "4.79"),
    ] {
        for order in recorded(name) {
            let became = world.one(StreamName::Orders, &order).1;
            assert_eq!(became, posted(total, tax), "{name}");
        }
    }
}

#[tokio::test]
async fn what_no_allocation_within_half_a_cent_a_line_can_meet_is_held() {
    let mut world = us(MappingRules::default()).await;
    let order = |id: u64, total: &str| {
        OrderBuilder::new(id)
            .line(10, 1, "1.004", "1.004", &[])
            .line(11, 1, "2.004", "2.004", &[])
            .line(12, 1, "3.004", "3.004", &[])
            .total(total)
            .done()
    };
    let (sale, became) = world.one(StreamName::Orders, &order(1, "6.02"));
    assert_eq!(became, posted("6.02", "0"));
    assert_eq!(amounts(&body(&sale)), ["1.01", "2.01", "3.00"]);
    let (sale, became) = world.one(StreamName::Orders, &order(2, "6.03"));
    assert_eq!(became, held("total_mismatch"));
    let why = super::reason(&sale.wish);
    assert!(why.contains("add up to 6.01"), "{why}");
}

#[tokio::test]
async fn a_fee_taxed_by_a_rate_of_nothing_ends_no_run() {
    let mut world = us(MappingRules::default()).await;
    // a plugin's rate: its line says 0 %, the fee is taxed all the same, and nothing else is
    let order = OrderBuilder::new(1)
        .rate(1, "Tax", "0", false)
        .line(10, 1, "0.00", "0.00", &[])
        .shipping("10.00", &[])
        .fee("-2.00", &[(1, "-0.16")])
        .done();
    let (sale, became) = world.one(StreamName::Orders, &order);
    assert_eq!(became, posted("7.84", "-0.16"), "as the store has it");
    assert_eq!(amounts(&body(&sale)), ["0.00", "10.00", "-2.00"]);
}
