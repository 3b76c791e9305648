//! Opening: new, old, newer, damaged, forbidden, unreachable.

use std::sync::Arc;

use daybook::store::{Store, StoreError};
use kit::Chance;

use super::world::{World, execute, look, posted, sale_key};

super::on_both![
    a_store_opened_again_has_what_was_written,
    tables_of_a_newer_version_are_left_alone,
    two_processes_can_open_a_new_database_at_once,
];

async fn a_store_opened_again_has_what_was_written(world: World) {
    let store = world.open().await;
    posted(&store, "1043", "a", "771").await;
    store.close().await;
    let store = world.open().await;
    store.ping().await.unwrap();
    let loaded = look(&store, &sale_key("1043")).await;
    assert_eq!(loaded.link.unwrap().target_id, "771");
}

async fn tables_of_a_newer_version_are_left_alone(world: World) {
    world.open().await.close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         SELECT 999, 'from the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
    execute(&world.url, newer.to_owned()).await;
    let refusal = open(&world.url).await.unwrap_err();
    assert!(refusal.to_string().contains("newer daybook"), "{refusal}");
    assert!(refusal.remedy().contains("install"), "{}", refusal.remedy());
}

async fn two_processes_can_open_a_new_database_at_once(world: World) {
    let (first, second, third) = tokio::join!(open(&world.url), open(&world.url), open(&world.url));
    for store in [first, second, third] {
        store.unwrap().ping().await.unwrap();
    }
}

async fn open(url: &str) -> Result<Store, StoreError> {
    let clock = Arc::new(kit::SystemClock);
    Store::open(url, clock, Arc::new(Chance::seeded(1))).await
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::sqlite();
    let store = world.open().await;
    posted(&store, "1", "a", "1").await;
    for file in std::fs::read_dir(world.directory().unwrap()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone() {
    let world = World::sqlite();
    let path = world.directory().unwrap().join("daybook.db");
    std::fs::write(
        &path,
        "this is no database, however long it may be".repeat(100),
    )
    .unwrap();
    let refusal = open(&world.url).await.unwrap_err();
    assert!(refusal.to_string().contains("daybook.db"), "{refusal}");
    assert!(refusal.to_string().contains("damaged"), "{refusal}");
    assert!(refusal.remedy().contains("backup"));
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("this is no database")
    );
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let refusal = open("sqlite:///nowhere/at/all/daybook.db")
        .await
        .unwrap_err();
    assert!(
        refusal.to_string().contains("/nowhere/at/all/daybook.db"),
        "{refusal}"
    );
    assert!(refusal.remedy().contains("directory"));
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_its_password() {
    let url = "postgres://daybook:very-secret@127.0.0.1:1/books";
    let refusal = open(url).await.unwrap_err();
    let words = format!("{refusal} {} {refusal:?}", refusal.remedy());
    assert!(words.contains("`books` on 127.0.0.1"), "{words}");
    assert!(!words.contains("very-secret"), "{words}");
}

#[tokio::test]
async fn an_address_of_another_kind_is_refused() {
    for url in [
        "mysql://user:very-secret@host/books",
        "daybook.db",
        "sqlite::memory:",
        "",
    ] {
        let refusal = open(url).await.unwrap_err();
        assert!(!refusal.to_string().contains("very-secret"), "{refusal}");
        assert!(
            refusal.remedy().contains("sqlite://"),
            "{}",
            refusal.remedy()
        );
    }
}

#[tokio::test]
async fn a_path_with_odd_letters_can_be_opened() {
    let world = World::sqlite();
    let url = format!(
        "sqlite://{}/my books #1?.db",
        world.directory().unwrap().display()
    );
    let url = url.replace("?.db", " 100%.db");
    open(&url).await.unwrap().ping().await.unwrap();
    assert!(
        world
            .directory()
            .unwrap()
            .join("my books #1 100%.db")
            .exists()
    );
}
