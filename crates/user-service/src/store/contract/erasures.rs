//! Erased users: what is left of them, and what is told.

use std::sync::Arc;
use std::time::Duration;

use auth::Revocation;
use contracts::sellers::{SellerStatus, SellersMode};
use contracts::user::{SellerChanged, UserErased, UserNamed};
use kernel::{AddressId, AuditId, PostalAddress, SystemIds, UserId};
use serde_json::json;
use store::idempotency::{OnceKey, Repeatable, StoredAnswer};
use store::outbox::Fate;
use store::{DeadLetters as _, Idempotent, StoreResult};

use super::standing::admin;
use super::{NOW, Open, cut, email, hash, logged_in, open_for, rotate, session, someone};
use crate::app::NewAddress;
use crate::app::steps::{
    Erased, Nobody, Registered, Rotated, add_user, erase_user, forget_sessions, insert_address,
    open_session, put_profile,
};
use crate::domain::{
    AddressBook, Admins, AuditAction, Contact, Email, Notifications, Seller, SellerProfile,
    Session, User, UserName, Wish,
};

fn nobody(id: UserId) -> Nobody {
    Nobody {
        id,
        name: UserName::parse("Deleted user").unwrap(),
        email: Email::parse(&format!("{id}@deleted.invalid")).unwrap(),
        password: hash('X'),
        audit: AuditId::new(&SystemIds::default()),
    }
}

async fn erase(open: &Open, user: &User) -> StoreResult<Erased> {
    let (password, nobody) = (user.password_hash.clone(), nobody(user.id));
    erase_user(&open.store, password, nobody, cut(Duration::ZERO)).await
}

/// A user with an address, a profile as a seller and a contact, who is logged in with the token 1.
async fn full(open: &Open) -> User {
    let (ada, _) = logged_in(open, "ada@example.com", 1).await;
    let address = json!({"name": "Ada", "line1": "1 High Street", "city": "York", "postalCode": "YO1 7HH", "country": "GB"});
    let address: PostalAddress = serde_json::from_value(address).unwrap();
    let profile = SellerProfile {
        display_name: UserName::parse("Ada's lamps").ok(),
        description: "Lamps".to_owned(),
        ..SellerProfile::default()
    };
    put_profile(&open.store, ada.id, profile, SellersMode::Open, NOW)
        .await
        .unwrap();
    let user = ada.id;
    let id = AddressId::new(&SystemIds::default());
    let kept = open.store.write(move |tx| {
        let wish = Wish::Unsaid;
        let new = NewAddress {
            user,
            address: address.clone(),
            wish,
        };
        insert_address(tx, &new, id)?.unwrap();
        tx.put(Contact::plain(user).wanting(email("king@example.com")))?;
        tx.put(Notifications::all(user))
    });
    kept.await.unwrap();
    ada
}

pub(super) async fn nothing_is_left_of_who_an_erased_user_was_and_it_is_told(open: Open) {
    let ada = full(&open).await;
    let before = open.outbox.fresh(0, 100).await.unwrap().len();
    let stale = User {
        password_hash: hash('Z'),
        ..ada.clone()
    };
    assert_eq!(erase(&open, &stale).await, Ok(Erased::WrongPassword));
    assert_eq!(open.user(ada.id).await, Ok(Some(ada.clone())));
    let until = cut(Duration::ZERO).until;
    let revocation = Revocation::of_user(ada.id, 1, None, until);
    assert_eq!(erase(&open, &ada).await, Ok(Erased::Done(revocation)));

    let left = open.user(ada.id).await.unwrap().unwrap();
    assert_eq!(
        (left.name.as_str(), left.name_version, left.password_version),
        ("Deleted user", 2, 1)
    );
    assert_eq!(left.access_version, 1);
    assert_eq!((&left.metadata, left.roles.len()), (&None, 0));
    assert!(
        open.store
            .get::<AddressBook>(&ada.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(open.store.get::<Contact>(&ada.id).await.unwrap().is_none());
    let wanted = open.store.get::<Notifications>(&ada.id).await.unwrap();
    assert_eq!((wanted, left.is_erased()), (None, true));
    let seller = open.store.get::<Seller>(&ada.id).await.unwrap().unwrap();
    assert_eq!(
        (seller.status, &seller.profile),
        (SellerStatus::Suspended, &SellerProfile::default())
    );
    assert_eq!(
        rotate(&open, 1, 2).await,
        Rotated::Unknown,
        "all logins end"
    );

    let told = open.outbox.fresh(0, 100).await.unwrap();
    let told: Vec<_> = told.iter().skip(before).map(|one| &one.envelope).collect();
    let changed: SellerChanged = told[0].open().unwrap();
    assert_eq!(
        (
            changed.status.as_str(),
            changed.display_name.as_str(),
            changed.version
        ),
        ("suspended", "", 2)
    );
    let named: UserNamed = told[1].open().unwrap();
    assert_eq!((named.name.as_str(), named.version), ("Deleted user", 2));
    let gone: UserErased = told[2].open().unwrap();
    assert_eq!(contracts::user_id(&gone.user_id), Ok(ada.id));
    assert_eq!(told.len(), 3);
}

pub(super) async fn an_email_of_an_erased_user_is_registered_anew(open: Open) {
    let ada = full(&open).await;
    let erasing = || erase(&open, &ada);
    let outcomes = futures_util::future::join_all([erasing(), erasing(), erasing()]).await;
    let done = outcomes
        .iter()
        .filter(|one| matches!(one, Ok(Erased::Done(_))));
    assert_eq!(done.count(), 1, "of many at once, one erases");
    let again = someone("ada@example.com");
    assert_eq!(
        add_user(&open.store, again.clone(), None).await,
        Ok(Registered::Done)
    );
    assert_eq!(
        open.by_email(&email("ada@example.com")).await,
        Ok(Some(again))
    );
}

/// The ids of those of `sessions` that are kept.
async fn kept(open: &Open, sessions: &[kernel::SessionId]) -> Vec<kernel::SessionId> {
    let found = open.store.get_many::<Session>(sessions).await.unwrap();
    found.iter().map(|session| session.id).collect()
}

pub(super) async fn no_session_of_an_erased_user_is_kept_and_those_of_others_are(open: Open) {
    let (ada, first) = logged_in(&open, "ada@example.com", 1).await;
    let (_, other) = logged_in(&open, "bob@example.com", 2).await;
    let second = open_for(&open, &ada, 3).await;
    // It is of another version, as those are that ended with an earlier password.
    let ended = session(ada.id, 9, 4);
    let id = ended.id;
    let insert = open.store.write(move |tx| tx.insert(ended.clone()));
    insert.await.unwrap();
    assert!(matches!(erase(&open, &ada).await, Ok(Erased::Done(_))));
    assert_eq!(kept(&open, &[first, second, id, other]).await, [other]);
    let late = session(ada.id, 1, 5);
    let id = late.id;
    open_session(&open.store, late, None, None).await.unwrap();
    forget_sessions(&open.store, ada.id).await.unwrap();
    assert_eq!(kept(&open, &[id, other]).await, [other]);
}

pub(super) async fn the_last_administrator_is_not_erased_and_others_leave_an_entry(open: Open) {
    let (ada, bea) = (
        admin(&open, "ada@example.com").await,
        admin(&open, "bea@example.com").await,
    );
    let erasing = [erase(&open, &ada), erase(&open, &bea)];
    let outcomes = futures_util::future::join_all(erasing).await;
    let last = outcomes.iter().filter(|one| **one == Ok(Erased::LastAdmin));
    assert_eq!(last.count(), 1, "{outcomes:?}");
    let (gone, left) = if outcomes[0] == Ok(Erased::LastAdmin) {
        (bea, ada)
    } else {
        (ada, bea)
    };
    let admins = open.store.get::<Admins>(&Admins::KEY).await;
    assert_eq!(admins.unwrap().unwrap().users, [left.id]);
    assert_eq!(open.user(left.id).await, Ok(Some(left)));
    let log = open
        .queries
        .audit_log(Some(gone.id), None, 9)
        .await
        .unwrap();
    assert_eq!(log[0].action, AuditAction::RoleRevoked);
    assert_eq!(log[0].by, Some(gone.id));
}

fn key(user: UserId, key: &str) -> OnceKey {
    OnceKey {
        user,
        route: "POST /api/users/me/addresses",
        key: key.to_owned(),
        fingerprint: [7; 32],
    }
}

/// An answer that names a person.
fn answer() -> StoredAnswer {
    StoredAnswer {
        status: 201,
        location: None,
        etag: None,
        body: b"Ada".to_vec(),
    }
}

/// Registers a user as a request does that comes with this key, which is that of no user yet.
async fn registered_once(open: &Open, address: &str, key: &OnceKey) -> User {
    let user = someone(address);
    let once = Repeatable {
        key: key.clone(),
        render: Arc::new(|_: &User| Ok(answer())),
    };
    let registered = add_user(&open.store, user.clone(), Some(once)).await;
    assert_eq!(registered, Ok(Registered::Done));
    user
}

/// Stores an answer to a request of `user` with each of `keys`.
async fn answered(open: &Open, keys: &[OnceKey]) {
    let keys = keys.to_vec();
    let stored = open.store.write(move |tx| {
        for key in &keys {
            tx.answer(key, key.user.as_uuid(), answer(), NOW)?;
        }
        Ok(())
    });
    stored.await.unwrap();
}

/// Which of `keys` are known.
async fn known(open: &Open, keys: &[OnceKey]) -> Vec<bool> {
    let mut known = Vec::new();
    for key in keys {
        let found = open.store.get::<Idempotent>(&key.into()).await.unwrap();
        known.push(found.is_some());
    }
    known
}

/// Gives up all messages that wait.
async fn give_up(open: &Open) {
    let pending = open.outbox.fresh(0, 1000).await.unwrap();
    let dead = |seq| {
        let reason = "nobody understands it".to_owned();
        (
            seq,
            Fate::Dead {
                attempts: 6,
                reason,
            },
        )
    };
    let fates = pending.iter().map(|one| dead(one.seq)).collect();
    open.outbox.settle(fates, NOW).await.unwrap();
}

pub(super) async fn no_answer_and_no_dead_letter_of_an_erased_user_is_kept_and_those_of_others_are(
    open: Open,
) {
    let somebody = || UserId::new(&SystemIds::default());
    let [of_ada, of_bob] = [(); 2].map(|()| key(somebody(), "register"));
    let ada = registered_once(&open, "ada@example.com", &of_ada).await;
    let bob = registered_once(&open, "bob@example.com", &of_bob).await;
    let theirs = [of_ada, key(ada.id, "1"), key(ada.id, "2")];
    let others = [of_bob, key(bob.id, "1"), key(somebody(), "2")];
    answered(&open, &theirs[1..]).await;
    answered(&open, &others[1..]).await;
    give_up(&open).await;
    let letters = async || {
        let letters = open.store.dead_letters(None, 10).await.unwrap();
        let subjects = letters.iter().map(|letter| letter.envelope.subject);
        subjects.collect::<Vec<_>>()
    };
    assert_eq!(letters().await.len(), 2, "what they are called");

    assert!(matches!(erase(&open, &ada).await, Ok(Erased::Done(_))));
    assert_eq!(known(&open, &theirs).await, [false; 3]);
    assert_eq!(known(&open, &others).await, [true; 3]);
    assert_eq!(letters().await, [bob.id.as_uuid()]);
    // A request that was under way has stored its answer by now.
    answered(&open, &theirs[1..]).await;
    open.store.forget_answers(ada.id).await.unwrap();
    assert_eq!(known(&open, &theirs).await, [false; 3]);
    assert_eq!(known(&open, &others).await, [true; 3]);
}
