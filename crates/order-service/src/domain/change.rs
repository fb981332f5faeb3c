//! What a message or a move makes of an order.

use super::command::Command;
use super::fact::Fact;
use super::order::Order;

/// What a move, or a message, made of an order. All of it is saved in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The order as it is now.
    pub order: Box<Order>,
    /// What goes out. Each is sealed from the order as it is now.
    pub commands: Vec<Command>,
    /// What is added to its timeline.
    pub facts: Vec<Fact>,
}

/// What a message makes of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing: a late or repeated message.
    Ignored,
    /// The order as it is now, what goes out with it, and what is added to its timeline.
    To(Moved),
}
