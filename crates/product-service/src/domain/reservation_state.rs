//! The states of a reservation: stock is held for an order under a lease, then sold, released or expired.
//!
//! The state decides, not the clock: a reservation whose lease has run out can still be confirmed until it is swept, because its
//! stock is still held.

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

/// What a confirmation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// The held stock is sold now.
    Sell,
    /// It was sold before.
    AlreadySold,
    /// No stock is held for this order any more; the reply makes the saga refund it.
    TooLate,
}

/// What a release does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// The held stock is returned.
    PutBack,
    /// Nothing is held.
    Nothing,
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

    /// What a confirmation does to a reservation in `state`. None: no reservation was ever made.
    #[must_use]
    pub fn confirm(state: Option<Self>) -> Confirmation {
        match state {
            Some(Self::Held) => Confirmation::Sell,
            Some(Self::Sold) => Confirmation::AlreadySold,
            Some(Self::Released | Self::Expired) | None => Confirmation::TooLate,
        }
    }

    /// What a release does to a reservation in `state`. Sold stock stays sold.
    #[must_use]
    pub fn release(state: Option<Self>) -> Release {
        match state {
            Some(Self::Held) => Release::PutBack,
            Some(Self::Sold | Self::Released | Self::Expired) | None => Release::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_held_stock_is_sold_or_put_back() {
        use ReservationState::{Expired, Held, Released, Sold};
        let expected = [
            (Some(Held), Confirmation::Sell, Release::PutBack),
            (Some(Sold), Confirmation::AlreadySold, Release::Nothing),
            (Some(Released), Confirmation::TooLate, Release::Nothing),
            (Some(Expired), Confirmation::TooLate, Release::Nothing),
            (None, Confirmation::TooLate, Release::Nothing),
        ];
        for (state, confirmation, release) in expected {
            assert_eq!(ReservationState::confirm(state), confirmation);
            assert_eq!(ReservationState::release(state), release);
        }
    }
}
