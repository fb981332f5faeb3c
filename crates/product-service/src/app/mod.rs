//! Use cases, one file each, written once over the transaction port: load, decide in the domain, save and send.

mod add_image;
mod adjust_stock;
mod arrange_images;
mod categories;
mod change;
mod command;
mod create;
mod erase;
mod expire;
mod facets;
mod keep_sellers;
mod list;
mod own_products;
mod pictures;
mod product;
mod publish;
mod remove;
mod remove_image;
mod reserve;
mod return_stock;
mod save;
mod seller_page;
mod sellers;
mod settle;
mod show_anew;
mod show_images;
mod stock;
mod stock_history;
mod sweep_pictures;
mod taken_down;
mod trees;
mod update;
mod variants;

pub(crate) use add_image::{AddedImage, add_image, may_add_image};
pub(crate) use adjust_stock::adjust_stock;
pub(crate) use arrange_images::arrange_images;
pub(crate) use categories::{InTree, categories, create_category, edit_category};
pub(crate) use command::{Ask, Command, Return};
pub(crate) use create::{create_product, create_product_once};
pub(crate) use erase::erase_users;
#[cfg(test)]
pub(crate) use expire::expire;
pub(crate) use expire::expire_reservations;
pub(crate) use facets::FacetIndex;
pub(crate) use keep_sellers::keep_sellers;
pub(crate) use list::{Asked, Counted, Unfit, list_products};
pub(crate) use own_products::own_products;
pub(crate) use pictures::{Pictures, picture};
pub(crate) use product::product;
pub(crate) use publish::{publish_product, unpublish_product};
pub(crate) use remove::{put_back, remove_product, take_down};
pub(crate) use remove_image::remove_image;
pub(crate) use reserve::reserve;
pub(crate) use seller_page::{SellerPage, seller_page};
pub(crate) use sellers::{SellerCard, SellerCards, Sellers};
pub(crate) use settle::settle_reservations;
pub(crate) use show_images::{images_of, images_of_one};
pub(crate) use stock_history::stock_history;
pub(crate) use sweep_pictures::sweep_pictures;
pub(crate) use taken_down::taken_down;
pub(crate) use trees::Trees;
pub(crate) use update::update_product;
pub(crate) use variants::{Added, add_variant, edit_variant, remove_variant};

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
    /// What is shown of sellers, and who of them sells nothing.
    pub(crate) sellers: Sellers,
    /// The pictures of images.
    pub(crate) pictures: Pictures,
    /// The categories.
    pub(crate) trees: Trees,
    /// What facets are counted from.
    pub(crate) facets: FacetIndex,
}
