//! The contract of both engines: one test suite, run on each.

mod addresses;
#[cfg(feature = "mongo")]
mod mongo;
mod sessions;
#[cfg(feature = "sqlite")]
mod sqlite;
mod users;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth::PasswordHash;
use contracts::Envelope;
use contracts::user::UserNamed;
use kernel::{MessageId, SessionId, SystemIds, Timestamp, UserId};

use store::outbox::{Fate, Outbox};
use store::{Store, StoreResult};

use crate::app;
use crate::app::steps::{Rotated, add_user, open_session};
use crate::domain::{Email, NextToken, Session, User, UserName};
use crate::records::EMAIL_KEY;

/// Far in the future, so that no server treats these records as expired.
const NOW: Timestamp = Timestamp::from_millis(4_000_000_000_000);
const LIFETIME: Duration = Duration::from_hours(1);

/// An open store, as the use cases use it.
#[derive(Clone)]
struct Open {
    store: Store,
    outbox: Arc<dyn Outbox>,
}

impl Open {
    fn new(database: impl store::Database + 'static) -> Self {
        let store = Store::new(Arc::new(database));
        Self {
            outbox: store.outbox(),
            store,
        }
    }

    /// Of messages that were not sent yet, the user, the name and its version.
    async fn told(&self) -> Vec<(UserId, String, i64)> {
        let pending = self.outbox.fresh(0, 1000).await.unwrap();
        let fates = pending.iter().map(|one| (one.seq, Fate::Sent)).collect();
        self.outbox.settle(fates, NOW).await.unwrap();
        let read = |envelope: &Envelope| {
            let named: UserNamed = envelope.open().unwrap();
            let user = contracts::user_id(&named.user_id).unwrap();
            let step = format!("named {}", named.version);
            let id = MessageId::of_subject(user.as_uuid(), &step);
            assert_eq!((envelope.subject, envelope.id), (user.as_uuid(), id));
            (user, named.name, named.version)
        };
        pending.iter().map(|one| read(&one.envelope)).collect()
    }

    async fn user(&self, id: UserId) -> StoreResult<Option<User>> {
        let found = self.store.get::<User>(&id).await?;
        Ok(found.map(Arc::unwrap_or_clone))
    }

    async fn by_email(&self, email: &Email) -> StoreResult<Option<User>> {
        let found = self.store.find_by::<User>(EMAIL_KEY, email.key(), 1);
        Ok(found.await?.pop().map(Arc::unwrap_or_clone))
    }
}

/// An engine's data location, removed on drop.
#[async_trait]
trait House: Default + Send + Sync {
    /// Opens another store on the same data.
    fn open(&self) -> Open;

    /// Corrupts a user directly in the database.
    async fn damage(&self, user: UserId, damage: Damage);
}

/// The user's field to corrupt.
#[derive(Debug, Clone, Copy)]
enum Damage {
    PasswordHash,
    Email,
    Role,
}

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
        name_version: 1,
        email: email(address),
        password_hash: hash('C'),
        password_version: 0,
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

/// A session whose token is `number`, of a user whose password was changed `password_version` times.
fn session(user: UserId, password_version: i64, number: u8) -> Session {
    let token = token(number);
    Session {
        id: SessionId::new(&SystemIds::default()),
        user,
        password_version,
        token: token.digest,
        created_at: NOW,
        expires_at: token.expires_at,
    }
}

/// A user with a session whose token is `number`.
async fn logged_in(open: &Open, address: &str, number: u8) -> (User, SessionId) {
    let user = someone(address);
    add_user(&open.store, user.clone(), None).await.unwrap();
    let session = open_for(open, &user, number).await;
    (user, session)
}

async fn open_for(open: &Open, user: &User, number: u8) -> SessionId {
    let session = session(user.id, user.password_version, number);
    let id = session.id;
    let opened = open_session(&open.store, session).await;
    assert_eq!(opened, Ok(true));
    id
}

async fn rotate(open: &Open, presented: u8, next: u8) -> Rotated {
    app::steps::rotate(&open.store, [presented; 32], token(next), NOW)
        .await
        .unwrap()
}

/// Generates a test of `$house` for every rule.
macro_rules! suite {
    ($house:ty) => {
        suite! { $house, users;
            a_registered_user_is_found_by_id_and_by_email_in_any_case,
            an_email_is_taken_once_whatever_its_case,
            of_many_who_register_one_email_at_once_one_wins,
            a_name_can_be_changed,
            a_registration_and_each_change_of_the_name_is_told_once,
            of_many_changes_of_a_name_at_once_each_has_its_own_version,
            a_role_is_granted_once_and_kept_in_order,
            it_says_that_it_is_there,
        }
        suite! { $house, addresses;
            addresses_are_kept_as_they_were_given,
            the_last_address_leaves_no_trace_and_the_next_is_the_default,
            of_many_addresses_at_once_only_so_many_are_kept,
            nobody_changes_the_addresses_of_another,
        }
        suite! { $house, sessions;
            a_token_is_exchanged_for_the_next_one_in_the_same_session,
            a_token_used_twice_ends_its_session_and_no_other,
            of_many_who_present_one_token_at_once_at_most_one_gets_the_next,
            an_expired_token_is_refused_and_ends_nothing,
            a_session_is_ended_by_its_owner_only_and_again_is_no_error,
            a_changed_password_ends_all_sessions_but_one,
            a_password_that_changed_meanwhile_is_not_overwritten,
            no_session_is_opened_with_a_password_that_changed_meanwhile,
            what_expired_is_forgotten_and_nothing_else,
        }

        #[tokio::test]
        async fn users_and_sessions_are_there_when_the_store_is_opened_again() {
            super::users::users_and_sessions_are_there_when_the_store_is_opened_again(<$house>::default()).await;
        }

        #[tokio::test]
        async fn a_user_who_does_not_decode_is_an_error_and_not_skipped() {
            super::users::a_user_who_does_not_decode_is_an_error_and_not_skipped(<$house>::default()).await;
        }
    };
    ($house:ty, $about:ident; $($rule:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $rule() {
                let house = <$house>::default();
                super::$about::$rule(house.open()).await;
            }
        )+
    };
}
use suite;
