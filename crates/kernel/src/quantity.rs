//! The quantity of a product that one order line requests.

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A count of items in an order line, 1 to 10 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = u32, minimum = 1, maximum = 10_000, example = 2))]
#[serde(try_from = "i64", into = "i64")]
pub struct Quantity(u32);

impl Quantity {
    /// The largest quantity of one line.
    pub const MAX: u32 = 10_000;

    /// Accepts `count` as a quantity.
    ///
    /// # Errors
    /// `out_of_range` outside 1 to [`Quantity::MAX`].
    pub fn new(count: i64) -> Result<Self, Invalid> {
        u32::try_from(count)
            .ok()
            .filter(|n| (1..=Self::MAX).contains(n))
            .map(Self)
            .ok_or_else(|| Invalid::new("out_of_range", "must be between 1 and 10000"))
    }

    /// The count.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = Invalid;
    fn try_from(count: i64) -> Result<Self, Invalid> {
        Self::new(count)
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> Self {
        Self::from(quantity.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn a_quantity_lies_between_one_and_ten_thousand() {
        assert!(Quantity::new(1).is_ok() && Quantity::new(10_000).is_ok());
        for bad in [0, -1, 10_001, i64::MAX, i64::MIN] {
            assert_eq!(Quantity::new(bad).unwrap_err().code, "out_of_range");
        }
    }
}
