//! The product service's store: what it promises, whatever is behind it. The adapters stand beside this file, and the one
//! suite that each of them passes is `contract.rs`.

#[cfg(test)]
pub(crate) mod contract;
#[cfg(feature = "mongo")]
pub(crate) mod mongo;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use async_trait::async_trait;
use kernel::{MessageId, OrderId, Page, ProductId, Timestamp, UserId};
use store::{StoreError, StoreResult};

use crate::domain::{
    ListQuery, Product, ProductEdit, ProductRefusal, Reservation, ReserveRefusal, ReserveRequest,
    VersionGuard,
};

/// What stopped a write: a rule of the domain, or the store itself. Nothing was written in either case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError<R> {
    /// A rule of the domain.
    #[error("{0}")]
    Refused(R),
    /// The store.
    #[error("{0}")]
    Store(StoreError),
}

impl<R> From<StoreError> for WriteError<R> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(feature = "sqlite")]
impl<R> From<rusqlite::Error> for WriteError<R> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Why a product was not changed.
pub type ChangeError = WriteError<ProductRefusal>;
/// Why stock was not held.
pub type ReserveError = WriteError<ReserveRefusal>;

/// A change that someone asks for.
#[derive(Debug)]
pub struct Change<T> {
    /// Which product.
    pub product: ProductId,
    /// Who asks.
    pub editor: UserId,
    /// The version it was made for.
    pub guard: VersionGuard,
    /// What to change.
    pub to: T,
}

/// A command of the order saga: what its message was, and whose reservation it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// The message.
    pub message: MessageId,
    /// The order.
    pub order: OrderId,
}

/// A held reservation and the end of its lease. Sweeps go in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lease {
    /// When it ends.
    pub until: Timestamp,
    /// Whose it is.
    pub order: OrderId,
}

/// What the check of the stock book found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockAudit {
    /// Products checked.
    pub products: u64,
    /// A sentence for each thing that is not right.
    pub violations: Vec<String>,
}

/// Keeps products, stock and reservations. Each method is one atomic transaction: all of what it says, or nothing.
#[async_trait]
pub trait ProductStore: Send + Sync {
    /// Adds `product` with its stock, and books the stock.
    async fn create(&self, product: Product) -> StoreResult<()>;

    /// Decides the edit on the product as it stands ([`Product::edit`]), writes it, and books the difference in stock.
    async fn update(
        &self,
        change: Change<ProductEdit>,
        now: Timestamp,
    ) -> Result<Product, ChangeError>;

    /// Decides the removal on the product as it stands ([`Product::remove`]) and writes it. It leaves lists and search.
    async fn remove(&self, change: Change<()>, now: Timestamp) -> Result<(), ChangeError>;

    /// The product, removed or not.
    async fn product(&self, id: ProductId) -> StoreResult<Option<Product>>;

    /// A page of active products. Each page costs the same, however far down the list it is; only a search looks at
    /// everything that it matches.
    async fn list(&self, query: ListQuery) -> StoreResult<Page<Product>>;

    /// Holds all lines until `lease_until`, or none. Repeated for the same order it gives the first answer again, whatever the
    /// catalogue says now, and what is still held is held until `lease_until` if that is later; once that reservation is over,
    /// it says so.
    async fn reserve(
        &self,
        request: ReserveRequest,
        lease_until: Timestamp,
        now: Timestamp,
    ) -> Result<Reservation, ReserveError>;

    /// Sells what is held for each order, and answers through the outbox: `ReservationConfirmed` for what is sold, now or
    /// before, `ReservationExpired` for an order with nothing held or sold. A message that was handled before changes nothing
    /// and has its reply sent again.
    async fn confirm(&self, commands: Vec<Command>, now: Timestamp) -> StoreResult<()>;

    /// Puts back what is held for each order.
    async fn release(&self, commands: Vec<Command>, now: Timestamp) -> StoreResult<()>;

    /// At most `limit` leases that ended at `now` or before, the oldest first, from the one after `after` on.
    async fn leases_due(
        &self,
        now: Timestamp,
        after: Option<Lease>,
        limit: usize,
    ) -> StoreResult<Vec<Lease>>;

    /// Puts back what is held for `orders`, but for those whose leases did not end at `now` or before. Returns for how many.
    async fn expire(&self, orders: Vec<OrderId>, now: Timestamp) -> StoreResult<usize>;

    /// Forgets that up to `limit` messages handled before `before` were. Returns how many; none if the store forgets by itself.
    async fn forget_messages(&self, before: Timestamp, limit: i64) -> StoreResult<usize>;

    /// Checks for every product that available + held + sold is what was put in, and that nothing is negative.
    async fn audit(&self) -> StoreResult<StockAudit>;

    /// Whether the store can be read.
    async fn ping(&self) -> StoreResult<()>;
}
