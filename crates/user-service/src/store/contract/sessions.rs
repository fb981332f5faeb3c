//! Rules about logins.

use super::{LIFETIME, NOW, hash, logged_in, open, rotate, session, token};
use crate::store::{Rotated, UserStore};

pub(super) async fn a_token_is_exchanged_for_the_next_one_in_the_same_session(
    store: impl UserStore,
) {
    let (user, session) = logged_in(&store, "ada@example.com", 1).await;
    for number in 1..5 {
        let rotated = rotate(&store, number, number + 1).await;
        let user = Box::new(user.clone());
        assert_eq!(rotated, Rotated::Done { user, session });
    }
    assert_eq!(rotate(&store, 77, 78).await, Rotated::Unknown);
}

pub(super) async fn a_token_used_twice_ends_its_session_and_no_other(store: impl UserStore) {
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

pub(super) async fn of_many_who_present_one_token_at_once_at_most_one_gets_the_next(
    store: impl UserStore,
) {
    logged_in(&store, "ada@example.com", 1).await;
    let store = &store;
    let attempts = (2..20).map(|next| rotate(store, 1, next));
    let outcomes = futures_util::future::join_all(attempts).await;
    let count = |wanted: fn(&Rotated) -> bool| outcomes.iter().filter(|o| wanted(o)).count();
    assert_eq!(count(|o| matches!(o, Rotated::Done { .. })), 1);
    assert_eq!(count(|o| matches!(o, Rotated::SessionEnded { .. })), 1);
    assert_eq!(count(|o| matches!(o, Rotated::Unknown)), 16);
}

pub(super) async fn an_expired_token_is_refused_and_ends_nothing(store: impl UserStore) {
    logged_in(&store, "ada@example.com", 1).await;
    let late = NOW.plus(LIFETIME);
    let refused = store.rotate([1; 32], token(2), late).await;
    assert_eq!(refused, Ok(Rotated::Unknown));
    assert!(matches!(rotate(&store, 1, 3).await, Rotated::Done { .. }));
}

pub(super) async fn a_session_is_ended_by_its_owner_only_and_again_is_no_error(
    store: impl UserStore,
) {
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

pub(super) async fn a_changed_password_ends_all_sessions_but_one(store: impl UserStore) {
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

pub(super) async fn a_password_that_changed_meanwhile_is_not_overwritten(store: impl UserStore) {
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

pub(super) async fn no_session_is_opened_with_a_password_that_changed_meanwhile(
    store: impl UserStore,
) {
    let (ada, keep) = logged_in(&store, "ada@example.com", 1).await;
    store
        .change_password(ada.id, hash('C'), hash('D'), keep)
        .await
        .unwrap();
    let opened = store.open_session(session(ada.id, 2), hash('C')).await;
    assert_eq!(opened, Ok(false));
    assert_eq!(rotate(&store, 2, 3).await, Rotated::Unknown);
}
