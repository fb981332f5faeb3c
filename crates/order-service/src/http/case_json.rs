//! Returns and disputes as clients see them. Only the buyer, the seller of the part and operators see the part, and so
//! the comments.

use std::collections::BTreeMap;

use kernel::{DisputeId, LineId, Money, Quantity, ReturnId, Timestamp};
use serde::Serialize;
use store::{StoreError, StoreResult};
use utoipa::ToSchema;

use crate::domain::{
    Actor, CaseComment, Dispute, DisputeReason, DisputeStatus, Order, Outcome, Return, ReturnItem,
    ReturnReason, ReturnStatus,
};

/// Items of a line in a return.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReturnedItem<'a> {
    /// The line.
    line_id: LineId,
    /// The name of its product at the time of the order.
    #[schema(example = "Desk lamp, brass")]
    name: &'a str,
    /// The variant's options at the time of the order, by name, if it has any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, example = json!({"Colour": "Brass"}))]
    options: &'a BTreeMap<String, String>,
    /// How many are to come back.
    quantity: Quantity,
    /// How many of them the seller has received.
    received: u32,
}

impl<'a> ReturnedItem<'a> {
    fn of(order: &'a Order, item: &ReturnItem) -> StoreResult<Self> {
        let mut lines = order.lines.iter();
        let line = lines.find(|line| line.id == item.line);
        let (id, of) = (item.line, order.id);
        let lost = || StoreError::Corrupt(format!("line {id} of a return is none of order {of}"));
        let line = line.ok_or_else(lost)?;
        Ok(Self {
            line_id: line.id,
            name: &line.name,
            options: &line.options,
            quantity: item.quantity,
            received: item.received,
        })
    }
}

/// A comment on a return or a dispute.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseComment)]
pub(crate) struct CommentJson<'a> {
    /// Who.
    actor: Actor,
    /// What they were called then, if that is known. Absent for operators, who speak for the marketplace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Ada Lovelace")]
    name: Option<&'a str>,
    /// What they said. Absent if their account is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000, example = "I can send a picture")]
    text: Option<&'a str>,
    /// When.
    at: Timestamp,
}

impl<'a> From<&'a CaseComment> for CommentJson<'a> {
    fn from(comment: &'a CaseComment) -> Self {
        Self {
            actor: comment.actor,
            name: comment.name.as_deref(),
            text: comment.text.as_deref(),
            at: comment.at,
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
    items: Vec<ReturnedItem<'a>>,
    /// What was said about it since it was requested, the oldest first.
    comments: Vec<CommentJson<'a>>,
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

impl<'a> ReturnJson<'a> {
    /// A return in a part of `order`.
    ///
    /// # Errors
    /// Corrupt if the order has no such line.
    pub(super) fn of(order: &'a Order, back: &'a Return) -> StoreResult<Self> {
        let items = back.lines.iter().map(|item| ReturnedItem::of(order, item));
        Ok(Self {
            id: back.id,
            status: back.status,
            reason: back.reason,
            comment: back.comment.as_deref(),
            answer: back.answer.as_deref(),
            items: items.collect::<StoreResult<_>>()?,
            comments: back.comments.iter().map(CommentJson::from).collect(),
            requested_at: back.requested_at,
            expires_at: back.expires_at,
            ended_at: back.ended_at,
        })
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
    /// What was said about it since it was opened, the oldest first.
    comments: Vec<CommentJson<'a>>,
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
            comments: dispute.comments.iter().map(CommentJson::from).collect(),
            opened_at: dispute.opened_at,
            ended_at: dispute.ended_at,
        }
    }
}
