//! The table of moves: the one place that says who may do what with a part, when, and where it leads.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::fact::Role;
use crate::domain::state::FulfilmentStatus::{
    self, Cancelled, Completed, Delivered, Open, Shipped,
};

/// What can be done with a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MoveName {
    /// Ship a package.
    Ship,
    /// Say that a package has arrived.
    Deliver,
    /// Cancel items that are not shipped.
    Cancel,
    /// Give money back without a return.
    Refund,
    /// End the part and pay its seller.
    Complete,
}

impl MoveName {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Ship,
        Self::Deliver,
        Self::Cancel,
        Self::Refund,
        Self::Complete,
    ];

    /// The word that the API uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ship => "ship",
            Self::Deliver => "deliver",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
            Self::Complete => "complete",
        }
    }
}

/// What has to hold of a part besides its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guard {
    /// Some items are neither shipped nor cancelled.
    Unshipped,
    /// Some package has not arrived.
    Underway,
    /// Some money is left to refund.
    MoneyLeft,
    /// No refund is under way.
    NoRefundUnderway,
    /// The operator lets buyers cancel.
    BuyerMayCancel,
}

/// When a timer makes a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The part is not shipped in time.
    ShipWithin,
    /// A package was shipped so long ago that it is taken for delivered.
    DeliverAfter,
    /// The buyer has had it long enough.
    WindowOver,
}

/// Where a move leads from a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// The status before it.
    pub from: FulfilmentStatus,
    /// The statuses that it can lead to.
    pub to: &'static [FulfilmentStatus],
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which move.
    pub name: MoveName,
    /// Who may make it.
    pub who: &'static [Role],
    /// From which statuses, and where it leads.
    pub paths: &'static [Path],
    /// What has to hold besides.
    pub guards: &'static [Guard],
    /// When the timer makes it. Given if it is among those who may.
    pub timer: Option<Timer>,
    /// What it does, in a sentence.
    pub effect: &'static str,
}

const fn path(from: FulfilmentStatus, to: &'static [FulfilmentStatus]) -> Path {
    Path { from, to }
}

/// Where it leads if items that are not shipped are cancelled.
const CANCELLING: Path = path(Open, &[Open, Shipped, Delivered, Cancelled]);

/// Every move.
pub const TABLE: &[Row] = &[
    Row {
        name: MoveName::Ship,
        who: &[Role::Seller, Role::Admin],
        paths: &[path(Open, &[Open, Shipped])],
        guards: &[Guard::Unshipped],
        timer: None,
        effect: "A package with these items is on its way.",
    },
    Row {
        name: MoveName::Deliver,
        who: &[Role::Seller, Role::Buyer, Role::Admin, Role::Timer],
        paths: &[path(Open, &[Open]), path(Shipped, &[Shipped, Delivered])],
        guards: &[Guard::Underway],
        timer: Some(Timer::DeliverAfter),
        effect: "The package has arrived. When all of the part has, its window opens.",
    },
    Row {
        name: MoveName::Cancel,
        who: &[Role::Buyer],
        paths: &[CANCELLING],
        guards: &[Guard::Unshipped, Guard::BuyerMayCancel],
        timer: None,
        effect: "The items are refunded and go back into stock.",
    },
    Row {
        name: MoveName::Cancel,
        who: &[Role::Seller, Role::Admin, Role::Timer],
        paths: &[CANCELLING],
        guards: &[Guard::Unshipped],
        timer: Some(Timer::ShipWithin),
        effect: "The items are refunded and go back into stock.",
    },
    Row {
        name: MoveName::Refund,
        who: &[Role::Seller, Role::Admin],
        paths: &[
            CANCELLING,
            path(Shipped, &[Shipped]),
            path(Delivered, &[Delivered]),
            path(Completed, &[Completed]),
            path(Cancelled, &[Cancelled]),
        ],
        guards: &[Guard::MoneyLeft],
        timer: None,
        effect: "The buyer gets the money. Items that are not shipped are cancelled.",
    },
    Row {
        name: MoveName::Complete,
        who: &[Role::Timer],
        paths: &[path(Delivered, &[Completed])],
        guards: &[Guard::NoRefundUnderway],
        timer: Some(Timer::WindowOver),
        effect: "The wallet is told to pay the seller what is left of the part.",
    },
];
