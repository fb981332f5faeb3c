//! Use cases, one file each, written once over the transaction port: load, decide in the domain, save and send.

mod command;
mod create;
mod expire;
mod list;
mod names;
mod product;
mod remove;
mod reserve;
mod return_stock;
mod seller_names;
mod settle;
mod stock;
mod update;

pub(crate) use command::{Ask, Command, Return};
pub(crate) use create::{create_product, create_product_once};
#[cfg(test)]
pub(crate) use expire::expire;
pub(crate) use expire::expire_reservations;
pub(crate) use list::list_products;
pub(crate) use names::keep_names;
pub(crate) use product::product;
pub(crate) use remove::remove_product;
pub(crate) use reserve::reserve;
pub(crate) use seller_names::SellerNames;
pub(crate) use settle::settle_reservations;
pub(crate) use update::update_product;

use std::sync::Arc;
use std::time::Duration;

use contracts::reservations::Delivery;
use kernel::{Clock, Currency, IdSource};
use store::Store;

use crate::store::Queries;

/// What the use cases work with.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) queries: Arc<dyn Queries>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    /// The currency of prices that name none.
    pub(crate) currency: Currency,
    /// The delivery of products that name none.
    pub(crate) delivery: Delivery,
    /// Whether products may be read without a token.
    pub(crate) public: bool,
    /// How long stock is held.
    pub(crate) lease: Duration,
    /// What sellers are called.
    pub(crate) names: SellerNames,
}
