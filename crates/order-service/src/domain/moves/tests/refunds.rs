//! Refunds, a rule a test.

use super::*;

#[test]
fn refunding_items_that_are_not_shipped_cancels_them_and_puts_them_back() {
    let order = ready(&[(0, 500, 3, Shipped)]);
    let line = order.lines[0].id;
    let order = *made(&order, &ship(items(&[(line, 1)]))).order;
    let moved = made(&order, &refund(RefundOf::Items(items(&[(line, 3)])), None));
    let part = &moved.order.fulfilments[0];
    let of = &part.lines[0];
    assert_eq!((of.shipped, of.cancelled, of.returned), (1, 2, 0));
    assert_eq!((of.refunded, of.refunded_amount), (3, 1500));
    assert_eq!(part.status, FulfilmentStatus::Shipped);
    let back = [ReturnedLine {
        line,
        restocked: 2,
        written_off: 0,
    }];
    assert_eq!(part.stock_returns[0].lines, back);
}

#[test]
fn what_the_seller_will_not_restock_is_written_off_if_it_was_not_shipped_and_else_stays_with_the_buyer()
 {
    let order = ready(&[(0, 500, 3, Shipped)]);
    let line = order.lines[0].id;
    let order = *made(&order, &ship(items(&[(line, 1)]))).order;
    let all = RefundOf::Items(items(&[(line, 3)]));
    for (restock, restocked, written_off, returned) in [(false, 0, 2, 0), (true, 3, 0, 1)] {
        let moved = made(&order, &refund(all.clone(), Some(restock)));
        let part = &moved.order.fulfilments[0];
        let back = ReturnedLine {
            line,
            restocked,
            written_off,
        };
        assert_eq!(part.stock_returns[0].lines, [back]);
        assert_eq!(part.lines[0].returned, returned);
    }
    let order = shipped(&ready(&[(0, 500, 3, Shipped)]));
    let one = RefundOf::Items(items(&[(order.lines[0].id, 1)]));
    let moved = made(&order, &refund(one, Some(false)));
    assert!(moved.order.fulfilments[0].stock_returns.is_empty());
    assert_eq!(moved.commands.len(), 1);
}

#[test]
fn an_item_gives_its_price_but_never_more_than_is_left_of_its_line() {
    let order = shipped(&ready(&[(0, 500, 2, Shipped)]));
    let line = order.lines[0].id;
    let order = *made(&order, &refund(amount(700), None)).order;
    let one = refund(RefundOf::Items(items(&[(line, 1)])), None);
    let order = *made(&order, &one).order;
    let part = &order.fulfilments[0];
    assert_eq!(part.refunds[1].amount(), 300);
    assert_eq!(part.refunded(), 1000);
    let nothing = MoveRefusal::RefundExceeds { left: usd(0) };
    assert_eq!(refused(&order, &one), nothing);
    assert_eq!(order.state, OrderState::Refunding);
}

#[test]
fn an_amount_is_spread_over_the_lines_by_what_is_left_of_each() {
    let order = ready(&[(0, 100, 3, Shipped), (0, 700, 1, Shipped)]);
    let moved = made(&order, &refund(amount(101), None));
    let part = &moved.order.fulfilments[0];
    let amounts: Vec<i64> = part.lines.iter().map(|line| line.refunded_amount).collect();
    assert_eq!(amounts, [30, 71]);
    assert_eq!(moved.order.left_of(part), usd(899));
    assert!(part.stock_returns.is_empty());
    let lines: Vec<_> = part.refunds[0]
        .lines
        .iter()
        .map(|line| (line.quantity, line.amount))
        .collect();
    assert_eq!(lines, [(0, 30), (0, 71)]);
    let exceeds = MoveRefusal::RefundExceeds { left: usd(899) };
    assert_eq!(refused(&moved.order, &refund(amount(900), None)), exceeds);
}

#[test]
fn a_hundred_refunds_at_once_give_exactly_the_part() {
    let mut order = delivered(&ready(&[(0, 10, 1, Shipped), (1, 500, 1, Shipped)]));
    let mut given = 0;
    for _ in 0..100 {
        let part = order.fulfilments[0].clone();
        match make_move(
            &order,
            part.id,
            &refund(amount(1), None),
            &seller_of(&part),
            start(),
            &TIMING,
        ) {
            Ok(moved) => {
                order = *moved.order;
                given += 1;
            }
            Err(refusal) => assert_eq!(refusal, MoveRefusal::RefundExceeds { left: usd(0) }),
        }
    }
    assert_eq!((given, order.fulfilments[0].refunded()), (10, 10));
}

#[test]
fn an_amount_in_another_currency_is_refused() {
    let order = ready(&[(0, 500, 1, Shipped)]);
    let euro = RefundOf::Amount(Money::new(1, "EUR".parse().unwrap()));
    let expected = Currency::USD;
    assert_eq!(
        refused(&order, &refund(euro, None)),
        MoveRefusal::WrongCurrency { expected }
    );
}

#[test]
fn a_part_has_at_most_a_hundred_packages_and_a_hundred_refunds_under_way() {
    let mut order = ready(&[(0, 500, 101, Shipped)]);
    let line = order.lines[0].id;
    for _ in 0..100 {
        order = *made(&order, &ship(items(&[(line, 1)]))).order;
        order = *made(&order, &refund(amount(1), None)).order;
    }
    for (wanted, what) in [
        (ship(items(&[(line, 1)])), "packages"),
        (refund(amount(1), None), "refunds under way"),
        (cancel(None), "refunds under way"),
    ] {
        assert_eq!(
            refused(&order, &wanted),
            MoveRefusal::TooMany { what, most: 100 }
        );
    }
}

#[test]
fn an_order_that_is_refunded_as_an_amount_can_still_be_shipped() {
    let order = ready(&[(0, 500, 1, Shipped)]);
    let order = answered(&made(&order, &refund(amount(500), None)).order);
    assert_eq!(order.state, OrderState::Refunded);
    let order = delivered(&order);
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Delivered);
    assert_eq!(order.state, OrderState::Refunded);
    let later: Timestamp = start().plus(TIMING.return_window);
    let moved = told(&order, &Message::Tick, later);
    let fulfilment = order.fulfilments[0].id;
    assert_eq!(moved.commands, [Command::ReleasePart { fulfilment }]);
}

#[test]
fn a_refund_after_the_seller_was_paid_takes_up_to_what_is_left() {
    let order = ready(&[(0, 500, 1, Unshipped)]);
    let fulfilment = order.fulfilments[0].id;
    let order = *told(&order, &Message::Tick, start().plus(DAY)).order;
    assert_eq!(order.fulfilments[0].status, FulfilmentStatus::Completed);
    let order = *told(&order, &Message::PartReleased { fulfilment }, start()).order;
    assert_eq!(order.fulfilments[0].money, Escrow::Released);
    assert_eq!(order.due_at, None);
    let order = *made(&order, &refund(amount(200), None)).order;
    assert_eq!(order.left_of(&order.fulfilments[0]), usd(300));
    let exceeds = MoveRefusal::RefundExceeds { left: usd(300) };
    assert_eq!(refused(&order, &refund(amount(301), None)), exceeds);
    let order = answered(&order);
    assert_eq!((order.state, order.due_at), (OrderState::Paid, None));
}

#[test]
fn the_id_of_a_refund_is_the_id_of_its_return() {
    let order = ready(&[(0, 500, 1, Shipped)]);
    let id = RefundId::new(&SystemIds::default());
    let wanted = Move::Cancel {
        items: None,
        reason: None,
        refund: id,
    };
    let part = &made(&order, &wanted).order.fulfilments[0];
    assert_eq!(
        (part.refunds[0].id, part.stock_returns[0].id),
        (id, id.as_uuid())
    );
}
