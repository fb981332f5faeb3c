//! The states of a reservation: stock is held for an order under a lease, then sold, released or expired.
//!
//! Only held stock is sold or returned, and nothing becomes held again. The state decides, not the clock: a reservation whose lease has
//! run out can still be confirmed until it is swept, because its stock is still held.

/// The state of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl ReservationState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Held, Self::Sold, Self::Released, Self::Expired];

    /// Its name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Sold => "sold",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }

    /// The state that `word` names.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}
