//! The books' lists, matches, and what was learned of a company.

use daybook::domain::{Match, MatchField, Needs, Realm};
use kit::{ListEntry, ListKind};

use super::world::{World, realm, route};

super::on_both![
    a_list_is_replaced_as_a_whole,
    entries_are_found_by_name_and_key_without_regard_to_case,
    what_was_learned_is_kept,
    a_long_list_is_kept_whole,
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

async fn a_list_is_replaced_as_a_whole(world: World) {
    let store = world.open().await;
    let first = [customer("1", "Ana", ""), customer("2", "Ben", "")];
    store
        .replace_list(&realm(), ListKind::Customer, &first)
        .await
        .unwrap();
    store
        .replace_list(&Realm::new("other"), ListKind::Customer, &first)
        .await
        .unwrap();
    let second = [customer("2", "Benno", ""), customer("3", "Cleo", "")];
    store
        .replace_list(&realm(), ListKind::Customer, &second)
        .await
        .unwrap();
    assert_eq!(
        store.list(&realm(), ListKind::Customer).await.unwrap(),
        second
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
        .replace_list(&realm(), ListKind::Customer, &[ana.clone(), twin.clone()])
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
    store
        .replace_list(&realm(), ListKind::Customer, &many)
        .await
        .unwrap();
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
