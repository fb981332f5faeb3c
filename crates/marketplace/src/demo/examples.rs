//! The ids in the examples of the API document. The demo gives them to things of its first seller, so that each example works when it is
//! pasted.

use std::sync::{Mutex, PoisonError};

use kernel::{IdSource, Invalid, ProductId, SystemIds};
use uuid::Uuid;

/// A user, who sells the product with this id and has placed the order with this id.
const OWN: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d";

/// A product that somebody else sells, in the example of an order.
const TO_ORDER: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4e";

/// Ids of the system, except where one is given.
pub(super) struct DemoIds {
    given: Mutex<Option<Uuid>>,
    others: SystemIds,
}

impl DemoIds {
    pub(super) fn new(others: SystemIds) -> Self {
        Self {
            given: Mutex::default(),
            others,
        }
    }

    /// Whatever is created next gets the id of the first seller and of what is theirs. Nothing else may run meanwhile.
    pub(super) fn give_own(&self) -> Result<(), Invalid> {
        self.give(OWN)
    }

    /// Whatever is created next gets the id of the product to order.
    pub(super) fn give_to_order(&self) -> Result<(), Invalid> {
        self.give(TO_ORDER)
    }

    fn give(&self, id: &str) -> Result<(), Invalid> {
        let id: ProductId = id.parse()?;
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.as_uuid());
        Ok(())
    }
}

impl IdSource for DemoIds {
    fn next(&self) -> Uuid {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.take().unwrap_or_else(|| self.others.next())
    }
}

/// The product to order.
pub(super) fn to_order() -> Result<ProductId, Invalid> {
    TO_ORDER.parse()
}
