//! What the services must have about an order, as its state says. What they must have about its parts is next door.

use kernel::OrderId;
use order_service::{AuditedOrder, OrderState};
use product_service::{AuditedReservation, ReservationState};
use wallet_service::audit::{PaymentRecord, PaymentStatus};

/// A comparison of an order with another service's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Check {
    /// The payment, as a whole.
    Payment,
    /// The parts of the payment.
    Parts,
    /// What was refunded of each line.
    Refunds,
    /// Whether each part is released.
    Releases,
    /// The reservation.
    Stock,
    /// What came back of what was sold.
    Returns,
}

impl Check {
    pub(super) const ALL: [Self; 6] = [
        Self::Payment,
        Self::Parts,
        Self::Refunds,
        Self::Releases,
        Self::Stock,
        Self::Returns,
    ];

    /// The invariant.
    pub(super) const fn invariant(self) -> &'static str {
        match self {
            Self::Payment => "each order was debited once or not at all, as its state says",
            Self::Parts => {
                "each part of an order is a part of its payment: the same seller, lines, prices and commission"
            }
            Self::Refunds => {
                "what was refunded of each line is the same to its order and to its payment"
            }
            Self::Releases => "each part is paid to its seller if its order says so, and only then",
            Self::Stock => {
                "the stock of each paid order is sold, and of no order that came to nothing"
            }
            Self::Returns => "what came back of each order is back in stock or written off, once",
        }
    }
}

/// What each service has about one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: OrderId,
    pub(super) order: Option<AuditedOrder>,
    pub(super) payment: Option<PaymentRecord>,
    pub(super) reservation: Option<AuditedReservation>,
}

impl Entry {
    /// The first mismatch that a check finds, if any.
    pub(super) fn misfit(&self, check: Check) -> Option<String> {
        match check {
            Check::Payment => self.payment_misfit(),
            Check::Parts => self.parts_misfit(),
            Check::Refunds => self.refunds_misfit(),
            Check::Releases => self.releases_misfit(),
            Check::Stock => self.stock_misfit(),
            Check::Returns => self.returns_misfit(),
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        let mut checks = Check::ALL.into_iter();
        checks.all(|check| self.misfit(check).is_none())
    }

    fn payment_misfit(&self) -> Option<String> {
        let id = self.id;
        let payment = self.payment.as_ref();
        let Some(order) = &self.order else {
            return payment.map(|_| format!("payment of order {id}: there is no such order"));
        };
        let status = payment.map(|payment| payment.status);
        if !fits(order.state, status) {
            return Some(format!(
                "order {id}: it is {:?}, but its payment is {}",
                order.state,
                status.map_or_else(|| "missing".to_owned(), |status| format!("{status:?}"))
            ));
        }
        let payment = payment?;
        if payment.buyer != order.buyer {
            let (buyer, payer) = (order.buyer, payment.buyer);
            return Some(format!(
                "order {id}: its buyer is {buyer}, but its payment is {payer}'s"
            ));
        }
        let total = payment.total.filter(|total| *total != order.total)?;
        Some(format!(
            "order {id}: it costs {}, but its payment is over {total}",
            order.total
        ))
    }

    fn stock_misfit(&self) -> Option<String> {
        use ReservationState::{Expired, Held, Released, Sold};
        let id = self.id;
        let state = self
            .reservation
            .as_ref()
            .map(|reservation| reservation.state);
        let Some(order) = &self.order else {
            // Stock is held before there is an order, and returned if there never is one.
            return state.filter(|state| *state == Sold).map(|_| {
                format!("reservation of order {id}: it is sold, and there is no such order")
            });
        };
        let fits = match order.state {
            OrderState::Paid | OrderState::Refunding | OrderState::Refunded if order.confirmed => {
                state == Some(Sold)
            }
            OrderState::Paid | OrderState::Pending | OrderState::Cancelling => state.is_some(),
            OrderState::Declined | OrderState::Cancelled => {
                matches!(state, Some(Held | Released | Expired))
            }
            // Undone before its stock was confirmed: the lease had run out, or an operator did it, which sells what is still held first.
            OrderState::Refunding | OrderState::Refunded => match state {
                Some(Sold | Released | Expired) => true,
                Some(Held) => has_return_under_way(order),
                None => false,
            },
        };
        if !fits {
            return Some(format!(
                "order {id}: it is {:?}, but its reservation is {}",
                order.state,
                state.map_or("missing", ReservationState::as_str)
            ));
        }
        self.reservation
            .as_ref()
            .and_then(|reservation| quantities_misfit(order, reservation))
    }
}

fn fits(state: OrderState, payment: Option<PaymentStatus>) -> bool {
    use PaymentStatus::{Cancelled, Debited, Declined, Reversed};
    match state {
        OrderState::Pending => matches!(payment, None | Some(Debited | Declined)),
        OrderState::Cancelling => matches!(
            payment,
            None | Some(Debited | Declined | Cancelled | Reversed)
        ),
        OrderState::Paid | OrderState::Refunding | OrderState::Refunded => payment == Some(Debited),
        OrderState::Declined => payment == Some(Declined),
        OrderState::Cancelled => matches!(payment, Some(Cancelled | Reversed | Declined)),
    }
}

/// Whether items are on their way to the stock book.
fn has_return_under_way(order: &AuditedOrder) -> bool {
    let mut lines = order.parts.iter().flat_map(|part| &part.lines);
    lines.any(|line| line.return_under_way > 0)
}

/// The first article of which another quantity is reserved than ordered.
fn quantities_misfit(order: &AuditedOrder, reservation: &AuditedReservation) -> Option<String> {
    let id = order.id;
    let lines = || order.parts.iter().flat_map(|part| &part.lines);
    let articles = lines().map(|line| line.article);
    let mut articles = articles.chain(reservation.lines.iter().map(|(article, _)| *article));
    articles.find_map(|article| {
        let ordered = lines().filter(|line| line.article == article);
        let ordered: i128 = ordered.map(|line| i128::from(line.quantity)).sum();
        let reserved = reservation.lines.iter().filter(|(of, _)| *of == article);
        let reserved: i128 = reserved.map(|(_, quantity)| i128::from(*quantity)).sum();
        (ordered != reserved).then(|| {
            format!("order {id}: {ordered} of {article} are ordered, but {reserved} are reserved")
        })
    })
}
