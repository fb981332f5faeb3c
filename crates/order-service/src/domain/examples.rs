//! Orders for tests.

use std::collections::BTreeMap;

use std::time::Duration;

use contracts::reservations::Delivery;
use kernel::{
    Currency, DisputeId, FulfilmentId, LineId, Money, OrderId, ProductId, Quantity, RefundId,
    ReturnId, ShipmentId, SystemIds, Timestamp, UserId,
};

use super::*;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) const TIMING: Timing = Timing {
    payment_deadline: Duration::from_secs(120),
    resend_after: Duration::from_secs(10),
    review_after: Duration::from_secs(900),
    release_after: Duration::from_secs(86_400),
    ship_within: Duration::from_secs(14 * 86_400),
    deliver_after: Duration::from_secs(14 * 86_400),
    return_window: Duration::from_secs(14 * 86_400),
    return_expires: Duration::from_secs(14 * 86_400),
    dispute_window: Duration::from_secs(3 * 86_400),
    buyer_may_cancel: true,
};

pub(crate) fn start() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

/// A line of an order: which of the sellers, price, quantity, delivery.
pub(crate) type Ordered = (usize, i64, i64, Delivery);

/// A pending order of lines from sellers.
pub(crate) fn placed(lines: &[Ordered]) -> Order {
    let ids = SystemIds::default();
    let sellers: Vec<UserId> = (0..10).map(|_| UserId::new(&ids)).collect();
    let lines: Vec<OrderLine> = lines
        .iter()
        .map(|(seller, price, quantity, delivery)| OrderLine {
            id: LineId::new(&ids),
            product: ProductId::new(&ids),
            variant: None,
            options: BTreeMap::new(),
            seller: sellers[*seller],
            name: "thing".to_owned(),
            category: "things".to_owned(),
            delivery: *delivery,
            unit_price: Money::new(*price, Currency::USD),
            quantity: Quantity::new(*quantity).unwrap(),
        })
        .collect();
    let fulfilments = fulfilments_of(
        &lines,
        |_| SellerThen::default(),
        || FulfilmentId::new(&ids),
    );
    let new = NewOrder {
        id: OrderId::new(&ids),
        buyer: UserId::new(&ids),
        buyer_name: None,
        total: total_of(&lines).unwrap(),
        lines,
        fulfilments,
        address: None,
        note: None,
        metadata: None,
        request: None,
    };
    Order::place(new, start(), &TIMING)
}

/// The order after `message`.
pub(crate) fn told(order: &Order, message: &Message, now: Timestamp) -> Moved {
    match on(order, message, now, &TIMING) {
        Change::To(moved) => moved,
        Change::Ignored => panic!("{message:?} was ignored by {order:?}"),
    }
}

/// A commission of a tenth of each line.
pub(crate) fn tenths(order: &Order) -> Vec<(LineId, i64)> {
    let tenth = |line: &OrderLine| (line.id, line.total().unwrap().amount / 10);
    order.lines.iter().map(tenth).collect()
}

/// An order that is paid, its stock sold.
pub(crate) fn ready(lines: &[Ordered]) -> Order {
    let order = placed(lines);
    let debited = Message::Debited {
        commissions: tenths(&order),
    };
    let paid = *told(&order, &debited, start()).order;
    *told(&paid, &Message::ReservationConfirmed, start()).order
}

pub(crate) fn seller_of(part: &Fulfilment) -> Actor {
    Actor::user(Role::Seller, part.seller)
}

pub(crate) fn buyer_of(order: &Order) -> Actor {
    Actor::user(Role::Buyer, order.buyer)
}

pub(crate) fn admin() -> Actor {
    Actor::user(Role::Admin, UserId::new(&SystemIds::default()))
}

pub(crate) fn items(of: &[(LineId, i64)]) -> Items {
    of.iter()
        .map(|(line, count)| (*line, Quantity::new(*count).unwrap()))
        .collect()
}

pub(crate) fn ship(items: Items) -> Move {
    Move::Ship {
        id: ShipmentId::new(&SystemIds::default()),
        items,
        parcel: Parcel {
            carrier: "DHL".to_owned(),
            tracking_number: "JD014600003".to_owned(),
            tracking_url: None,
        },
        note: None,
    }
}

pub(crate) fn cancel(items: Option<Items>) -> Move {
    Move::Cancel {
        items,
        reason: Some("changed my mind".to_owned()),
        refund: RefundId::new(&SystemIds::default()),
    }
}

pub(crate) fn refund(what: RefundOf, restock: Option<bool>) -> Move {
    Move::Refund {
        id: RefundId::new(&SystemIds::default()),
        what,
        reason: Some("a scratch".to_owned()),
        restock,
    }
}

pub(crate) fn amount(amount: i64) -> RefundOf {
    RefundOf::Amount(Money::new(amount, Currency::USD))
}

pub(crate) fn request_return(items: Items) -> Move {
    Move::RequestReturn {
        id: ReturnId::new(&SystemIds::default()),
        items,
        reason: ReturnReason::Damaged,
        comment: Some("the shade is torn".to_owned()),
    }
}

/// The return of a part that a move is likely to be about. One that does not exist if it has none.
pub(crate) fn return_of(part: &Fulfilment) -> ReturnId {
    part.open_return()
        .or(part.returns.last())
        .map_or_else(|| ReturnId::new(&SystemIds::default()), |back| back.id)
}

pub(crate) fn approve(part: &Fulfilment) -> Move {
    Move::ApproveReturn {
        id: return_of(part),
        comment: None,
    }
}

pub(crate) fn deny(part: &Fulfilment) -> Move {
    Move::DenyReturn {
        id: return_of(part),
        comment: "it was torn before".to_owned(),
    }
}

/// So many items of a line are received: to be sold again, and to be written off.
pub(crate) fn receive(part: &Fulfilment, line: LineId, restock: i64, write_off: i64) -> Move {
    let received = |count: i64, restock| {
        let quantity = Quantity::new(count).ok();
        quantity.map(|quantity| Received {
            line,
            quantity,
            restock,
        })
    };
    Move::ReceiveReturn {
        id: return_of(part),
        items: received(restock, true)
            .into_iter()
            .chain(received(write_off, false))
            .collect(),
        note: None,
    }
}

pub(crate) fn withdraw_return(part: &Fulfilment) -> Move {
    Move::WithdrawReturn {
        id: return_of(part),
        note: None,
    }
}

pub(crate) fn expire_return(part: &Fulfilment) -> Move {
    Move::ExpireReturn {
        id: return_of(part),
    }
}

pub(crate) fn open_dispute() -> Move {
    Move::OpenDispute {
        id: DisputeId::new(&SystemIds::default()),
        reason: DisputeReason::NotReceived,
        comment: "where is it?".to_owned(),
    }
}

/// The dispute of a part that a move is likely to be about. One that does not exist if it has none.
pub(crate) fn dispute_of(part: &Fulfilment) -> DisputeId {
    part.open_dispute()
        .or(part.disputes.last())
        .map_or_else(|| DisputeId::new(&SystemIds::default()), |one| one.id)
}

pub(crate) fn resolve(part: &Fulfilment, resolution: Resolution) -> Move {
    Move::ResolveDispute {
        id: dispute_of(part),
        resolution,
        comment: "the carrier has a signature".to_owned(),
    }
}

pub(crate) fn withdraw_dispute(part: &Fulfilment) -> Move {
    Move::WithdrawDispute {
        id: dispute_of(part),
        note: None,
    }
}
