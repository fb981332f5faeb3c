//! Use cases, one file each. They decide through the domain and commit through the store; none talks to the bus.

mod announcements;
mod apply;
mod bounded;
mod claim;
mod create;
mod dealings;
mod erase;
mod list_all;
mod list_cases;
mod make_moves;
mod names;
mod place;
mod refund;
mod run_saga;
mod sales;
mod save;
mod summary;
mod timeline;
mod view;
mod waiters;

pub(crate) use announcements::hear;
pub(crate) use apply::{Applied, Inbound, apply_messages};
#[cfg(test)]
pub(crate) use claim::{ClaimEnd, Claimed, claim, end_claim};
pub(crate) use create::{Basket, CreateRefusal, Created, Once, Wait, create_order};
pub(crate) use dealings::dealings;
pub(crate) use erase::erase_users;
pub(crate) use list_all::{AllFilter, AllPlace, list_all};
pub(crate) use list_cases::{CaseFilter, FoundCase, Party, list_cases};
pub(crate) use make_moves::{Asked, Asker, At, Made, Refused, What, make_moves};
pub(crate) use names::{Names, name_of, note_names};
#[cfg(test)]
pub(crate) use place::{answer, place};
pub(crate) use refund::{RefundMade, refund_part};
pub(crate) use run_saga::{look_at_open, review_order, sweep};
pub(crate) use sales::{SalesFilter, list_sales};
pub use save::Mails;
pub(crate) use summary::{sum_sales, sum_up};
pub(crate) use timeline::{Timeline, show_timeline, timeline_scope};
pub(crate) use view::{
    Audience, Mark, Viewed, list_of, list_orders, list_scope, orders_to_review, review_scope,
    seen_by, view_order,
};
pub(crate) use waiters::Waiting;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kernel::{Clock, Currency, IdSource, OrderId};
use store::{Store, StoreResult};
use tokio::sync::mpsc;

use crate::domain::{Order, Timing};
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
    pub(crate) waiting: Waiting,
    /// How other replicas hear what requests may wait for there; none if there are no others.
    pub(crate) announcer: Option<mpsc::Sender<Bytes>>,
    /// What users are called.
    pub(crate) names: Names,
    /// Whether people are told by mail.
    pub(crate) mails: Mails,
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
