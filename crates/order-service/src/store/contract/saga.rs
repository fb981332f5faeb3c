//! Placing orders and telling them their messages.

use std::time::Duration;

use kernel::{OrderId, UserId};
use store::{StoreError, StoreResult};

use super::{Subject, debited};
use crate::app::{Applied, apply_messages, sweep};
use crate::domain::{Message, Order, OrderState, Reason};
use crate::store::Listed;

pub(super) async fn a_placed_order_reads_back_as_it_was_and_its_command_waits_in_the_outbox(
    s: Subject,
) {
    let order = s.placed(UserId::new(&*s.ids)).await;
    assert_eq!(s.stored(order.id).await, order);
    assert_eq!(s.outgoing().await, ["DebitForOrder"]);
}

pub(super) async fn an_order_reads_back_as_messages_and_its_answer_have_left_it(s: Subject) {
    let order = s.order(UserId::new(&*s.ids), true);
    s.place(&order).await.unwrap();
    let declined = Message::DebitDeclined(Reason::InsufficientFunds);
    let inbound = [
        s.inbound(order.id, Message::ReservationConfirmed),
        s.inbound(order.id, declined),
    ];
    let applied = s.apply(inbound.to_vec()).await;
    let Applied::Settled(settled) = &applied[1] else {
        panic!("{applied:?}");
    };
    assert_eq!(settled.handled, inbound.map(|inbound| inbound.id.unwrap()));
    assert!(settled.answered.is_some());
    assert_eq!(s.stored(order.id).await, **settled);
}

pub(super) async fn a_message_is_handled_once_however_often_it_comes(s: Subject) {
    let order = s.placed(UserId::new(&*s.ids)).await;
    let paid = s.inbound(order.id, debited());
    let applied = s.apply(vec![paid.clone(), paid.clone()]).await;
    assert!(matches!(&applied[0], Applied::Settled(order) if order.state == OrderState::Paid));
    assert_eq!(applied[1], Applied::Nothing);
    assert_eq!(s.apply(vec![paid]).await, [Applied::Nothing]);
    assert_eq!(s.outgoing().await, ["DebitForOrder", "ConfirmReservation"]);
}

pub(super) async fn a_resend_of_a_command_that_still_waits_adds_no_second_one(s: Subject) {
    let order = s.placed(UserId::new(&*s.ids)).await;
    s.wait(Duration::from_secs(11));
    assert_eq!(sweep(&s.app).await, Ok(1));
    assert_eq!(s.stored(order.id).await.resends, 1);
    assert_eq!(s.outgoing().await, ["DebitForOrder"]);
}

pub(super) async fn a_batch_tells_each_order_its_own_message_and_unknown_orders_nothing(
    s: Subject,
) {
    let buyer = UserId::new(&*s.ids);
    let (one, two) = (s.placed(buyer).await, s.placed(buyer).await);
    let applied = s
        .apply(vec![
            s.inbound(one.id, debited()),
            s.inbound(OrderId::new(&*s.ids), debited()),
            s.inbound(two.id, Message::DebitDeclined(Reason::InsufficientFunds)),
        ])
        .await;
    assert_eq!(applied[1], Applied::Nothing);
    assert_eq!(s.stored(one.id).await.state, OrderState::Paid);
    assert_eq!(s.stored(two.id).await.state, OrderState::Declined);
}

pub(super) async fn an_order_is_placed_once(s: Subject) {
    let order = s.placed(UserId::new(&*s.ids)).await;
    s.tell(order.id, debited()).await;
    let again = s.place(&order).await;
    assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
    assert_eq!(s.stored(order.id).await.state, OrderState::Paid);
}

pub(super) async fn a_message_that_changes_nothing_is_handled_too(s: Subject) {
    let order = s.placed(UserId::new(&*s.ids)).await;
    let early = s.inbound(order.id, Message::ReservationConfirmed);
    let batch = vec![early.clone(), s.inbound(order.id, debited()), early];
    s.apply(batch).await;
    let order = s.stored(order.id).await;
    assert_eq!((order.state, order.confirmed), (OrderState::Paid, false));
}

pub(super) async fn an_order_settles_with_the_message_that_ends_its_saga_and_with_no_other(
    s: Subject,
) {
    let order = s.placed(UserId::new(&*s.ids)).await;
    let applied = s
        .apply(vec![
            s.inbound(order.id, debited()),
            s.inbound(order.id, Message::ReservationConfirmed),
            s.inbound(order.id, debited()),
        ])
        .await;
    assert!(matches!(
        applied.as_slice(),
        [Applied::Settled(_), Applied::Changed(_), Applied::Nothing]
    ));
}

pub(super) async fn a_row_that_does_not_decode_is_an_error_and_is_never_skipped(s: Subject) {
    let buyer = UserId::new(&*s.ids);
    let (sound, broken) = (s.placed(buyer).await, s.placed(buyer).await);
    s.damage(broken.id).await;
    let store = &s.app.store;
    let results: [StoreResult<()>; 3] = [
        s.app.order(broken.id).await.map(drop),
        store
            .get_many::<Order>(&[sound.id, broken.id])
            .await
            .map(drop),
        s.app
            .queries
            .list(Listed::OfBuyer(buyer, None), None, 21)
            .await
            .map(drop),
    ];
    for result in results {
        assert!(matches!(result, Err(StoreError::Corrupt(_))), "{result:?}");
    }
}

pub(super) async fn a_message_that_fails_takes_no_other_along(s: Subject) {
    let buyer = UserId::new(&*s.ids);
    let (sound, broken) = (s.placed(buyer).await, s.placed(buyer).await);
    s.damage(broken.id).await;
    let paid = [broken.id, sound.id].map(|order| s.inbound(order, debited()));
    let results = apply_messages(&s.app, paid.to_vec()).await.unwrap();
    assert!(
        matches!(
            results.as_slice(),
            [Err(StoreError::Corrupt(_)), Ok(Applied::Settled(_))]
        ),
        "{results:?}"
    );
}

pub(super) async fn an_order_that_cannot_act_is_passed_over_by_the_sweep(s: Subject) {
    let buyer = UserId::new(&*s.ids);
    let (broken, sound) = (s.placed(buyer).await, s.placed(buyer).await);
    s.damage(broken.id).await;
    s.wait(Duration::from_secs(11));
    assert_eq!(sweep(&s.app).await, Ok(2));
    assert_eq!(s.stored(sound.id).await.resends, 1);
}
