//! The first administrator.

use auth::{OpaqueToken, Role};
use futures_util::future::join_all;

use super::users::grant;
use super::*;
use crate::app::steps::{Registered, add_admin, made, open_setup};
use crate::domain::{Admins, Setup, SetupRefusal, TokenDigest};
use kernel::AuditId;

async fn add(open: &Open, token: TokenDigest, address: &str) -> Result<Registered, SetupRefusal> {
    let admin = User {
        roles: vec![Role::Admin],
        ..someone(address)
    };
    let entry = made(&admin, AuditId::new(&SystemIds::default()), NOW);
    add_admin(&open.store, token, admin, entry).await.unwrap()
}

pub(super) async fn a_setup_token_makes_one_administrator(open: Open) {
    let (first, second) = ([1; 32], [2; 32]);
    let wrong = Err(SetupRefusal::WrongToken);
    let add = async |token, address| add(&open, token, address).await;
    assert_eq!(add(first, "eve@example.com").await, wrong, "none was made");
    assert!(open_setup(&open.store, first).await.unwrap());
    assert!(open_setup(&open.store, second).await.unwrap());
    assert_eq!(
        add(first, "eve@example.com").await,
        wrong,
        "it was replaced"
    );
    let taken = someone("ada@example.com");
    add_user(&open.store, taken, None).await.unwrap();
    let added = add(second, "ADA@example.com").await;
    assert_eq!(
        added,
        Ok(Registered::EmailTaken),
        "and the token is still good"
    );
    open.told().await;
    assert_eq!(add(second, "olga@example.com").await, Ok(Registered::Done));
    let olga = open.by_email(&email("olga@example.com")).await.unwrap();
    let olga = olga.unwrap();
    assert_eq!(olga.roles, [Role::Admin]);
    let admins = open.store.get::<Admins>(&Admins::KEY).await.unwrap();
    assert_eq!(admins.unwrap().users, [olga.id]);
    let log = open
        .queries
        .audit_log(Some(olga.id), None, 10)
        .await
        .unwrap();
    assert_eq!(log.len(), 1, "{log:?}");
    assert_eq!(open.told().await, [(olga.id, "Ada".to_owned(), 1)]);
    let done = Err(SetupRefusal::Done);
    assert_eq!(add(second, "eve@example.com").await, done);
    assert!(!open_setup(&open.store, first).await.unwrap());
    assert_eq!(add(first, "eve@example.com").await, done);
    let eve = open.by_email(&email("eve@example.com")).await.unwrap();
    assert_eq!(eve, None);
}

pub(super) async fn of_setups_at_the_same_time_one_makes_an_administrator(open: Open) {
    let tokens = (1..=4).map(|byte| open_setup(&open.store, [byte; 32]));
    for made in join_all(tokens).await {
        assert!(made.unwrap());
    }
    let token = [7; 32];
    assert!(open_setup(&open.store, token).await.unwrap());
    let addresses: Vec<_> = (0..8)
        .map(|number| format!("olga{number}@example.com"))
        .collect();
    let all = addresses.iter().map(|address| add(&open, token, address));
    let all = join_all(all).await;
    let added = all.iter().filter(|one| **one == Ok(Registered::Done));
    assert_eq!(added.count(), 1, "{all:?}");
    let refused = all.iter().filter(|one| **one == Err(SetupRefusal::Done));
    assert_eq!(refused.count(), 7, "{all:?}");
}

pub(super) async fn granting_the_role_ends_the_setup(open: Open) {
    let token = OpaqueToken::generate().unwrap();
    assert!(open_setup(&open.store, token.digest()).await.unwrap());
    let user = someone("ada@example.com");
    add_user(&open.store, user.clone(), None).await.unwrap();
    grant(&open, &user.email, Role::Treasury).await.unwrap();
    let setup = open.store.get::<Setup>(&Setup::ID).await.unwrap().unwrap();
    assert!(!setup.is_done(), "another role does not");
    grant(&open, &user.email, Role::Admin).await.unwrap();
    let refused = add(&open, token.digest(), "olga@example.com").await;
    assert_eq!(refused, Err(SetupRefusal::Done));
    assert!(!open_setup(&open.store, [1; 32]).await.unwrap());
}
