//! Customers and items over several runs and lost answers: what daybook made is found again, and what
//! somebody else made is never taken for it.

use std::sync::atomic::{AtomicU32, Ordering};

use daybook::domain::SyncStatus;
use sandbox::company::{CompanyContents, Currency, Effect, Kind, Regime, When};
use sandbox::store::{Address, Cart};
use serde_json::json;

use crate::support::{Setup, Story, World, ana, check_invariants, quiet_store};

/// What the books call their entries of a kind, with the second key of each.
fn entries(world: &World, kind: Kind, name: &str, key: &str) -> Vec<(String, String)> {
    let entries = world.books().objects(kind).into_iter();
    let text = |entry: &serde_json::Value, pointer: &str| {
        let text = entry.pointer(pointer).and_then(|it| it.as_str());
        text.unwrap_or_default().to_owned()
    };
    let mut all: Vec<_> = entries
        .map(|entry| (text(&entry, name), text(&entry, key)))
        .collect();
    all.sort();
    all
}

fn customers(world: &World) -> Vec<(String, String)> {
    let mut all = entries(
        world,
        Kind::Customer,
        "/DisplayName",
        "/PrimaryEmailAddr/Address",
    );
    all.retain(|(name, _)| name.starts_with("Ana"));
    all
}

fn items(world: &World, name: &str) -> Vec<(String, String)> {
    let mut all = entries(world, Kind::Item, "/Name", "/Sku");
    all.retain(|(own, _)| own.starts_with(name));
    all
}

fn pair(name: &str, key: &str) -> (String, String) {
    (name.to_owned(), key.to_owned())
}

/// The write of a list object whose body has this text, the `nth` of them.
fn list_write(text: &'static str, nth: u32) -> When {
    let seen = AtomicU32::new(0);
    When::matching(move |request| {
        let fits =
            request.is_write && request.body.contains(text) && !request.body.contains("DocNumber");
        fits && seen.fetch_add(1, Ordering::SeqCst) + 1 == nth
    })
}

/// A world whose lists were read before anything in question happened, with request ids kept or not.
async fn world_with(replays: bool, change: impl FnOnce(&mut Setup)) -> World {
    let mut setup = quiet_store("").with_quirks(|quirks| quirks.replays_request_ids = replays);
    change(&mut setup);
    let world = setup.start().await;
    world.sell_mugs(1);
    assert_eq!(world.run().await.status, SyncStatus::Completed);
    world
}

#[tokio::test]
async fn a_sale_is_never_booked_to_a_namesake_though_the_answer_is_lost() {
    for replays in [true, false] {
        let world = world_with(replays, |_| {}).await;
        let books = world.books();
        books
            .add_customer("Ana Lee", "somebody.else@example.org")
            .unwrap();
        books.plan(list_write("ana@example.com", 1), Effect::CutBefore);
        let cart = Cart::new().bill_to(ana()).line("MUG-001", 1);
        let story = Story::of(world, |shop| shop.place_paid_order(&cart).unwrap());
        story.world.run().await;
        assert_eq!(story.world.books().plans_left(), 0);
        let own = "Ana Lee (ana@example.com)";
        assert_eq!(
            customers(&story.world),
            [
                pair("Ana Lee", "somebody.else@example.org"),
                pair(own, "ana@example.com")
            ]
        );
        let id = story.world.books().id_named(Kind::Customer, own);
        assert_eq!(story.receipt().customer_id, id);
        story.is_up_to_date().await;
    }
}

#[tokio::test]
async fn a_product_is_never_sold_as_a_namesake_though_the_answer_is_lost() {
    let world = world_with(true, |_| {}).await;
    let books = world.books();
    let income = books.id_named(Kind::Account, "Sales of Product Income");
    let lamp = json!({ "Name": "Old lamp", "Sku": "OTHER", "Type": "Service",
        "IncomeAccountRef": { "value": income } });
    books.add(Kind::Item, lamp).unwrap();
    books.plan(list_write("\"LAMP\"", 1), Effect::CutBefore);
    world.an_hour_ago(|shop| {
        shop.add_product("Old lamp", "LAMP", "10".parse().unwrap());
    });
    world.run().await;
    assert_eq!(world.books().plans_left(), 0);
    assert_eq!(
        items(&world, "Old lamp"),
        [pair("Old lamp", "OTHER"), pair("Old lamp (LAMP)", "LAMP")]
    );
    check_invariants(&world).await;
}

#[tokio::test]
async fn what_was_made_and_not_answered_is_not_made_again() {
    for replays in [true, false] {
        let world = world_with(replays, |_| {}).await;
        for text in ["ana@example.com", "Nobody", "\"LAMP\"", "Candle"] {
            world.books().plan(list_write(text, 1), Effect::CutAfter);
        }
        let nobody = Address {
            last_name: "Nobody".to_owned(),
            email: String::new(),
            ..ana()
        };
        world.an_hour_ago(|shop| {
            shop.add_product("Old lamp", "LAMP", "10".parse().unwrap());
            shop.add_product("Candle", "", "10".parse().unwrap());
            for who in [ana(), nobody] {
                let cart = Cart::new().bill_to(who).line("MUG-001", 1);
                shop.place_paid_order(&cart).unwrap();
            }
        });
        world.run().await;
        let people = [pair("Ana Lee", "ana@example.com"), pair("Ana Nobody", "")];
        assert_eq!(customers(&world), people, "replays: {replays}");
        assert_eq!(items(&world, "Old lamp"), [pair("Old lamp", "LAMP")]);
        assert_eq!(items(&world, "Candle"), [pair("Candle", "")]);
        check_invariants(&world).await;
    }
}

#[tokio::test]
async fn of_two_products_of_one_name_each_gets_its_item_though_answers_are_lost() {
    for (together, nth, effect) in [
        (true, 1, Effect::CutAfter),
        (true, 1, Effect::CutBefore),
        (false, 1, Effect::CutAfter),
        (false, 2, Effect::CutAfter),
        (false, 2, Effect::CutBefore),
    ] {
        let world = world_with(false, |setup| {
            if !together {
                setup.books_settings = "batch_size = 1\nconcurrency = 1\n".to_owned();
            }
        })
        .await;
        let told = format!("together: {together}, {nth}: {effect:?}");
        world.books().plan(list_write("Gift card", nth), effect);
        let mut second = 0;
        world.an_hour_ago(|shop| {
            shop.add_product("Gift card", "", "10".parse().unwrap());
            second = shop.add_product("Gift card", "", "25".parse().unwrap());
        });
        world.run().await;
        assert_eq!(world.books().plans_left(), 0, "{told}");
        let both = items(&world, "Gift card");
        assert_eq!(both.len(), 2, "{told}: {both:?}");
        assert!(both[1].0.starts_with("Gift card (#"), "{told}: {both:?}");
        check_invariants(&world).await;
    }
}

#[tokio::test]
async fn a_customer_who_buys_in_another_currency_the_next_day_is_another_one() {
    let euro = Currency::EUR;
    let mut setup = quiet_store("");
    let mut contents = CompanyContents::fresh(Regime::UsAst).with_multi_currency(&[euro]);
    contents.exchange_rates.push((euro, "1.1".parse().unwrap()));
    setup.company.contents = contents;
    let world = setup.start().await;
    for (code, sign) in [("USD", "$"), ("EUR", "€"), ("USD", "$"), ("EUR", "€")] {
        let cart = Cart::new().currency(code, sign).bill_to(ana());
        world.an_hour_ago(|shop| {
            shop.place_paid_order(&cart.line("MUG-001", 1)).unwrap();
        });
        let run = world.run().await;
        assert_eq!(run.status, SyncStatus::Completed, "{code}: {run:?}");
    }
    let mail = "ana@example.com";
    assert_eq!(
        customers(&world),
        [pair("Ana Lee", mail), pair("Ana Lee (EUR)", mail)]
    );
    check_invariants(&world).await;
}
