//! What no key answers: lists, what is due, the audit.

use std::time::Duration;

use kernel::{CursorScope, Limit, OrderId, UserId};

use super::{Subject, debited};
use crate::app::{AllFilter, list_all};
use crate::audit::AuditedOrder;
use crate::domain::{Message, OrderState, Reason};
use crate::store::{Due, Listed, OpenOrders};

pub(super) async fn only_orders_whose_time_has_come_are_due(s: Subject) {
    let order = s.placed(UserId::new(&*s.ids)).await;
    let due = async |now| s.app.queries.due(now, 10).await.unwrap();
    assert_eq!(due(s.now).await, []);
    let since = s.now.plus(Duration::from_secs(10));
    let order = order.id;
    assert_eq!(due(since).await, [Due { order, since }]);
}

pub(super) async fn a_buyers_orders_come_newest_first_page_by_page_and_by_state(s: Subject) {
    let (buyer, other) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let mut placed = Vec::new();
    for _ in 0..7 {
        placed.push(s.placed(buyer).await.id);
        s.placed(other).await;
    }
    s.tell(placed[2], debited()).await;
    placed.reverse();
    let page = async |state, after| -> Vec<OrderId> {
        let list = Listed::OfBuyer(buyer, state);
        let orders = s.app.queries.list(list, after, 4).await;
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
    s.tell(one.id, debited()).await;
    s.tell(one.id, Message::ReservationConfirmed).await;
    let paid = AuditedOrder::from(s.stored(one.id).await);
    assert!(paid.confirmed);
    let pending = AuditedOrder::from(other.clone());
    assert_eq!(s.audited(None).await, [paid, pending.clone()]);
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
    s.tell(paid, debited()).await;
    s.tell(refunding, debited()).await;
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
        ..OpenOrders::new(0)
    };
    assert_eq!(s.app.queries.open().await, Ok(expected));
}

pub(super) async fn operators_list_orders_by_any_filter_newest_first(s: Subject) {
    let (ada, eve) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let (grace, alan) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let mut orders = Vec::new();
    for (buyer, sellers) in [
        (ada, vec![grace]),
        (eve, vec![grace, alan]),
        (ada, vec![alan]),
    ] {
        s.wait(Duration::from_secs(orders.len().try_into().unwrap()));
        orders.push(s.sold(buyer, &sellers).await.id);
    }
    let pending = s.placed(ada).await.id;
    let declined = s.placed(eve).await.id;
    let reason = Message::DebitDeclined(Reason::InsufficientFunds);
    s.tell(declined, reason).await;
    s.tell(pending, Message::PaymentRefused).await;
    let [first, second, third] = orders.try_into().unwrap();
    let all = AllFilter::default();
    let of_state = |state| AllFilter {
        state: Some(state),
        ..all
    };
    let of_seller = |seller| AllFilter {
        seller: Some(seller),
        ..all
    };
    let of_buyer = |buyer| AllFilter {
        buyer: Some(buyer),
        ..all
    };
    let reviewed = |needs_review| AllFilter {
        needs_review: Some(needs_review),
        ..all
    };
    for (filter, expected) in [
        (all, vec![declined, pending, third, second, first]),
        (of_state(OrderState::Paid), vec![third, second, first]),
        (of_state(OrderState::Pending), vec![pending]),
        (of_state(OrderState::Declined), vec![declined]),
        (of_state(OrderState::Refunded), vec![]),
        (of_seller(grace), vec![second, first]),
        (of_seller(alan), vec![third, second]),
        (of_buyer(eve), vec![declined, second]),
        (
            AllFilter {
                seller: Some(alan),
                ..of_buyer(ada)
            },
            vec![third],
        ),
        (
            AllFilter {
                state: Some(OrderState::Declined),
                ..of_seller(grace)
            },
            vec![],
        ),
        (reviewed(true), vec![pending]),
        (reviewed(false), vec![declined, third, second, first]),
    ] {
        let scope = CursorScope::new("all", "");
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let limit = Limit::new(2).unwrap();
            let page = list_all(&s.app, filter, after, limit, scope).await.unwrap();
            listed.extend(page.items.iter().map(|order| order.id));
            let Some(next) = page.next_cursor else {
                break;
            };
            after = Some(scope.read(next.as_str()).unwrap());
        }
        assert_eq!(listed, expected, "{filter:?}");
    }
}
