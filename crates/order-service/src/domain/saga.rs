//! The saga's state machine: `on(order, message, now)` says what the order becomes and which commands go out. Pure, total, and
//! idempotent: a message that does not fit the state is an expected late reply and changes nothing.
//!
//! ```text
//! pending ──debited──> paid ──reservation expired──> refunding ──refunded──> refunded
//!    │ └──declined──> declined
//!    └──deadline──> cancelling ──debit cancelled──> cancelled
//! ```
//! (Saga: Garcia-Molina & Salem, SIGMOD 1987; orchestrated, with the order as the log.)

use kernel::Timestamp;

use super::order::{Escrow, Order, OrderState, Reason, Timing};

/// What the saga is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The wallet debited the buyer.
    Debited,
    /// The wallet declined; nothing was posted.
    DebitDeclined(Reason),
    /// No money of this order is or ever will be in escrow.
    DebitCancelled,
    /// The money is back with the buyer.
    Refunded,
    /// The sellers were paid.
    EscrowReleased,
    /// The wallet cannot do what it was asked to.
    PaymentRefused,
    /// The held stock is sold.
    ReservationConfirmed,
    /// The confirmation came after the lease had run out.
    ReservationExpired,
    /// It is time to look at the order.
    Tick,
    /// An operator acts.
    Review(ReviewAction),
}

/// What an operator can do with an order that is stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewAction {
    /// Send the outstanding command again, now.
    Retry,
    /// Undo the order: cancel an unpaid one, refund a paid one that is not released.
    Compensate,
}

/// What the saga asks of the other services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Debit the buyer.
    DebitForOrder,
    /// Undo the debit, or refuse it permanently.
    CancelOrderDebit,
    /// Give the money back.
    RefundOrder,
    /// Pay the sellers.
    ReleaseEscrow,
    /// The held stock is sold.
    ConfirmReservation,
    /// Put the held stock back.
    ReleaseReservation,
}

/// What a message makes of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing: a late or repeated message.
    Ignored,
    /// The order as it is now, and the commands that go out with it.
    To(Box<Order>, Vec<Command>),
}

/// Decides what `message` makes of `order` at `now`.
#[must_use]
pub fn on(order: &Order, message: Message, now: Timestamp, timing: &Timing) -> Change {
    use OrderState::{Cancelled, Cancelling, Declined, Paid, Pending, Refunded, Refunding};
    match (order.state, message) {
        (Pending, Message::Debited) => enter(
            order,
            Paid,
            None,
            &[Command::ConfirmReservation],
            now,
            timing,
        ),
        (Pending, Message::DebitDeclined(reason)) => enter(
            order,
            Declined,
            Some(reason),
            &[Command::ReleaseReservation],
            now,
            timing,
        ),
        // The wallet refuses a debit that comes after its cancellation: the answer is the same as to the cancellation.
        (Pending | Cancelling, Message::DebitCancelled) => enter(
            order,
            Cancelled,
            order.reason.or(Some(Reason::PaymentTimeout)),
            &[Command::ReleaseReservation],
            now,
            timing,
        ),
        (Paid, Message::ReservationExpired) => match order.escrow {
            Escrow::Held => enter(
                order,
                Refunding,
                Some(Reason::ReservationExpired),
                &[Command::RefundOrder],
                now,
                timing,
            ),
            // The money may have left escrow: a person has to settle it.
            Escrow::Releasing | Escrow::Released => {
                review(order, Some(Reason::ReservationExpired), now)
            }
        },
        (Paid, Message::ReservationConfirmed) => confirmed(order, now, timing),
        (Refunding, Message::Refunded) => enter(order, Refunded, order.reason, &[], now, timing),
        (Paid, Message::EscrowReleased) => released(order),
        (Paid | Refunding, Message::PaymentRefused) => review(order, order.reason, now),
        (Pending | Cancelling | Refunding | Paid, Message::Tick) => tick(order, now, timing),
        (_, Message::Review(action)) => operator(order, action, now, timing),
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

/// The order with its next version: its readers see a change.
fn next_version(order: &Order, now: Timestamp) -> Order {
    Order {
        version: order.version.saturating_add(1),
        updated_at: now.max(order.updated_at),
        ..order.clone()
    }
}

fn enter(
    order: &Order,
    state: OrderState,
    reason: Option<Reason>,
    commands: &[Command],
    now: Timestamp,
    timing: &Timing,
) -> Change {
    let mut order = next_version(order, now);
    order.state = state;
    order.reason = reason;
    order.resends = 0;
    order.state_since = now;
    order.needs_review = false;
    order.due_at = (!matches!(
        state,
        OrderState::Declined | OrderState::Cancelled | OrderState::Refunded
    ))
    .then(|| now.plus(timing.resend_after));
    Change::To(Box::new(order), commands.to_vec())
}

fn review(order: &Order, reason: Option<Reason>, now: Timestamp) -> Change {
    let mut order = next_version(order, now);
    order.reason = reason;
    order.needs_review = true;
    order.due_at = None;
    Change::To(Box::new(order), Vec::new())
}

/// The stock is sold: from here on only the sellers' money is outstanding, and that has time.
fn confirmed(order: &Order, now: Timestamp, timing: &Timing) -> Change {
    if order.confirmed {
        return Change::Ignored;
    }
    let mut order = order.clone();
    order.confirmed = true;
    order.needs_review = false;
    order.resends = 0;
    order.due_at = Some(order.state_since.plus(timing.release_after).max(now));
    Change::To(Box::new(order), Vec::new())
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
    Change::To(Box::new(order), Vec::new())
}

/// The sweeper's turn: deadline, release or resend, whichever is due.
fn tick(order: &Order, now: Timestamp, timing: &Timing) -> Change {
    if order.due_at.is_none_or(|due| due > now) {
        return Change::Ignored;
    }
    let deadline = order.created_at.plus(timing.payment_deadline);
    if order.state == OrderState::Pending && deadline <= now {
        return enter(
            order,
            OrderState::Cancelling,
            Some(Reason::PaymentTimeout),
            &[Command::CancelOrderDebit],
            now,
            timing,
        );
    }
    if order.state == OrderState::Paid && order.escrow == Escrow::Held && order.confirmed {
        let mut order = order.clone();
        order.escrow = Escrow::Releasing;
        order.state_since = now;
        order.due_at = Some(now.plus(timing.resend_after));
        return Change::To(Box::new(order), vec![Command::ReleaseEscrow]);
    }
    let Some(command) = outstanding(order) else {
        return Change::Ignored;
    };
    resend(order, command, now, timing)
}

/// Sends the outstanding command again, waits twice as long before the next time, and asks for an operator when it has taken
/// too long.
fn resend(order: &Order, command: Command, now: Timestamp, timing: &Timing) -> Change {
    let mut order = order.clone();
    order.resends = order.resends.saturating_add(1);
    order.needs_review = order.needs_review || now.since(order.state_since) >= timing.review_after;
    let wait = timing
        .resend_after
        .saturating_mul(1 << order.resends.min(6));
    let mut due = now.plus(wait);
    if order.state == OrderState::Pending {
        due = due.min(order.created_at.plus(timing.payment_deadline));
    }
    if !order.needs_review {
        due = due.min(order.state_since.plus(timing.review_after));
    }
    order.due_at = Some(due.max(now));
    Change::To(Box::new(order), vec![command])
}

fn operator(order: &Order, action: ReviewAction, now: Timestamp, timing: &Timing) -> Change {
    match (action, order.state) {
        (ReviewAction::Retry, _) => match outstanding(order) {
            Some(command) => resend(order, command, now, timing),
            None => Change::Ignored,
        },
        (ReviewAction::Compensate, OrderState::Pending) => enter(
            order,
            OrderState::Cancelling,
            Some(Reason::Operator),
            &[Command::CancelOrderDebit],
            now,
            timing,
        ),
        (ReviewAction::Compensate, OrderState::Paid) if order.escrow == Escrow::Held => enter(
            order,
            OrderState::Refunding,
            Some(Reason::Operator),
            &[Command::RefundOrder],
            now,
            timing,
        ),
        (
            ReviewAction::Compensate,
            OrderState::Paid
            | OrderState::Declined
            | OrderState::Cancelling
            | OrderState::Cancelled
            | OrderState::Refunding
            | OrderState::Refunded,
        ) => Change::Ignored,
    }
}
