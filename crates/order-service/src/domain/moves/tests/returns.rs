//! Returns, a rule a test.

use std::time::Duration;

use super::*;

fn by(order: &Order, actor: &Actor, wanted: &Move, now: Timestamp) -> Result<Moved, MoveRefusal> {
    make_move(order, order.fulfilments[0].id, wanted, actor, now, &TIMING)
}

fn by_buyer(order: &Order, wanted: &Move) -> Order {
    *by(order, &buyer_of(order), wanted, start()).unwrap().order
}

/// Three lamps that have arrived.
fn three() -> Order {
    delivered(&ready(&[(0, 500, 3, Shipped)]))
}

fn part(order: &Order) -> &Fulfilment {
    &order.fulfilments[0]
}

fn line(order: &Order) -> LineId {
    order.lines[0].id
}

/// The return of so many of the items is approved.
fn approved(order: &Order, count: i64) -> Order {
    let wanted = request_return(items(&[(line(order), count)]));
    let order = by_buyer(order, &wanted);
    *made(&order, &approve(part(&order))).order
}

fn too_much(order: &Order, wanted: &Move, actor: &Actor) -> Option<u32> {
    match by(order, actor, wanted, start()) {
        Err(MoveRefusal::TooMuch { left, .. }) => Some(left),
        Ok(_) | Err(_) => None,
    }
}

fn because(refused: &Result<Moved, MoveRefusal>) -> Option<Guard> {
    match refused {
        Err(MoveRefusal::NotAllowed { because, .. }) => *because,
        Ok(_) | Err(_) => None,
    }
}

#[test]
fn what_comes_back_is_refunded_and_restocked_or_written_off_part_by_part_once() {
    let order = approved(&three(), 3);
    let back = &part(&order).returns[0];
    let expires_at = Some(start().plus(TIMING.return_expires));
    assert_eq!(
        (back.status, back.expires_at),
        (ReturnStatus::Approved, expires_at)
    );
    // One to sell again, one to write off.
    let later = start().plus(DAY);
    let wanted = receive(part(&order), line(&order), 1, 1);
    let moved = by(&order, &seller_of(part(&order)), &wanted, later).unwrap();
    let first = part(&moved.order).refunds[0].clone();
    assert_eq!(first.amount(), 1000);
    let of_stock = &part(&moved.order).stock_returns[0];
    let lines = [ReturnedLine {
        line: line(&order),
        restocked: 1,
        written_off: 1,
    }];
    assert_eq!(of_stock.lines, lines);
    assert_eq!((of_stock.id, moved.commands.len()), (first.id.as_uuid(), 2));
    let back = &part(&moved.order).returns[0];
    assert_eq!(
        (back.status, back.lines[0].received),
        (ReturnStatus::Approved, 2)
    );
    assert_eq!(back.expires_at, Some(later.plus(TIMING.return_expires)));
    let details = &moved.facts[0].details;
    assert_eq!(
        (details.return_id, details.amount),
        (Some(back.id), Some(1000))
    );
    assert_eq!(
        (details.refund_id, details.restocked),
        (Some(first.id), Some(1))
    );
    assert_eq!(details.items[0].quantity, 2);
    let order = *moved.order;
    let seller = seller_of(part(&order));
    let two = receive(part(&order), line(&order), 2, 0);
    assert_eq!(too_much(&order, &two, &seller), Some(1));
    let order = *made(&order, &receive(part(&order), line(&order), 0, 1)).order;
    let back = &part(&order).returns[0];
    assert_eq!(
        (back.status, back.expires_at, back.ended_at),
        (ReturnStatus::Received, None, Some(start()))
    );
    assert_ne!(part(&order).refunds[1].id, first.id);
    let of = &part(&order).lines[0];
    assert_eq!((of.returned, of.refunded, of.refunded_amount), (3, 3, 1500));
    assert_eq!(order.state, OrderState::Refunding);
    let order = answered(&order);
    assert_eq!(order.state, OrderState::Refunded);
    let more = by(
        &order,
        &seller,
        &receive(part(&order), line(&order), 1, 0),
        start(),
    );
    assert_eq!(because(&more), Some(Guard::ReturnApproved));
}

#[test]
fn several_returns_of_a_line_over_time_never_bring_back_more_than_the_buyer_has() {
    let order = approved(&three(), 1);
    let second = request_return(items(&[(line(&order), 1)]));
    let buyer = buyer_of(&order);
    let twice = by(&order, &buyer, &second, start());
    assert_eq!(because(&twice), Some(Guard::NoOpenCase));
    let order = *made(&order, &receive(part(&order), line(&order), 1, 0)).order;
    let three = request_return(items(&[(line(&order), 2), (line(&order), 1)]));
    assert_eq!(too_much(&order, &three, &buyer), Some(2));
    let order = approved(&order, 2);
    let order = *made(&order, &receive(part(&order), line(&order), 2, 0)).order;
    assert_eq!(part(&order).lines[0].returned, 3);
    let nothing = by(&order, &buyer, &second, start());
    assert_eq!(because(&nothing), Some(Guard::Returnable));
}

#[test]
fn only_shipped_items_that_are_not_refunded_go_back() {
    let order = ready(&[
        (0, 500, 3, Shipped),
        (0, 300, 1, Unshipped),
        (1, 100, 1, Shipped),
    ]);
    let [lamp, service, foreign] = [order.lines[0].id, order.lines[1].id, order.lines[2].id];
    let buyer = buyer_of(&order);
    let request = |line, count| request_return(items(&[(line, count)]));
    let early = by(&order, &buyer, &request(lamp, 1), start());
    assert!(
        matches!(&early, Err(MoveRefusal::NotAllowed { because: None, allowed }) if *allowed == [MoveName::Cancel]),
        "{early:?}"
    );
    let order = *made(&order, &cancel(Some(items(&[(lamp, 1)])))).order;
    let order = *made(&order, &ship(items(&[(lamp, 2)]))).order;
    let shipment = part(&order).shipments[0].id;
    let deliver = Move::Deliver {
        shipment,
        note: None,
    };
    let order = *made(&order, &deliver).order;
    let order = *made(&order, &refund(RefundOf::Items(items(&[(lamp, 1)])), None)).order;
    assert_eq!(too_much(&order, &request(lamp, 2), &buyer), Some(1));
    assert_eq!(too_much(&order, &request(service, 1), &buyer), Some(0));
    let unknown = by(&order, &buyer, &request(foreign, 1), start());
    assert_eq!(unknown, Err(MoveRefusal::UnknownLine(foreign)));
    assert!(by(&order, &buyer, &request(lamp, 1), start()).is_ok());
    let nothing = by(&order, &buyer, &request_return(Vec::new()), start());
    assert!(
        matches!(nothing, Err(MoveRefusal::NotAllowed { .. })),
        "{nothing:?}"
    );
}

#[test]
fn a_refund_of_items_leaves_what_is_to_come_back_and_an_amount_does_not() {
    let order = approved(&three(), 2);
    let of_items = |count| {
        refund(
            RefundOf::Items(items(&[(order.lines[0].id, count)])),
            Some(true),
        )
    };
    let seller = seller_of(part(&order));
    assert_eq!(too_much(&order, &of_items(2), &seller), Some(1));
    let order = *made(&order, &of_items(1)).order;
    assert_eq!(too_much(&order, &of_items(1), &seller), Some(0));
    let order = *made(&order, &refund(amount(900), None)).order;
    let order = *made(&order, &receive(part(&order), line(&order), 2, 0)).order;
    let amounts: Vec<i64> = part(&order)
        .refunds
        .iter()
        .map(PendingRefund::amount)
        .collect();
    assert_eq!(amounts, [500, 900, 100], "never more than is left");
    // Of an item that no money is left of, the stock still goes back.
    let order = approved(
        &delivered(&ready(&[(0, 500, 1, Shipped), (0, 500, 1, Unshipped)])),
        1,
    );
    let order = *made(&order, &refund(amount(1000), None)).order;
    let moved = made(&order, &receive(part(&order), line(&order), 1, 0));
    let [Command::ReturnStock { .. }] = moved.commands[..] else {
        panic!("{:?}", moved.commands);
    };
}

#[test]
fn returns_can_be_requested_until_the_window_of_the_part_is_over() {
    let day = |order: &Order, accepted, window_days| {
        let mut order = order.clone();
        let policy = &mut order.fulfilments[0].return_policy;
        (policy.accepted, policy.window_days) = (accepted, window_days);
        order
    };
    let plain = three();
    let wanted = request_return(items(&[(line(&plain), 1)]));
    for (accepted, window_days, days) in [
        (true, None, 14),
        (true, Some(30), 30),
        (true, Some(3), 14),
        (false, Some(30), 14),
    ] {
        let order = day(&plain, accepted, window_days);
        let over = start().plus(DAY * days);
        assert_eq!(order.release_at(part(&order), &TIMING), Some(over));
        let request = |now| by(&order, &buyer_of(&order), &wanted, now);
        let in_time = request(over.minus(Duration::from_millis(1)));
        if accepted {
            assert!(in_time.is_ok(), "{in_time:?}");
            assert_eq!(because(&request(over)), Some(Guard::InReturnWindow));
        } else {
            assert_eq!(because(&in_time), Some(Guard::ReturnsAccepted));
        }
    }
}

#[test]
fn a_part_does_not_complete_while_a_return_is_open_and_does_when_it_ends() {
    let over = start().plus(TIMING.return_window);
    let order = three();
    let order = by_buyer(&order, &request_return(items(&[(line(&order), 1)])));
    assert_eq!(
        (order.due_at, order.release_at(part(&order), &TIMING)),
        (None, None)
    );
    let tick = on(&order, &Message::Tick, over.plus(DAY), &TIMING);
    assert_eq!(tick, Change::Ignored);
    let withdrawn = by(
        &order,
        &buyer_of(&order),
        &withdraw_return(part(&order)),
        over.plus(DAY),
    );
    let withdrawn = *withdrawn.unwrap().order;
    assert_eq!(part(&withdrawn).returns[0].status, ReturnStatus::Withdrawn);
    assert_eq!(withdrawn.due_at, Some(over));
    let moved = told(&withdrawn, &Message::Tick, over.plus(DAY));
    let fulfilment = part(&order).id;
    assert_eq!(moved.commands, [Command::ReleasePart { fulfilment }]);
}

#[test]
fn an_approved_return_that_nothing_follows_expires_and_the_part_completes() {
    let order = approved(&three(), 2);
    let expiry = start().plus(TIMING.return_expires);
    assert_eq!(order.due_at, Some(expiry));
    let moved = told(&order, &Message::Tick, expiry);
    assert_eq!(part(&moved.order).returns[0].status, ReturnStatus::Expired);
    // Its window was over by then.
    assert_eq!(part(&moved.order).status, FulfilmentStatus::Completed);
    let fact = &moved.facts[0];
    assert_eq!(
        (fact.what, fact.actor),
        (Happened::ExpireReturn, Actor::TIMER)
    );
    // What has come by then was received.
    let half = *made(&order, &receive(part(&order), line(&order), 1, 0)).order;
    let half = answered(&half);
    let moved = told(&half, &Message::Tick, expiry);
    let back = &part(&moved.order).returns[0];
    assert_eq!(
        (back.status, back.lines[0].received),
        (ReturnStatus::Received, 1)
    );
    let withdrawn = by_buyer(&half, &withdraw_return(part(&half)));
    assert_eq!(part(&withdrawn).returns[0].status, ReturnStatus::Received);
}

#[test]
fn a_denied_return_keeps_the_part_from_completing_until_it_can_no_longer_be_disputed() {
    let order = three();
    let order = by_buyer(&order, &request_return(items(&[(line(&order), 1)])));
    let denied_at = start().plus(TIMING.return_window).plus(DAY);
    let seller = seller_of(part(&order));
    let denied = by(&order, &seller, &deny(part(&order)), denied_at).unwrap();
    let back = &part(&denied.order).returns[0];
    assert_eq!(
        (back.status, back.ended_at, back.answer.as_deref()),
        (
            ReturnStatus::Denied,
            Some(denied_at),
            Some("it was torn before")
        )
    );
    assert_eq!(denied.facts[0].note.as_deref(), Some("it was torn before"));
    let until = denied_at.plus(TIMING.dispute_window);
    assert_eq!(denied.order.due_at, Some(until));
    let buyer = buyer_of(&order);
    let disputed = by(&denied.order, &buyer, &open_dispute(), denied_at).unwrap();
    assert_eq!(disputed.order.due_at, None);
    let resolved = resolve(part(&disputed.order), Resolution::Partial(usd(1)));
    let resolved = by(&disputed.order, &admin(), &resolved, denied_at).unwrap();
    let decided = answered(&resolved.order);
    // It cannot be disputed again, and the window is over.
    let over = start().plus(TIMING.return_window);
    assert_eq!(decided.release_at(part(&decided), &TIMING), Some(over));
    // A denial early in the window does not shorten it.
    let early = by(&order, &seller, &deny(part(&order)), start()).unwrap();
    assert_eq!(early.order.due_at, Some(over));
}

#[test]
fn a_return_is_answered_once_and_by_its_id() {
    let order = three();
    let order = by_buyer(&order, &request_return(items(&[(line(&order), 1)])));
    let unknown = Move::ApproveReturn {
        id: kernel::ReturnId::new(&SystemIds::default()),
        comment: None,
    };
    assert_eq!(refused(&order, &unknown), MoveRefusal::UnknownReturn);
    let first = deny(part(&order));
    let order = *made(&order, &first).order;
    assert_eq!(
        because(&Err(refused(&order, &first))),
        Some(Guard::ReturnRequested)
    );
    let order = by_buyer(&order, &request_return(items(&[(line(&order), 1)])));
    let refusal = refused(&order, &first);
    assert!(
        matches!(refusal, MoveRefusal::NotAllowed { because: None, .. }),
        "the old one: {refusal:?}"
    );
    let agreed = Move::ApproveReturn {
        id: return_of(part(&order)),
        comment: Some("send it".to_owned()),
    };
    let order = *made(&order, &agreed).order;
    let answers: Vec<_> = part(&order)
        .returns
        .iter()
        .map(|back| back.answer.as_deref())
        .collect();
    assert_eq!(answers, [Some("it was torn before"), Some("send it")]);
    let back = &part(&order).returns[1];
    assert_eq!(back.comment.as_deref(), Some("the shade is torn"));
}

#[test]
fn a_part_has_at_most_twenty_returns() {
    let mut order = three();
    let wanted = || request_return(items(&[(line(&order), 1)]));
    let (wanted, last) = ((0..20).map(|_| wanted()).collect::<Vec<_>>(), wanted());
    for wanted in wanted {
        order = by_buyer(&order, &wanted);
        order = by_buyer(&order, &withdraw_return(part(&order)));
    }
    let refusal = by(&order, &buyer_of(&order), &last, start());
    let what = "returns";
    assert_eq!(refusal, Err(MoveRefusal::TooMany { what, most: 20 }));
}

#[test]
fn undoing_an_order_supersedes_its_returns_and_decides_its_disputes_for_the_buyer() {
    let review = Message::Review(ReviewAction::Compensate, admin());
    let moved = told(&approved(&three(), 2), &review, start());
    let part = &moved.order.fulfilments[0];
    assert_eq!(part.returns[0].status, ReturnStatus::Superseded);
    assert_eq!(part.refunded(), 1500);
    assert!(part.stock_returns.is_empty(), "it is with the buyer");
    let details = &moved.facts[0].details;
    assert_eq!(details.return_id, Some(part.returns[0].id));
    let disputed = by_buyer(&three(), &open_dispute());
    let moved = told(&disputed, &review, start());
    let dispute = &moved.order.fulfilments[0].disputes[0];
    assert_eq!(
        (dispute.outcome, dispute.amount),
        (Some(Outcome::Refund), Some(1500))
    );
    // Nothing is left of the part itself.
    let two = delivered(&ready(&[(0, 500, 1, Shipped), (1, 300, 1, Shipped)]));
    let lamp = items(&[(two.lines[0].id, 1)]);
    let two = by_buyer(&two, &open_dispute());
    let two = *made(&two, &refund(RefundOf::Items(lamp), None)).order;
    let moved = told(&answered(&two), &review, start());
    let dispute = &moved.order.fulfilments[0].disputes[0];
    assert_eq!(
        (dispute.status, dispute.amount),
        (DisputeStatus::Resolved, None)
    );
    assert_eq!(moved.facts.len(), 2);
}
