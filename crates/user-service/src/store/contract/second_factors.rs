//! Rules about second factors.

use std::time::Duration;

use auth::{OpaqueToken, Revocation, TotpSecret, step_at};
use futures_util::future::join_all;
use kernel::{AuditId, SessionId, SystemIds};
use store::StoreResult;

use super::accounts::{asked as told, wish};
use super::standing::admin;
use super::{NOW, Open, cut, hash, logged_in, open_for, rotate, session};
use crate::app::steps::{
    Erased, FactorChange, Nobody, NotDone, Opened, Proved, Rotated, erase_user, keep_proof, offer,
    open_session, reset_access, set_password, turn_off, turn_on,
};
use crate::domain::{
    AuditAction, AuditEntry, Contact, Email, FactorCode, Notice, Proof, Purpose, RecoveryCode,
    SecondFactor, Used, User, UserName,
};

/// Half a minute: the time of a code.
const STEP: Duration = Duration::from_secs(30);

/// The same for all users.
fn secret() -> TotpSecret {
    TotpSecret::new([7; TotpSecret::BYTES])
}

/// The code of so many half minutes after [`NOW`].
fn code(steps: i64) -> FactorCode {
    FactorCode::App(secret().code(step_at(NOW) + steps))
}

fn recovery(number: u8) -> FactorCode {
    FactorCode::parse(&RecoveryCode::new([number; RecoveryCode::BYTES]).text()).unwrap()
}

fn change(user: &User, code: FactorCode, after: Duration) -> FactorChange {
    FactorChange {
        user: user.id,
        code,
        audit: AuditId::new(&SystemIds::default()),
        cut: cut(after),
        wish: None,
    }
}

async fn offered(open: &Open, user: &User) -> Result<User, NotDone> {
    let factor = SecondFactor::new(user.id, secret());
    let password = user.password_hash.clone();
    offer(&open.store, password, factor).await.unwrap()
}

async fn confirm(
    open: &Open,
    user: &User,
    code: FactorCode,
    keep: SessionId,
) -> StoreResult<Result<Revocation, NotDone>> {
    let codes = (1..=10).map(|number| RecoveryCode::new([number; RecoveryCode::BYTES]));
    let digests = codes.map(|code| code.digest()).collect();
    turn_on(
        &open.store,
        change(user, code, Duration::ZERO),
        digests,
        keep,
    )
    .await
}

/// A user whose second factor was turned on by the code of [`NOW`], from the session with the token 1.
async fn guarded(open: &Open, address: &str) -> User {
    let (user, keep) = logged_in(open, address, 1).await;
    guard(open, &user, keep).await
}

async fn guard(open: &Open, user: &User, keep: SessionId) -> User {
    offered(open, user).await.unwrap();
    confirm(open, user, code(0), keep).await.unwrap().unwrap();
    open.user(user.id).await.unwrap().unwrap()
}

/// A login so many half minutes after [`NOW`].
async fn log_in(open: &Open, user: &User, steps: u32, code: Option<FactorCode>) -> Opened {
    let number = u8::try_from(steps).unwrap() + 200;
    let mut session = session(user.id, user.password_version, number);
    session.created_at = NOW.plus(STEP * steps);
    open_session(&open.store, session, code, None)
        .await
        .unwrap()
}

/// Of many logins at once, those that succeeded.
async fn of_many(open: &Open, user: &User, code: &FactorCode) -> Vec<Option<Used>> {
    let attempts = (0..20).map(|number| {
        let mut session = session(user.id, user.password_version, 100 + number);
        session.created_at = NOW.plus(STEP);
        open_session(&open.store, session, Some(code.clone()), None)
    });
    let outcomes = join_all(attempts).await;
    let done = outcomes
        .into_iter()
        .filter_map(|outcome| match outcome.unwrap() {
            Opened::Done(_, proof) => Some(proof),
            Opened::WrongCode => None,
            other @ (Opened::Outdated | Opened::CodeNeeded) => panic!("{other:?}"),
        });
    done.collect()
}

async fn newest(open: &Open, user: &User) -> AuditEntry {
    let entries = open.queries.audit_log(Some(user.id), None, 1).await;
    entries.unwrap().remove(0)
}

pub(super) async fn one_that_is_not_confirmed_is_not_asked_for(open: Open) {
    let (ada, keep) = logged_in(&open, "ada@example.com", 1).await;
    let wrong = User {
        password_hash: hash('Z'),
        ..ada.clone()
    };
    assert_eq!(offered(&open, &wrong).await, Err(NotDone::WrongPassword));
    let none = confirm(&open, &ada, code(0), keep).await;
    assert_eq!(none, Ok(Err(NotDone::IsOff)));
    for _ in 0..2 {
        assert_eq!(offered(&open, &ada).await, Ok(ada.clone()));
    }
    open_for(&open, &ada, 2).await;
    for wrong in [code(2), code(-2), recovery(1)] {
        let refused = confirm(&open, &ada, wrong, keep).await;
        assert_eq!(refused, Ok(Err(NotDone::WrongCode)));
    }
    open_for(&open, &ada, 3).await;
    assert_eq!(
        open.queries.audit_log(Some(ada.id), None, 9).await,
        Ok(vec![])
    );
}

pub(super) async fn the_first_code_turns_it_on_and_ends_other_sessions_with_an_entry(open: Open) {
    let (ada, keep) = logged_in(&open, "ada@example.com", 1).await;
    open_for(&open, &ada, 2).await;
    offered(&open, &ada).await.unwrap();
    let done = confirm(&open, &ada, code(0), keep).await.unwrap();
    let until = cut(Duration::ZERO).until;
    assert_eq!(done, Ok(Revocation::of_user(ada.id, 1, Some(keep), until)));
    let now = open.user(ada.id).await.unwrap().unwrap();
    assert_eq!(now.second_factor_since, Some(NOW));
    assert!(matches!(rotate(&open, 1, 11).await, Rotated::Done { .. }));
    assert_eq!(rotate(&open, 2, 12).await, Rotated::Unknown);
    let entry = newest(&open, &ada).await;
    assert_eq!(entry.action, AuditAction::SecondFactorEnabled);
    assert_eq!(entry.by, Some(ada.id));
    let state = |state| serde_json::to_value(state).unwrap()["secondFactor"].clone();
    assert_eq!(
        (state(&entry.before), state(&entry.after)),
        (false.into(), true.into())
    );
    assert_eq!(offered(&open, &now).await, Err(NotDone::IsOn));
    let again = confirm(&open, &now, code(1), keep).await;
    assert_eq!(again, Ok(Err(NotDone::IsOn)));
}

pub(super) async fn of_many_confirmations_at_once_one_turns_it_on(open: Open) {
    let (ada, keep) = logged_in(&open, "ada@example.com", 1).await;
    offered(&open, &ada).await.unwrap();
    let attempts = (0..10).map(|_| confirm(&open, &ada, code(0), keep));
    let outcomes = join_all(attempts).await;
    let done = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Ok(_))));
    assert_eq!(done.count(), 1, "{outcomes:?}");
    let entries = open.queries.audit_log(Some(ada.id), None, 9).await.unwrap();
    assert_eq!(entries.len(), 1);
}

pub(super) async fn of_many_logins_with_one_code_at_once_one_succeeds(open: Open) {
    let ada = guarded(&open, "ada@example.com").await;
    assert_eq!(of_many(&open, &ada, &code(1)).await, [Some(Used::App)]);
    // Nor is the one before it good any more, which was not used.
    assert_eq!(
        log_in(&open, &ada, 1, Some(code(1))).await,
        Opened::WrongCode
    );
    assert_eq!(
        log_in(&open, &ada, 1, Some(code(0))).await,
        Opened::WrongCode
    );
    let next = log_in(&open, &ada, 2, Some(code(2))).await;
    assert_eq!(next, Opened::Done(Box::new(ada), Some(Used::App)));
}

pub(super) async fn of_many_logins_with_one_recovery_code_at_once_one_succeeds(open: Open) {
    let ada = guarded(&open, "ada@example.com").await;
    assert_eq!(
        of_many(&open, &ada, &recovery(3)).await,
        [Some(Used::Recovery)]
    );
    let left = open.store.get::<SecondFactor>(&ada.id).await.unwrap();
    assert_eq!(left.unwrap().left(), 9);
    assert_eq!(
        log_in(&open, &ada, 1, Some(recovery(3))).await,
        Opened::WrongCode
    );
    assert_eq!(
        log_in(&open, &ada, 1, Some(recovery(77))).await,
        Opened::WrongCode
    );
    let other = log_in(&open, &ada, 1, Some(recovery(4))).await;
    assert!(matches!(other, Opened::Done(_, Some(Used::Recovery))));
}

pub(super) async fn no_session_is_opened_without_a_code_while_it_is_turned_on(open: Open) {
    for number in 0..5 {
        let address = format!("ada-{number}@example.com");
        let (ada, keep) = logged_in(&open, &address, number * 10 + 1).await;
        offered(&open, &ada).await.unwrap();
        let late = session(ada.id, 0, number * 10 + 2);
        let (on, opened) = futures_util::join!(
            confirm(&open, &ada, code(0), keep),
            open_session(&open.store, late, None, None),
        );
        on.unwrap().unwrap();
        // It came before or after. Either way, its token is worth nothing now.
        opened.unwrap();
        let refused = rotate(&open, number * 10 + 2, number * 10 + 3).await;
        assert_eq!(refused, Rotated::Unknown);
        let now = open.user(ada.id).await.unwrap().unwrap();
        assert_eq!(log_in(&open, &now, 1, None).await, Opened::CodeNeeded);
    }
}

pub(super) async fn it_is_turned_off_with_the_password_and_a_code_and_leaves_an_entry(open: Open) {
    let ada = guarded(&open, "ada@example.com").await;
    let off = async |password: char, code| {
        let change = change(&ada, code, STEP);
        turn_off(&open.store, hash(password), change).await.unwrap()
    };
    assert_eq!(off('Z', code(1)).await, Err(NotDone::WrongPassword));
    // The code that turned it on is used up.
    for wrong in [code(0), recovery(77)] {
        assert_eq!(off('C', wrong).await, Err(NotDone::WrongCode));
    }
    assert_eq!(off('C', recovery(1)).await, Ok((Used::Recovery, None)));
    assert_eq!(off('C', code(1)).await, Err(NotDone::IsOff));
    let entry = newest(&open, &ada).await;
    assert_eq!(entry.action, AuditAction::SecondFactorDisabled);
    assert_eq!(entry.by, Some(ada.id));
    let left = open.store.get::<SecondFactor>(&ada.id).await.unwrap();
    assert!(left.is_none());
    let now = open.user(ada.id).await.unwrap().unwrap();
    open_for(&open, &now, 5).await;
    assert!(matches!(rotate(&open, 1, 2).await, Rotated::Done { .. }));
    // Another can be set up.
    offered(&open, &now).await.unwrap();
}

pub(super) async fn who_has_a_role_loses_their_tokens_with_it(open: Open) {
    let boss = admin(&open, "boss@example.com").await;
    let keep = open_for(&open, &boss, 1).await;
    let boss = guard(&open, &boss, keep).await;
    let change = change(&boss, code(1), STEP);
    let off = turn_off(&open.store, boss.password_hash.clone(), change);
    let below = boss.access_version + 1;
    let revoked = Revocation::of_user(boss.id, below, None, cut(STEP).until);
    assert_eq!(off.await, Ok(Ok((Used::App, Some(revoked)))));
    assert!(matches!(rotate(&open, 1, 2).await, Rotated::Done { .. }));
}

pub(super) async fn a_reset_of_access_turns_it_off_and_a_link_of_a_mail_does_not(open: Open) {
    let ada = guarded(&open, "ada@example.com").await;
    let proof = Proof::new([9; 32], Purpose::Reset, &ada, &Contact::plain(ada.id), NOW);
    keep_proof(&open.store, proof).await.unwrap();
    let set = set_password(&open.store, [9; 32], hash('D'), None, cut(Duration::ZERO));
    assert_eq!(set.await.unwrap().0, Proved::Done(ada.id));
    let now = open.user(ada.id).await.unwrap().unwrap();
    assert_eq!(log_in(&open, &now, 1, None).await, Opened::CodeNeeded);

    let secret = OpaqueToken::generate().unwrap();
    let audit = AuditId::new(&SystemIds::default());
    told(&open).await;
    let off = Some(wish(Notice::SecondFactorDisabled));
    let reset = reset_access(&open.store, &ada.email, &secret, audit, off, cut(STEP));
    let reset = reset.await.unwrap().unwrap();
    assert!(reset.had_second_factor);
    assert_eq!(reset.user, now);
    assert_eq!(
        told(&open).await,
        [(ada.id, "second_factor_disabled".to_owned())]
    );
    let entry = newest(&open, &ada).await;
    assert_eq!(
        (entry.id, entry.action, entry.by),
        (audit, AuditAction::SecondFactorDisabled, None)
    );
    let link = open.store.get::<Proof>(&secret.digest()).await.unwrap();
    assert!(link.is_some());
    let now = open.user(ada.id).await.unwrap().unwrap();
    open_for(&open, &now, 5).await;
    let audit = AuditId::new(&SystemIds::default());
    let another = OpaqueToken::generate().unwrap();
    let again = reset_access(&open.store, &ada.email, &another, audit, off, cut(STEP));
    assert!(!again.await.unwrap().unwrap().had_second_factor);
    assert_eq!(told(&open).await, [], "there was none to turn off");
}

pub(super) async fn no_secret_of_an_erased_user_is_left(open: Open) {
    let ada = guarded(&open, "ada@example.com").await;
    let nobody = Nobody {
        id: ada.id,
        name: UserName::parse("Deleted user").unwrap(),
        email: Email::parse("nobody@deleted.invalid").unwrap(),
        password: hash('X'),
        audit: AuditId::new(&SystemIds::default()),
    };
    let erased = erase_user(&open.store, ada.password_hash.clone(), nobody, cut(STEP));
    assert!(matches!(erased.await, Ok(Erased::Done(_))));
    let left = open.store.get::<SecondFactor>(&ada.id).await.unwrap();
    assert!(left.is_none());
    let nobody = open.user(ada.id).await.unwrap().unwrap();
    assert_eq!(nobody.second_factor_since, None);
}

pub(super) async fn a_mail_tells_of_each_change_and_of_a_recovery_code_and_of_nothing_else(
    open: Open,
) {
    let (ada, keep) = logged_in(&open, "ada@example.com", 1).await;
    let mail = |word: &str| vec![(ada.id, word.to_owned())];
    let with = |code, after, notice| FactorChange {
        wish: Some(wish(notice)),
        ..change(&ada, code, after)
    };
    offered(&open, &ada).await.unwrap();
    let digests: Vec<_> = (1..=2)
        .map(|number| RecoveryCode::new([number; RecoveryCode::BYTES]).digest())
        .collect();
    for (code, told_of) in [(code(5), vec![]), (code(0), mail("second_factor_enabled"))] {
        let change = with(code, Duration::ZERO, Notice::SecondFactorEnabled);
        let on = turn_on(&open.store, change, digests.clone(), keep).await;
        assert_eq!(on.unwrap().is_ok(), !told_of.is_empty());
        assert_eq!(told(&open).await, told_of);
    }

    let used = || Some(wish(Notice::RecoveryCodeUsed));
    for (number, code, told_of) in [
        (31, code(1), vec![]),
        (32, recovery(77), vec![]),
        (33, recovery(1), mail("recovery_code_used")),
        (34, recovery(1), vec![]),
    ] {
        let mut session = session(ada.id, 0, number);
        session.password_version = open.user(ada.id).await.unwrap().unwrap().password_version;
        session.created_at = NOW.plus(STEP);
        let opened = open_session(&open.store, session, Some(code), used());
        opened.await.unwrap();
        assert_eq!(told(&open).await, told_of, "{number}");
    }

    for (code, told_of) in [
        (recovery(77), vec![]),
        (recovery(2), mail("second_factor_disabled")),
    ] {
        let change = with(code, STEP * 2, Notice::SecondFactorDisabled);
        let off = turn_off(&open.store, ada.password_hash.clone(), change).await;
        assert_eq!(off.unwrap().is_ok(), !told_of.is_empty());
        assert_eq!(told(&open).await, told_of);
    }
}
