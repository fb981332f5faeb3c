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

impl ReturnStatus {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Requested,
        Self::Approved,
        Self::Denied,
        Self::Received,
        Self::Withdrawn,
        Self::Expired,
        Self::Superseded,
    ];

    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Received => "received",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
        }
    }

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

impl ReturnReason {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Damaged,
        Self::Wrong,
        Self::NotAsDescribed,
        Self::ChangedMind,
        Self::Other,
    ];

    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Wrong => "wrong",
            Self::NotAsDescribed => "not_as_described",
            Self::ChangedMind => "changed_mind",
            Self::Other => "other",
        }
    }
}

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

impl DisputeStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Resolved, Self::Withdrawn];

    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Withdrawn => "withdrawn",
        }
    }
}

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

impl DisputeReason {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NotReceived,
        Self::Damaged,
        Self::Wrong,
        Self::NotAsDescribed,
        Self::ReturnDenied,
        Self::Other,
    ];

    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotReceived => "not_received",
            Self::Damaged => "damaged",
            Self::Wrong => "wrong",
            Self::NotAsDescribed => "not_as_described",
            Self::ReturnDenied => "return_denied",
            Self::Other => "other",
        }
    }
}

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

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Refund, Self::Release, Self::Partial];

    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Release => "release",
            Self::Partial => "partial",
        }
    }
}
