//! Rules about links in mails: what they are good for, and that each is good once.

use std::time::Duration;

use auth::Revocation;
use contracts::user::SendMail;
use kernel::{IdSource as _, SessionId, SystemIds, UserId};

use super::{NOW, Open, cut, email, hash, someone};
use crate::app::steps::{
    self, EmailChange, EmailWishes, PasswordChange, Proved, WantedEmail, add_user, ask_for_reset,
    ask_to_verify, keep_proof, replace_password,
};
use crate::domain::{Contact, Language, Notice, Proof, Purpose, User};
use crate::events::MailWish;
use store::StoreResult;
use store::outbox::Fate;

pub(super) fn wish(notice: Notice) -> MailWish {
    MailWish {
        notice,
        language: Some(Language::De),
        nonce: SystemIds::default().next(),
    }
}

/// Of mails that were not sent yet, to whom they go and what they are about.
pub(super) async fn asked(open: &Open) -> Vec<(UserId, String)> {
    let pending = open.outbox.fresh(0, 1000).await.unwrap();
    let fates = pending.iter().map(|one| (one.seq, Fate::Sent)).collect();
    open.outbox.settle(fates, NOW).await.unwrap();
    let mails = pending
        .iter()
        .filter_map(|one| one.envelope.open::<SendMail>().ok());
    mails
        .map(|mail| {
            assert_eq!(mail.language, "de");
            (contracts::user_id(&mail.user_id).unwrap(), mail.notice)
        })
        .collect()
}

async fn contact(open: &Open, user: UserId) -> Contact {
    let found = open.store.get::<Contact>(&user).await.unwrap();
    found.map_or_else(|| Contact::plain(user), |found| (*found).clone())
}

/// Makes a link, whose secret is `number`.
async fn link(open: &Open, user: UserId, purpose: Purpose, number: u8) {
    let user = open.user(user).await.unwrap().unwrap();
    let contact = contact(open, user.id).await;
    let proof = Proof::new([number; 32], purpose, &user, &contact, NOW);
    keep_proof(&open.store, proof).await.unwrap();
}

/// Registers `user`, who has to verify their address.
async fn verify(open: &Open, user: User) -> StoreResult<Option<Revocation>> {
    let wish = wish(Notice::Verify);
    ask_to_verify(&open.store, user, wish, cut(Duration::ZERO)).await
}

/// Uses a link for an address.
async fn prove(open: &Open, number: u8) -> Proved {
    let proved = steps::prove_email(&open.store, [number; 32], cut(Duration::ZERO)).await;
    proved.unwrap().0
}

/// Uses a link for a password after `span`.
async fn set(open: &Open, number: u8, password: char, span: Duration) -> Proved {
    let set = steps::set_password(&open.store, [number; 32], hash(password), None, cut(span));
    set.await.unwrap().0
}

/// A session that there is not.
fn nowhere() -> SessionId {
    SessionId::new(&SystemIds::default())
}

async fn registered(open: &Open, address: &str) -> User {
    let user = someone(address);
    add_user(&open.store, user.clone(), None).await.unwrap();
    user
}

pub(super) async fn a_link_is_good_once_however_many_use_it_at_once(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    link(&open, ada.id, Purpose::Reset, 1).await;
    let uses = "CDEFGHIJKLMNOPQRSTUV".chars().map(|one| {
        let wish = Some(wish(Notice::PasswordChanged));
        steps::set_password(&open.store, [1; 32], hash(one), wish, cut(Duration::ZERO))
    });
    let outcomes = futures_util::future::join_all(uses).await;
    let mut won = 0;
    for outcome in outcomes {
        let (proved, revocation) = outcome.unwrap();
        if proved == Proved::Done(ada.id) {
            won += 1;
            let revocation = revocation.unwrap();
            assert_eq!((revocation.user, revocation.below), (ada.id, Some(1)));
        } else {
            assert_eq!((proved, revocation), (Proved::NotGood, None));
        }
    }
    assert_eq!(won, 1);
    let now = open.user(ada.id).await.unwrap().unwrap();
    assert_eq!((now.password_version, now.access_version), (1, 1));
    assert_eq!(
        asked(&open).await,
        [(ada.id, "password_changed".to_owned())]
    );
}

pub(super) async fn of_two_links_of_a_user_the_use_of_one_makes_the_other_void(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    let bob = registered(&open, "bob@example.com").await;
    for number in [1, 2] {
        link(&open, ada.id, Purpose::Reset, number).await;
    }
    link(&open, bob.id, Purpose::Reset, 3).await;
    let mut outcomes = Vec::new();
    for number in [2, 1, 2, 3] {
        outcomes.push(set(&open, number, 'D', Duration::ZERO).await);
    }
    let expected = [
        Proved::Done(ada.id),
        Proved::NotGood,
        Proved::NotGood,
        Proved::Done(bob.id),
    ];
    assert_eq!(outcomes, expected);
}

pub(super) async fn a_link_is_good_until_it_expires_and_for_its_purpose_only(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    link(&open, ada.id, Purpose::Reset, 1).await;
    assert_eq!(prove(&open, 1).await, Proved::NotGood);
    let late = set(&open, 1, 'D', Proof::LIFETIME).await;
    assert_eq!(late, Proved::NotGood);
    assert_eq!(set(&open, 9, 'D', Duration::ZERO).await, Proved::NotGood);
    link(&open, ada.id, Purpose::Verify, 2).await;
    assert_eq!(set(&open, 2, 'D', Duration::ZERO).await, Proved::NotGood);
    assert_eq!(prove(&open, 2).await, Proved::Done(ada.id));
    assert_eq!(open.user(ada.id).await, Ok(Some(ada)));
}

pub(super) async fn an_address_is_registered_again_until_it_is_verified(open: Open) {
    let first = someone("ada@example.com");
    verify(&open, first.clone()).await.unwrap();
    assert!(contact(&open, first.id).await.unverified);
    link(&open, first.id, Purpose::Verify, 1).await;
    let again = User {
        password_hash: hash('D'),
        ..someone("ADA@example.com")
    };
    let revocation = verify(&open, again.clone()).await.unwrap();
    assert_eq!(revocation.unwrap().user, first.id);
    assert_eq!(open.user(again.id).await, Ok(None));
    let now = open.user(first.id).await.unwrap().unwrap();
    assert_eq!((now.password_hash, now.password_version), (hash('D'), 1));
    assert_eq!(prove(&open, 1).await, Proved::NotGood);
    link(&open, first.id, Purpose::Verify, 2).await;
    assert_eq!(prove(&open, 2).await, Proved::Done(first.id));
    assert!(!contact(&open, first.id).await.unverified);
    let third = User {
        password_hash: hash('E'),
        ..someone("ada@example.com")
    };
    assert_eq!(verify(&open, third).await, Ok(None));
    let now = open.user(first.id).await.unwrap().unwrap();
    assert_eq!(
        now.password_hash,
        hash('D'),
        "a verified user is left alone"
    );
    let verify = || (first.id, "verify".to_owned());
    let expected = [
        verify(),
        verify(),
        (first.id, "already_registered".to_owned()),
    ];
    assert_eq!(asked(&open).await, expected);
}

pub(super) async fn of_many_who_register_one_address_at_once_one_user_is_left(open: Open) {
    let attempts = (0..20).map(|_| verify(&open, someone("ada@example.com")));
    let outcomes = futures_util::future::join_all(attempts).await;
    assert!(
        outcomes
            .iter()
            .all(|one| matches!(one, Ok(_) | Err(store::StoreError::Duplicate(_))))
    );
    let ada = open
        .by_email(&email("ada@example.com"))
        .await
        .unwrap()
        .unwrap();
    let asked = asked(&open).await;
    assert!(!asked.is_empty() && asked.iter().all(|(user, _)| *user == ada.id));
}

pub(super) async fn an_address_that_is_wanted_changes_with_its_link_unless_it_is_taken(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    let bob = registered(&open, "bob@example.com").await;
    let want = async |user: &User, address: &str, is_sent: bool| {
        let wishes = is_sent.then(|| EmailWishes {
            change: wish(Notice::ChangeEmail),
            changing: wish(Notice::EmailChanging),
        });
        let wanted = WantedEmail {
            user: user.id,
            session: nowhere(),
            password: user.password_hash.clone(),
            email: email(address),
        };
        let change = steps::want_email(&open.store, wanted, wishes, cut(Duration::ZERO));
        let (change, revocation) = change.await.unwrap();
        assert_eq!(revocation.is_some(), change == EmailChange::Changed);
        change
    };
    asked(&open).await;
    assert_eq!(
        want(&ada, "bob@example.com", true).await,
        EmailChange::Asked
    );
    let expected = [
        (bob.id, "already_registered".to_owned()),
        (ada.id, "email_changing".to_owned()),
    ];
    assert_eq!(asked(&open).await, expected);
    for user in [&ada, &bob] {
        assert_eq!(
            want(user, "free@example.com", true).await,
            EmailChange::Asked
        );
    }
    link(&open, ada.id, Purpose::ChangeEmail, 1).await;
    link(&open, bob.id, Purpose::ChangeEmail, 2).await;
    let uses = [1, 2].map(|number| prove(&open, number));
    let outcomes = futures_util::future::join_all(uses).await;
    let taken = outcomes.iter().filter(|one| **one == Proved::EmailTaken);
    assert_eq!(taken.count(), 1, "{outcomes:?}");
    let owner = open
        .by_email(&email("free@example.com"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(contact(&open, owner.id).await.pending, None);
    let versions = (owner.password_version, owner.access_version);
    assert_eq!(versions, (1, 1), "all logins end");
    assert_eq!(
        want(&owner, "straight@example.com", false).await,
        EmailChange::Changed
    );
    let other = if owner.id == ada.id { &bob } else { &ada };
    assert_eq!(
        want(other, "straight@example.com", false).await,
        EmailChange::Taken
    );
    let stale = User {
        password_hash: hash('Z'),
        ..owner
    };
    assert_eq!(
        want(&stale, "x@example.com", false).await,
        EmailChange::WrongPassword
    );
}

pub(super) async fn a_changed_password_makes_links_void(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    link(&open, ada.id, Purpose::Reset, 1).await;
    asked(&open).await;
    let change = PasswordChange {
        user: ada.id,
        old: hash('C'),
        new: hash('D'),
        wish: Some(wish(Notice::PasswordChanged)),
    };
    let changed = replace_password(&open.store, change, nowhere(), cut(Duration::ZERO)).await;
    assert!(matches!(changed, Ok(Some(_))), "{changed:?}");
    let used = set(&open, 1, 'E', Duration::ZERO).await;
    assert_eq!(used, Proved::NotGood);
    assert_eq!(
        asked(&open).await,
        [(ada.id, "password_changed".to_owned())]
    );
}

pub(super) async fn a_mail_to_nobody_is_asked_for_like_any_other(open: Open) {
    let ada = registered(&open, "ada@example.com").await;
    let nobody = UserId::new(&SystemIds::default());
    for address in ["ADA@example.com", "eve@example.com"] {
        let wish = wish(Notice::Reset);
        ask_for_reset(&open.store, &email(address), nobody, wish, NOW)
            .await
            .unwrap();
    }
    let reset = |user| (user, "reset".to_owned());
    assert_eq!(asked(&open).await, [reset(ada.id), reset(nobody)]);
}
