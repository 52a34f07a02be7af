//! Accounts and sessions on a real Postgres.

mod support;

use std::time::Duration;

use application::AccountSettings;
use argon2::Params;
use domain::Role;
use support::{World, account_names, rejection};

const PASSWORD: &str = "una frase larga y propia";

fn settings(session_lifetime: Duration) -> AccountSettings {
    AccountSettings {
        session_lifetime,
        password_cost: Params::new(64, 1, 1, None).expect("a cost"),
    }
}

#[tokio::test]
async fn an_account_logs_in_acts_and_logs_out() {
    let world = World::create().await;
    let accounts = world.accounts(settings(Duration::from_mins(1)));
    let roles = [Role::Requesting, Role::Approver];
    let account = accounts.create("U-Requirente", PASSWORD, &roles).await.unwrap();
    assert_eq!(account.login, "u-requirente");
    assert_eq!(account_names(&account), ["approver", "requesting"]);
    let session = accounts.login(" u-requirente", PASSWORD).await.unwrap();
    assert_eq!(session.token.len(), 64);
    let known = accounts.authenticate(&session.token).await.unwrap().unwrap();
    assert_eq!(known, account);
    assert_eq!(known.caller().account, account.account);
    assert!(accounts.logout(&session.token).await.unwrap());
    assert!(!accounts.logout(&session.token).await.unwrap());
    assert_eq!(accounts.authenticate(&session.token).await.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_are_told_the_same() {
    let world = World::create().await;
    let accounts = world.accounts(settings(Duration::from_mins(1)));
    accounts.create("u-tecnica", PASSWORD, &[Role::Technical]).await.unwrap();
    let wrong = rejection(accounts.login("u-tecnica", "otra frase larga").await);
    let unknown = rejection(accounts.login("nadie", PASSWORD).await);
    let no_login = rejection(accounts.login("", PASSWORD).await);
    let endless = rejection(accounts.login("u-tecnica", &"a".repeat(100_000)).await);
    assert_eq!(wrong.code, "login-failed");
    assert!([unknown, no_login, endless].iter().all(|rejection| *rejection == wrong));
}

#[tokio::test]
async fn a_login_is_taken_once_and_a_short_password_refused() {
    let world = World::create().await;
    let accounts = world.accounts(settings(Duration::from_mins(1)));
    accounts.create("ciudadana", PASSWORD, &[Role::Citizen]).await.unwrap();
    let taken = accounts.create("CIUDADANA", PASSWORD, &[Role::Citizen]).await;
    assert_eq!(rejection(taken).code, "login-taken");
    let short = accounts.create("otra", "corta", &[Role::Citizen]).await;
    assert_eq!(rejection(short).code, "password-too-short");
    let shape = accounts.create("a b", PASSWORD, &[Role::Citizen]).await;
    assert_eq!(rejection(shape).code, "login-format");
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_over() {
    let world = World::create().await;
    let accounts = world.accounts(settings(Duration::ZERO));
    accounts.create("u-oic", PASSWORD, &[Role::Oic]).await.unwrap();
    let session = accounts.login("u-oic", PASSWORD).await.unwrap();
    assert_eq!(accounts.authenticate(&session.token).await.unwrap(), None);
}

#[tokio::test]
async fn neither_password_nor_token_is_in_the_database() {
    let world = World::create().await;
    let accounts = world.accounts(settings(Duration::from_mins(1)));
    accounts.create("u-finanzas", PASSWORD, &[Role::Finance]).await.unwrap();
    let session = accounts.login("u-finanzas", PASSWORD).await.unwrap();
    let owner = world.owner().await;
    let row = owner
        .query_one(
            "SELECT a::text || s::text AS everything
             FROM app.accounts AS a
             JOIN app.sessions AS s ON s.account_ref = a.account_ref",
            &[],
        )
        .await
        .unwrap();
    let everything: &str = row.get("everything");
    assert!(everything.contains("$argon2id$"));
    assert!(!everything.contains(PASSWORD) && !everything.contains(&session.token));
    assert!(!format!("{session:?}").contains(&session.token));
}
