//! Who is notified of each change: one rule a test.

use contracts::reservations::Delivery::Shipped;

use super::*;
use crate::domain::examples::*;
use crate::domain::{Message, Move, Moved, Resolution, make_move};

/// The notices of a change, each with its recipient: the buyer (false) or a seller (true).
fn told_by(before: &Order, moved: &Moved) -> Vec<(bool, OrderNotice)> {
    let told = told_of(before, &moved.order, &moved.facts);
    for one in &told {
        let is_seller = before.has_seller(one.to);
        assert_eq!(
            (is_seller, !is_seller),
            (one.as_seller, one.to == before.buyer)
        );
    }
    told.iter().map(|one| (one.as_seller, one.notice)).collect()
}

/// Makes a move of the first part.
fn by(order: &Order, actor: &super::super::Actor, wanted: &Move) -> Moved {
    let part = order.fulfilments[0].id;
    make_move(order, part, wanted, actor, start(), &TIMING).unwrap()
}

/// The money of the one refund that is under way is with the buyer.
fn refunded(order: &Order) -> Moved {
    let refund = order.fulfilments[0].refunds[0].id;
    let reversed = Vec::new();
    told(order, &Message::PartRefunded { refund, reversed }, start())
}

/// The first part, two lamps at 5.00, is with the buyer.
fn arrived() -> Order {
    let order = ready(&[(0, 500, 2, Shipped)]);
    let line = order.lines[0].id;
    let shipped = *by(
        &order,
        &seller_of(&order.fulfilments[0]),
        &ship(items(&[(line, 2)])),
    )
    .order;
    let deliver = Move::Deliver {
        shipment: shipped.fulfilments[0].shipments[0].id,
        note: None,
    };
    *by(&shipped, &buyer_of(&shipped), &deliver).order
}

#[test]
fn buyer_and_sellers_are_told_of_an_order_once_its_stock_is_sold() {
    let pending = placed(&[(0, 500, 2, Shipped), (1, 300, 1, Shipped)]);
    let commissions = tenths(&pending);
    let paid = told(&pending, &Message::Debited { commissions }, start());
    assert_eq!(told_by(&pending, &paid), []);
    let sold = told(&paid.order, &Message::ReservationConfirmed, start());
    let said = told_of(&paid.order, &sold.order, &sold.facts);
    let said: Vec<_> = said
        .iter()
        .map(|one| (one.to, one.notice, one.amount, one.items[0].1))
        .collect();
    let [first, second] = &*pending.fulfilments else {
        panic!("two parts");
    };
    assert_eq!(
        said,
        [
            (pending.buyer, OrderNotice::OrderConfirmed, Some(1300), 2),
            (first.seller, OrderNotice::Sold, Some(1000), 2),
            (second.seller, OrderNotice::Sold, Some(300), 1),
        ]
    );
    // If it is not sold, no seller has heard of it.
    let expired = told(&paid.order, &Message::ReservationExpired, start());
    let said = told_of(&paid.order, &expired.order, &expired.facts);
    let [cancelled] = &*said else {
        panic!("{said:?}");
    };
    assert_eq!(
        (cancelled.to, cancelled.notice),
        (pending.buyer, OrderNotice::Cancelled)
    );
    assert_eq!((cancelled.items.len(), cancelled.amount), (2, Some(1300)));
}

#[test]
fn a_buyer_is_told_of_each_package_with_its_number() {
    let order = ready(&[(0, 500, 2, Shipped)]);
    let line = order.lines[0].id;
    let moved = by(
        &order,
        &seller_of(&order.fulfilments[0]),
        &ship(items(&[(line, 1)])),
    );
    let said = told_of(&order, &moved.order, &moved.facts);
    let [shipped] = &*said else {
        panic!("{said:?}");
    };
    assert_eq!(shipped.items, [("thing".to_owned(), 1)]);
    let parcel = shipped.parcel.as_ref().unwrap();
    assert_eq!(parcel.tracking_number, "JD014600003");
}

#[test]
fn a_cancellation_is_told_to_who_did_not_make_it_and_its_money_to_the_buyer() {
    use OrderNotice::{Cancelled, Refunded};
    let order = ready(&[(0, 500, 2, Shipped)]);
    let seller = seller_of(&order.fulfilments[0]);
    for (actor, whom) in [
        (buyer_of(&order), vec![(true, Cancelled)]),
        (seller, vec![(false, Cancelled)]),
        (admin(), vec![(false, Cancelled), (true, Cancelled)]),
    ] {
        let moved = by(&order, &actor, &cancel(None));
        assert_eq!(told_by(&order, &moved), whom, "{actor:?}");
        assert_eq!(
            told_by(&moved.order, &refunded(&moved.order)),
            [(false, Refunded)]
        );
    }
}

#[test]
fn a_return_is_told_to_who_has_to_act() {
    let order = arrived();
    let (buyer, seller) = (buyer_of(&order), seller_of(&order.fulfilments[0]));
    let line = order.lines[0].id;
    let asked = by(&order, &buyer, &request_return(items(&[(line, 1)])));
    assert_eq!(
        told_by(&order, &asked),
        [(true, OrderNotice::ReturnRequested)]
    );
    let asked = asked.order;
    let part = &asked.fulfilments[0];
    let denied = by(&asked, &seller, &deny(part));
    assert_eq!(
        told_by(&asked, &denied),
        [(false, OrderNotice::ReturnDenied)]
    );
    let approved = by(&asked, &seller, &approve(part));
    let said = told_of(&asked, &approved.order, &approved.facts);
    let until = start().plus(TIMING.return_expires);
    assert_eq!(
        (said[0].notice, said[0].until, &*said[0].items),
        (
            OrderNotice::ReturnApproved,
            Some(until),
            &[("thing".to_owned(), 1)][..]
        )
    );
}

#[test]
fn both_are_told_of_a_dispute_and_of_its_end() {
    let order = arrived();
    let opened = by(&order, &buyer_of(&order), &open_dispute());
    assert_eq!(
        told_by(&order, &opened),
        [
            (false, OrderNotice::DisputeOpened),
            (true, OrderNotice::DisputeOpened)
        ]
    );
    let opened = opened.order;
    let resolved = resolve(&opened.fulfilments[0], Resolution::Refund);
    let resolved = by(&opened, &admin(), &resolved);
    let said = told_of(&opened, &resolved.order, &resolved.facts);
    let said: Vec<_> = said
        .iter()
        .map(|one| (one.as_seller, one.notice, one.amount))
        .collect();
    assert_eq!(
        said,
        [
            (false, OrderNotice::DisputeResolved, Some(1000)),
            (true, OrderNotice::DisputeResolved, Some(1000)),
        ]
    );
}

#[test]
fn a_seller_is_told_what_they_get_once_and_nothing_if_nothing_was_left() {
    let order = arrived();
    let part = &order.fulfilments[0];
    let paid = |order: &Order| {
        let fulfilment = order.fulfilments[0].id;
        let mut releasing = order.clone();
        releasing.fulfilments[0].money = Escrow::Releasing;
        let released = told(&releasing, &Message::PartReleased { fulfilment }, start());
        let said = told_of(&releasing, &released.order, &released.facts);
        assert_eq!(told_of(&released.order, &released.order, &[]), []);
        said.iter()
            .map(|one| (one.to, one.notice, one.amount))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        paid(&order),
        [(part.seller, OrderNotice::PaidOut, Some(900))]
    );
    let given = by(&order, &seller_of(part), &refund(amount(1000), None));
    assert_eq!(paid(&given.order), []);
}
