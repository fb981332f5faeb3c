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
    /// Ask to send items back.
    RequestReturn,
    /// Agree to a return.
    ApproveReturn,
    /// Do not agree to a return.
    DenyReturn,
    /// Receive items of a return.
    ReceiveReturn,
    /// Keep what was not received of a return.
    WithdrawReturn,
    /// End a return that nothing more came of.
    ExpireReturn,
    /// Ask an operator to decide.
    OpenDispute,
    /// Decide a dispute.
    ResolveDispute,
    /// No longer want a decision.
    WithdrawDispute,
    /// End the part and pay its seller.
    Complete,
}

kernel::words!(MoveName {
    Ship = "ship", Deliver = "deliver", Cancel = "cancel", Refund = "refund",
    RequestReturn = "request_return", ApproveReturn = "approve_return", DenyReturn = "deny_return",
    ReceiveReturn = "receive_return", WithdrawReturn = "withdraw_return",
    ExpireReturn = "expire_return", OpenDispute = "open_dispute",
    ResolveDispute = "resolve_dispute", WithdrawDispute = "withdraw_dispute", Complete = "complete"
});

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
    /// The seller takes returns.
    ReturnsAccepted,
    /// The time for returns is not over.
    InReturnWindow,
    /// The buyer has shipped items that are not refunded.
    Returnable,
    /// No return is open, and no dispute.
    NoOpenCase,
    /// A return waits for the seller's answer.
    ReturnRequested,
    /// A return is approved.
    ReturnApproved,
    /// A return is open.
    ReturnOpen,
    /// No dispute is open.
    NoOpenDispute,
    /// No dispute was decided.
    Undecided,
    /// A dispute is open.
    DisputeOpen,
}

impl Guard {
    /// What has to hold, in a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unshipped => "some items are neither shipped nor cancelled",
            Self::Underway => "the package has not arrived",
            Self::MoneyLeft => "money is left of the part",
            Self::NoRefundUnderway => "no refund is under way",
            Self::BuyerMayCancel => "the operator lets buyers cancel",
            Self::ReturnsAccepted => "the seller takes returns",
            Self::InReturnWindow => "the time for returns is not over",
            Self::Returnable => "the buyer has shipped items that are not refunded",
            Self::NoOpenCase => "no return or dispute is open",
            Self::ReturnRequested => "the return waits for an answer",
            Self::ReturnApproved => "the return is approved",
            Self::ReturnOpen => "the return is open",
            Self::NoOpenDispute => "no dispute is open",
            Self::Undecided => "no dispute was decided before",
            Self::DisputeOpen => "the dispute is open",
        }
    }
}

/// When a timer makes a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The part is not shipped in time.
    ShipWithin,
    /// A package was shipped so long ago that it is taken for delivered.
    DeliverAfter,
    /// Nothing more came of an approved return in time.
    ReturnExpires,
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
        name: MoveName::RequestReturn,
        who: &[Role::Buyer, Role::Admin],
        paths: &[path(Delivered, &[Delivered])],
        guards: &[
            Guard::NoOpenCase,
            Guard::ReturnsAccepted,
            Guard::InReturnWindow,
            Guard::Returnable,
        ],
        timer: None,
        effect: "The seller is to answer. The part cannot complete.",
    },
    Row {
        name: MoveName::ApproveReturn,
        who: &[Role::Seller, Role::Admin],
        paths: &[path(Delivered, &[Delivered])],
        guards: &[Guard::ReturnRequested],
        timer: None,
        effect: "The buyer is to send the items back.",
    },
    Row {
        name: MoveName::DenyReturn,
        who: &[Role::Seller, Role::Admin],
        paths: &[path(Delivered, &[Delivered])],
        guards: &[Guard::ReturnRequested],
        timer: None,
        effect: "The return is over. The buyer has time to open a dispute.",
    },
    Row {
        name: MoveName::ReceiveReturn,
        who: &[Role::Seller, Role::Admin],
        paths: &[path(Delivered, &[Delivered])],
        guards: &[Guard::ReturnApproved],
        timer: None,
        effect: "The items are refunded, and go back into stock or are written off. When all have come, the return is over.",
    },
    Row {
        name: MoveName::WithdrawReturn,
        who: &[Role::Buyer, Role::Admin],
        paths: &[path(Delivered, &[Delivered])],
        guards: &[Guard::ReturnOpen],
        timer: None,
        effect: "The return is over. The buyer keeps what was not received.",
    },
    Row {
        name: MoveName::ExpireReturn,
        who: &[Role::Timer],
        paths: &[path(Delivered, &[Delivered])],
        guards: &[Guard::ReturnApproved],
        timer: Some(Timer::ReturnExpires),
        effect: "The return is over. The buyer keeps what was not received.",
    },
    Row {
        name: MoveName::OpenDispute,
        who: &[Role::Buyer, Role::Admin],
        paths: &[path(Shipped, &[Shipped]), path(Delivered, &[Delivered])],
        guards: &[Guard::NoOpenDispute, Guard::Undecided],
        timer: None,
        effect: "An operator is to decide. The part cannot complete. An open return is superseded.",
    },
    Row {
        name: MoveName::ResolveDispute,
        who: &[Role::Admin],
        paths: &[
            path(Shipped, &[Shipped, Delivered, Completed]),
            path(Delivered, &[Delivered, Completed]),
        ],
        guards: &[Guard::DisputeOpen],
        timer: None,
        effect: "The buyer gets all that is left or an amount, or the seller is paid: then what is under way counts as delivered.",
    },
    Row {
        name: MoveName::WithdrawDispute,
        who: &[Role::Buyer, Role::Admin],
        paths: &[path(Shipped, &[Shipped]), path(Delivered, &[Delivered])],
        guards: &[Guard::DisputeOpen],
        timer: None,
        effect: "The dispute is over, and nothing was decided.",
    },
    Row {
        name: MoveName::Complete,
        who: &[Role::Timer],
        paths: &[path(Delivered, &[Completed])],
        guards: &[Guard::NoRefundUnderway, Guard::NoOpenCase],
        timer: Some(Timer::WindowOver),
        effect: "The wallet is told to pay the seller what is left of the part.",
    },
];
