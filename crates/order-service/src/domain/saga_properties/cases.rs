//! Lives of an order that are worth a name.

use contracts::reservations::Delivery;

use super::stock::Hold;
use super::world::World;
use super::{Step, is_empty};
use crate::domain::examples::*;
use crate::domain::*;

fn plain() -> World {
    World::new(&[(0, 500, 1, Delivery::None)], true, 1000)
}

#[test]
fn an_unpaid_order_is_cancelled_only_after_the_wallet_has_said_that_no_debit_stands() {
    let mut world = plain();
    world.run(&Step::Wait { seconds: 130 });
    assert_eq!(world.order.state, OrderState::Cancelling);
    let commissions = Vec::new();
    world.hear(&Message::Debited { commissions });
    assert_eq!(world.order.state, OrderState::Cancelling);
    world.hear(&Message::DebitCancelled);
    assert_eq!(
        (world.order.state, world.order.reason),
        (OrderState::Cancelled, Some(Reason::PaymentTimeout))
    );
}

#[test]
fn an_order_that_no_answer_comes_for_is_flagged_for_review_after_fifteen_minutes_and_still_resent()
{
    let mut world = plain();
    world.run(&Step::Wait { seconds: 130 });
    let mut sent = 0;
    for _ in 0..40 {
        world.commands.clear();
        world.run(&Step::Wait { seconds: 60 });
        let cancels = |command: &&contracts::Envelope| command.name.ends_with("CancelOrderDebit");
        sent += world.commands.iter().filter(cancels).count();
    }
    assert!(world.order.needs_review);
    assert!(sent > 3);
    world.settle();
    assert_eq!(world.order.state, OrderState::Cancelled);
    assert!(!world.order.needs_review);
}

#[test]
fn a_sale_whose_lease_ran_out_is_refunded_part_by_part_and_nothing_goes_back_twice() {
    let both = [(0, 500, 1, Delivery::None), (1, 300, 2, Delivery::Shipped)];
    let mut world = World::new(&both, true, 1000);
    world.stock.hold = Hold::Over;
    world.deliver();
    assert_eq!(world.order.state, OrderState::Refunded);
    assert_eq!(world.order.reason, Some(Reason::ReservationExpired));
    assert_eq!(
        world.order.fulfilments_status(),
        FulfilmentsStatus::Cancelled
    );
    assert!(is_empty(&world) && world.stock.books.is_empty());
    let expired = placed(&both);
    let commissions = Vec::new();
    let expired = *told(&expired, &Message::Debited { commissions }, start()).order;
    let commands = told(&expired, &Message::ReservationExpired, start()).commands;
    let all_refunds = commands
        .iter()
        .all(|command| matches!(command, Command::RefundPart { .. }));
    assert!(commands.len() == 2 && all_refunds, "{commands:?}");
}

#[test]
fn a_plain_order_is_released_without_a_fact_of_its_own_and_its_timeline_is_complete() {
    let mut world = plain();
    world.settle();
    let part = &world.order.fulfilments[0];
    assert_eq!(
        (part.status, part.money),
        (FulfilmentStatus::Completed, Escrow::Released)
    );
    let whats: Vec<Happened> = world
        .order
        .own_facts()
        .iter()
        .map(|fact| fact.what)
        .collect();
    assert_eq!(
        whats,
        [Happened::Placed, Happened::Paid, Happened::Complete]
    );
    assert_eq!(world.order.facts, 3);
    assert_eq!((world.wallet.buyer, world.wallet.fees), (-500, 50));
}

#[test]
fn money_that_a_full_wallet_refuses_is_sent_again_until_there_is_room_while_an_operator_sees_it() {
    let mut world = plain();
    world.wallet.full = true;
    // Debited, then confirmed: only the release is left.
    world.deliver();
    for _ in 0..10 {
        world.deliver();
        world.run(&Step::Wait { seconds: 20_000 });
    }
    assert!(world.wallet.escrow > 0);
    assert!(world.order.needs_review && world.order.due_at.is_some());
    world.settle();
    assert!(!world.order.needs_review);
    assert_eq!(world.wallet.escrow, 0);
}

#[test]
fn an_operator_undoes_an_order_part_by_part_and_what_was_not_shipped_goes_back() {
    let lines = [
        (0, 500, 2, Delivery::Shipped),
        (1, 300, 1, Delivery::None),
        (2, 700, 1, Delivery::Shipped),
    ];
    for is_confirmed in [true, false] {
        let mut world = World::new(&lines, true, 1000);
        if is_confirmed {
            world.deliver();
            let part = world.order.fulfilments[2].clone();
            let wanted = ship(items(&[(part.lines[0].id, 1)]));
            let moved = make_move(&world.order, part.id, &wanted, &admin(), world.now, &TIMING);
            world.order = *moved.unwrap().order;
        } else {
            let commissions = tenths(&world.order);
            let debit = world.commands.pop().unwrap();
            world.wallet.obey(&debit);
            world.hear(&Message::Debited { commissions });
        }
        world.hear(&Message::Review(ReviewAction::Compensate, admin()));
        assert_eq!(world.order.state, OrderState::Refunding);
        assert_eq!(world.order.reason, Some(Reason::Operator));
        world.deliver();
        assert_eq!(world.order.state, OrderState::Refunded);
        let restocked: Vec<i64> = world
            .order
            .lines
            .iter()
            .map(|line| world.stock.books[&line.article()].restocked)
            .collect();
        let parcel = i64::from(!is_confirmed);
        assert_eq!(restocked, [2, 1, parcel]);
        assert_eq!(world.wallet.buyer, 0);
    }
}

#[test]
fn a_part_that_the_wallet_refuses_to_refund_is_flagged_and_sent_again_by_an_operator_only() {
    let mut order = ready(&[(0, 500, 1, Delivery::None)]);
    let part = order.fulfilments[0].clone();
    let wanted = refund(amount(200), None);
    order = *make_move(&order, part.id, &wanted, &admin(), start(), &TIMING)
        .unwrap()
        .order;
    let id = order.fulfilments[0].refunds[0].id;
    let refused = Message::PartRefused {
        fulfilment: part.id,
        refund: Some(id),
        reason: PartRefusal::DoesNotFit,
    };
    order = *told(&order, &refused, start()).order;
    assert!(order.needs_review && order.fulfilments[0].needs_review);
    assert_eq!(order.due_at, None, "a release waits for the refund too");
    assert_eq!(
        order.left_of(&order.fulfilments[0]).amount,
        300,
        "it stays reserved"
    );
    assert_eq!(
        on(&order, &Message::Tick, start().plus(DAY * 90), &TIMING),
        Change::Ignored
    );
    let retry = Message::Review(ReviewAction::Retry, admin());
    let moved = told(&order, &retry, start());
    assert_eq!(
        moved.commands,
        [Command::RefundPart {
            fulfilment: part.id,
            refund: id
        }]
    );
    assert!(moved.order.needs_review && moved.order.due_at.is_some());
    let refunded = Message::PartRefunded {
        refund: id,
        reversed: Vec::new(),
    };
    let order = *told(&moved.order, &refunded, start()).order;
    assert!(!order.needs_review);
    assert_eq!(order.due_at, Some(start().plus(TIMING.release_after)));
}

#[test]
fn a_release_waits_until_no_refund_of_its_part_is_under_way() {
    let order = ready(&[(0, 500, 1, Delivery::None)]);
    let part = order.fulfilments[0].id;
    let wanted = refund(amount(200), None);
    let order = *make_move(&order, part, &wanted, &admin(), start(), &TIMING)
        .unwrap()
        .order;
    let later = start().plus(DAY * 2);
    let moved = told(&order, &Message::Tick, later);
    let refund = order.fulfilments[0].refunds[0].id;
    let fulfilment = part;
    assert_eq!(moved.commands, [Command::RefundPart { fulfilment, refund }]);
    let refunded = Message::PartRefunded {
        refund,
        reversed: Vec::new(),
    };
    let order = *told(&moved.order, &refunded, later).order;
    let moved = told(&order, &Message::Tick, later);
    assert_eq!(moved.commands, [Command::ReleasePart { fulfilment }]);
}

#[test]
fn what_is_not_shipped_in_time_is_cancelled_and_a_package_that_nobody_reports_is_taken_for_delivered()
 {
    use FulfilmentStatus::{Cancelled, Completed, Delivered, Open};
    let lines = [
        (0, 500, 2, Delivery::Shipped),
        (1, 300, 1, Delivery::Shipped),
    ];
    let mut world = World::new(&lines, true, 1000);
    world.deliver();
    let part = world.order.fulfilments[0].clone();
    let wanted = ship(items(&[(part.lines[0].id, 1)]));
    let moved = make_move(&world.order, part.id, &wanted, &admin(), world.now, &TIMING).unwrap();
    world.order = *moved.order;
    let fact = moved.facts;
    assert_eq!(fact[0].what, Happened::Ship);
    let end = |world: &World| -> Vec<FulfilmentStatus> {
        world
            .order
            .fulfilments
            .iter()
            .map(|part| part.status)
            .collect()
    };
    assert_eq!(end(&world), [Open, Open]);
    world.now = start().plus(TIMING.ship_within);
    world.hear(&Message::Tick);
    world.deliver();
    // The package was shipped as long ago as the part is late.
    assert_eq!(end(&world), [Delivered, Cancelled]);
    world.now = world.now.plus(TIMING.return_window);
    world.hear(&Message::Tick);
    world.deliver();
    assert_eq!(end(&world), [Completed, Cancelled]);
    assert_eq!((world.wallet.buyer, world.wallet.fees), (-500, 50));
}

#[test]
fn an_answer_that_was_given_before_the_parts_moved_is_given_again() {
    let mut order = placed(&[(0, 500, 1, Delivery::None), (1, 300, 1, Delivery::Shipped)]);
    order.request = Some("request".to_owned());
    let mut pending = order.clone();
    pending.answer();
    let debited = Message::Debited {
        commissions: tenths(&order),
    };
    let mut paid = *told(&order, &debited, start()).order;
    paid.answer();
    for mut life in [pending, paid] {
        let before = life.clone();
        if life.state == OrderState::Pending {
            life = *told(&life, &debited, start()).order;
        }
        life = *told(&life, &Message::ReservationConfirmed, start()).order;
        let second = life.fulfilments[1].id;
        life = *make_move(&life, second, &cancel(None), &admin(), start(), &TIMING)
            .unwrap()
            .order;
        life = *told(&life, &Message::Tick, start().plus(DAY)).order;
        assert_ne!(life.fulfilments, before.fulfilments);
        let again = life.as_answered().unwrap();
        assert_eq!(again.fulfilments, before.fulfilments);
        assert_eq!((again.state, again.version), (before.state, before.version));
        assert_eq!(again.fulfilments_status(), before.fulfilments_status());
        assert_eq!(again.payment_status(), before.payment_status());
    }
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    let order = ready(&[(0, 500, 1, Delivery::None)]);
    let fulfilment = order.fulfilments[0].id;
    let id = uuid::Uuid::from_u128(7);
    let refund = kernel::RefundId::from_uuid(id);
    let reason = PartRefusal::DoesNotFit;
    for message in [
        Message::PartReleased { fulfilment },
        Message::PartRefunded {
            refund,
            reversed: vec![(order.lines[0].id, 5)],
        },
        Message::PartRefused {
            fulfilment,
            refund: None,
            reason,
        },
        Message::PartRefused {
            fulfilment,
            refund: Some(refund),
            reason,
        },
        Message::StockReturned { id },
        Message::StockReturnRefused { id },
        Message::ReservationConfirmed,
        Message::Review(ReviewAction::Retry, admin()),
    ] {
        let change = on(&order, &message, start(), &TIMING);
        assert_eq!(change, Change::Ignored, "{message:?}");
    }
}

#[test]
fn a_part_that_no_answer_comes_for_is_sent_again_on_its_schedule_and_flagged_after_fifteen_minutes()
{
    let order = ready(&[(0, 500, 1, Delivery::Shipped)]);
    let part = order.fulfilments[0].id;
    let wanted = |amount_of| refund(amount(amount_of), None);
    let by = admin();
    let after = |seconds| start().plus(std::time::Duration::from_secs(seconds));
    let mut order = *make_move(&order, part, &wanted(1), &by, start(), &TIMING)
        .unwrap()
        .order;
    // A further refund does not put off the first one.
    order = *make_move(&order, part, &wanted(2), &by, after(5), &TIMING)
        .unwrap()
        .order;
    assert_eq!(order.due_at, Some(after(10)));
    let mut sent = Vec::new();
    while let Some(due) = order.due_at.filter(|due| *due < after(1000)) {
        let moved = told(&order, &Message::Tick, due);
        assert_eq!(moved.commands.len(), 2);
        order = *moved.order;
        sent.push(due.since(start()).as_secs());
        assert_eq!(order.needs_review, due >= after(900), "{due}");
    }
    assert_eq!(sent, [10, 30, 70, 150, 310, 630, 900]);
}
