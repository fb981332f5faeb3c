//! The books in embedded mode: one SQLite file per service.

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use kernel::OrderId;
use order_service::{AuditedOrder, audited_orders};
use product_service::{AuditedReservation, StockAudit, audited_reservations};
use rusqlite::Connection;
use store::StoreResult;
use wallet_service::audit::{AuditReport, PaymentRecord, payments};

use super::books::{Books, ByOrder};
use crate::data_dir::DataDir;

/// The audit's own connection to each file. An audit runs alone in its process, so its blocking reads harm nobody.
pub(crate) struct Files {
    orders: Connection,
    wallet: Connection,
    products: Connection,
}

impl Files {
    /// Opens the files in `dir` for reading.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) fn open(dir: &DataDir) -> StoreResult<Self> {
        Ok(Self {
            orders: dir.read(&dir.orders())?,
            wallet: dir.read(&dir.wallet())?,
            products: dir.read(&dir.products())?,
        })
    }
}

#[async_trait(?Send)]
impl Books for Files {
    async fn ledger(&self) -> StoreResult<AuditReport> {
        wallet_service::audit::audit(&self.wallet)
    }

    async fn stock(&self) -> StoreResult<StockAudit> {
        product_service::audit(&self.products)
    }

    async fn orders(&self, only: Option<OrderId>) -> ByOrder<'_, AuditedOrder> {
        Ok(stream::iter(audited_orders(&self.orders, only)).boxed_local())
    }

    async fn payments(&self, only: Option<OrderId>) -> ByOrder<'_, PaymentRecord> {
        Ok(stream::iter(payments(&self.wallet, only)).boxed_local())
    }

    async fn reservations(&self, only: Option<OrderId>) -> ByOrder<'_, AuditedReservation> {
        let reservations = audited_reservations(&self.products, only);
        Ok(stream::iter(reservations).boxed_local())
    }
}
