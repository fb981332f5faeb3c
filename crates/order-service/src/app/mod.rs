//! Use cases, one file each. They decide through the domain and commit through the store; none talks to the bus.

mod announcements;
mod apply;
mod claim;
mod create;
mod place;
mod run_saga;
mod view;
mod waiters;

pub(crate) use announcements::hear;
pub(crate) use apply::{Applied, Inbound, apply_messages};
#[cfg(test)]
pub(crate) use claim::{ClaimEnd, Claimed, claim, end_claim};
pub(crate) use create::{CreateRefusal, Created, Once, Wait, create_order};
#[cfg(test)]
pub(crate) use place::{answer, place};
pub(crate) use run_saga::{look_at_open, review_order, sweep};
pub(crate) use view::{
    Mark, Viewed, list_of, list_orders, list_scope, orders_to_review, review_scope, view_order,
};
pub(crate) use waiters::Waiters;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kernel::{Clock, Currency, IdSource, OrderId, Timestamp};
use store::{Store, StoreError, StoreResult, Tx};
use tokio::sync::mpsc;

use crate::domain::{Command, Order, Timing};
use crate::events;
use crate::metrics::OrderMetrics;
use crate::reservations::Reservations;
use crate::store::OrderQueries;

/// What the use cases work with.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) queries: Arc<dyn OrderQueries>,
    pub(crate) reservations: Arc<dyn Reservations>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    /// The currency of amounts that name none.
    pub(crate) currency: Currency,
    pub(crate) timing: Timing,
    pub(crate) default_wait: Duration,
    pub(crate) waiters: Waiters,
    /// How other replicas hear which orders have settled; none if there are no others.
    pub(crate) announcer: Option<mpsc::Sender<Bytes>>,
    /// Counts them.
    pub(crate) metrics: OrderMetrics,
}

impl App {
    /// One order.
    pub(crate) async fn order(&self, id: OrderId) -> StoreResult<Option<Order>> {
        let found = self.store.get::<Order>(&id).await?;
        Ok(found.map(Arc::unwrap_or_clone))
    }
}

/// Sends `command` about `order`.
fn send(tx: &mut Tx<'_>, order: &Order, command: Command, now: Timestamp) -> StoreResult<()> {
    let envelope = events::seal(order, command, now)
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    tx.send(envelope)
}
