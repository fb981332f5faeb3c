//! Which mails a change of an order causes, and to whom. Users are notified of what others, timers or the saga did, not of their own acts,
//! except that a dispute has begun. Mails never contain what users wrote to each other: that is on the order's pages.

use contracts::order_notices::OrderNotice;
use kernel::{FulfilmentId, ReturnId, Timestamp, UserId};

use super::fact::{Fact, FactItem, Happened, Role};
use super::fulfilment::{Fulfilment, Parcel};
use super::line::OrderLine;
use super::order::Order;
use super::part::price_of;
use super::state::Escrow;

/// A notification about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Identifies it among the order's notifications. A repeat has the same step.
    pub step: String,
    /// The recipient.
    pub to: UserId,
    /// Whether the recipient sells in the order. Otherwise they placed it.
    pub as_seller: bool,
    /// What.
    pub notice: OrderNotice,
    /// The items, by name.
    pub items: Vec<(String, u32)>,
    /// The amount in minor units of the order's currency, if the notice has one.
    pub amount: Option<i64>,
    /// The deadline for the recipient, if there is one.
    pub until: Option<Timestamp>,
    /// The package.
    pub parcel: Option<Parcel>,
}

/// The notifications that the change from `before` to `after`, which added `facts`, causes.
#[must_use]
pub fn told_of(before: &Order, after: &Order, facts: &[Fact]) -> Vec<Told> {
    let mut told = Vec::new();
    if after.confirmed && !before.confirmed {
        told.push(confirmed(after));
        told.extend(after.fulfilments.iter().map(|part| sold(after, part)));
    }
    for fact in facts {
        let part = fact.fulfilment.and_then(|part| after.fulfilment(part));
        if let Some(part) = part {
            for next in of_fact(after, part, fact) {
                add(&mut told, next);
            }
        }
    }
    let is_released = |order: &Order, part: FulfilmentId| {
        let part = order.fulfilment(part);
        part.is_some_and(|part| part.money == Escrow::Released)
    };
    for part in &after.fulfilments {
        if is_released(after, part.id) && !is_released(before, part.id) {
            told.extend(paid_out(after, part));
        }
    }
    told
}

/// Adds `next`. When a whole order is cancelled, its buyer gets one mail, not one for each part.
fn add(told: &mut Vec<Told>, next: Told) {
    let whom = |one: &Told| (one.to, one.as_seller, one.notice);
    let same = told.iter_mut().find(|one| whom(one) == whom(&next));
    match same {
        Some(first) if next.notice == OrderNotice::Cancelled => {
            first.items.extend(next.items);
            let amounts = [first.amount, next.amount].into_iter().flatten();
            first.amount = amounts.reduce(i64::saturating_add);
        }
        Some(_) | None => told.push(next),
    }
}

impl Told {
    fn new(step: String, to: UserId, notice: OrderNotice) -> Self {
        Self {
            step,
            to,
            as_seller: false,
            notice,
            items: Vec::new(),
            amount: None,
            until: None,
            parcel: None,
        }
    }

    /// A notification to the seller of `part`.
    fn seller(step: String, part: &Fulfilment, notice: OrderNotice) -> Self {
        Self {
            as_seller: true,
            ..Self::new(step, part.seller, notice)
        }
    }
}

fn named(line: &OrderLine, count: u32) -> (String, u32) {
    (line.name.clone(), count)
}

fn confirmed(order: &Order) -> Told {
    let items = order.lines.iter();
    Told {
        items: items.map(|line| named(line, line.quantity.get())).collect(),
        amount: Some(order.total.amount),
        ..Told::new(
            "confirmed".to_owned(),
            order.buyer,
            OrderNotice::OrderConfirmed,
        )
    }
}

fn sold(order: &Order, part: &Fulfilment) -> Told {
    let lines = || order.lines_of(part).map(|(line, _)| line);
    let prices = lines().map(|line| price_of(line, line.quantity.get()));
    Told {
        items: lines()
            .map(|line| named(line, line.quantity.get()))
            .collect(),
        amount: Some(prices.fold(0, i64::saturating_add)),
        until: part.ship_by,
        ..Told::seller(format!("sold {}", part.id), part, OrderNotice::Sold)
    }
}

/// None if nothing was left for the seller.
fn paid_out(order: &Order, part: &Fulfilment) -> Option<Told> {
    let amount = order.left_of(part).amount.saturating_sub(part.commission());
    (amount > 0).then(|| Told {
        amount: Some(amount),
        ..Told::seller(format!("paid out {}", part.id), part, OrderNotice::PaidOut)
    })
}

fn of_fact(order: &Order, part: &Fulfilment, fact: &Fact) -> Vec<Told> {
    let step = |role: Role| format!("fact {} {}", fact.number, role.as_str());
    let buyer = |notice| Told::new(step(Role::Buyer), order.buyer, notice);
    let seller = |notice| Told::seller(step(Role::Seller), part, notice);
    let items = || items_of(order, &fact.details.items);
    let amount = fact.details.amount;
    match fact.what {
        Happened::Ship => {
            let mut packages = part.shipments.iter();
            let package = packages.find(|one| Some(one.id) == fact.details.shipment_id);
            vec![Told {
                items: items(),
                parcel: package.map(|package| package.parcel.clone()),
                ..buyer(OrderNotice::Shipped)
            }]
        }
        Happened::Cancel | Happened::ReservationExpired | Happened::Compensate => {
            // A seller learns of a sale once its stock is sold, so before that they hear nothing of its end.
            let by = fact.actor.role;
            let to_buyer = (by != Role::Buyer).then(|| buyer(OrderNotice::Cancelled));
            let to_seller =
                (by != Role::Seller && order.confirmed).then(|| seller(OrderNotice::Cancelled));
            let both = to_buyer.into_iter().chain(to_seller);
            both.map(|told| Told {
                items: items(),
                amount,
                ..told
            })
            .collect()
        }
        Happened::Refunded => vec![Told {
            amount,
            ..buyer(OrderNotice::Refunded)
        }],
        Happened::RequestReturn => vec![Told {
            items: items(),
            ..seller(OrderNotice::ReturnRequested)
        }],
        Happened::ApproveReturn | Happened::DenyReturn => {
            let notice = if fact.what == Happened::ApproveReturn {
                OrderNotice::ReturnApproved
            } else {
                OrderNotice::ReturnDenied
            };
            let (items, until) = back(order, part, fact.details.return_id);
            vec![Told {
                items,
                until,
                ..buyer(notice)
            }]
        }
        Happened::OpenDispute => {
            vec![
                buyer(OrderNotice::DisputeOpened),
                seller(OrderNotice::DisputeOpened),
            ]
        }
        Happened::ResolveDispute => {
            let both = [
                buyer(OrderNotice::DisputeResolved),
                seller(OrderNotice::DisputeResolved),
            ];
            both.map(|told| Told { amount, ..told }).into()
        }
        // The buyer gets a mail about a refund when it arrives, also after a return.
        Happened::Placed
        | Happened::Paid
        | Happened::Declined
        | Happened::OrderCancelled
        | Happened::Deliver
        | Happened::Refund
        | Happened::ReceiveReturn
        | Happened::Comment
        | Happened::WithdrawReturn
        | Happened::ExpireReturn
        | Happened::WithdrawDispute
        | Happened::Complete => Vec::new(),
    }
}

fn items_of(order: &Order, items: &[FactItem]) -> Vec<(String, u32)> {
    let named = |item: &FactItem| Some(named(order.line(item.line_id)?, item.quantity));
    items.iter().filter_map(named).collect()
}

/// The items of a return, and until when they are to be sent.
fn back(
    order: &Order,
    part: &Fulfilment,
    id: Option<ReturnId>,
) -> (Vec<(String, u32)>, Option<Timestamp>) {
    let mut returns = part.returns.iter();
    let Some(back) = returns.find(|back| Some(back.id) == id) else {
        return (Vec::new(), None);
    };
    let items = back.lines.iter();
    let items = items.filter_map(|item| Some(named(order.line(item.line)?, item.quantity.get())));
    (items.collect(), back.expires_at)
}

#[cfg(test)]
mod tests;
