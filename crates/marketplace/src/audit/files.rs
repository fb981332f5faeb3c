//! The books in embedded mode: one SQLite file per service.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel::OrderId;
use order_service::{AuditedOrder, audited_orders};
use product_service::{ReservationState, StockAudit, reservation_states};
use rusqlite::Connection;
use store::StoreResult;
use store_sqlite::open_read_only;
use wallet_service::audit::{AuditReport, PaymentRecord, payment, payments};

use super::Books;
use crate::data_dir::DataDir;

/// The audit's own connection to each file. An audit runs alone in its process, so its blocking reads harm nobody.
pub(crate) struct Files {
    orders: Mutex<Connection>,
    wallet: Mutex<Connection>,
    products: Mutex<Connection>,
}

impl Files {
    /// Opens the files in `dir` for reading.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) fn open(dir: &DataDir) -> StoreResult<Self> {
        let open = |path: &Path| open_read_only(path).map(Mutex::new);
        Ok(Self {
            orders: open(&dir.orders())?,
            wallet: open(&dir.wallet())?,
            products: open(&dir.products())?,
        })
    }
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Books for Files {
    async fn ledger(&self) -> StoreResult<AuditReport> {
        wallet_service::audit::audit(&lock(&self.wallet))
    }

    async fn stock(&self) -> StoreResult<StockAudit> {
        product_service::audit(&lock(&self.products))
    }

    async fn orders(&self) -> StoreResult<HashMap<OrderId, AuditedOrder>> {
        let mut all = HashMap::new();
        audited_orders(&lock(&self.orders), None, |order| {
            all.insert(order.id, order);
        })?;
        Ok(all)
    }

    async fn payments(&self) -> StoreResult<HashMap<OrderId, PaymentRecord>> {
        let all = payments(&lock(&self.wallet))?;
        Ok(all.into_iter().map(|one| (one.order, one)).collect())
    }

    async fn reservations(&self) -> StoreResult<HashMap<OrderId, ReservationState>> {
        let mut all = HashMap::new();
        reservation_states(&lock(&self.products), None, |order, state| {
            all.insert(order, state);
        })?;
        Ok(all)
    }

    async fn order(&self, order: OrderId) -> StoreResult<Option<AuditedOrder>> {
        let mut found = None;
        audited_orders(&lock(&self.orders), Some(order), |one| found = Some(one))?;
        Ok(found)
    }

    async fn payment(&self, order: OrderId) -> StoreResult<Option<PaymentRecord>> {
        payment(&lock(&self.wallet), order)
    }

    async fn reservation(&self, order: OrderId) -> StoreResult<Option<ReservationState>> {
        let mut found = None;
        reservation_states(&lock(&self.products), Some(order), |_, state| {
            found = Some(state);
        })?;
        Ok(found)
    }
}
