//! What the use cases promise about reservations.

use std::sync::Arc;

use contracts::product::ReservationExpired;
use contracts::reservations::{Refusal, Shortage};
use kernel::{Currency, MessageId, Money, ProductId, SystemIds, Timestamp};
use store::Handled;

use super::{
    LATER, LEASE_END, NOW, Subject, change, command, confirmation, draft, order, release, request,
    stock_of, user,
};
use crate::app::Ask;
use crate::domain::{ProductEdit, ProductName, Reservation, ReservationState};

pub(crate) async fn all_lines_are_held_or_none(subject: Subject) {
    let a = subject.list(draft("A", 100, 5)).await;
    let b = subject.list(draft("B", 7, 2)).await;
    let held = subject
        .reserve(order(), &[(b.id, 1), (a.id, 2), (b.id, 1)])
        .await
        .unwrap();
    let lines: Vec<_> = held
        .iter()
        .map(|line| {
            (
                line.product,
                line.seller,
                line.name.as_str(),
                line.unit_price.amount,
                line.quantity.get(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            (b.id, b.seller, "B", 7, 1),
            (a.id, a.seller, "A", 100, 2),
            (b.id, b.seller, "B", 7, 1)
        ]
    );
    assert_eq!(
        (subject.available(a.id).await, subject.available(b.id).await),
        (3, 0)
    );
    let short = Shortage {
        product: b.id,
        requested: 1,
        available: 0,
    };
    assert_eq!(
        subject.reserve(order(), &[(a.id, 1), (b.id, 1)]).await,
        Err(Refusal::OutOfStock(vec![short]))
    );
    assert_eq!(subject.available(a.id).await, 3);
    subject.assert_book_is_right(2).await;
}

pub(crate) async fn a_refusal_names_the_products_and_holds_nothing(subject: Subject) {
    let a = subject.list(draft("A", 100, 5)).await;
    let mut in_euros = draft("E", 100, 5);
    in_euros.price = Money::new(100, "EUR".parse().unwrap());
    let euros = subject.list(in_euros).await;
    let dear = subject.list(draft("D", Money::MAX_AMOUNT, 5)).await;
    let nobody = ProductId::new(&SystemIds::default());
    let cases = [
        (
            user(),
            vec![(a.id, 1), (nobody, 1)],
            Refusal::UnknownProducts(vec![nobody]),
        ),
        (a.seller, vec![(a.id, 1)], Refusal::OwnProducts(vec![a.id])),
        (
            user(),
            vec![(a.id, 1), (euros.id, 1)],
            Refusal::MixedCurrencies,
        ),
        (user(), vec![(dear.id, 2)], Refusal::TotalTooLarge),
    ];
    for (buyer, lines, refusal) in cases {
        let refused = request(order(), buyer, &lines);
        assert_eq!(
            subject.reserve_until(refused, LEASE_END, NOW).await,
            Err(refusal)
        );
    }
    for product in [a, euros, dear] {
        assert_eq!(
            subject.get(product.id).await,
            product,
            "untouched, version and all"
        );
    }
    subject.assert_book_is_right(3).await;
}

pub(crate) async fn the_same_order_again_gets_the_first_answer(subject: Subject) {
    let product = subject.list(draft("A", 100, 3)).await;
    let (id, lines) = (order(), [(product.id, 2), (product.id, 1)]);
    let first = subject.reserve(id, &lines).await.unwrap();
    // Out of stock now, so the repeat could not be held anew.
    assert_eq!(subject.reserve(id, &lines).await.as_ref(), Ok(&first));
    let edit = ProductEdit {
        name: ProductName::parse("Z").ok(),
        price: Some(Money::new(999, Currency::USD)),
        ..stock_of(50)
    };
    let edited = subject.edit(&product, edit).await;
    assert_eq!(
        subject.reserve(id, &lines).await.as_ref(),
        Ok(&first),
        "at the first price"
    );
    assert_eq!(subject.available(product.id).await, 50);
    subject.remove(change(&edited, ()), LATER).await.unwrap();
    subject.confirm(id).await;
    assert_eq!(
        subject.reserve(id, &lines).await.as_ref(),
        Ok(&first),
        "sold, and removed since"
    );
    subject.assert_book_is_right(1).await;
}

pub(crate) async fn a_reservation_that_is_over_is_not_made_again(subject: Subject) {
    let product = subject.list(draft("A", 100, 9)).await;
    let (released, expired) = (order(), order());
    for id in [released, expired] {
        subject.reserve(id, &[(product.id, 1)]).await.unwrap();
    }
    subject.release(released).await;
    assert_eq!(subject.expire().await, 1);
    for (id, state) in [
        (released, ReservationState::Released),
        (expired, ReservationState::Expired),
    ] {
        assert_eq!(
            subject.reserve(id, &[(product.id, 1)]).await,
            Err(Refusal::Over)
        );
        let kept = subject.app.store.get::<Reservation>(&id).await.unwrap();
        assert_eq!(kept.unwrap().state, state);
    }
    assert_eq!(subject.available(product.id).await, 9);
}

pub(crate) async fn the_same_order_again_renews_the_lease_of_what_is_held(subject: Subject) {
    let product = subject.list(draft("A", 100, 1)).await;
    let (id, buyer) = (order(), user());
    for end in [LATER, LEASE_END, NOW] {
        let again = request(id, buyer, &[(product.id, 1)]);
        subject.reserve_until(again, end, NOW).await.unwrap();
    }
    let before_the_end = Timestamp::from_millis(LEASE_END.as_millis() - 1);
    assert_eq!(subject.expire_at(before_the_end, 100).await, 0);
    assert_eq!(subject.expire().await, 1);
    assert_eq!(subject.available(product.id).await, 1);
}

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
                (sent[0].order, sent[0].id),
                (id, MessageId::of_step(id, "reservation-expired")),
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

pub(crate) async fn every_change_of_stock_raises_the_version(subject: Subject) {
    let product = subject.list(draft("A", 100, 5)).await;
    let (kept, given_back) = (order(), order());
    let mut last = product.version;
    subject.reserve(kept, &[(product.id, 1)]).await.unwrap();
    for step in ["held", "held again", "released", "edited"] {
        match step {
            "held" => {}
            "held again" => drop(
                subject
                    .reserve(given_back, &[(product.id, 1)])
                    .await
                    .unwrap(),
            ),
            "released" => subject.release(given_back).await,
            _ => drop(subject.edit(&product, stock_of(40)).await),
        }
        let now = subject.get(product.id).await;
        assert!(now.version > last, "{step}");
        assert_eq!(now.updated_at, LATER, "{step}");
        last = now.version;
    }
    subject.confirm(kept).await;
    assert_eq!(
        subject.get(product.id).await.version,
        last,
        "a sale of held stock changes nothing that is shown"
    );
}

pub(crate) async fn one_unit_goes_to_one_of_200_buyers(subject: Subject) {
    let product = subject.list(draft("The last one", 100, 1)).await;
    let subject = Arc::new(subject);
    let tries: Vec<_> = (0..200)
        .map(|_| {
            let (subject, id) = (subject.clone(), product.id);
            tokio::spawn(async move { subject.reserve(order(), &[(id, 1)]).await })
        })
        .collect();
    let mut held = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => held += 1,
            Err(Refusal::OutOfStock(short)) => assert_eq!(
                short,
                [Shortage {
                    product: product.id,
                    requested: 1,
                    available: 0
                }]
            ),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((held, subject.available(product.id).await), (1, 0));
    subject.assert_book_is_right(1).await;
}
