//! The words of returns and disputes: where they are, why there is one, how it was decided.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a return is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStatus {
    /// The seller has not answered yet.
    Requested,
    /// The items are to be sent back.
    Approved,
    /// The seller does not take the items back.
    Denied,
    /// The seller has what came back.
    Received,
    /// The buyer keeps the items.
    Withdrawn,
    /// Nothing came back in time.
    Expired,
    /// A dispute, or an operator who undid the order, took its place.
    Superseded,
}

kernel::words!(ReturnStatus {
    Requested = "requested", Approved = "approved", Denied = "denied", Received = "received",
    Withdrawn = "withdrawn", Expired = "expired", Superseded = "superseded"
});

impl ReturnStatus {
    /// Whether it is still to be settled.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Requested | Self::Approved => true,
            Self::Denied | Self::Received | Self::Withdrawn | Self::Expired | Self::Superseded => {
                false
            }
        }
    }
}

/// Why items go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    /// They arrived damaged.
    Damaged,
    /// They are not what was ordered.
    Wrong,
    /// They are not what was described.
    NotAsDescribed,
    /// The buyer does not want them any more.
    ChangedMind,
    /// Something else.
    Other,
}

kernel::words!(ReturnReason {
    Damaged = "damaged", Wrong = "wrong", NotAsDescribed = "not_as_described",
    ChangedMind = "changed_mind", Other = "other"
});

/// Where a dispute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// An operator has to decide.
    Open,
    /// An operator has decided. The part has no further dispute.
    Resolved,
    /// The buyer no longer wants a decision.
    Withdrawn,
}

kernel::words!(DisputeStatus { Open = "open", Resolved = "resolved", Withdrawn = "withdrawn" });

/// What a dispute is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeReason {
    /// Something never arrived.
    NotReceived,
    /// Something arrived damaged.
    Damaged,
    /// It is not what was ordered.
    Wrong,
    /// It is not what was described.
    NotAsDescribed,
    /// The seller does not take it back.
    ReturnDenied,
    /// Something else.
    Other,
}

kernel::words!(DisputeReason {
    NotReceived = "not_received", Damaged = "damaged", Wrong = "wrong",
    NotAsDescribed = "not_as_described", ReturnDenied = "return_denied", Other = "other"
});

/// How a dispute was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The buyer gets all that is left of the part. The goods stay where they are.
    Refund,
    /// The seller is paid now.
    Release,
    /// The buyer gets an amount.
    Partial,
}

kernel::words!(Outcome { Refund = "refund", Release = "release", Partial = "partial" });
