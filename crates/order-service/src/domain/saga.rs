//! The saga's state machine: `on(order, message, now)` says what the order becomes and which commands go out. Pure, total, and
//! idempotent: a message that does not fit the state is an expected late reply and changes nothing.
//!
//! ```text
//! pending ──debited──> paid ──nothing left of it──> refunding ──all refunds done──> refunded
//!    │ └──declined──> declined
//!    └──deadline──> cancelling ──debit cancelled──> cancelled
//! ```
//! Once the stock is confirmed sold, the parts of the order move on their own: [`moves`](super::moves) has what people do with them,
//! `timers` what time does, and `answers` what the services say about their commands. An expired reservation and an operator undo all of
//! them at once.
//! (Saga: Garcia-Molina & Salem, SIGMOD 1987; orchestrated, with the order as the log.)

use kernel::{FulfilmentId, LineId, RefundId, Timestamp};
use uuid::Uuid;

use super::change::Change;
use super::command::Command;
use super::draft::Draft;
use super::fact::Actor;
use super::order::Order;
use super::part::resend_delay;
use super::state::{OrderState, Reason};
use super::timing::Timing;
use super::undo::Undone;

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

/// Decides what `message` makes of `order` at `now`.
#[must_use]
pub fn on(order: &Order, message: &Message, now: Timestamp, timing: &Timing) -> Change {
    use OrderState::{Cancelled, Cancelling, Declined, Paid, Pending, Refunded, Refunding};
    let mut draft = Draft::of(order, now, timing);
    match (order.state, message) {
        (Pending, Message::Debited { commissions }) => draft.paid(commissions),
        (Pending, Message::DebitDeclined(reason)) => {
            draft.enter(Declined, Some(*reason), Some(Command::ReleaseReservation));
        }
        // The wallet refuses a debit that comes after its cancellation: the answer is the same as to the cancellation.
        (Pending | Cancelling, Message::DebitCancelled) => {
            let reason = order.reason.or(Some(Reason::PaymentTimeout));
            draft.enter(Cancelled, reason, Some(Command::ReleaseReservation));
        }
        (Pending | Cancelling, Message::PaymentRefused) => draft.refused(),
        // The money stays in escrow. The command goes out again on its schedule until the wallet has room, and an operator can see why
        // that takes so long.
        (Cancelling, Message::BalanceLimit) => draft.order.stuck = true,
        (Paid, Message::ReservationConfirmed) => draft.confirmed(),
        (Paid, Message::ReservationExpired) if !order.confirmed => draft.expired(),
        // Sold and expired: what was made of it in between, a person has to settle.
        (Paid, Message::ReservationExpired) => {
            draft.order.reason = Some(Reason::ReservationExpired);
            draft.order.stuck = true;
            if draft.order != *order {
                draft.touch();
            }
        }
        (Paid | Refunding | Refunded, Message::PartRefunded { refund, reversed }) => {
            draft.refunded(*refund, reversed);
        }
        (Paid | Refunding | Refunded, Message::PartReleased { fulfilment }) => {
            draft.released(*fulfilment);
        }
        (
            Paid | Refunding | Refunded,
            Message::PartRefused {
                fulfilment,
                refund,
                reason,
            },
        ) => {
            draft.part_refused(*fulfilment, *refund, *reason);
        }
        (Paid | Refunding | Refunded, Message::StockReturned { id }) => draft.stock_returned(*id),
        (Paid | Refunding | Refunded, Message::StockReturnRefused { id }) => {
            draft.stock_refused(*id);
        }
        (_, Message::Tick) => draft.tick(),
        (_, Message::Review(ReviewAction::Retry, _)) => draft.retry(),
        (_, Message::Review(ReviewAction::Compensate, by)) => draft.compensate(*by),
        // Late and repeated replies. Debited while cancelling: the cancellation on its way undoes it.
        (
            _,
            Message::Debited { .. }
            | Message::DebitDeclined(_)
            | Message::DebitCancelled
            | Message::PartRefunded { .. }
            | Message::PartReleased { .. }
            | Message::PartRefused { .. }
            | Message::PaymentRefused
            | Message::BalanceLimit
            | Message::ReservationConfirmed
            | Message::ReservationExpired
            | Message::StockReturned { .. }
            | Message::StockReturnRefused { .. },
        ) => {}
    }
    draft.change()
}

/// The command whose answer the saga itself waits for.
fn outstanding(order: &Order) -> Option<Command> {
    match order.state {
        OrderState::Pending => Some(Command::DebitForOrder),
        OrderState::Cancelling => Some(Command::CancelOrderDebit),
        OrderState::Paid if !order.confirmed => Some(Command::ConfirmReservation),
        OrderState::Paid
        | OrderState::Declined
        | OrderState::Cancelled
        | OrderState::Refunding
        | OrderState::Refunded => None,
    }
}

impl Draft<'_> {
    fn enter(&mut self, state: OrderState, reason: Option<Reason>, command: Option<Command>) {
        let order = &mut self.order;
        order.state = state;
        order.reason = reason;
        order.resends = 0;
        order.stuck = false;
        order.state_since = self.now;
        let resend_at = self.now.plus(self.timing.resend_after);
        order.due_at = outstanding(order).map(|_| resend_at);
        self.touch();
        self.commands.extend(command);
    }

    fn paid(&mut self, commissions: &[(LineId, i64)]) {
        let (now, timing) = (self.now, self.timing);
        let Order {
            lines, fulfilments, ..
        } = &mut self.order;
        for part in fulfilments {
            for touched in &mut part.lines {
                let mut known = commissions.iter();
                let known = known.find(|(line, _)| *line == touched.id);
                touched.commission = known.map_or(0, |(_, amount)| *amount);
            }
            part.pay(lines, now, timing);
        }
        self.order.paid_at = Some(now);
        self.enter(OrderState::Paid, None, Some(Command::ConfirmReservation));
    }

    /// The stock is sold: from here on the parts move.
    fn confirmed(&mut self) {
        if !self.order.confirmed {
            self.order.confirmed = true;
            self.order.stuck = false;
            self.order.resends = 0;
        }
    }

    /// The wallet refuses what was asked of it about the whole payment. A deadline that is still to come stays.
    fn refused(&mut self) {
        let is_news = !self.order.stuck;
        self.order.stuck = true;
        if self.order.state == OrderState::Cancelling {
            self.order.due_at = None;
        }
        if is_news {
            self.touch();
        }
    }

    /// The sweeper's turn: deadline, timers of the parts or resend, whichever is due.
    fn tick(&mut self) {
        let order = &self.order;
        if order.due_at.is_none_or(|due| due > self.now) {
            return;
        }
        if order.parts_move() {
            self.tick_parts();
            return;
        }
        let deadline = order.created_at.plus(self.timing.payment_deadline);
        if order.state == OrderState::Pending && deadline <= self.now {
            self.cancel_debit(Reason::PaymentTimeout);
        } else {
            self.resend();
        }
    }

    fn cancel_debit(&mut self, reason: Reason) {
        let command = Some(Command::CancelOrderDebit);
        self.enter(OrderState::Cancelling, Some(reason), command);
    }

    /// Sends the outstanding command of the saga again, if there is one, waits twice as long before the next time, and asks for an
    /// operator when it has taken too long.
    fn resend(&mut self) {
        let Some(command) = outstanding(&self.order) else {
            return;
        };
        let (now, timing) = (self.now, self.timing);
        let order = &mut self.order;
        order.resends = order.resends.saturating_add(1);
        let review_at = order.state_since.plus(timing.review_after);
        order.stuck |= review_at <= now;
        let mut due = now.plus(resend_delay(order.resends, timing));
        if order.state == OrderState::Pending {
            due = due.min(order.created_at.plus(timing.payment_deadline));
        }
        if !order.stuck {
            due = due.min(review_at);
        }
        order.due_at = Some(due.max(now));
        self.send(command);
    }

    /// An operator wants everything that is outstanding to be sent again, now.
    fn retry(&mut self) {
        if !self.order.parts_move() {
            self.resend();
            return;
        }
        let (now, timing) = (self.now, self.timing);
        for part in &mut self.order.fulfilments {
            let again = part.retry(now, timing);
            self.commands.extend(again);
        }
    }

    /// An operator undoes the order.
    fn compensate(&mut self, by: Actor) {
        match self.order.state {
            OrderState::Pending => self.cancel_debit(Reason::Operator),
            OrderState::Paid => self.undo(Undone::ByOperator(by)),
            OrderState::Declined
            | OrderState::Cancelling
            | OrderState::Cancelled
            | OrderState::Refunding
            | OrderState::Refunded => {}
        }
    }

    fn expired(&mut self) {
        self.undo(Undone::Expired);
    }
}
