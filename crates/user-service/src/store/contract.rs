//! What every store of users has to do: one suite, run for each adapter.

use std::time::Duration;

use auth::{PasswordHash, Role};
use chassis::metrics::StoreMetrics;
use chassis::sqlite::Sqlite;
use kernel::{SessionId, SystemIds, Timestamp, UserId};

use super::{MIGRATIONS, Registered, Rotated, SqliteUsers, UserStore};
use crate::domain::{Email, NewSession, NextToken, User, UserName};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const LIFETIME: Duration = Duration::from_hours(1);

fn hash(character: char) -> PasswordHash {
    let tail: String = std::iter::repeat_n(character, 21).collect();
    PasswordHash::parse(format!("$2b$04${tail}.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")).unwrap()
}

fn email(raw: &str) -> Email {
    Email::parse(raw).unwrap()
}

fn someone(address: &str) -> User {
    User {
        id: UserId::new(&SystemIds::default()),
        name: UserName::parse("Ada").unwrap(),
        email: email(address),
        password_hash: hash('C'),
        roles: Vec::new(),
        created_at: NOW,
    }
}

fn token(number: u8) -> NextToken {
    NextToken {
        digest: [number; 32],
        expires_at: NOW.plus(LIFETIME),
    }
}

fn session(user: UserId, number: u8) -> NewSession {
    NewSession {
        id: SessionId::new(&SystemIds::default()),
        user,
        created_at: NOW,
        token: token(number),
    }
}

/// A user with a session whose token is `number`.
async fn logged_in(store: &impl UserStore, address: &str, number: u8) -> (User, SessionId) {
    let user = someone(address);
    store.register(user.clone()).await.unwrap();
    let session = open(store, &user, number).await;
    (user, session)
}

async fn open(store: &impl UserStore, user: &User, number: u8) -> SessionId {
    let session = session(user.id, number);
    let id = session.id;
    let opened = store
        .open_session(session, user.password_hash.clone())
        .await;
    assert_eq!(opened, Ok(true));
    id
}

async fn rotate(store: &impl UserStore, presented: u8, next: u8) -> Rotated {
    store
        .rotate([presented; 32], token(next), NOW)
        .await
        .unwrap()
}

async fn a_registered_user_is_found_by_id_and_by_email_in_any_case(store: impl UserStore) {
    let user = someone("Ada@Example.com");
    assert_eq!(store.register(user.clone()).await, Ok(Registered::Done));
    let found = store.user(user.id).await.unwrap().unwrap();
    assert_eq!(found, user);
    assert_eq!(found.email.as_str(), "Ada@Example.com");
    let found = store.user_by_email(&email("aDA@eXAMPLE.COM")).await;
    assert_eq!(found, Ok(Some(user)));
    assert_eq!(
        store.user_by_email(&email("eve@example.com")).await,
        Ok(None)
    );
    let nobody = UserId::new(&SystemIds::default());
    assert_eq!(store.user(nobody).await, Ok(None));
}

async fn an_email_is_taken_once_whatever_its_case(store: impl UserStore) {
    let (first, second) = (someone("ada@example.com"), someone("ADA@example.com"));
    assert_eq!(store.register(first.clone()).await, Ok(Registered::Done));
    assert_eq!(
        store.register(second.clone()).await,
        Ok(Registered::EmailTaken)
    );
    assert_eq!(store.user(second.id).await, Ok(None));
    assert_eq!(store.user_by_email(&second.email).await, Ok(Some(first)));
}

async fn of_many_who_register_one_email_at_once_one_wins(store: impl UserStore) {
    let attempts = (0..20).map(|_| store.register(someone("ada@example.com")));
    let outcomes = futures_util::future::join_all(attempts).await;
    let won = outcomes
        .iter()
        .filter(|outcome| **outcome == Ok(Registered::Done));
    assert_eq!(won.count(), 1);
}

async fn a_name_can_be_changed(store: impl UserStore) {
    let user = someone("ada@example.com");
    store.register(user.clone()).await.unwrap();
    let name = UserName::parse("Ada King").unwrap();
    let renamed = store.rename(user.id, name.clone()).await.unwrap();
    let expected = User {
        name: name.clone(),
        ..user
    };
    assert_eq!(renamed, Some(expected.clone()));
    assert_eq!(store.user(expected.id).await, Ok(Some(expected)));
    let nobody = UserId::new(&SystemIds::default());
    assert_eq!(store.rename(nobody, name).await, Ok(None));
}

async fn a_role_is_granted_once_and_kept_in_order(store: impl UserStore) {
    let user = someone("ada@example.com");
    store.register(user.clone()).await.unwrap();
    for role in [Role::Treasury, Role::Admin, Role::Treasury] {
        let granted = store.grant(&user.email, role).await.unwrap().unwrap();
        assert!(granted.roles.contains(&role));
    }
    let found = store.user(user.id).await.unwrap().unwrap();
    assert_eq!(found.roles, [Role::Admin, Role::Treasury]);
    let nobody = store.grant(&email("eve@example.com"), Role::Admin).await;
    assert_eq!(nobody, Ok(None));
}

async fn a_token_is_exchanged_for_the_next_one_in_the_same_session(store: impl UserStore) {
    let (user, session) = logged_in(&store, "ada@example.com", 1).await;
    for number in 1..5 {
        let rotated = rotate(&store, number, number + 1).await;
        let user = Box::new(user.clone());
        assert_eq!(rotated, Rotated::Done { user, session });
    }
    assert_eq!(rotate(&store, 77, 78).await, Rotated::Unknown);
}

async fn a_token_used_twice_ends_its_session_and_no_other(store: impl UserStore) {
    let (user, session) = logged_in(&store, "ada@example.com", 1).await;
    open(&store, &user, 11).await;
    rotate(&store, 1, 2).await;
    let second = rotate(&store, 1, 3).await;
    let user = user.id;
    assert_eq!(second, Rotated::SessionEnded { user, session });
    for dead in [1, 2, 3] {
        assert_eq!(rotate(&store, dead, 4).await, Rotated::Unknown, "{dead}");
    }
    assert!(matches!(rotate(&store, 11, 12).await, Rotated::Done { .. }));
}

async fn of_many_who_present_one_token_at_once_at_most_one_gets_the_next(store: impl UserStore) {
    logged_in(&store, "ada@example.com", 1).await;
    let store = &store;
    let attempts = (2..20).map(|next| rotate(store, 1, next));
    let outcomes = futures_util::future::join_all(attempts).await;
    let count = |wanted: fn(&Rotated) -> bool| outcomes.iter().filter(|o| wanted(o)).count();
    assert_eq!(count(|o| matches!(o, Rotated::Done { .. })), 1);
    assert_eq!(count(|o| matches!(o, Rotated::SessionEnded { .. })), 1);
    assert_eq!(count(|o| matches!(o, Rotated::Unknown)), 16);
}

async fn an_expired_token_is_refused_and_ends_nothing(store: impl UserStore) {
    logged_in(&store, "ada@example.com", 1).await;
    let late = NOW.plus(LIFETIME);
    let refused = store.rotate([1; 32], token(2), late).await;
    assert_eq!(refused, Ok(Rotated::Unknown));
    assert!(matches!(rotate(&store, 1, 3).await, Rotated::Done { .. }));
}

async fn a_session_is_ended_by_its_owner_only_and_again_is_no_error(store: impl UserStore) {
    let (ada, _) = logged_in(&store, "ada@example.com", 1).await;
    let (eve, _) = logged_in(&store, "eve@example.com", 11).await;
    store.end_session(eve.id, [1; 32]).await.unwrap();
    assert!(matches!(rotate(&store, 1, 2).await, Rotated::Done { .. }));
    // Also a token that was used already names its session.
    store.end_session(ada.id, [1; 32]).await.unwrap();
    store.end_session(ada.id, [1; 32]).await.unwrap();
    assert_eq!(rotate(&store, 2, 3).await, Rotated::Unknown);
    assert!(matches!(rotate(&store, 11, 12).await, Rotated::Done { .. }));
}

async fn a_changed_password_ends_all_sessions_but_one(store: impl UserStore) {
    let (ada, keep) = logged_in(&store, "ada@example.com", 1).await;
    open(&store, &ada, 2).await;
    open(&store, &ada, 3).await;
    logged_in(&store, "eve@example.com", 4).await;
    let changed = store
        .change_password(ada.id, hash('C'), hash('D'), keep)
        .await;
    assert_eq!(changed, Ok(true));
    let found = store.user(ada.id).await.unwrap().unwrap();
    assert_eq!(found.password_hash, hash('D'));
    for (number, alive) in [(1, true), (2, false), (3, false), (4, true)] {
        let rotated = rotate(&store, number, number + 10).await;
        assert_eq!(matches!(rotated, Rotated::Done { .. }), alive, "{number}");
    }
}

async fn a_password_that_changed_meanwhile_is_not_overwritten(store: impl UserStore) {
    let (ada, keep) = logged_in(&store, "ada@example.com", 1).await;
    open(&store, &ada, 2).await;
    let changed = store
        .change_password(ada.id, hash('E'), hash('D'), keep)
        .await;
    assert_eq!(changed, Ok(false));
    let found = store.user(ada.id).await.unwrap().unwrap();
    assert_eq!(found.password_hash, hash('C'));
    assert!(matches!(rotate(&store, 2, 12).await, Rotated::Done { .. }));
}

async fn no_session_is_opened_with_a_password_that_changed_meanwhile(store: impl UserStore) {
    let (ada, keep) = logged_in(&store, "ada@example.com", 1).await;
    store
        .change_password(ada.id, hash('C'), hash('D'), keep)
        .await
        .unwrap();
    let opened = store.open_session(session(ada.id, 2), hash('C')).await;
    assert_eq!(opened, Ok(false));
    assert_eq!(rotate(&store, 2, 3).await, Rotated::Unknown);
}

async fn what_expired_is_forgotten_and_nothing_else(store: impl UserStore) {
    let (ada, _) = logged_in(&store, "ada@example.com", 1).await;
    let mut young = session(ada.id, 2);
    young.token.expires_at = NOW.plus(2 * LIFETIME);
    store.open_session(young, hash('C')).await.unwrap();
    store
        .forget(NOW.plus(LIFETIME).plus(Duration::from_millis(1)))
        .await
        .unwrap();
    // At NOW both would still be good, so what is unknown now was removed.
    assert_eq!(rotate(&store, 1, 11).await, Rotated::Unknown);
    assert!(matches!(rotate(&store, 2, 12).await, Rotated::Done { .. }));
    assert!(store.user(ada.id).await.unwrap().is_some());
}

async fn it_says_that_it_is_there(store: impl UserStore) {
    assert_eq!(store.ping().await, Ok(()));
}

macro_rules! suite {
    ($open:expr; $($rule:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $rule() {
                let dir = tempfile::tempdir().unwrap();
                super::$rule($open(&dir)).await;
            }
        )+
    };
}

mod sqlite {
    use chassis::store::StoreError;

    use super::*;

    fn open(dir: &tempfile::TempDir) -> SqliteUsers {
        let path = dir.path().join("users.db");
        SqliteUsers::new(Sqlite::open(&path, MIGRATIONS, &StoreMetrics::default()).unwrap())
    }

    suite! { open;
        a_registered_user_is_found_by_id_and_by_email_in_any_case,
        an_email_is_taken_once_whatever_its_case,
        of_many_who_register_one_email_at_once_one_wins,
        a_name_can_be_changed,
        a_role_is_granted_once_and_kept_in_order,
        a_token_is_exchanged_for_the_next_one_in_the_same_session,
        a_token_used_twice_ends_its_session_and_no_other,
        of_many_who_present_one_token_at_once_at_most_one_gets_the_next,
        an_expired_token_is_refused_and_ends_nothing,
        a_session_is_ended_by_its_owner_only_and_again_is_no_error,
        a_changed_password_ends_all_sessions_but_one,
        a_password_that_changed_meanwhile_is_not_overwritten,
        no_session_is_opened_with_a_password_that_changed_meanwhile,
        what_expired_is_forgotten_and_nothing_else,
        it_says_that_it_is_there,
    }

    #[tokio::test]
    async fn users_and_sessions_are_there_when_the_file_is_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let (ada, _) = logged_in(&open(&dir), "ada@example.com", 1).await;
        let again = open(&dir);
        assert_eq!(again.user(ada.id).await, Ok(Some(ada)));
        assert!(matches!(rotate(&again, 1, 2).await, Rotated::Done { .. }));
    }

    #[tokio::test]
    async fn a_row_that_does_not_decode_is_an_error_and_not_skipped() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        let ada = someone("ada@example.com");
        store.register(ada.clone()).await.unwrap();
        for spoil in [
            "UPDATE users SET password_hash = replace(password_hash, '$', 'x')",
            "UPDATE users SET email = 'nonsense'",
            "INSERT INTO user_roles SELECT id, 'emperor' FROM users",
        ] {
            store
                .db
                .write(move |tx| Ok::<_, StoreError>(tx.execute_batch(spoil)?))
                .await
                .unwrap();
            let found = store.user(ada.id).await;
            assert!(
                matches!(found, Err(StoreError::Corrupt(_))),
                "{spoil}: {found:?}"
            );
        }
    }
}
