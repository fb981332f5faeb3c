//! Shapes that several of the wallet's endpoints have in common.

use kernel::{Currency, Cursor, OrderId, Page, Timestamp, TransactionId};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{Entry, Kind};

/// A kind of movement that a statement shows.
pub(super) struct StatementKind;

impl PartialSchema for StatementKind {
    fn schema() -> RefOr<Schema> {
        let words = Kind::IN_STATEMENT.map(Kind::as_str);
        let kind = ObjectBuilder::new().schema_type(Type::String);
        kind.enum_values(Some(words)).into()
    }
}

impl ToSchema for StatementKind {}

/// A page of a statement.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransactionPage {
    /// The movements.
    items: Vec<TransactionBody>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

impl From<Page<Entry>> for TransactionPage {
    fn from(page: Page<Entry>) -> Self {
        Self {
            items: page.items.iter().map(TransactionBody::from).collect(),
            next_cursor: page.next_cursor,
        }
    }
}

/// A movement of a user's available balance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WalletTransaction)]
pub(crate) struct TransactionBody {
    /// Its id.
    id: TransactionId,
    /// Its purpose.
    #[schema(value_type = StatementKind)]
    r#type: &'static str,
    /// Minor units; negative if money left the wallet.
    #[schema(example = 5000)]
    amount: i64,
    /// Currency of the amount and the balance.
    currency: Currency,
    /// Balance in that currency after the movement, in minor units.
    #[schema(example = 12000, minimum = 0)]
    balance_after: i64,
    /// The movement's number in this wallet: 1, 2, 3 … without gaps.
    #[schema(example = 7, minimum = 1)]
    sequence: i64,
    /// The order it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order_id: Option<OrderId>,
    /// Free text from the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "March salary", nullable = false, max_length = 200)]
    reference: Option<String>,
    /// Time of the movement.
    created_at: Timestamp,
}

impl From<&Entry> for TransactionBody {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.id,
            r#type: entry.kind.as_str(),
            amount: entry.money.amount,
            currency: entry.money.currency,
            balance_after: entry.balance_after,
            sequence: entry.sequence,
            order_id: entry.order,
            reference: entry
                .reference
                .as_ref()
                .map(|reference| reference.as_str().to_owned()),
            created_at: entry.at,
        }
    }
}
