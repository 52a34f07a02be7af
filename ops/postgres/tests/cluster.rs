//! The private cluster on this machine's `PostgreSQL`.
#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use private_postgres::TestDatabase;
use tokio_postgres::NoTls;

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn the_service_cannot_change_or_remove_an_event_and_neither_can_the_owner_by_accident() {
    let database = TestDatabase::create().await;
    let service = connect(&database.service_url).await;
    let owner = connect(&database.owner_url).await;
    owner
        .batch_execute(
            "INSERT INTO log.events VALUES (0, gen_random_uuid(), 's', 1, 'T', 1, 0,
             decode(repeat('00', 24), 'hex'), decode(repeat('00', 32), 'hex'))",
        )
        .await
        .unwrap();
    for statement in
        ["UPDATE log.events SET event_type = 'X'", "DELETE FROM log.events", "TRUNCATE log.events"]
    {
        for client in [&service, &owner] {
            let error = client.batch_execute(statement).await.unwrap_err();
            let code = error.code().expect("Postgres answered").code().to_owned();
            assert_eq!(code, "42501", "{statement}");
        }
    }
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (one, other) = tokio::join!(TestDatabase::create(), TestDatabase::create());
    assert_ne!(one.service_url, other.service_url);
    connect(&one.owner_url).await.batch_execute("CREATE TABLE only_here (a int)").await.unwrap();
    assert!(
        connect(&other.owner_url).await.batch_execute("SELECT a FROM only_here").await.is_err()
    );
}
