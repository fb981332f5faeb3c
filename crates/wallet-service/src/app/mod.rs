//! Use cases: each asks the injected clock and ids for what the domain must not fetch itself, and the store for the rest.

mod balance;
mod credit;
mod debit;
mod history;
mod sweep;

use std::sync::Arc;

use kernel::{Clock, Currency, IdSource, Money, TransactionId, UserId};
use store::StoreResult;
use store::idempotency::{Answered, Once, OnceKey, Render};

pub(crate) use balance::balance;
pub(crate) use credit::credit;
pub(crate) use debit::debit;
pub(crate) use history::history;
pub(crate) use sweep::{checkpoint, forget, release_payouts};

use crate::domain::{Direction, OperationId, Reference, Topups, Transfer};
use crate::store::{TransferOutcome, WalletStore};

/// What the use cases work with.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Arc<dyn WalletStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    /// For amounts that name none.
    pub(crate) currency: Currency,
    pub(crate) topups: Topups,
}

/// A request's Idempotency-Key, and how its answer is written.
pub(crate) struct Repeatable {
    /// The key in its scope.
    pub(crate) key: OnceKey,
    /// Writes the answer that is stored.
    pub(crate) render: Render<TransferOutcome>,
}

/// What is to be moved.
#[derive(Debug, Clone)]
pub(crate) struct Movement {
    /// Whose wallet.
    pub(crate) owner: UserId,
    /// How much.
    pub(crate) money: Money,
    /// The client's words.
    pub(crate) reference: Option<Reference>,
}

/// What credit and debit have in common.
async fn transfer(
    app: &App,
    direction: Direction,
    movement: Movement,
    repeatable: Option<Repeatable>,
) -> StoreResult<Answered<TransferOutcome>> {
    let id = TransactionId::new(&*app.ids);
    let operation = repeatable.as_ref().map_or_else(
        || OperationId::of_transaction(id),
        |Repeatable { key, .. }| OperationId::of_request(key.user, key.route, &key.key),
    );
    let Movement {
        owner,
        money,
        reference,
    } = movement;
    let transfer = Transfer {
        id,
        operation,
        direction,
        owner,
        money,
        reference,
    };
    let once = repeatable.map(|Repeatable { key, render }| Once { key, render });
    app.store.transfer(transfer, once, app.clock.now()).await
}
