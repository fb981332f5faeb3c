//! Idempotency keys: who runs, and what is answered.

use std::time::Duration;

use kernel::{IdSource, OrderId, UserId};
use store::idempotency::{Claim, Earlier, OnceKey, StoredAnswer};

use super::Subject;
use crate::domain::{Command, Message};
use crate::http::render;
use crate::store::{Answer, KeepSubject};

fn key(user: UserId, key: &str, body: u8) -> OnceKey {
    OnceKey {
        user,
        route: "POST /api/orders/create",
        key: key.to_owned(),
        fingerprint: [body; 32],
    }
}

pub(super) async fn a_key_is_claimed_by_one_request_and_freed_by_its_lease(s: Subject) {
    let user = UserId::new(&s.ids);
    let (first, second) = (OrderId::new(&s.ids), OrderId::new(&s.ids));
    let lease = Duration::from_secs(45);
    let claim = async |key, order, now| s.store.claim(key, order, now, lease).await.unwrap();
    let mine = |order: OrderId, until| Claim::Mine {
        subject: order.as_uuid(),
        until,
    };
    assert_eq!(
        claim(key(user, "k", 1), first, s.now).await,
        mine(first, s.now.plus(lease))
    );
    assert_eq!(
        claim(key(user, "k", 1), second, s.now).await,
        Claim::Earlier(Earlier::Running)
    );
    assert_eq!(
        claim(key(user, "k", 2), second, s.now).await,
        Claim::Earlier(Earlier::OtherBody)
    );
    let other = claim(key(UserId::new(&s.ids), "k", 1), second, s.now).await;
    assert!(matches!(other, Claim::Mine { .. }));
    let later = s.now.plus(lease);
    assert_eq!(
        claim(key(user, "k", 1), second, later).await,
        mine(first, later.plus(lease))
    );
}

pub(super) async fn a_claim_given_up_is_free_at_once_with_or_without_its_order(s: Subject) {
    let user = UserId::new(&s.ids);
    let (first, second) = (OrderId::new(&s.ids), OrderId::new(&s.ids));
    let lease = Duration::from_secs(45);
    let until = s.now.plus(lease);
    for (keep, expected) in [(KeepSubject::Yes, first), (KeepSubject::No, second)] {
        s.store
            .claim(key(user, "k", 1), first, s.now, lease)
            .await
            .unwrap();
        s.store
            .give_up(key(user, "k", 1), until, keep)
            .await
            .unwrap();
        let claim = s
            .store
            .claim(key(user, "k", 1), second, s.now, lease)
            .await
            .unwrap();
        assert_eq!(
            claim,
            Claim::Mine {
                subject: expected.as_uuid(),
                until
            }
        );
        s.store
            .give_up(key(user, "k", 1), until, KeepSubject::No)
            .await
            .unwrap();
    }
}

pub(super) async fn whoever_has_lost_a_claim_can_neither_answer_for_it_nor_give_it_up(s: Subject) {
    let user = UserId::new(&s.ids);
    let order = OrderId::new(&s.ids);
    let lease = Duration::from_secs(45);
    let (stale, later) = (s.now.plus(lease), s.now.plus(lease));
    s.store
        .claim(key(user, "k", 1), order, s.now, lease)
        .await
        .unwrap();
    s.store
        .claim(key(user, "k", 1), order, later, lease)
        .await
        .unwrap();
    let answer = StoredAnswer {
        status: 409,
        location: None,
        etag: None,
        body: b"{}".to_vec(),
    };
    s.store
        .refuse(key(user, "k", 1), stale, answer)
        .await
        .unwrap();
    for keep in [KeepSubject::Yes, KeepSubject::No] {
        s.store
            .give_up(key(user, "k", 1), stale, keep)
            .await
            .unwrap();
    }
    let claim = s
        .store
        .claim(key(user, "k", 1), order, later, lease)
        .await
        .unwrap();
    assert_eq!(claim, Claim::Earlier(Earlier::Running));
}

pub(super) async fn whoever_answers_first_answers_for_ever(s: Subject) {
    let user = UserId::new(&s.ids);
    let place = async |name: &str| {
        let order = s.order(user, true);
        s.store
            .claim(key(user, name, 1), order.id, s.now, Duration::from_secs(45))
            .await
            .unwrap();
        s.store
            .place(order.clone(), vec![Command::DebitForOrder], Answer::Later)
            .await
            .unwrap();
        order
    };
    // The saga before the end of the wait:
    let order = place("a").await;
    s.store
        .apply(vec![s.inbound(order.id, Message::Debited)], s.now)
        .await
        .unwrap();
    let stands = s.store.answer(order.clone()).await.unwrap().unwrap();
    assert_eq!(stands.status, 201);
    // The end of the wait before the saga:
    let order = place("b").await;
    let stands = s.store.answer(order.clone()).await.unwrap().unwrap();
    assert_eq!(stands.status, 202);
    s.store
        .apply(vec![s.inbound(order.id, Message::Debited)], s.now)
        .await
        .unwrap();
    let claim = s
        .store
        .claim(
            key(user, "b", 1),
            OrderId::new(&s.ids),
            s.now,
            Duration::ZERO,
        )
        .await
        .unwrap();
    assert_eq!(claim, Claim::Earlier(Earlier::Answered(stands)));
}

pub(super) async fn answers_are_forgotten_after_forty_eight_hours(s: Subject) {
    let user = UserId::new(&s.ids);
    let answer = StoredAnswer {
        status: 409,
        location: None,
        etag: None,
        body: b"{}".to_vec(),
    };
    let order = OrderId::new(&s.ids);
    let lease = Duration::from_secs(45);
    s.store
        .claim(key(user, "k", 1), order, s.now, lease)
        .await
        .unwrap();
    s.store
        .refuse(key(user, "k", 1), s.now.plus(lease), answer.clone())
        .await
        .unwrap();
    let claim = async |now| {
        s.store
            .claim(
                key(user, "k", 1),
                OrderId::from_uuid(s.ids.next()),
                now,
                Duration::ZERO,
            )
            .await
            .unwrap()
    };
    let day = Duration::from_hours(24);
    assert_eq!(
        claim(s.now.plus(day)).await,
        Claim::Earlier(Earlier::Answered(answer))
    );
    assert!(matches!(
        claim(s.now.plus(day * 2)).await,
        Claim::Mine { .. }
    ));
    s.store.forget(s.now.plus(day * 3)).await.unwrap();
}

pub(super) async fn a_request_that_does_not_wait_is_answered_with_its_order(s: Subject) {
    let user = UserId::new(&s.ids);
    let order = s.order(user, true);
    let claim = async || {
        let lease = Duration::from_secs(45);
        let claimed = s.store.claim(key(user, "k", 1), order.id, s.now, lease);
        claimed.await.unwrap()
    };
    claim().await;
    s.store
        .place(order.clone(), vec![Command::DebitForOrder], Answer::Now)
        .await
        .unwrap();
    let pending = render(&order);
    assert_eq!(
        claim().await,
        Claim::Earlier(Earlier::Answered(pending.clone()))
    );
    s.store
        .apply(vec![s.inbound(order.id, Message::Debited)], s.now)
        .await
        .unwrap();
    assert_eq!(
        s.store.answer(order.clone()).await.unwrap(),
        Some(pending.clone())
    );
    assert_eq!(claim().await, Claim::Earlier(Earlier::Answered(pending)));
}

pub(super) async fn a_key_whose_order_is_answered_says_so_to_its_own_body_alone(s: Subject) {
    let user = UserId::new(&s.ids);
    let order = s.order(user, true);
    let claim = async |body, now| {
        let lease = Duration::from_secs(45);
        let claimed = s.store.claim(key(user, "k", body), order.id, now, lease);
        claimed.await.unwrap()
    };
    claim(1, s.now).await;
    s.store
        .place(order.clone(), vec![Command::DebitForOrder], Answer::Later)
        .await
        .unwrap();
    assert_eq!(claim(1, s.now).await, Claim::Earlier(Earlier::Running));
    let declined = Message::DebitDeclined(crate::domain::Reason::InsufficientFunds);
    s.store
        .apply(vec![s.inbound(order.id, declined)], s.now)
        .await
        .unwrap();
    // Long after the lease, too: an answered request is not run again.
    for now in [s.now, s.now.plus(Duration::from_hours(1))] {
        assert_eq!(claim(2, now).await, Claim::Earlier(Earlier::OtherBody));
        assert!(matches!(
            claim(1, now).await,
            Claim::Earlier(Earlier::Answered(answer)) if answer.status == 402
        ));
    }
}

pub(super) async fn an_order_without_a_key_has_no_answer(s: Subject) {
    let order = s.placed(UserId::new(&s.ids)).await;
    assert_eq!(s.store.answer(order).await.unwrap(), None);
}
