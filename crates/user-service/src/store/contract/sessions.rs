//! Rules about logins.

use std::time::Duration;

use super::{LIFETIME, NOW, Open, hash, logged_in, open_for, rotate, session, token};
use crate::app::steps::{self, Rotated, end_session, open_session, replace_password};

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
    let second = rotate(&open, 1, 3).await;
    let user = user.id;
    assert_eq!(second, Rotated::SessionEnded { user, session });
    for dead in [1, 2, 3] {
        assert_eq!(rotate(&open, dead, 4).await, Rotated::Unknown, "{dead}");
    }
    assert!(matches!(rotate(&open, 11, 12).await, Rotated::Done { .. }));
}

pub(super) async fn of_many_who_present_one_token_at_once_at_most_one_gets_the_next(open: Open) {
    logged_in(&open, "ada@example.com", 1).await;
    let open = &open;
    let attempts = (2..20).map(|next| rotate(open, 1, next));
    let outcomes = futures_util::future::join_all(attempts).await;
    let count = |wanted: fn(&Rotated) -> bool| outcomes.iter().filter(|o| wanted(o)).count();
    assert_eq!(count(|o| matches!(o, Rotated::Done { .. })), 1);
    assert_eq!(count(|o| matches!(o, Rotated::SessionEnded { .. })), 1);
    assert_eq!(count(|o| matches!(o, Rotated::Unknown)), 16);
}

pub(super) async fn an_expired_token_is_refused_and_ends_nothing(open: Open) {
    logged_in(&open, "ada@example.com", 1).await;
    let late = NOW.plus(LIFETIME);
    let refused = steps::rotate(&open.store, [1; 32], token(2), late).await;
    assert_eq!(refused, Ok(Rotated::Unknown));
    assert!(matches!(rotate(&open, 1, 3).await, Rotated::Done { .. }));
}

pub(super) async fn a_session_is_ended_by_its_owner_only_and_again_is_no_error(open: Open) {
    let (ada, _) = logged_in(&open, "ada@example.com", 1).await;
    let (eve, _) = logged_in(&open, "eve@example.com", 11).await;
    end_session(&open.store, eve.id, [1; 32]).await.unwrap();
    assert!(matches!(rotate(&open, 1, 2).await, Rotated::Done { .. }));
    // A used token still identifies its session.
    end_session(&open.store, ada.id, [1; 32]).await.unwrap();
    end_session(&open.store, ada.id, [1; 32]).await.unwrap();
    assert_eq!(rotate(&open, 2, 3).await, Rotated::Unknown);
    assert!(matches!(rotate(&open, 11, 12).await, Rotated::Done { .. }));
}

pub(super) async fn a_changed_password_ends_all_sessions_but_one(open: Open) {
    let (ada, keep) = logged_in(&open, "ada@example.com", 1).await;
    open_for(&open, &ada, 2).await;
    open_for(&open, &ada, 3).await;
    logged_in(&open, "eve@example.com", 4).await;
    let changed = replace_password(&open.store, ada.id, hash('C'), hash('D'), keep).await;
    assert_eq!(changed, Ok(true));
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
    let changed = replace_password(&open.store, ada.id, hash('E'), hash('D'), keep).await;
    assert_eq!(changed, Ok(false));
    let found = open.user(ada.id).await.unwrap().unwrap();
    assert_eq!(found.password_hash, hash('C'));
    assert!(matches!(rotate(&open, 2, 12).await, Rotated::Done { .. }));
}

pub(super) async fn no_session_is_opened_with_a_password_that_changed_meanwhile(open: Open) {
    let (ada, keep) = logged_in(&open, "ada@example.com", 1).await;
    replace_password(&open.store, ada.id, hash('C'), hash('D'), keep)
        .await
        .unwrap();
    let opened = open_session(&open.store, session(ada.id, 0, 2)).await;
    assert_eq!(opened, Ok(false));
    assert_eq!(rotate(&open, 2, 3).await, Rotated::Unknown);
}

pub(super) async fn what_expired_is_forgotten_and_nothing_else(open: Open) {
    let (ada, _) = logged_in(&open, "ada@example.com", 1).await;
    let mut young = session(ada.id, 0, 2);
    young.expires_at = NOW.plus(2 * LIFETIME);
    open_session(&open.store, young).await.unwrap();
    let later = NOW.plus(LIFETIME).plus(Duration::from_millis(1));
    assert_eq!(open.store.forget(later).await, Ok(false));
    // At NOW both tokens would still be valid, so an unknown one was removed.
    assert_eq!(rotate(&open, 1, 11).await, Rotated::Unknown);
    assert!(matches!(rotate(&open, 2, 12).await, Rotated::Done { .. }));
    assert!(open.user(ada.id).await.unwrap().is_some());
}
