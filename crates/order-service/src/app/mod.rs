//! Use cases, one file each. They decide through the domain and commit through the store; none talks to the bus.

mod create;
mod run_saga;
mod view;
mod waiters;

pub(crate) use create::{CreateRefusal, Created, Once, Wait, create_order};
pub(crate) use run_saga::{
    look_at_open, orders_settled_elsewhere, review_order, settle_orders, sweep,
};
pub(crate) use view::{
    Access, Mark, Viewed, list_of, list_orders, list_scope, orders_to_review, review_scope,
    view_order,
};
pub(crate) use waiters::Waiters;

use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, IdSource};

use crate::announcements::Announcements;
use crate::domain::Timing;
use crate::metrics::OrderMetrics;
use crate::reservations::Reservations;
use crate::store::{OrderStore, Render};

/// What the use cases work with.
pub(crate) struct App {
    pub(crate) store: Arc<dyn OrderStore>,
    pub(crate) reservations: Arc<dyn Reservations>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) timing: Timing,
    pub(crate) default_wait: Duration,
    pub(crate) waiters: Waiters,
    /// How other replicas hear which orders have settled; none if there are no others.
    pub(crate) announcements: Option<Arc<dyn Announcements>>,
    /// Renders the answer that is stored for a request with an Idempotency-Key.
    pub(crate) render: Render,
    /// Counts them.
    pub(crate) metrics: OrderMetrics,
}
