//! Returns and disputes as clients see them. Their comments are for the buyer, the seller of the part and operators: whoever sees the part
//! is one of those.

use kernel::{DisputeId, LineId, Money, Quantity, ReturnId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    Dispute, DisputeReason, DisputeStatus, Order, Outcome, Return, ReturnItem, ReturnReason,
    ReturnStatus,
};

/// Items of a line in a return.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReturnedItem {
    /// The line.
    line_id: LineId,
    /// How many are to come back.
    quantity: Quantity,
    /// How many of them the seller has received.
    received: u32,
}

impl From<&ReturnItem> for ReturnedItem {
    fn from(item: &ReturnItem) -> Self {
        Self {
            line_id: item.line,
            quantity: item.quantity,
            received: item.received,
        }
    }
}

/// Items that the buyer sends back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Return)]
pub(crate) struct ReturnJson<'a> {
    /// Its id.
    id: ReturnId,
    /// Where it is.
    status: ReturnStatus,
    /// Why they go back.
    reason: ReturnReason,
    /// What the buyer says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000, example = "The shade has a crack")]
    comment: Option<&'a str>,
    /// What the seller said when they approved or denied it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000, example = "Please send it back")]
    answer: Option<&'a str>,
    /// The items, each line once.
    items: Vec<ReturnedItem>,
    /// When it was requested.
    requested_at: Timestamp,
    /// When it ends if nothing more is received. Given while it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    expires_at: Option<Timestamp>,
    /// When it ended, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ended_at: Option<Timestamp>,
}

impl<'a> From<&'a Return> for ReturnJson<'a> {
    fn from(back: &'a Return) -> Self {
        Self {
            id: back.id,
            status: back.status,
            reason: back.reason,
            comment: back.comment.as_deref(),
            answer: back.answer.as_deref(),
            items: back.lines.iter().map(ReturnedItem::from).collect(),
            requested_at: back.requested_at,
            expires_at: back.expires_at,
            ended_at: back.ended_at,
        }
    }
}

/// What an operator has to decide, or has decided.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Dispute)]
pub(crate) struct DisputeJson<'a> {
    /// Its id.
    id: DisputeId,
    /// Where it is.
    status: DisputeStatus,
    /// What it is about.
    reason: DisputeReason,
    /// What the buyer says about it.
    #[schema(max_length = 2000, example = "It never arrived")]
    comment: &'a str,
    /// How it was decided, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    outcome: Option<Outcome>,
    /// What the buyer got by that. Absent if they got nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    amount: Option<Money>,
    /// What the operator said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        max_length = 2000,
        example = "The carrier has lost it"
    )]
    answer: Option<&'a str>,
    /// When it was opened.
    opened_at: Timestamp,
    /// When it ended, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ended_at: Option<Timestamp>,
}

impl<'a> DisputeJson<'a> {
    /// A dispute in a part of `order`.
    pub(super) fn of(order: &Order, dispute: &'a Dispute) -> Self {
        let money = |amount| Money::new(amount, order.total.currency);
        Self {
            id: dispute.id,
            status: dispute.status,
            reason: dispute.reason,
            comment: &dispute.comment,
            outcome: dispute.outcome,
            amount: dispute.amount.map(money),
            answer: dispute.answer.as_deref(),
            opened_at: dispute.opened_at,
            ended_at: dispute.ended_at,
        }
    }
}
