//! The books' lists, matches, and what was learned of a company.

use std::time::Duration;

use daybook::domain::{ConnectionName, Match, MatchField, Needs, Realm};
use kit::{Clock, ListEntry, ListKind};

use super::world::{World, realm, route};

super::on_both![
    a_list_is_replaced_page_by_page_and_what_was_made_meanwhile_stays,
    entries_are_found_by_name_and_key_without_regard_to_case,
    entries_are_found_by_their_ids,
    what_was_learned_is_kept,
    a_long_list_is_kept_whole,
    what_a_store_said_of_itself_is_kept_until_it_says_otherwise,
];

fn customer(id: &str, name: &str, mail: &str) -> ListEntry {
    ListEntry {
        kind: ListKind::Customer,
        id: id.into(),
        name: name.into(),
        key: mail.into(),
        sync_token: "0".into(),
        body: "{}".into(),
    }
}

async fn a_list_is_replaced_page_by_page_and_what_was_made_meanwhile_stays(world: World) {
    let store = world.open().await;
    let first = [customer("1", "Ana", ""), customer("2", "Ben", "")];
    store.put_list_page(&realm(), &first).await.unwrap();
    let other = Realm::new("other");
    store.put_list_page(&other, &first).await.unwrap();
    world.clock.sleep(Duration::from_millis(5)).await;
    let began = world.clock.now();
    let page = [customer("2", "Benno", "")];
    store.put_list_page(&realm(), &page).await.unwrap();
    assert_eq!(
        store
            .list(&realm(), ListKind::Customer)
            .await
            .unwrap()
            .len(),
        2,
        "until it is read to its end nothing is forgotten"
    );
    let made = [customer("3", "Cleo", "")];
    store.put_list_page(&realm(), &made).await.unwrap();
    store
        .end_list(&realm(), ListKind::Customer, began)
        .await
        .unwrap();
    assert_eq!(
        store.list(&realm(), ListKind::Customer).await.unwrap(),
        [page, made].concat()
    );
    assert_eq!(
        store
            .list(&Realm::new("other"), ListKind::Customer)
            .await
            .unwrap(),
        first
    );
    assert!(
        store
            .list(&realm(), ListKind::Item)
            .await
            .unwrap()
            .is_empty()
    );
    let read = store.lists_read_at(&realm()).await.unwrap();
    assert!(read.contains_key(&ListKind::Customer) && !read.contains_key(&ListKind::Item));
}

async fn entries_are_found_by_name_and_key_without_regard_to_case(world: World) {
    let store = world.open().await;
    let ana = customer("1", "Ana MÜLLER", "Ana@Example.com");
    let twin = customer("2", " ana müller ", "");
    store
        .put_list_page(&realm(), &[ana.clone(), twin.clone()])
        .await
        .unwrap();
    let by_name = Match::new(ListKind::Customer, MatchField::Name, "Ana Müller");
    let by_mail = Match::new(ListKind::Customer, MatchField::Key, " ANA@example.com");
    let as_item = Match::new(ListKind::Item, MatchField::Name, "Ana Müller");
    let nobody = Match::new(ListKind::Customer, MatchField::Name, "Nobody");
    let needs = Needs {
        matches: [&by_name, &by_mail, &as_item, &nobody]
            .into_iter()
            .cloned()
            .collect(),
        ..Needs::default()
    };
    let known = store.references(&route(), &needs).await.unwrap();
    assert_eq!(known.matching(&by_name), [ana.clone(), twin]);
    assert_eq!(known.matching(&by_mail), [ana]);
    assert!(known.matching(&as_item).is_empty() && known.matching(&nobody).is_empty());
}

async fn what_was_learned_is_kept(world: World) {
    let store = world.open().await;
    assert_eq!(
        store.realm_facts(&realm()).await.unwrap(),
        daybook::store::RealmFacts::default()
    );
    store.set_rate_permille(&realm(), 800).await.unwrap();
    store.set_rate_permille(&realm(), 750).await.unwrap();
    store.close().await;
    let store = world.open().await;
    assert_eq!(
        store.realm_facts(&realm()).await.unwrap().rate_permille,
        Some(750)
    );
}

async fn a_long_list_is_kept_whole(world: World) {
    let store = world.open().await;
    let many: Vec<_> = (0..1005)
        .map(|id| customer(&format!("{id:05}"), &format!("Name {id:05}"), ""))
        .collect();
    store.put_list_page(&realm(), &many).await.unwrap();
    assert_eq!(
        store.list(&realm(), ListKind::Customer).await.unwrap(),
        many
    );
    let looks = many
        .iter()
        .map(|entry| Match::new(ListKind::Customer, MatchField::Name, &entry.name));
    let needs = Needs {
        matches: looks.collect(),
        ..Needs::default()
    };
    let known = store.references(&route(), &needs).await.unwrap();
    assert_eq!(known.matches.len(), many.len());
}

async fn entries_are_found_by_their_ids(world: World) {
    let store = world.open().await;
    let all = [
        customer("1", "Ana", ""),
        customer("2", "Ben", ""),
        customer("3", "Cleo", ""),
    ];
    store.put_list_page(&realm(), &all).await.unwrap();
    let of = async |ids: &[&str]| {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let found = store.list_entries(&realm(), ListKind::Customer, &ids).await;
        let mut names: Vec<String> = found.unwrap().into_iter().map(|it| it.name).collect();
        names.sort();
        names
    };
    assert_eq!(of(&["3", "1", "9"]).await, ["Ana", "Cleo"]);
    assert_eq!(of(&[]).await, [""; 0]);
}

async fn what_a_store_said_of_itself_is_kept_until_it_says_otherwise(world: World) {
    let store = world.open().await;
    let shop = ConnectionName::new("shop");
    assert_eq!(store.setup(&shop).await.unwrap(), None);
    store.put_setup(&shop, "{\"name\":\"old\"}").await.unwrap();
    store
        .put_setup(&ConnectionName::new("other"), "{}")
        .await
        .unwrap();
    store.put_setup(&shop, "{\"name\":\"new\"}").await.unwrap();
    let (body, at) = store.setup(&shop).await.unwrap().unwrap();
    assert_eq!(body, "{\"name\":\"new\"}");
    assert!(at <= world.clock.now());
}
