//! What services share about sellers.

use serde::{Deserialize, Serialize};

/// Whether a seller may sell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SellerStatus {
    /// They wait for an operator's approval. Where no approval is needed, they sell.
    Pending,
    /// They sell.
    #[default]
    Active,
    /// An operator has suspended them: they sell nothing.
    Suspended,
}

kernel::words!(SellerStatus { Pending = "pending", Active = "active", Suspended = "suspended" });

impl SellerStatus {
    /// Whether it is the usual one.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self, Self::Active)
    }
}

/// The setting `sellers.mode`: who may sell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SellersMode {
    /// Every user.
    #[default]
    Open,
    /// Users that an operator has approved.
    Review,
}

impl SellersMode {
    /// The status of a new seller.
    #[must_use]
    pub const fn initial(self) -> SellerStatus {
        match self {
            Self::Open => SellerStatus::Active,
            Self::Review => SellerStatus::Pending,
        }
    }

    /// Whether a seller with this status may sell.
    #[must_use]
    pub const fn lets_sell(self, status: SellerStatus) -> bool {
        match status {
            SellerStatus::Active => true,
            SellerStatus::Pending => matches!(self, Self::Open),
            SellerStatus::Suspended => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_by_its_word() {
        for status in SellerStatus::ALL {
            assert_eq!(SellerStatus::of(status.as_str()), Some(status));
        }
        assert_eq!(SellerStatus::of("Active"), None);
    }

    #[test]
    fn who_waits_for_approval_sells_only_where_none_is_needed() {
        use SellerStatus::{Active, Pending, Suspended};
        let sells = |mode: SellersMode| [Pending, Active, Suspended].map(|one| mode.lets_sell(one));
        assert_eq!(sells(SellersMode::Open), [true, true, false]);
        assert_eq!(sells(SellersMode::Review), [false, true, false]);
        for mode in [SellersMode::Open, SellersMode::Review] {
            assert_eq!(mode.lets_sell(mode.initial()), mode == SellersMode::Open);
        }
    }
}
