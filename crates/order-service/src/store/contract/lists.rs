//! What no key answers: lists, what is due, the audit.

use std::time::Duration;

use kernel::{Limit, OrderId, UserId};

use super::Subject;
use crate::audit::AuditedOrder;
use crate::domain::{Escrow, Message, OrderState, Reason};
use crate::store::OpenOrders;

pub(super) async fn only_orders_whose_time_has_come_are_due(s: Subject) {
    let order = s.placed(UserId::new(&*s.ids)).await;
    let due = async |now| s.app.queries.due(now, 10).await.unwrap();
    assert_eq!(due(s.now).await, []);
    assert_eq!(due(s.now.plus(Duration::from_secs(10))).await, [order.id]);
}

pub(super) async fn a_buyers_orders_come_newest_first_page_by_page_and_by_state(s: Subject) {
    let (buyer, other) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let mut placed = Vec::new();
    for _ in 0..7 {
        placed.push(s.placed(buyer).await.id);
        s.placed(other).await;
    }
    s.tell(placed[2], Message::Debited).await;
    placed.reverse();
    let limit = Limit::new(3).unwrap();
    let page = async |state, after| -> Vec<OrderId> {
        let orders = s.app.queries.orders_of(buyer, state, after, limit).await;
        orders.unwrap().into_iter().map(|order| order.id).collect()
    };
    assert_eq!(page(None, None).await, placed[..4]);
    assert_eq!(page(None, Some(placed[2])).await, placed[3..7]);
    assert_eq!(page(Some(OrderState::Paid), None).await, [placed[4]]);
    let declined = Message::DebitDeclined(Reason::InsufficientFunds);
    s.tell(placed[5], declined).await;
    assert_eq!(page(Some(OrderState::Declined), None).await, [placed[5]]);
    let pending = page(Some(OrderState::Pending), None).await;
    assert_eq!(pending, placed[..4]);
}

pub(super) async fn orders_to_review_are_listed_and_counted(s: Subject) {
    let order = s.placed(UserId::new(&*s.ids)).await;
    s.placed(UserId::new(&*s.ids)).await;
    s.tell(order.id, Message::Debited).await;
    s.tell(order.id, Message::PaymentRefused).await;
    assert_eq!(s.app.queries.open().await.unwrap().to_review, 1);
    let listed = s
        .app
        .queries
        .to_review(None, Limit::default())
        .await
        .unwrap();
    assert_eq!(
        listed.iter().map(|order| order.id).collect::<Vec<_>>(),
        [order.id]
    );
}

pub(super) async fn the_audit_reads_all_orders_or_the_one_asked_for(s: Subject) {
    let buyer = UserId::new(&*s.ids);
    let (one, other) = (s.placed(buyer).await, s.placed(buyer).await);
    s.tell(one.id, Message::Debited).await;
    s.tell(one.id, Message::ReservationConfirmed).await;
    let audited = |id, state, confirmed| AuditedOrder {
        id,
        buyer,
        state,
        escrow: Escrow::Held,
        total: one.total,
        confirmed,
    };
    let paid = audited(one.id, OrderState::Paid, true);
    let pending = audited(other.id, OrderState::Pending, false);
    assert_eq!(s.audited(None).await, [paid, pending]);
    assert_eq!(s.audited(Some(other.id)).await, [pending]);
    assert_eq!(s.audited(Some(OrderId::new(&*s.ids))).await, []);
}

pub(super) async fn unsettled_orders_are_counted_by_state_with_the_time_of_the_oldest(s: Subject) {
    assert_eq!(s.app.queries.open().await, Ok(OpenOrders::new(0)));
    let buyer = UserId::new(&*s.ids);
    let (paid, refunding, cancelling) = (
        s.placed(buyer).await.id,
        s.placed(buyer).await.id,
        s.placed(buyer).await.id,
    );
    s.placed(buyer).await;
    s.wait(Duration::from_mins(1));
    s.tell(paid, Message::Debited).await;
    s.tell(refunding, Message::Debited).await;
    s.wait(Duration::from_mins(2));
    s.tell(refunding, Message::ReservationExpired).await;
    s.wait(Duration::from_mins(3));
    s.tell(cancelling, Message::Tick).await;
    let unsettled = [
        (OrderState::Pending, 1),
        (OrderState::Cancelling, 1),
        (OrderState::Refunding, 1),
    ];
    let oldest = Some(s.now);
    let expected = OpenOrders {
        unsettled,
        oldest,
        to_review: 0,
    };
    assert_eq!(s.app.queries.open().await, Ok(expected));
}
