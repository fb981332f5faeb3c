//! What fits together, and what does not: an order of two parts beside its payment and its reservation.

use contracts::reservations::Article;
use kernel::{
    Currency, FulfilmentId, LineId, Money, OrderId, ProductId, SystemIds, UserId, VariantId,
};
use order_service::{AuditedLine, AuditedOrder, AuditedPart, Escrow, OrderState};
use product_service::{AuditedReservation, ReservationState};
use wallet_service::audit::{LineRecord, PartRecord, PaymentRecord, PaymentStatus};

use super::fits::{Check, Entry};

/// A line of 3 at 100, with a commission of 30.
fn line(ids: &SystemIds) -> AuditedLine {
    AuditedLine {
        id: LineId::new(ids),
        article: ProductId::new(ids).into(),
        quantity: 3,
        total: Some(Money::new(300, Currency::USD)),
        commission: 30,
        refunded: 0,
        refund_under_way: 0,
        reversed: 0,
        came_back: 0,
        return_under_way: 0,
    }
}

fn part(ids: &SystemIds, lines: usize) -> AuditedPart {
    AuditedPart {
        id: FulfilmentId::new(ids),
        seller: UserId::new(ids),
        money: Escrow::Held,
        lines: (0..lines).map(|_| line(ids)).collect(),
    }
}

/// What the wallet has of a part: the same.
fn record(part: &AuditedPart) -> PartRecord {
    PartRecord {
        fulfilment: part.id,
        seller: part.seller,
        lines: part
            .lines
            .iter()
            .map(|line| LineRecord {
                line: line.id,
                total: line.total.unwrap().amount,
                commission: line.commission,
                refunded: line.refunded,
                reversed: line.reversed,
            })
            .collect(),
        released: (part.money == Escrow::Released).then_some(1),
    }
}

/// An order of two parts, paid and sold.
fn paid() -> Entry {
    let ids = SystemIds::default();
    let (id, buyer) = (OrderId::new(&ids), UserId::new(&ids));
    let total = Money::new(900, Currency::USD);
    let parts = vec![part(&ids, 2), part(&ids, 1)];
    let lines = parts.iter().flat_map(|part| &part.lines);
    Entry {
        id,
        payment: Some(PaymentRecord {
            order: id,
            buyer,
            status: PaymentStatus::Debited,
            total: Some(total),
            parts: parts.iter().map(record).collect(),
        }),
        reservation: Some(AuditedReservation {
            order: id,
            state: ReservationState::Sold,
            lines: lines.map(|line| (line.article, line.quantity)).collect(),
            returned: Vec::new(),
        }),
        order: Some(AuditedOrder {
            id,
            buyer,
            state: OrderState::Paid,
            total,
            confirmed: true,
            parts,
        }),
    }
}

/// `paid`, changed.
fn with(
    change: impl FnOnce(&mut AuditedOrder, &mut PaymentRecord, &mut AuditedReservation),
) -> Entry {
    let mut entry = paid();
    let Entry {
        order: Some(order),
        payment: Some(payment),
        reservation: Some(reservation),
        ..
    } = &mut entry
    else {
        unreachable!("`paid` has all of them");
    };
    change(order, payment, reservation);
    entry
}

/// An order in `state`, with a payment in `status` and its stock sold.
fn entry(state: OrderState, status: PaymentStatus) -> Entry {
    with(|order, payment, _| {
        order.state = state;
        order.confirmed = state == OrderState::Paid;
        payment.status = status;
        if !status.is_debited() {
            payment.parts.clear();
        }
    })
}

/// The checks that find something.
fn found(entry: &Entry) -> Vec<Check> {
    let checks = Check::ALL.into_iter();
    let found: Vec<Check> = checks
        .filter(|check| entry.misfit(*check).is_some())
        .collect();
    assert_eq!(entry.is_sound(), found.is_empty());
    found
}

#[test]
fn a_paid_order_needs_a_debit_over_its_total_from_its_buyer() {
    assert_eq!(found(&paid()), []);
    for status in [
        PaymentStatus::Declined,
        PaymentStatus::Cancelled,
        PaymentStatus::Reversed,
    ] {
        let entry = entry(OrderState::Paid, status);
        assert_eq!(found(&entry), [Check::Payment], "{status:?}");
    }
    let without = Entry {
        payment: None,
        ..paid()
    };
    assert_eq!(found(&without), [Check::Payment]);
    let cheaper = with(|_, payment, _| payment.total = Some(Money::new(899, Currency::USD)));
    let finding = cheaper.misfit(Check::Payment).unwrap();
    assert!(
        finding.ends_with("its payment is over 899 USD"),
        "{finding}"
    );
    let other = UserId::new(&SystemIds::default());
    let others = with(|_, payment, _| payment.buyer = other);
    let finding = others.misfit(Check::Payment).unwrap();
    assert!(finding.contains("its buyer is"), "{finding}");
}

#[test]
fn an_order_that_came_to_nothing_must_not_have_kept_the_money() {
    for state in [OrderState::Declined, OrderState::Cancelled] {
        let entry = entry(state, PaymentStatus::Debited);
        assert!(found(&entry).contains(&Check::Payment), "{state:?}");
    }
    let refunded = entry(OrderState::Refunded, PaymentStatus::Debited);
    assert_eq!(found(&refunded), [Check::Refunds]);
}

#[test]
fn a_payment_or_a_sale_without_an_order_is_a_violation_and_held_stock_is_not() {
    let lost = || Entry {
        order: None,
        ..paid()
    };
    assert_eq!(found(&lost()), [Check::Payment, Check::Stock]);
    for state in [
        ReservationState::Held,
        ReservationState::Released,
        ReservationState::Expired,
    ] {
        let mut entry = Entry {
            payment: None,
            ..lost()
        };
        entry.reservation.as_mut().unwrap().state = state;
        assert_eq!(found(&entry), [], "{state:?}");
    }
}

#[test]
fn stock_goes_with_the_money() {
    for state in [
        ReservationState::Held,
        ReservationState::Released,
        ReservationState::Expired,
    ] {
        let unsold = with(|_, _, reservation| reservation.state = state);
        assert_eq!(found(&unsold), [Check::Stock], "{state:?}");
    }
    let none = Entry {
        reservation: None,
        ..paid()
    };
    assert_eq!(found(&none), [Check::Stock]);
    let declined = entry(OrderState::Declined, PaymentStatus::Declined);
    assert_eq!(found(&declined), [Check::Stock], "its stock is sold");
    let more = with(|_, _, reservation| reservation.lines[1].1 = 4);
    assert_eq!(found(&more), [Check::Stock]);
    let other = with(|_, _, reservation| {
        reservation.lines.pop();
    });
    assert_eq!(found(&other), [Check::Stock]);
    let another_variant = with(|_, _, reservation| {
        reservation.lines[0].0.variant = Some(VariantId::new(&SystemIds::default()));
    });
    assert_eq!(found(&another_variant), [Check::Stock]);
}

#[test]
fn stock_that_an_operator_takes_back_before_it_was_confirmed_may_still_be_held() {
    let undone = |under_way: i64| {
        with(|order, payment, reservation| {
            order.state = OrderState::Refunding;
            order.confirmed = false;
            for (part, record) in order.parts.iter_mut().zip(&mut payment.parts) {
                for (line, record) in part.lines.iter_mut().zip(&mut record.lines) {
                    (line.refunded, line.reversed) = (300, 30);
                    (record.refunded, record.reversed) = (300, 30);
                    (line.came_back, line.return_under_way) = (3, under_way);
                }
            }
            reservation.state = ReservationState::Held;
        })
    };
    assert_eq!(found(&undone(3)), []);
    assert_eq!(found(&undone(0)), [Check::Stock]);
}

#[test]
fn the_parts_of_a_payment_are_those_of_its_order() {
    let ids = SystemIds::default();
    for entry in [
        with(|_, payment, _| drop(payment.parts.pop())),
        with(|order, _, _| drop(order.parts.pop())),
        with(|_, payment, _| payment.parts[0].seller = UserId::new(&ids)),
        with(|_, payment, _| payment.parts[0].lines.truncate(1)),
        with(|_, payment, _| payment.parts[0].lines.swap(0, 1)),
        with(|_, payment, _| payment.parts[0].lines[0].total = 299),
        with(|_, payment, _| payment.parts[0].lines[0].commission = 29),
        with(|order, _, _| order.parts[0].lines[0].total = None),
    ] {
        assert!(found(&entry).contains(&Check::Parts), "{entry:?}");
    }
    // The order learns the commission with the reply to the debit.
    let pending = with(|order, _, reservation| {
        order.state = OrderState::Pending;
        order.confirmed = false;
        reservation.state = ReservationState::Held;
        for part in &mut order.parts {
            for line in &mut part.lines {
                line.commission = 0;
            }
        }
    });
    assert_eq!(found(&pending), []);
}

/// 100 of the first line are refunded, of which `under_way` are. The wallet has refunded `made`, and reversed a tenth of it.
fn refunding(under_way: i64, made: i64) -> Entry {
    with(|order, payment, _| {
        let line = &mut order.parts[0].lines[0];
        (line.refunded, line.refund_under_way) = (100, under_way);
        line.reversed = (100 - under_way) / 10;
        let record = &mut payment.parts[0].lines[0];
        (record.refunded, record.reversed) = (made, made / 10);
    })
}

#[test]
fn a_refund_is_made_by_the_wallet_if_it_is_done_and_may_be_if_it_is_under_way() {
    for (under_way, made) in [(0, 100), (40, 60), (40, 100), (100, 0), (100, 100)] {
        assert_eq!(found(&refunding(under_way, made)), [], "{under_way} {made}");
    }
    for (under_way, made) in [(0, 90), (0, 110), (40, 50), (40, 110), (100, 110)] {
        let entry = refunding(under_way, made);
        assert_eq!(found(&entry), [Check::Refunds], "{under_way} {made}");
    }
    let unreversed = with(|order, payment, _| {
        order.parts[0].lines[0].refunded = 100;
        order.parts[0].lines[0].reversed = 10;
        payment.parts[0].lines[0].refunded = 100;
    });
    assert_eq!(found(&unreversed), [Check::Refunds]);
}

#[test]
fn a_part_is_released_if_its_order_says_so_and_may_be_if_that_is_under_way() {
    let release = |money: Escrow, released: Option<i64>| {
        with(|order, payment, _| {
            order.parts[1].money = money;
            payment.parts[1].released = released;
        })
    };
    for (money, released) in [
        (Escrow::Held, None),
        (Escrow::Releasing, None),
        (Escrow::Releasing, Some(300)),
        (Escrow::Released, Some(0)),
    ] {
        assert_eq!(found(&release(money, released)), [], "{money:?}");
    }
    for (money, released) in [(Escrow::Held, Some(300)), (Escrow::Released, None)] {
        let entry = release(money, released);
        assert_eq!(found(&entry), [Check::Releases], "{money:?}");
    }
}

#[test]
fn what_came_back_is_in_the_stock_book_if_it_is_done_and_may_be_if_it_is_under_way() {
    let back = |under_way: i64, returned: Option<i64>| {
        with(|order, _, reservation| {
            let line = &mut order.parts[0].lines[0];
            (line.came_back, line.return_under_way) = (2, under_way);
            let article = line.article;
            reservation
                .returned
                .extend(returned.map(|count| (article, count)));
        })
    };
    for (under_way, returned) in [(0, Some(2)), (1, Some(1)), (1, Some(2)), (2, None)] {
        assert_eq!(found(&back(under_way, returned)), [], "{under_way}");
    }
    for (under_way, returned) in [(0, None), (0, Some(1)), (0, Some(3)), (1, None)] {
        let entry = back(under_way, returned);
        assert_eq!(found(&entry), [Check::Returns], "{under_way} {returned:?}");
    }
    let other = ProductId::new(&SystemIds::default());
    let foreign = with(|_, _, reservation| reservation.returned.push((other.into(), 1)));
    assert_eq!(found(&foreign), [Check::Returns]);
    let of_another_variant = with(|order, _, reservation| {
        let line = &mut order.parts[0].lines[0];
        line.came_back = 1;
        let variant = Some(VariantId::new(&SystemIds::default()));
        let other = Article {
            variant,
            ..line.article
        };
        reservation.returned.push((other, 1));
    });
    assert_eq!(found(&of_another_variant), [Check::Returns]);
    let expired = with(|order, payment, reservation| {
        order.state = OrderState::Refunded;
        order.confirmed = false;
        for (part, record) in order.parts.iter_mut().zip(&mut payment.parts) {
            for (line, record) in part.lines.iter_mut().zip(&mut record.lines) {
                (line.refunded, line.reversed, line.came_back) = (300, 30, 3);
                (record.refunded, record.reversed) = (300, 30);
            }
        }
        reservation.state = ReservationState::Expired;
    });
    assert_eq!(found(&expired), [], "nothing of it was sold");
}
