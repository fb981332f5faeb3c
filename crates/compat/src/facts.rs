//! What a recording knows of itself: what time it was, who can log in, which orders were under way and how they have to end, which
//! requests may be sent again, and what every question was answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The facts of one recording.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Milliseconds since the epoch at its end. It lies far ahead, so that no server deletes what was recorded as too old.
    pub clock: i64,
    /// An access token, as one service of that release gave it and others have to know it.
    pub token: TokenFact,
    /// By name.
    pub people: BTreeMap<String, PersonFact>,
    /// By what they are an example of.
    pub orders: BTreeMap<String, OrderFact>,
    /// Requests with an Idempotency-Key.
    pub keys: Vec<KeyFact>,
    /// Questions and their answers.
    pub reads: Vec<ReadFact>,
}

/// An access token and the keys that prove it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenFact {
    /// The token, an administrator's.
    pub token: String,
    /// The public keys, as they are published.
    pub keys: Value,
}

/// Who can log in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonFact {
    /// Where they log in.
    pub email: String,
    /// And how.
    pub password: String,
    /// Of a login that is still good.
    pub refresh_token: String,
}

/// An order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderFact {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub buyer: String,
    /// Its status when it was recorded.
    pub status: String,
    /// What it has to come to once everything runs again.
    pub ends: String,
}

/// A request that may be sent again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFact {
    /// Who sent it.
    pub who: String,
    /// Where to.
    pub path: String,
    /// Its key.
    pub key: String,
    /// What it said.
    pub body: Value,
    /// How it was answered; None if it was still running.
    pub answer: Option<(u16, Value)>,
}

/// A question.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadFact {
    /// Who asked.
    pub who: String,
    /// What.
    pub path: String,
    /// And was answered with 200.
    pub body: Value,
}
