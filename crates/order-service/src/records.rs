//! What use cases load and save: orders, the facts of their timelines, the state of their returns and disputes, and users' names.

use std::fmt;

use kernel::{FulfilmentId, OrderId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::{Plain, Record, Register, Row, StoreResult};
use uuid::Uuid;

use crate::domain::{Actor, Details, DisputeStatus, Fact, Happened, Order, ReturnStatus};

/// Where orders are kept. MongoDB finds a seller's sales through an index over their parts. SQLite has no such index: there the mapping
/// keeps a row for each sale in another table, see `store/sqlite/order.rs`.
pub(crate) const ORDERS: &str = "orders";

impl Record for Order {
    const NAME: &'static str = "order";
    type Key = OrderId;

    fn key(&self) -> OrderId {
        self.id
    }
}

/// A fact of an order's timeline. Those that [`Order::own_facts`] reads off the order have no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderFact {
    /// Whose timeline.
    pub(crate) order: OrderId,
    /// The fact.
    pub(crate) fact: Fact,
}

impl Record for OrderFact {
    const NAME: &'static str = "fact of an order";
    type Key = (OrderId, u32);

    fn key(&self) -> Self::Key {
        (self.order, self.fact.number)
    }
}

/// See [`OrderFact`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OrderFactId {
    pub(crate) order_id: OrderId,
    pub(crate) number: i64,
}

/// See [`OrderFact`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OrderFactFields {
    #[serde(rename = "_id")]
    id: OrderFactId,
    at: Timestamp,
    actor: Actor,
    what: Happened,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fulfilment: Option<FulfilmentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

impl Row for OrderFact {
    const TABLE: &'static str = "facts";
    const KEY: &'static [&'static str] = &["order_id", "number"];

    type Id = OrderFactId;
    type Fields = OrderFactFields;

    fn id(&(order_id, number): &Self::Key) -> OrderFactId {
        OrderFactId {
            order_id,
            number: i64::from(number),
        }
    }

    fn fields(&self) -> impl Serialize {
        let fact = &self.fact;
        OrderFactFields {
            id: Self::id(&self.key()),
            at: fact.at,
            actor: fact.actor,
            what: fact.what,
            note: fact.note.clone(),
            fulfilment: fact.fulfilment,
            details: (fact.details != Details::default()).then(|| fact.details.clone()),
        }
    }

    fn from_fields(fields: OrderFactFields) -> StoreResult<Self> {
        let number = fields.id.number;
        let number = u32::try_from(number).map_err(|_| {
            let order = fields.id.order_id;
            store::StoreError::Corrupt(format!("order {order}: {number} is no number of a fact"))
        })?;
        Ok(Self {
            order: fields.id.order_id,
            fact: Fact {
                number,
                at: fields.at,
                actor: fields.actor,
                what: fields.what,
                note: fields.note,
                fulfilment: fields.fulfilment,
                details: fields.details.unwrap_or_default(),
            },
        })
    }
}

/// The state of a return or a dispute, for finding it without its order. The rest is kept with the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CaseRecord {
    /// The id of the return or of the dispute.
    #[serde(rename = "_id")]
    pub(crate) id: Uuid,
    /// The order.
    pub(crate) order_id: OrderId,
    /// Who sells the part.
    pub(crate) seller: UserId,
    /// Who placed the order.
    pub(crate) buyer: UserId,
    /// What it is, and where.
    pub(crate) state: CaseState,
    /// Since when there is one.
    pub(crate) since: Timestamp,
}

impl CaseRecord {
    /// The returns and disputes of an order.
    pub(crate) fn all_of(order: &Order) -> Vec<Self> {
        let parts = order.fulfilments.iter();
        parts
            .flat_map(|part| {
                let record = |id, state, since| Self {
                    id,
                    order_id: order.id,
                    seller: part.seller,
                    buyer: order.buyer,
                    state,
                    since,
                };
                let returns = part.returns.iter().map(move |back| {
                    let state = CaseState::Return(back.status);
                    record(back.id.as_uuid(), state, back.requested_at)
                });
                let disputes = part.disputes.iter().map(move |dispute| {
                    let state = CaseState::Dispute(dispute.status);
                    record(dispute.id.as_uuid(), state, dispute.opened_at)
                });
                returns.chain(disputes)
            })
            .collect()
    }
}

impl Record for CaseRecord {
    const NAME: &'static str = "return or dispute of an order";
    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

impl Plain for CaseRecord {
    const TABLE: &'static str = "cases";
}

/// The kind and state of a case as one word, by which lists find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) enum CaseState {
    /// A return.
    Return(ReturnStatus),
    /// A dispute.
    Dispute(DisputeStatus),
}

impl CaseState {
    /// The word for where it is.
    pub(crate) const fn status(self) -> &'static str {
        match self {
            Self::Return(status) => status.as_str(),
            Self::Dispute(status) => status.as_str(),
        }
    }

    /// The word for what it is.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Return(_) => "return",
            Self::Dispute(_) => "dispute",
        }
    }
}

impl fmt::Display for CaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.kind(), self.status())
    }
}

impl From<CaseState> for String {
    fn from(state: CaseState) -> Self {
        state.to_string()
    }
}

impl TryFrom<String> for CaseState {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let returns = ReturnStatus::ALL.map(Self::Return).into_iter();
        let mut all = returns.chain(DisputeStatus::ALL.map(Self::Dispute));
        let known = all.find(|state| state.to_string() == word);
        known.ok_or_else(|| format!("{word} is no state of a return or a dispute"))
    }
}

/// A user's name, as the user service reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserName {
    /// The user.
    #[serde(rename = "_id")]
    pub(crate) id: UserId,
    /// The name.
    pub(crate) name: String,
    /// Which of the user's names it is: a later one replaces it.
    pub(crate) version: i64,
}

impl Record for UserName {
    const NAME: &'static str = "name of a user";
    type Key = UserId;

    fn key(&self) -> UserId {
        self.id
    }
}

impl Plain for UserName {
    const TABLE: &'static str = "names";
}

/// Lists the records that both engines keep in the same way: all but [`Order`].
pub(crate) fn rows<R: Register>(records: R) -> R {
    records
        .row::<OrderFact>()
        .row::<CaseRecord>()
        .row::<UserName>()
}
