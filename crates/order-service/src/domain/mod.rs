//! What an order is and how it changes. Pure: no clock, no I/O, no ids made here.

mod line;
mod order;
mod saga;

#[cfg(test)]
mod saga_properties;

pub use line::{OrderLine, Wanted, total_of};
pub use order::{Escrow, Order, OrderState, Reason, Timing};
pub use saga::{Change, Command, Message, ReviewAction, on};
