//! An order as a document. The document also holds the messages that the order has handled and how it stood when its request was
//! answered, so that a message costs one write beside the commands that go out.

use kernel::{Currency, Money, OrderId, Quantity, Timestamp};
use serde::{Deserialize, Serialize};
use store::{StoreError, StoreResult};
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Bson, Uuid as BsonUuid};
use store_mongo::{MongoRecord, corrupt, decode, encode, from_id, id, id_bson};

use crate::domain::{Order, OrderLine, OrderState, Reason};
use crate::records::{Answered, OrderRecord};
use crate::store::codes::{escrow_code, escrow_of, reason_of, state_code, state_of};

#[derive(Serialize, Deserialize)]
struct OrderRow {
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
    handled: Vec<BsonUuid>,
    resends: i64,
    version: i64,
    created_at: i64,
    updated_at: i64,
    state_since: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
}

/// A line. Its price is in the order's currency.
#[derive(Serialize, Deserialize)]
struct LineRow {
    product: BsonUuid,
    seller: BsonUuid,
    name: String,
    price: i64,
    quantity: i64,
}

#[derive(Serialize, Deserialize)]
struct AnsweredRow {
    state: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    version: i64,
    updated_at: i64,
}

impl MongoRecord for OrderRecord {
    const COLLECTION: &'static str = "orders";

    fn id(order: &OrderId) -> Bson {
        id_bson(*order)
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&OrderRow::of(self))
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        decode::<OrderRow>(Self::COLLECTION, document)?.record()
    }
}

impl OrderRow {
    fn of(record: &OrderRecord) -> Self {
        let order = &record.order;
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
            answered: record.answered.map(|answered| AnsweredRow {
                state: state_code(answered.state),
                reason: answered.reason.map(word),
                version: answered.version,
                updated_at: answered.updated_at.as_millis(),
            }),
            handled: record.handled.iter().map(|message| id(*message)).collect(),
            resends: i64::from(order.resends),
            version: order.version,
            created_at: order.created_at.as_millis(),
            updated_at: order.updated_at.as_millis(),
            state_since: order.state_since.as_millis(),
            due_at: order.due_at.map(Timestamp::as_millis),
        }
    }

    fn record(self) -> StoreResult<OrderRecord> {
        let wrong = |what: &str| corrupt(format!("order {}: {what}", self.id));
        let state =
            |code: i32| -> StoreResult<OrderState> { state_of(code).ok_or_else(|| wrong("state")) };
        let reason = |word: Option<String>| -> StoreResult<Option<Reason>> {
            word.map(|word| reason_of(&word).ok_or_else(|| wrong("reason")))
                .transpose()
        };
        let lines = self.lines.into_iter().map(|line| {
            Ok::<_, StoreError>(OrderLine {
                product: from_id(line.product),
                seller: from_id(line.seller),
                name: line.name,
                unit_price: Money::new(line.price, self.currency),
                quantity: Quantity::new(line.quantity).map_err(|_| wrong("quantity"))?,
            })
        });
        let answered = self.answered.map(|answered| {
            Ok::<_, StoreError>(Answered {
                state: state(answered.state)?,
                reason: reason(answered.reason)?,
                version: answered.version,
                updated_at: Timestamp::from_millis(answered.updated_at),
            })
        });
        Ok(OrderRecord {
            order: Order {
                id: from_id(self.id),
                buyer: from_id(self.buyer),
                lines: lines.collect::<StoreResult<_>>()?,
                total: Money::new(self.total, self.currency),
                state: state(self.state)?,
                reason: reason(self.reason)?,
                escrow: escrow_of(self.escrow).ok_or_else(|| wrong("escrow"))?,
                confirmed: self.confirmed,
                needs_review: self.needs_review,
                request: self.request,
                resends: u32::try_from(self.resends).map_err(|_| wrong("resends"))?,
                version: self.version,
                created_at: Timestamp::from_millis(self.created_at),
                updated_at: Timestamp::from_millis(self.updated_at),
                state_since: Timestamp::from_millis(self.state_since),
                due_at: self.due_at.map(Timestamp::from_millis),
            },
            handled: self.handled.into_iter().map(from_id).collect(),
            answered: answered.transpose()?,
        })
    }
}

fn word(reason: Reason) -> String {
    reason.as_str().to_owned()
}
