//! What a mail about an order says.

use kernel::{Money, OrderId, Timestamp};
use serde::Serialize;

/// What a mail about an order says. No name and no address: who gets it is looked up when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderNews {
    /// Which order.
    pub(crate) order: OrderId,
    /// Whether its reader sells in the order; else they placed it.
    pub(crate) as_seller: bool,
    /// Which items, if it is about some.
    pub(crate) items: Vec<OrderedItem>,
    /// How much, if money is part of it.
    pub(crate) amount: Option<Money>,
    /// Until when the reader is to do something.
    pub(crate) until: Option<Timestamp>,
    /// Who carries the package, or empty.
    pub(crate) carrier: String,
    /// Its number, or empty.
    pub(crate) tracking_number: String,
}

/// Something that was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OrderedItem {
    /// The product's name when it was ordered.
    pub(crate) name: String,
    /// How many.
    pub(crate) quantity: u32,
}
