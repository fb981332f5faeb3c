//! Facts: what happened to an order, by whom and when. Together they are its timeline.
//!
//! Facts are numbered in one sequence per order, without gaps. Two kinds need no record: those of the saga and the completion of a part,
//! which [`Order::own_facts`](super::Order::own_facts) reads off the order. So the way of a plain order writes none.

use kernel::{DisputeId, FulfilmentId, LineId, RefundId, ReturnId, ShipmentId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The role in which a user or the system acts on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ActorRole)]
pub enum Role {
    /// Who bought it.
    Buyer,
    /// Who sells the part.
    Seller,
    /// An operator.
    Admin,
    /// A timer: its deadline had passed.
    Timer,
    /// The saga, after a reply of another service.
    System,
}

kernel::words!(Role {
    Buyer = "buyer", Seller = "seller", Admin = "admin", Timer = "timer", System = "system"
});

/// Who acts on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    /// In which role.
    pub role: Role,
    /// Which user. None for timers and the saga.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<UserId>,
}

impl Actor {
    /// The time.
    pub const TIMER: Self = Self {
        role: Role::Timer,
        id: None,
    };
    /// The saga.
    pub const SYSTEM: Self = Self {
        role: Role::System,
        id: None,
    };

    /// A user in a role.
    #[must_use]
    pub const fn user(role: Role, id: UserId) -> Self {
        Self { role, id: Some(id) }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// The order was placed.
    Placed,
    /// The buyer was debited.
    Paid,
    /// The buyer could not pay.
    Declined,
    /// The order was cancelled before it was paid.
    OrderCancelled,
    /// A package was shipped.
    Ship,
    /// A package arrived.
    Deliver,
    /// Items were cancelled.
    Cancel,
    /// A refund was decided.
    Refund,
    /// The buyer asked to send items back.
    RequestReturn,
    /// The items are to be sent back.
    ApproveReturn,
    /// The seller does not take them back.
    DenyReturn,
    /// The seller received items.
    ReceiveReturn,
    /// The buyer keeps what was not received.
    WithdrawReturn,
    /// What was not received did not come in time.
    ExpireReturn,
    /// The buyer asked an operator to decide.
    OpenDispute,
    /// An operator decided.
    ResolveDispute,
    /// The buyer no longer wants a decision.
    WithdrawDispute,
    /// A comment on a return or a dispute.
    Comment,
    /// The part is over.
    Complete,
    /// The stock's lease had run out: the part is cancelled and refunded.
    ReservationExpired,
    /// An operator undid the part.
    Compensate,
    /// The money of a refund is with the buyer.
    Refunded,
}

kernel::words!(Happened {
    Placed = "placed", Paid = "paid", Declined = "declined", OrderCancelled = "order_cancelled",
    Ship = "ship", Deliver = "deliver", Cancel = "cancel", Refund = "refund",
    RequestReturn = "request_return", ApproveReturn = "approve_return", DenyReturn = "deny_return",
    ReceiveReturn = "receive_return", WithdrawReturn = "withdraw_return",
    ExpireReturn = "expire_return", OpenDispute = "open_dispute",
    ResolveDispute = "resolve_dispute", WithdrawDispute = "withdraw_dispute", Comment = "comment",
    Complete = "complete", ReservationExpired = "reservation_expired", Compensate = "compensate",
    Refunded = "refunded"
});

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its place in the timeline, from 0.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub what: Happened,
    /// What they said about it: reason or comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// To which part. None if to the whole order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfilment: Option<FulfilmentId>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub details: Details,
}

/// More about a fact: what of this it is about. Stored and shown in the same form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Details {
    /// The items.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub items: Vec<FactItem>,
    /// The package.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub shipment_id: Option<ShipmentId>,
    /// The return.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub return_id: Option<ReturnId>,
    /// The dispute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub dispute_id: Option<DisputeId>,
    /// The refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refund_id: Option<RefundId>,
    /// The amount of the refund, in minor units of the order's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<i64>,
    /// The commission that the refund gave back. For sellers and operators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub commission_reversed: Option<i64>,
    /// The items go back into stock: how many of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub restocked: Option<u32>,
}

impl Details {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Items of a line that a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FactItem {
    /// Which line.
    pub line_id: LineId,
    /// How many.
    pub quantity: u32,
}
