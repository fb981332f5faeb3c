//! Cases: the returns and disputes of all orders, as they are listed and counted.

use kernel::{Timestamp, UserId};

use crate::domain::{DisputeStatus, ReturnStatus};
use crate::records::CaseState;

/// Which cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CasesQuery {
    /// In which states. Each is a range of an index.
    pub(crate) states: Vec<CaseState>,
    /// Whose.
    pub(crate) whose: Whose,
}

/// Whose cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Everybody's.
    All,
    /// Those of the parts that a user sells.
    Seller(UserId),
    /// Those of the orders that a user placed.
    Buyer(UserId),
}

impl Whose {
    /// The index that a walk of these goes through.
    pub(super) const fn index(self) -> &'static str {
        match self {
            Self::All => "cases_of_all",
            Self::Seller(_) => "cases_of_seller",
            Self::Buyer(_) => "cases_of_buyer",
        }
    }
}

/// Cases that wait for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Undecided {
    /// In which state they are.
    pub(crate) state: CaseState,
    /// How many there are: at most as many as are looked at.
    pub(crate) count: i64,
    /// Since when the oldest of those waits.
    pub(crate) oldest: Option<Timestamp>,
}

impl Undecided {
    /// The states in which a case waits: a return for its seller, a dispute for an operator.
    pub(crate) const STATES: [CaseState; 2] = [
        CaseState::Return(ReturnStatus::Requested),
        CaseState::Dispute(DisputeStatus::Open),
    ];

    /// None in any state.
    pub(crate) fn none() -> [Self; 2] {
        Self::STATES.map(|state| Self {
            state,
            count: 0,
            oldest: None,
        })
    }
}
