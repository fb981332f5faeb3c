//! A price in a request: what a seller asks, or what a buyer agreed to.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use kernel::{Currency, Money};
use utoipa::ToSchema;

use super::faults::{Amount, Faults};

/// A price in a request: a money object, or a plain integer of minor units of the marketplace's currency.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Price {
    /// With a currency; defaults to the marketplace's.
    Money(PriceMoney),
    /// Minor units of the marketplace's currency.
    Amount(Amount),
}

/// A price with its currency.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct PriceMoney {
    /// Minor units.
    amount: Amount,
    /// ISO 4217 code; defaults to the marketplace's currency.
    #[deserr(default)]
    currency: Option<Currency>,
}

impl Price {
    /// The price, in `default` if it named no currency.
    #[must_use]
    pub fn in_currency(self, default: Currency) -> Money {
        let (amount, currency) = self.parts();
        Money::new(amount, currency.unwrap_or(default))
    }

    /// The minor units, and the currency if it named one.
    #[must_use]
    pub const fn parts(self) -> (i64, Option<Currency>) {
        match self {
            Self::Money(PriceMoney { amount, currency }) => (amount.get(), currency),
            Self::Amount(amount) => (amount.get(), None),
        }
    }
}

impl Deserr<Faults> for Price {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            Value::Map(_) => PriceMoney::deserialize_from_value(value, place).map(Self::Money),
            Value::Integer(_) | Value::NegativeInteger(_) | Value::Float(_) => {
                Amount::deserialize_from_value(value, place).map(Self::Amount)
            }
            Value::Null | Value::Boolean(_) | Value::String(_) | Value::Sequence(_) => {
                let expected = "a money object or an integer of minor units";
                Err(Faults::wrong_type(place, expected, value.kind()))
            }
        }
    }
}
