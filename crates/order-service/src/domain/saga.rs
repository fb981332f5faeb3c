//! The saga's state machine: `on(order, message, now)` says what the order becomes and which commands go out. Pure, total, and
//! idempotent: a message that does not fit the state is an expected late reply and changes nothing.
//!
//! ```text
//! pending ──debited──> paid ──reservation expired──> refunding ──refunded──> refunded
//!    │ └──declined──> declined
//!    └──deadline──> cancelling ──debit cancelled──> cancelled
//! ```
//! (Saga: Garcia-Molina & Salem, SIGMOD 1987; orchestrated, with the order as the log.)

use kernel::{FulfilmentId, LineId, RefundId, Timestamp};
use uuid::Uuid;

use super::fact::Actor;
use super::moves::Moved;
use super::order::{Order, Timing};
use super::state::{OrderState, Reason};

/// What the saga is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The wallet debited the buyer, and fixed these commissions, in minor units.
    Debited {
        /// Of each line.
        commissions: Vec<(LineId, i64)>,
    },
    /// The wallet declined; nothing was posted.
    DebitDeclined(Reason),
    /// No money of this order is or ever will be in escrow.
    DebitCancelled,
    /// The money of a refund is with the buyer.
    PartRefunded {
        /// Which refund.
        refund: RefundId,
        /// The commission that it gave back of each of its lines, in minor units.
        reversed: Vec<(LineId, i64)>,
    },
    /// The seller of a part was paid.
    PartReleased {
        /// Which part.
        fulfilment: FulfilmentId,
    },
    /// The wallet did not do what it was asked to about a part.
    PartRefused {
        /// Which part.
        fulfilment: FulfilmentId,
        /// Which refund; none if it was to release the part.
        refund: Option<RefundId>,
        /// Why.
        reason: PartRefusal,
    },
    /// The wallet cannot do what it was asked to about the whole payment.
    PaymentRefused,
    /// The buyer's wallet has no room now for the money of a debit that is to be undone.
    BalanceLimit,
    /// The held stock is sold.
    ReservationConfirmed,
    /// The confirmation came after the lease had run out.
    ReservationExpired,
    /// A return is in the stock book.
    StockReturned {
        /// Which return.
        id: Uuid,
    },
    /// A return does not fit what was sold.
    StockReturnRefused {
        /// Which return.
        id: Uuid,
    },
    /// It is time to look at the order.
    Tick,
    /// An operator acts.
    Review(ReviewAction, Actor),
}

impl Message {
    /// Whether the order notes that it has handled the message. Those about refunds, releases and returns need no note: what is pending
    /// refuses their repeat, and an order can have any number of them.
    #[must_use]
    pub const fn is_noted(&self) -> bool {
        match self {
            Self::Debited { .. }
            | Self::DebitDeclined(_)
            | Self::DebitCancelled
            | Self::PaymentRefused
            | Self::BalanceLimit
            | Self::ReservationConfirmed
            | Self::ReservationExpired => true,
            Self::PartRefunded { .. }
            | Self::PartReleased { .. }
            | Self::PartRefused { .. }
            | Self::StockReturned { .. }
            | Self::StockReturnRefused { .. }
            | Self::Tick
            | Self::Review(..) => false,
        }
    }
}

/// Why the wallet refused a command about a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartRefusal {
    /// The wallet that the money goes to has no room for it now.
    BalanceLimit,
    /// The command does not fit what the wallet knows of the part.
    DoesNotFit,
}

/// What an operator can do with an order that is stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewAction {
    /// Send everything that is outstanding again, now.
    Retry,
    /// Undo the order: cancel an unpaid one, refund each part of a paid one and put back what is not shipped.
    Compensate,
}

/// What an order asks of the other services. Each is sealed from the order's own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Debit the buyer.
    DebitForOrder,
    /// Undo the debit, or refuse it permanently.
    CancelOrderDebit,
    /// Give the buyer the money of a pending refund.
    RefundPart {
        /// Of which part.
        fulfilment: FulfilmentId,
        /// Which refund.
        refund: RefundId,
    },
    /// Pay the seller of a part.
    ReleasePart {
        /// Which part.
        fulfilment: FulfilmentId,
    },
    /// The held stock is sold.
    ConfirmReservation,
    /// Put the held stock back.
    ReleaseReservation,
    /// Put sold stock back, or write it off.
    ReturnStock {
        /// Of which part.
        fulfilment: FulfilmentId,
        /// Which return.
        return_id: Uuid,
    },
}

/// What a message makes of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing: a late or repeated message.
    Ignored,
    /// The order as it is now, what goes out with it, and what is added to its timeline.
    To(Moved),
}

/// Decides what `message` makes of `order` at `now`.
#[must_use]
pub fn on(order: &Order, message: &Message, now: Timestamp, timing: &Timing) -> Change {
    use Command::{ConfirmReservation, RefundOrder, ReleaseReservation};
    use OrderState::{Cancelled, Cancelling, Declined, Paid, Pending, Refunded, Refunding};
    let step = Step { order, now, timing };
    match (order.state, message) {
        (Pending, Message::Debited) => step.enter(Paid, None, Some(ConfirmReservation)),
        (Pending, Message::DebitDeclined(reason)) => {
            step.enter(Declined, Some(reason), Some(ReleaseReservation))
        }
        // The wallet refuses a debit that comes after its cancellation: the answer is the same as to the cancellation.
        (Pending | Cancelling, Message::DebitCancelled) => {
            let reason = order.reason.or(Some(Reason::PaymentTimeout));
            step.enter(Cancelled, reason, Some(ReleaseReservation))
        }
        (Paid, Message::ReservationExpired) => {
            let reason = Some(Reason::ReservationExpired);
            match order.escrow {
                Escrow::Held => step.enter(Refunding, reason, Some(RefundOrder)),
                // The money may have left escrow: a person has to settle it.
                Escrow::Releasing | Escrow::Released => step.review(reason),
            }
        }
        (Paid, Message::ReservationConfirmed) => step.confirmed(),
        (Refunding, Message::Refunded) => step.enter(Refunded, order.reason, None),
        (Paid, Message::EscrowReleased) => released(order),
        (Paid | Refunding, Message::PaymentRefused) => step.review(order.reason),
        (Paid | Refunding | Cancelling, Message::BalanceLimit) => full(order),
        (Pending | Cancelling | Refunding | Paid, Message::Tick) => step.tick(),
        (_, Message::Review(action)) => step.operator(action),
        // Late and repeated replies. Debited while cancelling: the cancellation on its way undoes it.
        (
            _,
            Message::Debited
            | Message::DebitDeclined(_)
            | Message::DebitCancelled
            | Message::Refunded
            | Message::EscrowReleased
            | Message::ReservationConfirmed
            | Message::ReservationExpired
            | Message::PaymentRefused
            | Message::BalanceLimit
            | Message::Tick,
        ) => Change::Ignored,
    }
}

/// The command whose answer the order waits for.
fn outstanding(order: &Order) -> Option<Command> {
    match order.state {
        OrderState::Pending => Some(Command::DebitForOrder),
        OrderState::Cancelling => Some(Command::CancelOrderDebit),
        OrderState::Refunding => Some(Command::RefundOrder),
        OrderState::Paid => match order.escrow {
            Escrow::Held if !order.confirmed => Some(Command::ConfirmReservation),
            Escrow::Releasing => Some(Command::ReleaseEscrow),
            Escrow::Held | Escrow::Released => None,
        },
        OrderState::Declined | OrderState::Cancelled | OrderState::Refunded => None,
    }
}

fn to(order: Order, command: Option<Command>) -> Change {
    Change::To(Box::new(order), command)
}

fn released(order: &Order) -> Change {
    if order.escrow == Escrow::Released {
        return Change::Ignored;
    }
    let mut order = order.clone();
    order.escrow = Escrow::Released;
    // That the sellers are paid does not settle that the buyer got nothing.
    order.needs_review = order.reason == Some(Reason::ReservationExpired);
    order.due_at = None;
    to(order, None)
}

/// The money stays in escrow. The command goes out again on its schedule until the wallet has room, and an operator can see why that
/// takes so long.
fn full(order: &Order) -> Change {
    if order.needs_review || outstanding(order).is_none() {
        return Change::Ignored;
    }
    let mut order = order.clone();
    order.needs_review = true;
    to(order, None)
}

/// What a step of the saga is decided on.
struct Step<'a> {
    order: &'a Order,
    now: Timestamp,
    timing: &'a Timing,
}

impl Step<'_> {
    /// The order with its next version: its readers see a change.
    fn next_version(&self) -> Order {
        Order {
            version: self.order.version.saturating_add(1),
            updated_at: self.now.max(self.order.updated_at),
            ..self.order.clone()
        }
    }

    fn enter(&self, state: OrderState, reason: Option<Reason>, command: Option<Command>) -> Change {
        let order = Order {
            state,
            reason,
            resends: 0,
            state_since: self.now,
            needs_review: false,
            ..self.next_version()
        };
        let due_at = outstanding(&order).map(|_| self.now.plus(self.timing.resend_after));
        to(Order { due_at, ..order }, command)
    }

    fn review(&self, reason: Option<Reason>) -> Change {
        let reviewed = Order {
            reason,
            needs_review: true,
            due_at: None,
            ..self.next_version()
        };
        to(reviewed, None)
    }

    /// The stock is sold: from here on only the sellers' money is outstanding, and that has time.
    fn confirmed(&self) -> Change {
        if self.order.confirmed {
            return Change::Ignored;
        }
        let mut order = self.order.clone();
        order.confirmed = true;
        order.needs_review = false;
        order.resends = 0;
        let release = order.state_since.plus(self.timing.release_after);
        order.due_at = Some(release.max(self.now));
        to(order, None)
    }

    /// The sweeper's turn: deadline, release or resend, whichever is due.
    fn tick(&self) -> Change {
        let order = self.order;
        if order.due_at.is_none_or(|due| due > self.now) {
            return Change::Ignored;
        }
        let deadline = order.created_at.plus(self.timing.payment_deadline);
        if order.state == OrderState::Pending && deadline <= self.now {
            return self.cancel(Reason::PaymentTimeout);
        }
        if order.state == OrderState::Paid && order.escrow == Escrow::Held && order.confirmed {
            let mut order = order.clone();
            order.escrow = Escrow::Releasing;
            order.state_since = self.now;
            order.due_at = Some(self.now.plus(self.timing.resend_after));
            return to(order, Some(Command::ReleaseEscrow));
        }
        self.resend()
    }

    fn cancel(&self, reason: Reason) -> Change {
        let command = Some(Command::CancelOrderDebit);
        self.enter(OrderState::Cancelling, Some(reason), command)
    }

    /// Sends the outstanding command again, if there is one, waits twice as long before the next time, and asks for an operator when
    /// it has taken too long.
    fn resend(&self) -> Change {
        let Some(command) = outstanding(self.order) else {
            return Change::Ignored;
        };
        let (now, timing) = (self.now, self.timing);
        let mut order = self.order.clone();
        order.resends = order.resends.saturating_add(1);
        order.needs_review |= now.since(order.state_since) >= timing.review_after;
        let doubled = 1 << order.resends.min(6);
        let mut due = now.plus(timing.resend_after.saturating_mul(doubled));
        if order.state == OrderState::Pending {
            due = due.min(order.created_at.plus(timing.payment_deadline));
        }
        if !order.needs_review {
            due = due.min(order.state_since.plus(timing.review_after));
        }
        order.due_at = Some(due.max(now));
        to(order, Some(command))
    }

    fn operator(&self, action: ReviewAction) -> Change {
        use OrderState::{Cancelled, Cancelling, Declined, Paid, Pending, Refunded, Refunding};
        match action {
            ReviewAction::Retry => self.resend(),
            ReviewAction::Compensate => match self.order.state {
                Pending => self.cancel(Reason::Operator),
                Paid if self.order.escrow == Escrow::Held => {
                    let (reason, refund) = (Some(Reason::Operator), Some(Command::RefundOrder));
                    self.enter(Refunding, reason, refund)
                }
                Paid | Declined | Cancelling | Cancelled | Refunding | Refunded => Change::Ignored,
            },
        }
    }
}
