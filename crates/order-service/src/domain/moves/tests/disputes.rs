//! Disputes, a rule a test.

use super::*;

fn by(order: &Order, actor: &Actor, wanted: &Move) -> Result<Moved, MoveRefusal> {
    let part = &order.fulfilments[0];
    make_move(order, part.id, wanted, actor, start(), &TIMING)
}

fn part(order: &Order) -> &Fulfilment {
    &order.fulfilments[0]
}

fn disputed(order: &Order) -> Order {
    *by(order, &buyer_of(order), &open_dispute()).unwrap().order
}

fn resolved(order: &Order, resolution: Resolution) -> Moved {
    by(order, &admin(), &resolve(part(order), resolution)).unwrap()
}

fn two() -> Order {
    ready(&[(0, 500, 2, Shipped), (0, 100, 1, Unshipped)])
}

#[test]
fn a_dispute_takes_the_place_of_an_open_return_and_keeps_the_part_from_completing() {
    let order = delivered(&two());
    let wanted = request_return(items(&[(order.lines[0].id, 1)]));
    let order = *by(&order, &buyer_of(&order), &wanted).unwrap().order;
    let moved = by(&order, &buyer_of(&order), &open_dispute()).unwrap();
    let order = *moved.order;
    let [back] = &part(&order).returns[..] else {
        panic!("{:?}", part(&order).returns);
    };
    assert_eq!(
        (back.status, back.ended_at),
        (ReturnStatus::Superseded, Some(start()))
    );
    let details = &moved.facts[0].details;
    assert_eq!(
        (details.return_id, details.dispute_id),
        (Some(back.id), Some(part(&order).disputes[0].id))
    );
    assert_eq!(
        (order.due_at, order.release_at(part(&order), &TIMING)),
        (None, None)
    );
    let late = start().plus(DAY * 100);
    assert_eq!(on(&order, &Message::Tick, late, &TIMING), Change::Ignored);
    // Once it is withdrawn, the part completes as if there had been none.
    let wanted = withdraw_dispute(part(&order));
    let order = *by(&order, &buyer_of(&order), &wanted).unwrap().order;
    assert_eq!(order.due_at, Some(start().plus(TIMING.return_window)));
    let again = disputed(&order);
    assert_eq!(part(&again).disputes.len(), 2);
}

#[test]
fn a_refund_gives_back_all_that_is_left_and_the_goods_stay_where_they_are() {
    for order in [shipped(&two()), delivered(&two())] {
        let order = *made(&order, &refund(amount(100), None)).order;
        let order = disputed(&order);
        let moved = resolved(&order, Resolution::Refund);
        let after = part(&moved.order);
        assert_eq!(after.status, part(&order).status);
        assert_eq!((after.refunded(), after.refunds[1].amount()), (1100, 1000));
        assert!(after.stock_returns.is_empty());
        let dispute = &after.disputes[0];
        assert_eq!(
            (dispute.status, dispute.outcome, dispute.amount),
            (DisputeStatus::Resolved, Some(Outcome::Refund), Some(1000))
        );
        assert_eq!(
            dispute.answer.as_deref(),
            Some("the carrier has a signature")
        );
        let fact = &moved.facts[0];
        assert_eq!(
            (fact.details.dispute_id, fact.details.amount),
            (Some(dispute.id), Some(1000))
        );
        assert_eq!(moved.order.state, OrderState::Refunding);
        // Nothing is left to refund if it is refunded already.
        let given = *made(&order, &refund(amount(1000), None)).order;
        let moved = resolved(&given, Resolution::Refund);
        assert_eq!(part(&moved.order).disputes[0].amount, None);
        assert_eq!(moved.commands, []);
    }
}

#[test]
fn an_amount_is_at_most_what_is_left_and_the_part_goes_on() {
    let order = disputed(&shipped(&two()));
    let by_admin = |amount| {
        let wanted = resolve(part(&order), Resolution::Partial(amount));
        by(&order, &admin(), &wanted)
    };
    let left = usd(1100);
    assert_eq!(
        by_admin(usd(1101)),
        Err(MoveRefusal::RefundExceeds { left })
    );
    let expected = Currency::USD;
    let euro = Money::new(1, "EUR".parse().unwrap());
    assert_eq!(by_admin(euro), Err(MoveRefusal::WrongCurrency { expected }));
    let order = answered(&by_admin(usd(110)).unwrap().order);
    let amounts: Vec<i64> = part(&order)
        .lines
        .iter()
        .map(|line| line.refunded_amount)
        .collect();
    assert_eq!(amounts, [100, 10]);
    assert_eq!(part(&order).status, FulfilmentStatus::Shipped);
    assert_eq!(order.due_at, Some(start().plus(TIMING.deliver_after)));
}

#[test]
fn a_release_pays_the_seller_at_once_and_what_is_under_way_counts_as_delivered() {
    for order in [shipped(&two()), delivered(&two())] {
        let moved = resolved(&disputed(&order), Resolution::Release);
        let after = part(&moved.order);
        assert_eq!(
            (after.status, after.money),
            (FulfilmentStatus::Completed, Escrow::Releasing)
        );
        assert_eq!(after.shipments[0].delivered_at, Some(start()));
        let fulfilment = after.id;
        assert_eq!(moved.commands, [Command::ReleasePart { fulfilment }]);
        let dispute = &after.disputes[0];
        assert_eq!(
            (dispute.outcome, dispute.amount),
            (Some(Outcome::Release), None)
        );
        let facts: Vec<_> = moved.facts.iter().map(|fact| fact.what).collect();
        assert_eq!(facts, [Happened::ResolveDispute]);
        let complete = moved.order.own_facts().pop().unwrap();
        assert_eq!(
            (complete.what, complete.number),
            (Happened::Complete, moved.facts[0].number + 1)
        );
    }
}

#[test]
fn a_release_waits_for_a_refund_that_is_under_way() {
    let order = disputed(&shipped(&two()));
    let order = *made(&order, &refund(amount(100), None)).order;
    let moved = resolved(&order, Resolution::Release);
    assert_eq!(part(&moved.order).status, FulfilmentStatus::Delivered);
    assert_eq!(moved.commands, []);
    let order = answered(&moved.order);
    assert_eq!(order.due_at, Some(start()), "at once");
    let moved = told(&order, &Message::Tick, start());
    let fulfilment = part(&order).id;
    assert_eq!(moved.commands, [Command::ReleasePart { fulfilment }]);
}

#[test]
fn a_dispute_is_decided_once_and_by_its_id() {
    let order = disputed(&delivered(&two()));
    let unknown = Move::ResolveDispute {
        id: kernel::DisputeId::new(&SystemIds::default()),
        resolution: Resolution::Refund,
        comment: "so be it".to_owned(),
    };
    let refusal = by(&order, &admin(), &unknown);
    assert_eq!(refusal, Err(MoveRefusal::UnknownDispute));
    let not_now = |result: Result<Moved, MoveRefusal>, guard| {
        assert!(
            matches!(result, Err(MoveRefusal::NotAllowed { because, .. }) if because == Some(guard)),
            "{result:?}"
        );
    };
    let buyer = buyer_of(&order);
    not_now(by(&order, &buyer, &open_dispute()), Guard::NoOpenDispute);
    let wanted = resolve(part(&order), Resolution::Partial(usd(1)));
    for actor in [buyer, seller_of(part(&order))] {
        let refusal = by(&order, &actor, &wanted);
        assert_eq!(refusal, Err(MoveRefusal::Forbidden));
    }
    let order = *by(&order, &admin(), &wanted).unwrap().order;
    not_now(by(&order, &admin(), &wanted), Guard::DisputeOpen);
    not_now(by(&order, &buyer, &open_dispute()), Guard::Undecided);
    // Items can still be sent back while there is time.
    let wanted = request_return(items(&[(order.lines[0].id, 1)]));
    assert!(by(&order, &buyer, &wanted).is_ok());
}

#[test]
fn a_part_has_at_most_twenty_disputes() {
    let mut order = delivered(&two());
    for _ in 0..20 {
        order = disputed(&order);
        let wanted = withdraw_dispute(part(&order));
        order = *by(&order, &buyer_of(&order), &wanted).unwrap().order;
    }
    let what = "disputes";
    assert_eq!(
        by(&order, &buyer_of(&order), &open_dispute()),
        Err(MoveRefusal::TooMany { what, most: 20 })
    );
}
