//! What every order store promises, held against each adapter.

use std::time::Duration;

use chassis::idempotency::{Claim, Earlier, OnceKey, StoredAnswer};
use chassis::metrics::StoreMetrics;
use chassis::outbox::Outbox;
use chassis::sqlite::{Sqlite, SqliteOutbox};
use kernel::{
    Currency, IdSource, Limit, MessageId, Money, OrderId, ProductId, Quantity, SystemIds,
    Timestamp, UserId,
};

use super::sqlite::MIGRATIONS;
use super::{Applied, Inbound, KeepSubject, OrderStore, SqliteOrders};
use crate::domain::{Command, Message, Order, OrderLine, OrderState, Reason, Timing};
use crate::http::render;

const TIMING: Timing = Timing {
    payment_deadline: Duration::from_secs(120),
    resend_after: Duration::from_secs(10),
    review_after: Duration::from_secs(900),
    release_after: Duration::from_secs(86_400),
};

struct Subject {
    store: SqliteOrders,
    outbox: SqliteOutbox,
    ids: SystemIds,
    now: Timestamp,
    _dir: tempfile::TempDir,
}

fn subject() -> Subject {
    let dir = tempfile::tempdir().unwrap();
    let db = Sqlite::open(
        &dir.path().join("orders.db"),
        MIGRATIONS,
        &StoreMetrics::default(),
    )
    .unwrap();
    let outbox = SqliteOutbox::new(db.clone());
    Subject {
        store: SqliteOrders::new(db, outbox.clone(), TIMING, render),
        outbox,
        ids: SystemIds::default(),
        now: Timestamp::from_millis(1_700_000_000_000),
        _dir: dir,
    }
}

impl Subject {
    fn order(&self, buyer: UserId, keyed: bool) -> Order {
        let price = Money::new(700, Currency::USD);
        let line = OrderLine {
            product: ProductId::new(&self.ids),
            seller: UserId::new(&self.ids),
            name: "Lamp".to_owned(),
            unit_price: price,
            quantity: Quantity::new(2).unwrap(),
        };
        let total = Money::new(1400, Currency::USD);
        Order::place(
            OrderId::new(&self.ids),
            buyer,
            vec![line],
            total,
            keyed.then(|| "request-1".to_owned()),
            self.now,
            &TIMING,
        )
    }

    async fn placed(&self, buyer: UserId) -> Order {
        let order = self.order(buyer, false);
        self.store
            .place(order.clone(), vec![Command::DebitForOrder], None)
            .await
            .unwrap();
        order
    }

    fn inbound(&self, order: OrderId, message: Message) -> Inbound {
        Inbound {
            order,
            id: Some(MessageId::new(&self.ids)),
            message,
        }
    }

    async fn outgoing(&self) -> Vec<String> {
        let pending = self.outbox.fresh(0, 1000).await.unwrap();
        pending
            .into_iter()
            .map(|pending| pending.envelope.name.rsplit('.').next().unwrap().to_owned())
            .collect()
    }
}

fn key(user: UserId, key: &str, body: u8) -> OnceKey {
    OnceKey {
        user,
        route: "POST /api/orders/create",
        key: key.to_owned(),
        fingerprint: [body; 32],
    }
}

#[tokio::test]
async fn a_placed_order_reads_back_as_it_was_and_its_command_waits_in_the_outbox() {
    let s = subject();
    let order = s.placed(UserId::new(&s.ids)).await;
    assert_eq!(s.store.order(order.id).await.unwrap(), Some(order));
    assert_eq!(s.outgoing().await, ["DebitForOrder"]);
}

#[tokio::test]
async fn a_message_is_handled_once_however_often_it_comes() {
    let s = subject();
    let order = s.placed(UserId::new(&s.ids)).await;
    let debited = s.inbound(order.id, Message::Debited);
    let applied = s
        .store
        .apply(vec![debited.clone(), debited.clone()], s.now)
        .await
        .unwrap();
    assert!(matches!(&applied[0], Applied::Changed(order) if order.state == OrderState::Paid));
    assert_eq!(applied[1], Applied::Nothing);
    assert_eq!(
        s.store.apply(vec![debited], s.now).await.unwrap(),
        [Applied::Nothing]
    );
    assert_eq!(s.outgoing().await, ["DebitForOrder", "ConfirmReservation"]);
}

#[tokio::test]
async fn a_resend_of_a_command_that_still_waits_adds_no_second_one() {
    let s = subject();
    let order = s.placed(UserId::new(&s.ids)).await;
    let later = s.now.plus(Duration::from_secs(11));
    let tick = Inbound {
        order: order.id,
        id: None,
        message: Message::Tick,
    };
    let applied = s.store.apply(vec![tick], later).await.unwrap();
    assert!(matches!(&applied[0], Applied::Changed(order) if order.resends == 1));
    assert_eq!(s.outgoing().await, ["DebitForOrder"]);
}

#[tokio::test]
async fn a_batch_tells_each_order_its_own_message_and_unknown_orders_nothing() {
    let s = subject();
    let buyer = UserId::new(&s.ids);
    let (one, two) = (s.placed(buyer).await, s.placed(buyer).await);
    let batch = vec![
        s.inbound(one.id, Message::Debited),
        s.inbound(OrderId::new(&s.ids), Message::Debited),
        s.inbound(two.id, Message::DebitDeclined(Reason::InsufficientFunds)),
    ];
    let applied = s.store.apply(batch, s.now).await.unwrap();
    assert_eq!(applied[1], Applied::Nothing);
    let state = async |id| s.store.order(id).await.unwrap().unwrap().state;
    assert_eq!(
        (state(one.id).await, state(two.id).await),
        (OrderState::Paid, OrderState::Declined)
    );
}

#[tokio::test]
async fn only_orders_whose_time_has_come_are_due() {
    let s = subject();
    let order = s.placed(UserId::new(&s.ids)).await;
    assert!(s.store.due(s.now, 10).await.unwrap().is_empty());
    assert_eq!(
        s.store
            .due(s.now.plus(Duration::from_secs(10)), 10)
            .await
            .unwrap(),
        [order.id]
    );
}

#[tokio::test]
async fn a_buyers_orders_come_newest_first_page_by_page_and_by_state() {
    let s = subject();
    let (buyer, other) = (UserId::new(&s.ids), UserId::new(&s.ids));
    let mut placed = Vec::new();
    for _ in 0..7 {
        placed.push(s.placed(buyer).await.id);
        s.placed(other).await;
    }
    s.store
        .apply(vec![s.inbound(placed[2], Message::Debited)], s.now)
        .await
        .unwrap();
    placed.reverse();
    let limit = Limit::new(3).unwrap();
    let page = async |state, after| -> Vec<OrderId> {
        let orders = s.store.orders_of(buyer, state, after, limit).await.unwrap();
        orders.into_iter().map(|order| order.id).collect()
    };
    assert_eq!(page(None, None).await, placed[..4]);
    assert_eq!(page(None, Some(placed[2])).await, placed[3..7]);
    assert_eq!(page(Some(OrderState::Paid), None).await, [placed[4]]);
    let declined = s.inbound(placed[5], Message::DebitDeclined(Reason::InsufficientFunds));
    s.store.apply(vec![declined], s.now).await.unwrap();
    assert_eq!(page(Some(OrderState::Declined), None).await, [placed[5]]);
    let pending = page(Some(OrderState::Pending), None).await;
    assert_eq!(pending, placed[..4]);
}

#[tokio::test]
async fn a_key_is_claimed_by_one_request_and_freed_by_its_lease() {
    let s = subject();
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

#[tokio::test]
async fn a_claim_given_up_is_free_at_once_with_or_without_its_order() {
    let s = subject();
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

#[tokio::test]
async fn whoever_has_lost_a_claim_can_neither_answer_for_it_nor_give_it_up() {
    let s = subject();
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

#[tokio::test]
async fn whoever_answers_first_answers_for_ever() {
    let s = subject();
    let user = UserId::new(&s.ids);
    let place = async |name: &str| {
        let order = s.order(user, true);
        s.store
            .claim(key(user, name, 1), order.id, s.now, Duration::from_secs(45))
            .await
            .unwrap();
        s.store
            .place(order.clone(), vec![Command::DebitForOrder], None)
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
    let stands = s
        .store
        .answer(order.id, render(&order))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stands.status, 201);
    // The end of the wait before the saga:
    let order = place("b").await;
    let stands = s
        .store
        .answer(order.id, render(&order))
        .await
        .unwrap()
        .unwrap();
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

#[tokio::test]
async fn answers_are_forgotten_after_forty_eight_hours() {
    let s = subject();
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

#[tokio::test]
async fn orders_to_review_are_listed_and_counted() {
    let s = subject();
    let order = s.placed(UserId::new(&s.ids)).await;
    s.placed(UserId::new(&s.ids)).await;
    s.store
        .apply(
            vec![
                s.inbound(order.id, Message::Debited),
                s.inbound(order.id, Message::PaymentRefused),
            ],
            s.now,
        )
        .await
        .unwrap();
    assert_eq!(s.store.count_to_review().await.unwrap(), 1);
    let listed = s.store.to_review(None, Limit::default()).await.unwrap();
    assert_eq!(
        listed.iter().map(|order| order.id).collect::<Vec<_>>(),
        [order.id]
    );
}
