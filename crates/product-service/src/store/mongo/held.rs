//! A reservation as a document: its lines stand in it, priced as they were when it was made.

use kernel::{Quantity, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::Uuid as BsonUuid;
use store_mongo::{Row, corrupt, from_id, id};

use super::rows::money;
use super::schema::RESERVATIONS;
use crate::domain::{Reservation, ReservationState, ReservedLine};

/// Stock held for, or sold to, an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ReservationRow {
    #[serde(rename = "_id")]
    order: BsonUuid,
    buyer: BsonUuid,
    state: String,
    currency: String,
    pub(super) lease_until: i64,
    created_at: i64,
    pub(super) lines: Vec<LineRow>,
}

/// A line of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LineRow {
    pub(super) product: BsonUuid,
    seller: BsonUuid,
    name: String,
    unit_price: i64,
    pub(super) quantity: i64,
}

impl Row for ReservationRow {
    const COLLECTION: &'static str = RESERVATIONS;
    type Key = BsonUuid;

    fn key(&self) -> BsonUuid {
        self.order
    }
}

impl ReservationRow {
    /// One that was just made.
    pub(super) fn held(
        reservation: &Reservation,
        buyer: UserId,
        lease_until: Timestamp,
        now: Timestamp,
    ) -> Self {
        let lines = reservation.lines.iter().map(|line| LineRow {
            product: id(line.product),
            seller: id(line.seller),
            name: line.name.clone(),
            unit_price: line.unit_price.amount,
            quantity: i64::from(line.quantity),
        });
        Self {
            order: id(reservation.order),
            buyer: id(buyer),
            state: ReservationState::Held.as_str().to_owned(),
            currency: reservation.total.currency.to_string(),
            lease_until: lease_until.as_millis(),
            created_at: now.as_millis(),
            lines: lines.collect(),
        }
    }

    /// The same, ended as `state`.
    pub(super) fn ended(&self, state: ReservationState) -> Self {
        Self {
            state: state.as_str().to_owned(),
            ..self.clone()
        }
    }

    /// The same, held until `lease_until`.
    pub(super) fn renewed(&self, lease_until: Timestamp) -> Self {
        Self {
            lease_until: lease_until.as_millis(),
            ..self.clone()
        }
    }

    pub(super) fn state(&self) -> StoreResult<ReservationState> {
        state(&self.state)
    }

    pub(super) fn reservation(&self) -> StoreResult<Reservation> {
        let lines = self.lines.iter().map(|line| {
            Ok(ReservedLine {
                product: from_id(line.product),
                seller: from_id(line.seller),
                name: line.name.clone(),
                unit_price: money(line.unit_price, &self.currency)?,
                quantity: Quantity::new(line.quantity)
                    .map_err(|invalid| corrupt(format!("quantity {}: {invalid}", line.quantity)))?,
            })
        });
        let order = from_id(self.order);
        Reservation::stored(order, lines.collect::<StoreResult<_>>()?)
            .ok_or_else(|| corrupt(format!("the lines of the reservation of {order}")))
    }
}

/// The state that `word` names.
pub(super) fn state(word: &str) -> StoreResult<ReservationState> {
    ReservationState::of(word)
        .ok_or_else(|| corrupt(format!("{word:?} is no state of a reservation")))
}
