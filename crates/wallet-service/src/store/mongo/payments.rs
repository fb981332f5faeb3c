//! What became of each order's payment. `_id` is the order.

use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Bson, Uuid as BsonUuid};
use store_mongo::{MongoRecord, decode, encode, from_id, id, id_bson};

use crate::domain::Payment;
use crate::store::codec::{payment_state, status_code};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PaymentRow {
    #[serde(rename = "_id")]
    pub(crate) order: BsonUuid,
    buyer: BsonUuid,
    pub(crate) state: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) debit: Option<BsonUuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) settlement: Option<BsonUuid>,
}

impl MongoRecord for Payment {
    const COLLECTION: &'static str = "payments";

    fn id(order: &Self::Key) -> Bson {
        id_bson(*order)
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        let (total, debit) = (self.state.total(), self.state.debit());
        encode(&PaymentRow {
            order: id(self.order),
            buyer: id(self.buyer),
            state: status_code(self.state.status()),
            amount: total.map(|total| total.amount),
            currency: total.map(|total| total.currency.as_str().to_owned()),
            debit: debit.map(|debit| id(debit.transaction)),
            settlement: self.state.settlement().map(id),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        decode::<PaymentRow>(Self::COLLECTION, document)?.payment()
    }
}

impl PaymentRow {
    /// The payment in it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](store::StoreError::Corrupt) if a field breaks its rule.
    pub(crate) fn payment(self) -> StoreResult<Payment> {
        let (debit, settlement) = (self.debit.map(from_id), self.settlement.map(from_id));
        let total = self.amount.zip(self.currency);
        Ok(Payment {
            order: from_id(self.order),
            buyer: from_id(self.buyer),
            state: payment_state(self.state, total, debit, settlement)?,
        })
    }
}
