//! What is read: lists, what is due, the audit.

use std::time::Duration;

use kernel::{Limit, OrderId, UserId};

use super::Subject;
use crate::audit::AuditedOrder;
use crate::domain::{Escrow, Message, OrderState, Reason};
use crate::store::Unsettled;

pub(super) async fn only_orders_whose_time_has_come_are_due(s: Subject) {
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

pub(super) async fn a_buyers_orders_come_newest_first_page_by_page_and_by_state(s: Subject) {
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

pub(super) async fn orders_to_review_are_listed_and_counted(s: Subject) {
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

pub(super) async fn those_orders_that_are_here_are_read_together(s: Subject) {
    let buyer = UserId::new(&s.ids);
    let (one, other) = (s.placed(buyer).await, s.placed(buyer).await);
    s.placed(buyer).await;
    let asked = vec![other.id, OrderId::new(&s.ids), one.id];
    let mut found = s.store.orders(asked).await.unwrap();
    found.sort_by_key(|order| order.id);
    assert_eq!(found, [one, other]);
    assert_eq!(s.store.orders(Vec::new()).await.unwrap(), []);
}

pub(super) async fn the_audit_reads_all_orders_or_the_one_asked_for(s: Subject) {
    let buyer = UserId::new(&s.ids);
    let (one, other) = (s.placed(buyer).await, s.placed(buyer).await);
    let messages = [Message::Debited, Message::ReservationConfirmed];
    let batch = messages.map(|message| s.inbound(one.id, message));
    s.store.apply(batch.to_vec(), s.now).await.unwrap();
    let audited = |id, state, confirmed| AuditedOrder {
        id,
        state,
        escrow: Escrow::Held,
        total: one.total,
        confirmed,
    };
    let paid = audited(one.id, OrderState::Paid, true);
    let pending = audited(other.id, OrderState::Pending, false);
    assert_eq!(s.audited(None).await, [paid, pending]);
    assert_eq!(s.audited(Some(other.id)).await, [pending]);
    assert_eq!(s.audited(Some(OrderId::new(&s.ids))).await, []);
}

pub(super) async fn unsettled_orders_are_counted_by_state_with_the_time_of_the_oldest(s: Subject) {
    assert_eq!(s.store.unsettled().await, Ok(Unsettled::NONE));
    let buyer = UserId::new(&s.ids);
    let (paid, refunding, cancelling) = (
        s.placed(buyer).await.id,
        s.placed(buyer).await.id,
        s.placed(buyer).await.id,
    );
    s.placed(buyer).await;
    let at = |minutes| s.now.plus(Duration::from_mins(minutes));
    let debited = [paid, refunding].map(|order| s.inbound(order, Message::Debited));
    s.store.apply(debited.into(), at(1)).await.unwrap();
    let expired = s.inbound(refunding, Message::ReservationExpired);
    s.store.apply(vec![expired], at(2)).await.unwrap();
    let tick = s.inbound(cancelling, Message::Tick);
    s.store.apply(vec![tick], at(3)).await.unwrap();
    let counts = [
        (OrderState::Pending, 1),
        (OrderState::Cancelling, 1),
        (OrderState::Refunding, 1),
    ];
    let oldest = Some(s.now);
    assert_eq!(s.store.unsettled().await, Ok(Unsettled { counts, oldest }));
}
