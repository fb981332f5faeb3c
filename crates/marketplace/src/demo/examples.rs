//! The ids in the examples of the API document. The demo gives them to things of its first seller, so that each example works when it is
//! pasted.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use kernel::{IdSource, Invalid, ProductId, SystemIds};
use uuid::Uuid;

/// A user, who sells the product with this id and has placed the order with this id.
const OWN: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d";

/// A line of the order with the id of [`OWN`].
const LINE: &str = "0199f3a0-7b1c-7c3e-9d52-6f0c1a2b3c4d";

/// The other variant of the product with the id of [`OWN`].
const VARIANT: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c50";

/// Of the order with the id of [`OWN`], the part that the buyer has, and its line.
const ARRIVED: &str = "0199f3a0-8b1c-7c3e-9d52-6f0c1a2b3c4d";
const ARRIVED_LINE: &str = "0199f3a0-8b1c-7c3e-9d52-6f0c1a2b3c4e";

/// The order with returns and disputes.
const OF_CASES: &str = "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4d";

/// How many parts it has.
pub(super) const CASES: usize = 5;

/// The returns of its first three parts: to be answered or withdrawn, to be denied, to be received.
pub(super) const RETURNS: [&str; 3] = [
    OWN,
    "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4e",
    "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4f",
];

/// The line of the one that is to be received.
const RECEIVED_LINE: &str = "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4e";

/// The disputes of the other parts: to be decided, to be withdrawn. No return has these ids.
pub(super) const DISPUTES: [&str; 2] = [
    "0199f3a0-ab1c-7c3e-9d52-6f0c1a2b3c4d",
    "0199f3a0-ab1c-7c3e-9d52-6f0c1a2b3c4e",
];

/// Another seller's product, in the example of an order.
const TO_ORDER: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4e";

/// Ids of the system, except where one is given.
pub(super) struct DemoIds {
    /// For what is created next. None is left to the system.
    given: Mutex<VecDeque<Option<Uuid>>>,
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
        self.give([Some(OWN)])
    }

    /// The product that is created next gets the id of what is the first seller's, and its first further variant that of the examples.
    pub(super) fn give_own_product(&self) -> Result<(), Invalid> {
        self.give([Some(OWN), Some(VARIANT)])
    }

    /// Whatever is created next gets the id of the product to order.
    pub(super) fn give_to_order(&self) -> Result<(), Invalid> {
        self.give([Some(TO_ORDER)])
    }

    /// The order that is created next gets the id of what is the first seller's, and so does its first part. It has two lines and two parts:
    /// their ids are taken in this sequence.
    pub(super) fn give_order(&self) -> Result<(), Invalid> {
        self.give([
            Some(OWN),
            Some(LINE),
            Some(ARRIVED_LINE),
            None,
            Some(OWN),
            Some(ARRIVED),
        ])
    }

    /// The order that is created next gets the id of the order with returns and disputes, and its third line that of the one that is to be
    /// received.
    pub(super) fn give_cases(&self) -> Result<(), Invalid> {
        self.give([Some(OF_CASES), None, None, Some(RECEIVED_LINE)])
    }

    fn give<'a>(&self, ids: impl IntoIterator<Item = Option<&'a str>>) -> Result<(), Invalid> {
        let parsed = |id: &str| id.parse().map(|id: ProductId| id.as_uuid());
        let ids = ids.into_iter().map(|id| id.map(parsed).transpose());
        let ids: Vec<Option<Uuid>> = ids.collect::<Result<_, _>>()?;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.extend(ids);
        Ok(())
    }
}

impl IdSource for DemoIds {
    fn next(&self) -> Uuid {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let next = given.pop_front().flatten();
        next.unwrap_or_else(|| self.others.next())
    }
}
