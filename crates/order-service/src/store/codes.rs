//! The numbers by which stores keep the words of the saga. They are in databases and in indexes, so they never change.

use crate::domain::{Escrow, OrderState, Reason};

/// States that an order leaves again. Few orders are in one at a time, and those have an index of their own.
pub(super) const UNSETTLED: [OrderState; 3] = [
    OrderState::Pending,
    OrderState::Cancelling,
    OrderState::Refunding,
];

/// States that few orders end in. They have an index, too. Paid orders have none: nearly all orders are paid, so that a walk of all
/// of a buyer's orders finds them.
pub(super) const NOT_PAID: [OrderState; 3] = [
    OrderState::Declined,
    OrderState::Cancelled,
    OrderState::Refunded,
];

/// The number of a state.
pub(super) const fn state_code(state: OrderState) -> i32 {
    match state {
        OrderState::Pending => 0,
        OrderState::Paid => 1,
        OrderState::Declined => 2,
        OrderState::Cancelling => 3,
        OrderState::Cancelled => 4,
        OrderState::Refunding => 5,
        OrderState::Refunded => 6,
    }
}

/// The state of a number.
pub(super) fn state_of(code: i32) -> Option<OrderState> {
    OrderState::ALL
        .into_iter()
        .find(|state| state_code(*state) == code)
}

/// The number of an escrow state.
pub(super) const fn escrow_code(escrow: Escrow) -> i32 {
    match escrow {
        Escrow::Held => 0,
        Escrow::Releasing => 1,
        Escrow::Released => 2,
    }
}

/// The escrow state of a number.
pub(super) fn escrow_of(code: i32) -> Option<Escrow> {
    [Escrow::Held, Escrow::Releasing, Escrow::Released]
        .into_iter()
        .find(|escrow| escrow_code(*escrow) == code)
}

/// The reason of a word.
pub(super) fn reason_of(word: &str) -> Option<Reason> {
    Reason::ALL
        .into_iter()
        .find(|reason| reason.as_str() == word)
}
