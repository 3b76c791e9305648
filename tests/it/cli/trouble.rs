//! A mapping that does not fit the books, a database that cannot be used, records that cannot be read:
//! named, with the right exit code, and the rest unharmed.

use sandbox::store::{Fault, Malformation, Matcher};

use super::shell::Shell;
use crate::support::check_invariants;

#[tokio::test]
async fn an_account_that_is_not_in_the_books_is_named_with_the_nearest_and_nothing_is_posted() {
    for (account, says) in [
        ("Undeposited Fund", "the nearest are `Undeposited Funds`"),
        ("No Such Account", "make it there, or name one that exists"),
    ] {
        let mut shell = Shell::with_plain_orders(3).await;
        let right = shell.config.clone();
        shell.config =
            format!("{right}\n[pipelines.mapping.payments.default]\ndeposit_to = \"{account}\"\n");
        let texts = [
            "`mapping.payments.default.deposit_to`",
            &format!("no account `{account}` in QuickBooks"),
            says,
        ];
        let check = shell.run(&["check"]).await;
        check.tells(2, &texts);
        check.tells(
            2,
            &[
                "✓ store `store`",
                "✓ company `books`",
                "→ correct the mapping",
            ],
        );
        let sync = shell.run(&["sync"]).await;
        sync.complains(2, &texts);
        sync.complains(2, &["daybook check"]);
        let counts = shell.world.books().counts();
        assert_eq!((counts.writes, counts.batch_items), (0, 0));

        shell.config = right;
        let said = shell.run(&["sync"]).await;
        assert_eq!(said.code, 0, "{said:#?}");
        assert_eq!(shell.documents(), 3);
        check_invariants(&shell.world).await;
    }
}

/// Runs one statement on the world's database that is not daybook's own.
async fn execute(shell: &Shell, statement: &'static str) {
    let path = shell.world.folder.path().join("daybook.db");
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", path.display());
    let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    sqlx::query(statement)
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_daybook_is_left_alone() {
    let shell = Shell::with_plain_orders(2).await;
    assert_eq!(shell.run(&["status"]).await.code, 0);
    execute(
        &shell,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         SELECT 999, 'from the future', success, checksum, 0 FROM _sqlx_migrations LIMIT 1",
    )
    .await;
    for command in ["sync", "status", "check", "run"] {
        let said = shell.run(&[command]).await;
        said.complains(1, &["newer daybook", "→ install that version"]);
    }
    assert_eq!(shell.documents(), 0);
    execute(&shell, "DELETE FROM _sqlx_migrations WHERE version = 999").await;
    assert_eq!(shell.run(&["sync"]).await.code, 0);
    assert_eq!(shell.documents(), 2);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_not_written_over() {
    let shell = Shell::with_plain_orders(2).await;
    let path = shell.world.folder.path().join("daybook.db");
    let letter = "Dear Sir or Madam, this is no database. ".repeat(100);
    std::fs::write(&path, &letter).unwrap();
    for command in ["sync", "status", "check"] {
        let said = shell.run(&[command]).await;
        said.complains(1, &["daybook.db", "is no database", "→ "]);
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
    assert_eq!(shell.documents(), 0);
}

#[tokio::test]
async fn a_database_in_a_folder_that_is_not_there_is_named() {
    let mut shell = Shell::with_plain_orders(1).await;
    shell.config = shell.config.replace("daybook.db", "nowhere/daybook.db");
    let said = shell.run(&["sync"]).await;
    said.complains(1, &["nowhere/daybook.db", "→ make the directory"]);
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_is_no_matter_of_credentials() {
    let mut shell = Shell::with_plain_orders(1).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    shell.config = shell.config.replace(&shell.world.store.url(), &address);
    let said = shell.run(&["check"]).await;
    said.tells(1, &["! store `store`", "→ ", "✓ company `books`"]);
}

#[tokio::test]
async fn orders_that_cannot_be_read_are_named_and_the_others_are_posted() {
    for how in [
        Malformation::NullTotal,
        Malformation::TextTotal,
        Malformation::NoId,
        Malformation::WrongTypedLines,
    ] {
        let shell = Shell::with_plain_orders(5).await;
        shell.world.shop().plan_fault(
            Matcher::path("/orders").with_query("per_page=100").always(),
            Fault::Malformed(how),
        );
        let said = shell.run(&["sync"]).await;
        said.complains(3, &["orders ", "→ Open the record in WooCommerce"]);
        assert_eq!(shell.documents(), 4, "{how:?}: {said:#?}");
        let status = shell.run(&["status"]).await;
        status.tells(0, &["partial", "malformed_record"]);

        // once the store answers as it should, the one that was left out is posted
        shell.world.shop().clear_faults();
        let said = shell.run(&["sync", "--full"]).await;
        assert_eq!(said.code, 0, "{how:?}: {said:#?}");
        assert_eq!(shell.documents(), 5);
        check_invariants(&shell.world).await;
    }
}
