//! What the store promises about the end of reservations: sold, released or expired.

use contracts::product::ReservationExpired;
use kernel::{MessageId, Timestamp};
use store::Handled;

use super::{
    LATER, LEASE_END, Subject, change, command, confirmation, draft, order, release, request, user,
};
use crate::app::Ask;
use crate::domain::{Reservation, ReservationState};

pub(crate) async fn leases_are_paged_and_none_is_ended_that_is_not_over(subject: Subject) {
    let product = subject.list(draft("A", 100, 9)).await;
    let orders: Vec<_> = (0..5).map(|_| order()).collect();
    for id in &orders {
        subject.reserve(*id, &[(product.id, 1)]).await.unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = subject
            .app
            .queries
            .leases_due(LEASE_END, after, 2)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(*last);
        seen.extend(page.iter().map(|lease| lease.order));
    }
    assert_eq!(seen, orders, "of the same moment, by order");
    subject.confirm(orders[0]).await;
    subject.release(orders[1]).await;
    let too_early = subject.expire_orders(orders.clone(), LATER).await;
    assert_eq!(too_early, Ok(0));
    assert_eq!(subject.expire_orders(orders, LEASE_END).await, Ok(3));
    assert_eq!(subject.available(product.id).await, 8);
}

pub(crate) async fn a_confirmation_sells_what_is_held_for_good(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let id = order();
    subject.reserve(id, &[(product.id, 2)]).await.unwrap();
    for _ in 0..2 {
        subject.confirm(id).await;
        subject.assert_confirmed(id).await;
    }
    let other_message = command(id, "another", Ask::Confirm);
    subject.settle(vec![other_message], LATER).await;
    subject.assert_confirmed(id).await;
    subject.release(id).await;
    assert_eq!(subject.expire().await, 0);
    assert_eq!(subject.available(product.id).await, 3);
    assert_eq!(subject.sent().await, []);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn a_release_puts_back_what_is_held_once(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let id = order();
    subject.release(id).await; // Never made: nothing to do.
    subject
        .reserve(id, &[(product.id, 2), (product.id, 1)])
        .await
        .unwrap();
    let again = ["another", "another", "a third"].map(|step| command(id, step, Ask::Release));
    subject.settle(again.to_vec(), LATER).await;
    assert_eq!(subject.expire().await, 0);
    assert_eq!(subject.available(product.id).await, 5);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn a_confirmation_of_stock_that_went_back_is_answered_each_time(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let (expired, released, never) = (order(), order(), order());
    for id in [expired, released] {
        subject.reserve(id, &[(product.id, 1)]).await.unwrap();
    }
    subject.release(released).await;
    subject.expire().await;
    assert_eq!(subject.sent().await, [], "an expiry alone is no news");
    for id in [expired, released, never] {
        for _ in 0..2 {
            subject.confirm(id).await;
            let sent = subject.sent().await;
            assert_eq!(sent.len(), 1);
            let reply: ReservationExpired = sent[0].open().unwrap();
            assert_eq!(contracts::order_id(&reply.order_id), Ok(id));
            assert_eq!(
                (sent[0].subject, sent[0].id),
                (id.as_uuid(), MessageId::of_step(id, "reservation-expired")),
                "the same message each time"
            );
        }
    }
    assert_eq!(subject.available(product.id).await, 5);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn a_confirmation_once_refused_stays_refused(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let id = order();
    subject.confirm(id).await; // Nothing is held: the order is being refunded.
    assert_eq!(subject.sent().await.len(), 1);
    subject.reserve(id, &[(product.id, 1)]).await.unwrap();
    subject.confirm(id).await;
    assert_eq!(subject.sent().await.len(), 1, "the same reply again");
    assert_eq!(
        subject.expire().await,
        1,
        "and the stock comes back with its lease"
    );
    assert_eq!(subject.available(product.id).await, 5);
}

pub(crate) async fn commands_of_both_kinds_are_settled_together_in_their_order(subject: Subject) {
    let product = subject.list(draft("A", 100, 9)).await;
    let (sold, released, first_released) = (order(), order(), order());
    for id in [sold, released, first_released] {
        subject.reserve(id, &[(product.id, 2)]).await.unwrap();
    }
    let commands = vec![
        release(first_released),
        confirmation(sold),
        release(released),
        release(sold),
        confirmation(first_released),
    ];
    subject.settle(commands, LATER).await;
    let states = [
        (sold, ReservationState::Sold),
        (released, ReservationState::Released),
        (first_released, ReservationState::Released),
    ];
    for (id, state) in states {
        let kept = subject.app.store.get::<Reservation>(&id).await.unwrap();
        assert_eq!(kept.unwrap().state, state);
    }
    let replies: Vec<_> = subject.sent().await.iter().map(|one| one.id).collect();
    let expected = [
        MessageId::of_step(sold, "reservation-confirmed"),
        MessageId::of_step(first_released, "reservation-expired"),
    ];
    assert_eq!(replies, expected);
    assert_eq!(subject.available(product.id).await, 7);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn only_a_command_that_came_before_its_reservation_is_noted(subject: Subject) {
    let product = subject.list(draft("A", 100, 9)).await;
    let (early, sold, released) = (order(), order(), order());
    for id in [sold, released] {
        subject.reserve(id, &[(product.id, 1)]).await.unwrap();
    }
    let commands = vec![release(early), confirmation(sold), release(released)];
    subject.settle(commands.clone(), LATER).await;
    for (command, is_noted) in commands.iter().zip([true, false, false]) {
        let key = (command.order, command.message);
        let noted = subject.app.store.get::<Handled>(&key).await.unwrap();
        assert_eq!(noted.is_some(), is_noted, "{command:?}");
    }
    subject.reserve(early, &[(product.id, 1)]).await.unwrap();
    subject.release(early).await;
    assert_eq!(
        subject.available(product.id).await,
        7,
        "the early release stays done"
    );
}

pub(crate) async fn only_leases_that_have_run_out_expire_the_oldest_first(subject: Subject) {
    let product = subject.list(draft("A", 100, 10)).await;
    let orders = [order(), order(), order()];
    for (id, end) in orders.iter().zip([30, 10, 20]) {
        let one = request(*id, user(), &[(product.id, 1)]);
        let end = Timestamp::from_millis(end);
        let begin = Timestamp::from_millis(0);
        subject.reserve_until(one, end, begin).await.unwrap();
    }
    let at = |millis| Timestamp::from_millis(millis);
    assert_eq!(subject.expire_at(at(9), 100).await, 0);
    assert_eq!(
        subject.expire_at(at(25), 1).await,
        1,
        "no more than asked for"
    );
    subject.confirm(orders[2]).await;
    subject.assert_confirmed(orders[2]).await; // The second oldest is still there.
    assert_eq!(subject.expire_at(at(25), 100).await, 0);
    assert_eq!(subject.expire_at(at(30), 100).await, 1);
    assert_eq!(subject.available(product.id).await, 9);
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn a_late_confirmation_still_sells_what_was_not_swept(subject: Subject) {
    let product = subject.list(draft("A", 100, 1)).await;
    let id = order();
    subject.reserve(id, &[(product.id, 1)]).await.unwrap();
    let past_the_lease = Timestamp::from_millis(LEASE_END.as_millis() + 60_000);
    subject.settle(vec![confirmation(id)], past_the_lease).await;
    assert_eq!(subject.expire_at(past_the_lease, 100).await, 0);
    assert_eq!(subject.available(product.id).await, 0);
    subject.assert_confirmed(id).await;
}

pub(crate) async fn stock_of_a_removed_product_still_comes_back(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    subject.reserve(order(), &[(product.id, 2)]).await.unwrap();
    subject.remove(change(&product, ()), LATER).await.unwrap();
    assert_eq!(subject.expire().await, 1);
    assert_eq!(subject.available(product.id).await, 5);
    subject.assert_book_is_right(1).await;
}
