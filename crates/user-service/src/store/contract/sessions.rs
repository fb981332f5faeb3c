//! Rules about logins.

use std::time::Duration;

use auth::Revocation;

use super::{
    LIFETIME, NOW, Open, TERMS, cut, hash, logged_in, open_for, password_change, rotate,
    rotate_after, session,
};
use crate::app::steps::{
    Opened, Rotated, end_one, end_session, keep_one, open_session, renew_hash, replace_password,
};

/// Longer than a token may be presented again.
const LATER: Duration = Duration::from_secs(10);

pub(super) async fn a_token_is_exchanged_for_the_next_one_in_the_same_session(open: Open) {
    let (user, session) = logged_in(&open, "ada@example.com", 1).await;
    for number in 1..5 {
        let rotated = rotate(&open, number, number + 1).await;
        let user = Box::new(user.clone());
        assert_eq!(rotated, Rotated::Done { user, session });
    }
    assert_eq!(rotate(&open, 77, 78).await, Rotated::Unknown);
}

pub(super) async fn a_token_used_twice_ends_its_session_and_no_other(open: Open) {
    let (user, session) = logged_in(&open, "ada@example.com", 1).await;
    open_for(&open, &user, 11).await;
    rotate(&open, 1, 2).await;
    let second = rotate_after(&open, 1, 3, LATER).await;
    let ended = Revocation::of_session(user.id, session, cut(LATER).until);
    assert_eq!(second, Rotated::SessionEnded(ended));
    for dead in [1, 2, 3] {
        assert_eq!(rotate(&open, dead, 4).await, Rotated::Unknown, "{dead}");
    }
    assert!(matches!(rotate(&open, 11, 12).await, Rotated::Done { .. }));
}

pub(super) async fn a_token_presented_again_at_once_has_the_same_next_one(open: Open) {
    let (user, session) = logged_in(&open, "ada@example.com", 1).await;
    rotate(&open, 1, 2).await;
    let again = Rotated::Again {
        user: Box::new(user),
        session,
        sealed: [2; 32],
    };
    for next in 3..6 {
        assert_eq!(rotate(&open, 1, next).await, again);
    }
    // None of those that were offered in vain is known.
    assert_eq!(rotate(&open, 3, 7).await, Rotated::Unknown);
    assert!(matches!(rotate(&open, 2, 8).await, Rotated::Done { .. }));
    // The next one is used now.
    let reused = rotate(&open, 1, 9).await;
    assert!(matches!(reused, Rotated::SessionEnded(_)));
    assert_eq!(rotate(&open, 8, 10).await, Rotated::Unknown);
}

pub(super) async fn of_many_who_present_one_token_at_once_all_get_the_same_next_one(open: Open) {
    logged_in(&open, "ada@example.com", 1).await;
    let open = &open;
    let attempts = (2..20).map(|next| rotate(open, 1, next));
    let outcomes = futures_util::future::join_all(attempts).await;
    let done = outcomes
        .iter()
        .zip(2..)
        .filter_map(|(outcome, next)| matches!(outcome, Rotated::Done { .. }).then_some(next));
    let [winner] = done.collect::<Vec<u8>>()[..] else {
        panic!("{outcomes:?}");
    };
    let sealed_is_that = |outcome: &&Rotated| matches!(outcome, Rotated::Again { sealed, .. } if *sealed == [winner; 32]);
    assert_eq!(outcomes.iter().filter(sealed_is_that).count(), 17);
}

pub(super) async fn an_expired_token_is_refused_and_ends_nothing(open: Open) {
    logged_in(&open, "ada@example.com", 1).await;
    let refused = rotate_after(&open, 1, 2, LIFETIME).await;
    assert_eq!(refused, Rotated::Unknown);
    assert!(matches!(rotate(&open, 1, 3).await, Rotated::Done { .. }));
}

pub(super) async fn a_session_is_ended_by_its_owner_only_and_again_is_no_error(open: Open) {
    let (ada, _) = logged_in(&open, "ada@example.com", 1).await;
    let (eve, _) = logged_in(&open, "eve@example.com", 11).await;
    end_session(&open.store, eve.id, [1; 32], cut(LATER))
        .await
        .unwrap();
    assert!(matches!(rotate(&open, 1, 2).await, Rotated::Done { .. }));
    // A used token still identifies its session.
    end_session(&open.store, ada.id, [1; 32], cut(LATER))
        .await
        .unwrap();
    end_session(&open.store, ada.id, [1; 32], cut(LATER))
        .await
        .unwrap();
    assert_eq!(rotate(&open, 2, 3).await, Rotated::Unknown);
    assert!(matches!(rotate(&open, 11, 12).await, Rotated::Done { .. }));
}

pub(super) async fn a_changed_password_ends_all_sessions_but_one(open: Open) {
    let (ada, keep) = logged_in(&open, "ada@example.com", 1).await;
    open_for(&open, &ada, 2).await;
    open_for(&open, &ada, 3).await;
    logged_in(&open, "eve@example.com", 4).await;
    let changed = replace_password(
        &open.store,
        password_change(ada.id, hash('C'), hash('D')),
        keep,
        cut(LATER),
    );
    let revoked = Revocation::of_user(ada.id, 1, Some(keep), cut(LATER).until);
    assert_eq!(changed.await, Ok(Some(revoked)));
    let found = open.user(ada.id).await.unwrap().unwrap();
    assert_eq!(found.password_hash, hash('D'));
    for (number, alive) in [(1, true), (2, false), (3, false), (4, true)] {
        let rotated = rotate(&open, number, number + 10).await;
        assert_eq!(matches!(rotated, Rotated::Done { .. }), alive, "{number}");
    }
}

pub(super) async fn a_password_that_changed_meanwhile_is_not_overwritten(open: Open) {
    let (ada, keep) = logged_in(&open, "ada@example.com", 1).await;
    open_for(&open, &ada, 2).await;
    let changed = replace_password(
        &open.store,
        password_change(ada.id, hash('E'), hash('D')),
        keep,
        cut(LATER),
    );
    assert_eq!(changed.await, Ok(None));
    let found = open.user(ada.id).await.unwrap().unwrap();
    assert_eq!(found.password_hash, hash('C'));
    assert!(matches!(rotate(&open, 2, 12).await, Rotated::Done { .. }));
}

pub(super) async fn no_session_is_opened_with_a_password_that_changed_meanwhile(open: Open) {
    let (ada, keep) = logged_in(&open, "ada@example.com", 1).await;
    let (old, new) = (hash('C'), hash('D'));
    replace_password(
        &open.store,
        password_change(ada.id, old, new),
        keep,
        cut(LATER),
    )
    .await
    .unwrap();
    let opened = open_session(&open.store, session(ada.id, 0, 2), None, None).await;
    assert_eq!(opened, Ok(Opened::Outdated));
    assert_eq!(rotate(&open, 2, 3).await, Rotated::Unknown);
}

pub(super) async fn a_renewed_hash_ends_nothing_and_yields_to_another_password(open: Open) {
    let (ada, _) = logged_in(&open, "ada@example.com", 1).await;
    renew_hash(&open.store, ada.id, hash('C'), hash('D'))
        .await
        .unwrap();
    let found = async || open.user(ada.id).await.unwrap().unwrap();
    assert_eq!(found().await.password_hash, hash('D'));
    assert!(matches!(rotate(&open, 1, 2).await, Rotated::Done { .. }));
    renew_hash(&open.store, ada.id, hash('C'), hash('E'))
        .await
        .unwrap();
    assert_eq!(found().await.password_hash, hash('D'));
}

pub(super) async fn a_login_is_listed_until_it_ends_and_no_other_users_are(open: Open) {
    let (ada, first) = logged_in(&open, "ada@example.com", 1).await;
    let (eve, eves) = logged_in(&open, "eve@example.com", 11).await;
    let second = open_for(&open, &ada, 2).await;
    let third = open_for(&open, &ada, 3).await;
    let listed = async |version, now, after, most| -> Vec<_> {
        let rows = open.queries.sessions(ada.id, version, now, after, most);
        rows.await.unwrap().iter().map(|one| one.id).collect()
    };
    assert_eq!(listed(0, NOW, None, 9).await, [third, second, first]);
    assert_eq!(listed(0, NOW, None, 1).await, [third]);
    let after = Some(second.as_uuid());
    assert_eq!(listed(0, NOW, after, 9).await, [first]);
    let expiry = TERMS.expiry(NOW, NOW);
    assert!(listed(0, expiry, None, 9).await.is_empty());

    let none = end_one(&open.store, ada.id, eves, cut(LATER)).await;
    assert_eq!(none, Ok(None));
    let ended = end_one(&open.store, ada.id, second, cut(LATER)).await;
    let until = cut(LATER).until;
    let revoked = Revocation::of_session(ada.id, second, until);
    assert_eq!(ended, Ok(Some(revoked)));
    assert_eq!(listed(0, NOW, None, 9).await, [third, first]);
    let ended = keep_one(&open.store, ada.id, first, cut(LATER)).await;
    let revoked = Revocation::of_user(ada.id, 1, Some(first), until);
    assert_eq!(ended, Ok(Some(revoked)));
    assert_eq!(listed(1, NOW, None, 9).await, [first]);
    for (number, alive) in [(1, true), (2, false), (3, false), (11, true)] {
        let rotated = rotate(&open, number, number + 20).await;
        assert_eq!(matches!(rotated, Rotated::Done { .. }), alive, "{number}");
    }
    assert_eq!(
        keep_one(&open.store, eve.id, eves, cut(LATER))
            .await
            .map(|one| one.is_some()),
        Ok(true)
    );
}

pub(super) async fn what_expired_is_forgotten_and_nothing_else(open: Open) {
    let (ada, _) = logged_in(&open, "ada@example.com", 1).await;
    let mut young = session(ada.id, 0, 2);
    young.expires_at = NOW.plus(2 * LIFETIME);
    open_session(&open.store, young, None, None).await.unwrap();
    let later = NOW.plus(LIFETIME).plus(Duration::from_millis(1));
    assert_eq!(open.store.forget(later).await, Ok(false));
    // At NOW both tokens would still be valid, so an unknown one was removed.
    assert_eq!(rotate(&open, 1, 11).await, Rotated::Unknown);
    assert!(matches!(rotate(&open, 2, 12).await, Rotated::Done { .. }));
    assert!(open.user(ada.id).await.unwrap().is_some());
}
