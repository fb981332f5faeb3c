//! Use cases, one file each. They take values that the edge has parsed, ask clock and ids once, and leave the deciding to the
//! domain and the committing to the store.

mod confirm;
mod create;
mod expire;
mod forget;
mod list;
mod product;
mod release;
mod remove;
mod reserve;
mod update;

pub(crate) use confirm::confirm_reservations;
pub(crate) use create::create_product;
pub(crate) use expire::expire_reservations;
pub(crate) use forget::forget_messages;
pub(crate) use list::list_products;
pub(crate) use product::product;
pub(crate) use release::release_reservations;
pub(crate) use remove::remove_product;
pub(crate) use reserve::reserve;
pub(crate) use update::update_product;

use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, Currency, IdSource};

use crate::store::ProductStore;

/// What the use cases work with.
pub(crate) struct App {
    pub(crate) store: Arc<dyn ProductStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    /// Of prices that name no currency.
    pub(crate) currency: Currency,
    /// Whether products may be read without a token.
    pub(crate) public: bool,
    /// How long stock is held.
    pub(crate) lease: Duration,
}
