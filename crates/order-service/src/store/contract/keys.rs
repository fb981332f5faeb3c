//! Idempotency keys: who runs, and what is answered.

use std::time::Duration;

use kernel::{OrderId, UserId};
use store::idempotency::{Earlier, OnceKey, StoredAnswer};

use super::{Subject, debited};
use crate::app::{ClaimEnd, Claimed, claim, end_claim};
use crate::domain::{Message, Order, OrderState, Reason};

/// How long a claim holds.
const LEASE: Duration = Duration::from_secs(45);

fn key(user: UserId, key: &str, body: u8) -> OnceKey {
    OnceKey {
        user,
        route: "POST /api/orders/create",
        key: key.to_owned(),
        fingerprint: [body; 32],
    }
}

fn refusal() -> StoredAnswer {
    StoredAnswer {
        status: 409,
        location: None,
        etag: None,
        body: b"{}".to_vec(),
    }
}

/// The outcome of a claim. Of an order that was answered, what it shows its readers.
async fn claimed(s: &Subject, key: OnceKey, order: OrderId) -> Claimed {
    match claim(&s.app, key, order).await.unwrap() {
        Claimed::Answered(order) => answered(&order),
        claimed @ (Claimed::Mine { .. } | Claimed::Earlier(_)) => claimed,
    }
}

fn answered(order: &Order) -> Claimed {
    Claimed::Answered(Box::new(as_shown(order.clone())))
}

async fn answer(s: &Subject, order: OrderId) -> Option<Order> {
    let answered = crate::app::answer(&s.app, order).await.unwrap();
    answered.map(as_shown)
}

fn as_shown(order: Order) -> Order {
    Order {
        answered: None,
        handled: Vec::new(),
        ..order
    }
}

pub(super) async fn a_key_is_claimed_by_one_request_and_freed_by_its_lease(s: Subject) {
    let user = UserId::new(&*s.ids);
    let (first, second) = (OrderId::new(&*s.ids), OrderId::new(&*s.ids));
    let mine = |order, since| Claimed::Mine {
        order,
        until: s.now.plus(since + LEASE),
    };
    assert_eq!(
        claimed(&s, key(user, "k", 1), first).await,
        mine(first, Duration::ZERO)
    );
    assert_eq!(
        claimed(&s, key(user, "k", 1), second).await,
        Claimed::Earlier(Earlier::Running)
    );
    assert_eq!(
        claimed(&s, key(user, "k", 2), second).await,
        Claimed::Earlier(Earlier::OtherBody)
    );
    let other = claimed(&s, key(UserId::new(&*s.ids), "k", 1), second).await;
    assert_eq!(other, mine(second, Duration::ZERO));
    s.wait(LEASE);
    assert_eq!(
        claimed(&s, key(user, "k", 1), second).await,
        mine(first, LEASE)
    );
}

pub(super) async fn a_claim_given_up_is_free_at_once_with_or_without_its_order(s: Subject) {
    let user = UserId::new(&*s.ids);
    let (first, second) = (OrderId::new(&*s.ids), OrderId::new(&*s.ids));
    let until = s.now.plus(LEASE);
    let give_up = async |end| {
        let given_up = end_claim(&s.app, key(user, "k", 1), until, end);
        given_up.await.unwrap();
    };
    for (end, order) in [(ClaimEnd::Expired, first), (ClaimEnd::Freed, second)] {
        claimed(&s, key(user, "k", 1), first).await;
        give_up(end).await;
        let claim = claimed(&s, key(user, "k", 1), second).await;
        assert_eq!(claim, Claimed::Mine { order, until });
        give_up(ClaimEnd::Freed).await;
    }
}

pub(super) async fn a_lost_claim_can_neither_be_answered_nor_given_up(s: Subject) {
    let user = UserId::new(&*s.ids);
    let order = OrderId::new(&*s.ids);
    let stale = s.now.plus(LEASE);
    claimed(&s, key(user, "k", 1), order).await;
    s.wait(LEASE);
    claimed(&s, key(user, "k", 1), order).await;
    let answered = ClaimEnd::Answered(refusal());
    for end in [answered, ClaimEnd::Expired, ClaimEnd::Freed] {
        let ended = end_claim(&s.app, key(user, "k", 1), stale, end);
        ended.await.unwrap();
    }
    let claim = claimed(&s, key(user, "k", 1), order).await;
    assert_eq!(claim, Claimed::Earlier(Earlier::Running));
}

pub(super) async fn the_first_answer_is_final(s: Subject) {
    let user = UserId::new(&*s.ids);
    let place = async |name: &str| {
        let order = s.order(user, true);
        claimed(&s, key(user, name, 1), order.id).await;
        s.place(&order).await.unwrap();
        order
    };
    // The saga before the end of the wait:
    let order = place("a").await;
    s.tell(order.id, debited()).await;
    let paid = answer(&s, order.id).await.unwrap();
    assert_eq!(paid.state, OrderState::Paid);
    // The end of the wait before the saga:
    let order = place("b").await;
    assert_eq!(answer(&s, order.id).await, Some(as_shown(order.clone())));
    s.tell(order.id, debited()).await;
    assert_eq!(answer(&s, order.id).await, Some(as_shown(order.clone())));
    let claim = claimed(&s, key(user, "b", 1), OrderId::new(&*s.ids)).await;
    assert_eq!(claim, answered(&order));
}

pub(super) async fn answers_are_forgotten_after_forty_eight_hours(s: Subject) {
    let user = UserId::new(&*s.ids);
    let order = OrderId::new(&*s.ids);
    claimed(&s, key(user, "k", 1), order).await;
    let until = s.now.plus(LEASE);
    let answered = ClaimEnd::Answered(refusal());
    let refused = end_claim(&s.app, key(user, "k", 1), until, answered);
    refused.await.unwrap();
    s.wait(Duration::from_hours(24));
    let earlier = Claimed::Earlier(Earlier::Answered(refusal()));
    assert_eq!(claimed(&s, key(user, "k", 1), order).await, earlier);
    s.wait(Duration::from_hours(48));
    let claim = claimed(&s, key(user, "k", 1), order).await;
    assert!(matches!(claim, Claimed::Mine { .. }), "{claim:?}");
    let later = s.now.plus(Duration::from_hours(72));
    s.app.store.forget(later).await.unwrap();
}

pub(super) async fn a_request_that_does_not_wait_is_answered_with_its_order(s: Subject) {
    let user = UserId::new(&*s.ids);
    let mut order = s.order(user, true);
    claimed(&s, key(user, "k", 1), order.id).await;
    order.answer();
    s.place(&order).await.unwrap();
    let repeated = async || claimed(&s, key(user, "k", 1), OrderId::new(&*s.ids)).await;
    assert_eq!(repeated().await, answered(&order));
    s.tell(order.id, debited()).await;
    assert_eq!(answer(&s, order.id).await, Some(as_shown(order.clone())));
    assert_eq!(repeated().await, answered(&order));
}

pub(super) async fn a_key_whose_order_is_answered_says_so_to_its_own_body_alone(s: Subject) {
    let user = UserId::new(&*s.ids);
    let order = s.order(user, true);
    let claim = async |body| claimed(&s, key(user, "k", body), order.id).await;
    claim(1).await;
    s.place(&order).await.unwrap();
    assert_eq!(claim(1).await, Claimed::Earlier(Earlier::Running));
    let declined = Message::DebitDeclined(Reason::InsufficientFunds);
    s.tell(order.id, declined).await;
    let declined = s.stored(order.id).await;
    assert_eq!(declined.state, OrderState::Declined);
    // Long after the lease, too: an answered request is not run again.
    for since in [Duration::ZERO, Duration::from_hours(1)] {
        s.wait(since);
        assert_eq!(claim(2).await, Claimed::Earlier(Earlier::OtherBody));
        assert_eq!(claim(1).await, answered(&declined));
    }
}

pub(super) async fn an_order_without_a_key_has_no_answer(s: Subject) {
    let order = s.placed(UserId::new(&*s.ids)).await;
    assert_eq!(answer(&s, order.id).await, None);
    s.tell(order.id, debited()).await;
    assert_eq!(answer(&s, order.id).await, None);
}
