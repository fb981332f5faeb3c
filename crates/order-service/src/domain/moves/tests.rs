//! Moves, a rule a test.

mod cells;
mod comments;
mod disputes;
mod document;
mod refunds;
mod returns;

use contracts::reservations::Delivery::{None as Unshipped, Shipped};
use kernel::{Currency, LineId, Money, RefundId, ShipmentId, SystemIds, Timestamp, UserId};

use super::*;
use crate::domain::examples::*;
use crate::domain::*;

/// The order after the first part's seller made the move.
fn made(order: &Order, wanted: &Move) -> Moved {
    let part = &order.fulfilments[0];
    make_move(order, part.id, wanted, &seller_of(part), start(), &TIMING).unwrap()
}

fn refused(order: &Order, wanted: &Move) -> MoveRefusal {
    let part = &order.fulfilments[0];
    make_move(order, part.id, wanted, &seller_of(part), start(), &TIMING).unwrap_err()
}

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

/// The first part, shipped as a whole.
fn shipped(order: &Order) -> Order {
    let line = order.lines[0].id;
    let all = i64::from(order.lines[0].quantity);
    *made(order, &ship(items(&[(line, all)]))).order
}

fn delivered(order: &Order) -> Order {
    let order = shipped(order);
    let wanted = Move::Deliver {
        shipment: order.fulfilments[0].shipments[0].id,
        note: None,
    };
    *made(&order, &wanted).order
}

/// Each pending refund and return is answered.
fn answered(order: &Order) -> Order {
    let mut order = order.clone();
    for part in order.clone().fulfilments {
        for PendingRefund { id: refund, .. } in part.refunds {
            let message = Message::PartRefunded {
                refund,
                reversed: Vec::new(),
            };
            order = *told(&order, &message, start()).order;
        }
        for PendingStockReturn { id, .. } in part.stock_returns {
            order = *told(&order, &Message::StockReturned { id }, start()).order;
        }
    }
    order
}

#[test]
fn a_part_is_shipped_when_every_line_is_shipped_or_cancelled_and_at_least_one_is_shipped() {
    let order = ready(&[(0, 500, 2, Shipped), (0, 300, 3, Shipped)]);
    let (one, two) = (order.lines[0].id, order.lines[1].id);
    let order = *made(&order, &ship(items(&[(one, 2), (two, 1)]))).order;
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Open);
    assert_eq!(
        order.fulfilments_status(),
        FulfilmentsStatus::PartiallyShipped
    );
    let order = *made(&order, &cancel(Some(items(&[(two, 1)])))).order;
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Open);
    let order = *made(&order, &cancel(None)).order;
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Shipped);
    assert_eq!(order.fulfilments_status(), FulfilmentsStatus::Shipped);
    let counts = |line: &PartLine| (line.shipped, line.cancelled, line.refunded_amount);
    let lines: Vec<_> = order.fulfilments[0].lines.iter().map(counts).collect();
    assert_eq!(lines, [(2, 0, 0), (1, 2, 600)]);
    assert_eq!(order.payment_status(), PaymentStatus::PartiallyRefunded);
}

#[test]
fn a_part_of_which_everything_is_cancelled_is_cancelled_and_the_last_of_them_refunds_the_order() {
    let order = ready(&[(0, 500, 2, Shipped), (1, 300, 1, Shipped)]);
    let moved = made(&order, &cancel(None));
    let order = *moved.order;
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Cancelled);
    assert_eq!((order.state, order.version), (OrderState::Paid, 3));
    let [refund, back] = moved.commands[..] else {
        panic!("{:?}", moved.commands);
    };
    assert!(
        matches!(refund, Command::RefundPart { .. }) && matches!(back, Command::ReturnStock { .. })
    );
    let other = order.fulfilments[1].id;
    let by = buyer_of(&order);
    let order = make_move(&order, other, &cancel(None), &by, start(), &TIMING).unwrap();
    let order = *order.order;
    assert_eq!(order.state, OrderState::Refunding);
    assert_eq!(order.fulfilments_status(), FulfilmentsStatus::Cancelled);
    let order = answered(&order);
    assert_eq!(order.state, OrderState::Refunded);
    assert_eq!(order.payment_status(), PaymentStatus::Refunded);
    assert_eq!(order.due_at, None);
    assert!(order.fulfilments.iter().all(|part| part.waiting.is_none()));
}

#[test]
fn more_than_is_left_is_neither_shipped_nor_cancelled() {
    let order = ready(&[(0, 500, 3, Shipped)]);
    let line = order.lines[0].id;
    let order = *made(&order, &ship(items(&[(line, 1)]))).order;
    let order = *made(&order, &cancel(Some(items(&[(line, 1)])))).order;
    let too_much = MoveRefusal::TooMuch {
        line,
        left: 1,
        allowed: vec![
            MoveName::Ship,
            MoveName::Deliver,
            MoveName::Cancel,
            MoveName::Refund,
        ],
    };
    assert_eq!(refused(&order, &ship(items(&[(line, 2)]))), too_much);
    assert_eq!(
        refused(&order, &cancel(Some(items(&[(line, 2)])))),
        too_much
    );
    let twice = items(&[(line, 1), (line, 1)]);
    assert_eq!(refused(&order, &ship(twice)), too_much);
}

#[test]
fn a_line_of_another_part_is_unknown() {
    let order = ready(&[(0, 500, 1, Shipped), (1, 500, 1, Shipped)]);
    let foreign = order.lines[1].id;
    let one = items(&[(foreign, 1)]);
    for wanted in [
        ship(one.clone()),
        cancel(Some(one.clone())),
        refund(RefundOf::Items(one), None),
    ] {
        assert_eq!(refused(&order, &wanted), MoveRefusal::UnknownLine(foreign));
    }
}

#[test]
fn what_nothing_is_shipped_of_is_delivered_when_it_is_paid_and_never_shipped_or_cancelled() {
    let order = ready(&[(0, 500, 1, Unshipped)]);
    let part = &order.fulfilments[0];
    assert_eq!(part.status, FulfilmentStatus::Delivered);
    assert_eq!((part.ship_by, part.version), (None, 1));
    assert_eq!(order.due_at, Some(start().plus(TIMING.release_after)));
    let line = order.lines[0].id;
    let not_allowed = MoveRefusal::NotAllowed {
        because: None,
        allowed: vec![MoveName::Refund],
    };
    assert_eq!(refused(&order, &ship(items(&[(line, 1)]))), not_allowed);
    assert_eq!(refused(&order, &cancel(None)), not_allowed);
}

#[test]
fn a_part_of_both_kinds_waits_for_the_line_that_ships() {
    let order = ready(&[(0, 500, 1, Unshipped), (0, 700, 1, Shipped)]);
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Open);
    let [service, parcel] = [order.lines[0].id, order.lines[1].id];
    let refusal = refused(&order, &ship(items(&[(service, 1)])));
    assert!(
        matches!(refusal, MoveRefusal::TooMuch { left: 0, .. }),
        "{refusal:?}"
    );
    // Without the parcel, what is left of the part is with the buyer already.
    let order = *made(&order, &cancel(Some(items(&[(parcel, 1)])))).order;
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Delivered);
    let due = order.release_at(&order.fulfilments[0], &TIMING);
    assert_eq!(due, Some(start().plus(TIMING.release_after)));
}

#[test]
fn a_package_arrives_once_and_the_part_is_delivered_when_all_packages_are() {
    let order = ready(&[(0, 500, 2, Shipped)]);
    let line = order.lines[0].id;
    let order = *made(&order, &ship(items(&[(line, 1)]))).order;
    let first = order.fulfilments[0].shipments[0].id;
    let deliver = |shipment| Move::Deliver {
        shipment,
        note: None,
    };
    // A package may arrive while its part is open.
    let order = *made(&order, &deliver(first)).order;
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Open);
    let order = *made(&order, &ship(items(&[(line, 1)]))).order;
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Shipped);
    assert!(matches!(
        refused(&order, &deliver(first)),
        MoveRefusal::NotAllowed { .. }
    ));
    let unknown = ShipmentId::new(&SystemIds::default());
    assert_eq!(
        refused(&order, &deliver(unknown)),
        MoveRefusal::UnknownShipment
    );
    let second = order.fulfilments[0].shipments[1].id;
    let order = *made(&order, &deliver(second)).order;
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Delivered);
    assert_eq!(order.fulfilments[0].delivered_at, Some(start()));
    assert_eq!(order.due_at, Some(start().plus(TIMING.return_window)));
}

#[test]
fn nothing_moves_before_the_stock_is_sold_and_nothing_of_an_order_that_was_not_paid() {
    let placed = placed(&[(0, 500, 1, Shipped)]);
    let debited = Message::Debited {
        commissions: Vec::new(),
    };
    let paid = *told(&placed, &debited, start()).order;
    for order in [&placed, &paid] {
        assert_eq!(refused(order, &cancel(None)), MoveRefusal::NotReady);
        assert_eq!(
            allowed(order, &order.fulfilments[0], Role::Admin, start(), &TIMING),
            []
        );
    }
    let declined = Message::DebitDeclined(Reason::InsufficientFunds);
    let declined = *told(&placed, &declined, start()).order;
    let refusal = MoveRefusal::NotAllowed {
        because: None,
        allowed: vec![],
    };
    assert_eq!(refused(&declined, &cancel(None)), refusal);
    assert_eq!(declined.fulfilments_status(), FulfilmentsStatus::Cancelled);
}

#[test]
fn only_the_buyer_the_seller_of_the_part_and_operators_move_it() {
    let order = ready(&[(0, 500, 1, Shipped), (1, 500, 1, Shipped)]);
    let part = &order.fulfilments[0];
    let stranger = UserId::new(&SystemIds::default());
    let wanted = cancel(None);
    let by = |actor: &Actor| make_move(&order, part.id, &wanted, actor, start(), &TIMING);
    for actor in [
        Actor::user(Role::Buyer, stranger),
        Actor::user(Role::Seller, stranger),
        seller_of(&order.fulfilments[1]),
        Actor::SYSTEM,
    ] {
        assert_eq!(by(&actor), Err(MoveRefusal::Forbidden), "{actor:?}");
    }
    for actor in [buyer_of(&order), seller_of(part), admin()] {
        assert!(by(&actor).is_ok(), "{actor:?}");
    }
    let unknown = kernel::FulfilmentId::new(&SystemIds::default());
    let refusal = make_move(&order, unknown, &wanted, &admin(), start(), &TIMING);
    assert_eq!(refusal, Err(MoveRefusal::UnknownFulfilment));
}

#[test]
fn an_operator_can_keep_buyers_from_cancelling() {
    let order = ready(&[(0, 500, 1, Shipped)]);
    let part = &order.fulfilments[0];
    let timing = Timing {
        buyer_may_cancel: false,
        ..TIMING
    };
    let by = |actor: &Actor| make_move(&order, part.id, &cancel(None), actor, start(), &timing);
    let refusal = MoveRefusal::NotAllowed {
        because: Some(Guard::BuyerMayCancel),
        allowed: vec![],
    };
    assert_eq!(by(&buyer_of(&order)), Err(refusal));
    assert!(by(&seller_of(part)).is_ok());
}

#[test]
fn a_move_is_a_fact_with_actor_time_and_note_and_raises_the_versions_of_order_and_part_once() {
    let order = ready(&[(0, 500, 2, Shipped), (1, 500, 1, Shipped)]);
    let part = &order.fulfilments[0];
    let now = start().plus(DAY);
    let line = order.lines[0].id;
    let wanted = cancel(Some(items(&[(line, 1)])));
    let moved = make_move(&order, part.id, &wanted, &buyer_of(&order), now, &TIMING).unwrap();
    let after = &moved.order;
    assert_eq!((after.version, after.updated_at), (order.version + 1, now));
    let versions: Vec<i64> = after.fulfilments.iter().map(|part| part.version).collect();
    assert_eq!(versions, [2, 1]);
    let [fact] = &moved.facts[..] else {
        panic!("{:?}", moved.facts);
    };
    assert_eq!(
        (fact.number, fact.at, fact.what),
        (2, now, Happened::Cancel)
    );
    assert_eq!(
        (fact.actor, fact.fulfilment),
        (buyer_of(&order), Some(part.id))
    );
    assert_eq!(fact.note.as_deref(), Some("changed my mind"));
    assert_eq!(
        (fact.details.amount, fact.details.restocked),
        (Some(500), Some(1))
    );
    let refund = after.fulfilments[0].refunds[0].id;
    let message = Message::PartRefunded {
        refund,
        reversed: vec![(line, 50)],
    };
    let moved = told(after, &message, now);
    let fact = &moved.facts[0];
    assert_eq!((fact.number, fact.what), (3, Happened::Refunded));
    assert_eq!(fact.details.commission_reversed, Some(50));
    assert_eq!(moved.order.fulfilments[0].commission(), 50);
}

#[test]
fn a_cancellation_of_a_whole_order_touches_each_part_with_something_to_cancel() {
    let order = ready(&[
        (0, 500, 1, Shipped),
        (1, 500, 2, Shipped),
        (2, 500, 1, Unshipped),
    ]);
    let ids: Vec<_> = order.fulfilments.iter().map(|part| part.id).collect();
    let all = parts_to_cancel(&order, None).unwrap();
    assert_eq!(all, [(ids[0], None), (ids[1], None)]);
    let one = items(&[(order.lines[1].id, 2)]);
    let some = parts_to_cancel(&order, Some(&one)).unwrap();
    assert_eq!(some, [(ids[1], Some(one))]);
    let unknown = LineId::new(&SystemIds::default());
    let refusal = parts_to_cancel(&order, Some(&items(&[(unknown, 1)])));
    assert_eq!(refusal, Err(MoveRefusal::UnknownLine(unknown)));
    let nothing = ready(&[(0, 500, 1, Unshipped)]);
    assert_eq!(parts_to_cancel(&nothing, None).unwrap().len(), 1);
}
