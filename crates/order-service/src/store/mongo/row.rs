//! An order as a document.

use kernel::{Currency, MessageId, Money, Quantity, Timestamp};
use serde::{Deserialize, Serialize};
use store::{StoreError, StoreResult};
use store_mongo::bson::Uuid as BsonUuid;
use store_mongo::{Row, corrupt, from_id, id};

use crate::domain::{Order, OrderLine, Reason};
use crate::store::codes::{escrow_code, escrow_of, reason_of, state_code, state_of};

/// The document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OrderRow {
    #[serde(rename = "_id")]
    id: BsonUuid,
    buyer: BsonUuid,
    lines: Vec<LineRow>,
    total: i64,
    currency: Currency,
    state: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    escrow: i32,
    confirmed: bool,
    needs_review: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered: Option<AnsweredRow>,
    /// The messages that it was told (idempotent receiver, Hohpe & Woolf). A saga has a few steps and each reply to one has the
    /// same id, so there are never many.
    handled: Vec<BsonUuid>,
    resends: i64,
    revision: i64,
    version: i64,
    created_at: i64,
    updated_at: i64,
    state_since: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
}

/// A line. Its price is in the order's currency.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LineRow {
    product: BsonUuid,
    seller: BsonUuid,
    name: String,
    price: i64,
    quantity: i64,
}

/// How the order was when its request was answered: whatever of the answer changes later. Rendering it again gives the same answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AnsweredRow {
    state: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    version: i64,
    updated_at: i64,
}

impl Row for OrderRow {
    const COLLECTION: &'static str = "orders";
    type Key = BsonUuid;

    fn key(&self) -> BsonUuid {
        self.id
    }
}

impl AnsweredRow {
    pub(super) fn of(order: &Order) -> Self {
        Self {
            state: state_code(order.state),
            reason: order.reason.map(word),
            version: order.version,
            updated_at: order.updated_at.as_millis(),
        }
    }
}

impl OrderRow {
    /// A new document.
    pub(super) fn of(order: &Order) -> Self {
        let lines = order.lines.iter().map(|line| LineRow {
            product: id(line.product),
            seller: id(line.seller),
            name: line.name.clone(),
            price: line.unit_price.amount,
            quantity: i64::from(line.quantity),
        });
        Self {
            id: id(order.id),
            buyer: id(order.buyer),
            lines: lines.collect(),
            total: order.total.amount,
            currency: order.total.currency,
            state: state_code(order.state),
            reason: order.reason.map(word),
            escrow: escrow_code(order.escrow),
            confirmed: order.confirmed,
            needs_review: order.needs_review,
            request: order.request.clone(),
            answered: None,
            handled: Vec::new(),
            resends: i64::from(order.resends),
            revision: order.revision,
            version: order.version,
            created_at: order.created_at.as_millis(),
            updated_at: order.updated_at.as_millis(),
            state_since: order.state_since.as_millis(),
            due_at: order.due_at.map(Timestamp::as_millis),
        }
    }

    /// The document of the same order as it is `after` a message. What was ordered never changes.
    pub(super) fn becoming(&self, after: &Order) -> Self {
        Self {
            state: state_code(after.state),
            reason: after.reason.map(word),
            escrow: escrow_code(after.escrow),
            confirmed: after.confirmed,
            needs_review: after.needs_review,
            resends: i64::from(after.resends),
            revision: after.revision,
            version: after.version,
            updated_at: after.updated_at.as_millis(),
            state_since: after.state_since.as_millis(),
            due_at: after.due_at.map(Timestamp::as_millis),
            ..self.clone()
        }
    }

    /// Whether the order was told `message`.
    pub(super) fn has_handled(&self, message: MessageId) -> bool {
        self.handled.contains(&id(message))
    }

    /// The same document, which remembers `message`.
    pub(super) fn having_handled(&self, message: MessageId) -> Self {
        let mut row = self.clone();
        row.handled.push(id(message));
        row
    }

    /// Notes the answer to the order's request, if it came with a key and was not answered before.
    pub(super) fn answer(&mut self, answer: AnsweredRow) {
        if self.request.is_some() && self.answered.is_none() {
            self.answered = Some(answer);
        }
    }

    /// The order as it was when its request was answered, if it was.
    pub(super) fn as_answered(&self) -> StoreResult<Option<Order>> {
        let Some(answered) = &self.answered else {
            return Ok(None);
        };
        let order = self.order()?;
        Ok(Some(Order {
            state: state_of(answered.state).ok_or_else(|| self.wrong("answered state"))?,
            reason: self.reason(answered.reason.as_deref())?,
            version: answered.version,
            updated_at: Timestamp::from_millis(answered.updated_at),
            ..order
        }))
    }

    /// The order.
    pub(super) fn order(&self) -> StoreResult<Order> {
        let lines = self.lines.iter().map(|line| {
            Ok(OrderLine {
                product: from_id(line.product),
                seller: from_id(line.seller),
                name: line.name.clone(),
                unit_price: Money::new(line.price, self.currency),
                quantity: Quantity::new(line.quantity).map_err(|_| self.wrong("quantity"))?,
            })
        });
        Ok(Order {
            id: from_id(self.id),
            buyer: from_id(self.buyer),
            lines: lines.collect::<StoreResult<_>>()?,
            total: Money::new(self.total, self.currency),
            state: state_of(self.state).ok_or_else(|| self.wrong("state"))?,
            reason: self.reason(self.reason.as_deref())?,
            escrow: escrow_of(self.escrow).ok_or_else(|| self.wrong("escrow"))?,
            confirmed: self.confirmed,
            needs_review: self.needs_review,
            request: self.request.clone(),
            resends: u32::try_from(self.resends).map_err(|_| self.wrong("resends"))?,
            revision: self.revision,
            version: self.version,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
            state_since: Timestamp::from_millis(self.state_since),
            due_at: self.due_at.map(Timestamp::from_millis),
        })
    }

    fn reason(&self, word: Option<&str>) -> StoreResult<Option<Reason>> {
        word.map(|word| reason_of(word).ok_or_else(|| self.wrong("reason")))
            .transpose()
    }

    fn wrong(&self, what: &str) -> StoreError {
        corrupt(format!("order {}: {what}", self.id))
    }
}

fn word(reason: Reason) -> String {
    reason.as_str().to_owned()
}
