//! The states of a reservation: stock is held for an order under a lease, then sold, released or expired.
//!
//! Only held stock is sold or returned, and nothing becomes held again. The state decides, not the clock: a reservation whose lease has
//! run out can still be confirmed until it is swept, because its stock is still held.

use serde::{Deserialize, Serialize};

/// The state of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReservationState {
    /// The stock is set aside.
    Held,
    /// The order is paid; the stock is sold.
    Sold,
    /// The order failed; the stock was returned.
    Released,
    /// The lease ran out; the stock was returned.
    Expired,
}

kernel::words!(ReservationState {
    Held = "held", Sold = "sold", Released = "released", Expired = "expired"
});
