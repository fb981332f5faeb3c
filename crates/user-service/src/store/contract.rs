//! The contract of both engines: one test suite, run on each.

mod accounts;
mod addresses;
mod erasures;
mod families;
mod guesses;
#[cfg(feature = "mongo")]
mod mongo;
mod notifications;
mod second_factors;
mod sellers;
mod sessions;
mod setup;
#[cfg(feature = "sqlite")]
mod sqlite;
mod standing;
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

use super::Queries;
use crate::app::steps::{Opened, PasswordChange, Rotated, add_user, open_session};
use crate::app::{self, Cut};
use crate::domain::{Device, Email, NextToken, Session, Terms, User, UserName};
use crate::records::EMAIL_KEY;

/// Far in the future, so that no server treats these records as expired.
const NOW: Timestamp = Timestamp::from_millis(4_000_000_000_000);
const LIFETIME: Duration = Duration::from_hours(1);

/// An open store, as the use cases use it.
#[derive(Clone)]
struct Open {
    store: Store,
    queries: Arc<dyn Queries>,
    outbox: Arc<dyn Outbox>,
}

impl Open {
    fn new(database: impl store::Database + Queries + Clone + 'static) -> Self {
        let store = Store::new(Arc::new(database.clone()));
        Self {
            queries: Arc::new(database),
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
        access_version: 0,
        roles: Vec::new(),
        suspension: None,
        second_factor_since: None,
        created_at: NOW,
        metadata: None,
    }
}

const TERMS: Terms = Terms {
    refresh_lifetime: LIFETIME,
    login_lifetime: Duration::from_hours(24),
};

fn token(number: u8) -> NextToken {
    NextToken {
        digest: [number; 32],
        sealed: [number; 32],
        device: Device::default(),
    }
}

/// A change of a password of which no mail tells.
fn password_change(user: UserId, old: PasswordHash, new: PasswordHash) -> PasswordChange {
    PasswordChange {
        user,
        old,
        new,
        wish: None,
    }
}

/// `span` after [`NOW`].
fn cut(span: Duration) -> Cut {
    let at = NOW.plus(span);
    let until = at.plus(LIFETIME);
    Cut { at, until }
}

/// A session whose token is `number`, of a user whose password was changed `password_version` times.
fn session(user: UserId, password_version: i64, number: u8) -> Session {
    Session {
        id: SessionId::new(&SystemIds::default()),
        user,
        password_version,
        token: [number; 32],
        replaced: None,
        sealed: None,
        created_at: NOW,
        last_used_at: NOW,
        expires_at: TERMS.expiry(NOW, NOW),
        user_agent: None,
        network: None,
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
    let opened = open_session(&open.store, session, None, None).await;
    assert_eq!(opened, Ok(Opened::Done(Box::new(user.clone()), None)));
    id
}

async fn rotate(open: &Open, presented: u8, next: u8) -> Rotated {
    rotate_after(open, presented, next, Duration::ZERO).await
}

async fn rotate_after(open: &Open, presented: u8, next: u8, span: Duration) -> Rotated {
    let (presented, next) = ([presented; 32], token(next));
    app::steps::rotate(&open.store, presented, next, TERMS, cut(span))
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
            metadata_is_kept_until_other_takes_its_place_and_is_not_told,
            a_role_is_granted_once_and_kept_in_order,
            the_list_has_each_user_once_the_newest_first,
            the_list_of_a_beginning_has_each_such_email_once_in_order,
            it_says_that_it_is_there,
        }
        suite! { $house, accounts;
            a_link_is_good_once_however_many_use_it_at_once,
            of_two_links_of_a_user_the_use_of_one_makes_the_other_void,
            a_link_is_good_until_it_expires_and_for_its_purpose_only,
            an_address_is_registered_again_until_it_is_verified,
            of_many_who_register_one_address_at_once_one_user_is_left,
            an_address_that_is_wanted_changes_with_its_link_unless_it_is_taken,
            a_changed_password_makes_links_void,
            a_mail_to_nobody_is_asked_for_like_any_other,
        }
        suite! { $house, addresses;
            addresses_are_kept_as_they_were_given,
            the_last_address_leaves_no_trace_and_the_next_is_the_default,
            of_many_addresses_at_once_only_so_many_are_kept,
            nobody_changes_the_addresses_of_another,
        }
        suite! { $house, guesses;
            of_many_guesses_at_once_only_the_free_ones_are_made,
            guesses_from_many_places_are_counted_together_and_spare_who_is_known,
            a_guess_that_was_not_checked_is_taken_back,
            failed_refreshes_are_counted_by_where_they_come_from,
            what_is_counted_is_forgotten_in_time,
        }
        suite! { $house, erasures;
            nothing_is_left_of_who_an_erased_user_was_and_it_is_told,
            an_email_of_an_erased_user_is_registered_anew,
            no_session_of_an_erased_user_is_kept_and_those_of_others_are,
            no_answer_and_no_dead_letter_of_an_erased_user_is_kept_and_those_of_others_are,
            the_last_administrator_is_not_erased_and_others_leave_an_entry,
        }
        suite! { $house, notifications;
            a_user_who_is_told_twice_gets_one_mail,
            what_is_switched_off_is_not_mailed_until_it_is_switched_on,
            who_is_suspended_erased_unverified_or_unknown_gets_no_mail_about_orders,
        }
        suite! { $house, second_factors;
            one_that_is_not_confirmed_is_not_asked_for,
            the_first_code_turns_it_on_and_ends_other_sessions_with_an_entry,
            of_many_confirmations_at_once_one_turns_it_on,
            of_many_logins_with_one_code_at_once_one_succeeds,
            of_many_logins_with_one_recovery_code_at_once_one_succeeds,
            no_session_is_opened_without_a_code_while_it_is_turned_on,
            it_is_turned_off_with_the_password_and_a_code_and_leaves_an_entry,
            who_has_a_role_loses_their_tokens_with_it,
            a_reset_of_access_turns_it_off_and_a_link_of_a_mail_does_not,
            no_secret_of_an_erased_user_is_left,
            a_mail_tells_of_each_change_and_of_a_recovery_code_and_of_nothing_else,
        }
        suite! { $house, sellers;
            a_first_product_makes_a_seller_once,
            a_profile_is_kept_as_it_was_given_and_no_change_is_told,
            what_an_operator_decides_is_kept_with_its_reason_and_told,
            of_many_decisions_at_once_one_is_made,
            the_list_has_each_seller_of_a_status_once_the_newest_first,
        }
        suite! { $house, setup;
            a_setup_token_makes_one_administrator,
            of_setups_at_the_same_time_one_makes_an_administrator,
            granting_the_role_ends_the_setup,
        }
        suite! { $house, sessions;
            a_token_is_exchanged_for_the_next_one_in_the_same_session,
            a_token_used_twice_ends_its_session_and_no_other,
            a_token_presented_again_at_once_has_the_same_next_one,
            of_many_who_present_one_token_at_once_all_get_the_same_next_one,
            an_expired_token_is_refused_and_ends_nothing,
            a_session_is_ended_by_its_owner_only_and_again_is_no_error,
            a_changed_password_ends_all_sessions_but_one,
            a_password_that_changed_meanwhile_is_not_overwritten,
            no_session_is_opened_with_a_password_that_changed_meanwhile,
            a_renewed_hash_ends_nothing_and_yields_to_another_password,
            a_login_is_listed_until_it_ends_and_no_other_users_are,
            what_expired_is_forgotten_and_nothing_else,
        }
        suite! { $house, families;
            random_refreshes_reuses_logouts_and_waits_keep_to_the_model,
        }
        suite! { $house, standing;
            a_decision_is_saved_with_its_audit_entry_and_what_it_revokes,
            a_decision_that_changes_nothing_leaves_no_trace,
            a_suspended_user_has_no_session_and_gets_none,
            the_last_administrator_stays_unless_the_command_line_decides,
            of_two_administrators_who_remove_each_other_one_stays,
            the_audit_log_is_listed_from_the_newest_by_user_or_whole,
            revocations_are_listed_in_the_order_of_time,
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
