//! Placing orders and telling them their messages.

use std::time::Duration;

use kernel::{Limit, OrderId, UserId};
use store::StoreError;

use super::Subject;
use crate::domain::{Command, Message, OrderState, Reason};
use crate::store::{Answer, Applied, Inbound};

pub(super) async fn a_placed_order_reads_back_as_it_was_and_its_command_waits_in_the_outbox(
    s: Subject,
) {
    let order = s.placed(UserId::new(&s.ids)).await;
    assert_eq!(s.store.order(order.id).await.unwrap(), Some(order));
    assert_eq!(s.outgoing().await, ["DebitForOrder"]);
}

pub(super) async fn a_message_is_handled_once_however_often_it_comes(s: Subject) {
    let order = s.placed(UserId::new(&s.ids)).await;
    let debited = s.inbound(order.id, Message::Debited);
    let applied = s
        .store
        .apply(vec![debited.clone(), debited.clone()], s.now)
        .await
        .unwrap();
    assert!(matches!(&applied[0], Applied::Settled(order) if order.state == OrderState::Paid));
    assert_eq!(applied[1], Applied::Nothing);
    assert_eq!(
        s.store.apply(vec![debited], s.now).await.unwrap(),
        [Applied::Nothing]
    );
    assert_eq!(s.outgoing().await, ["DebitForOrder", "ConfirmReservation"]);
}

pub(super) async fn a_resend_of_a_command_that_still_waits_adds_no_second_one(s: Subject) {
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

pub(super) async fn a_batch_tells_each_order_its_own_message_and_unknown_orders_nothing(
    s: Subject,
) {
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

pub(super) async fn an_order_is_placed_once(s: Subject) {
    let order = s.placed(UserId::new(&s.ids)).await;
    s.store
        .apply(vec![s.inbound(order.id, Message::Debited)], s.now)
        .await
        .unwrap();
    let again = s
        .store
        .place(order.clone(), vec![Command::DebitForOrder], Answer::Later)
        .await;
    assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
    let stands = s.store.order(order.id).await.unwrap().unwrap();
    assert_eq!(stands.state, OrderState::Paid);
}

pub(super) async fn a_message_that_changes_nothing_is_handled_too(s: Subject) {
    let order = s.placed(UserId::new(&s.ids)).await;
    let early = s.inbound(order.id, Message::ReservationConfirmed);
    let batch = vec![early.clone(), s.inbound(order.id, Message::Debited), early];
    s.store.apply(batch, s.now).await.unwrap();
    let order = s.store.order(order.id).await.unwrap().unwrap();
    assert_eq!((order.state, order.confirmed), (OrderState::Paid, false));
}

pub(super) async fn an_order_settles_with_the_message_that_ends_its_saga_and_with_no_other(
    s: Subject,
) {
    let order = s.placed(UserId::new(&s.ids)).await;
    let batch = vec![
        s.inbound(order.id, Message::Debited),
        s.inbound(order.id, Message::ReservationConfirmed),
        s.inbound(order.id, Message::Debited),
    ];
    let applied = s.store.apply(batch, s.now).await.unwrap();
    assert!(matches!(
        applied.as_slice(),
        [Applied::Settled(_), Applied::Changed(_), Applied::Nothing]
    ));
}

pub(super) async fn a_row_that_does_not_decode_is_an_error_and_is_never_skipped(s: Subject) {
    let buyer = UserId::new(&s.ids);
    let (sound, broken) = (s.placed(buyer).await, s.placed(buyer).await);
    s.damage(broken.id).await;
    let debited = |order| vec![s.inbound(order, Message::Debited)];
    let results = [
        s.store.order(broken.id).await.map(drop),
        s.store.orders(vec![sound.id, broken.id]).await.map(drop),
        s.store
            .orders_of(buyer, None, None, Limit::default())
            .await
            .map(drop),
        s.store.apply(debited(broken.id), s.now).await.map(drop),
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::Corrupt(_))), "{result:?}");
    }
    let applied = s.store.apply(debited(sound.id), s.now).await.unwrap();
    assert!(matches!(applied.as_slice(), [Applied::Settled(_)]));
}
