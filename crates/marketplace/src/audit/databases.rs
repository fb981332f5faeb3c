//! The books in distributed mode: one MongoDB database per service.

use async_trait::async_trait;
use futures_util::StreamExt as _;
use host::settings::MongoConfig;
use kernel::OrderId;
use order_service::{AuditedOrder, audited_orders_in_mongo};
use product_service::{AuditedReservation, StockAudit};
use store::{StoreError, StoreResult};
use store_mongo::client_options;
use store_mongo::mongodb::{Client, Database};
use wallet_service::audit::{AuditReport, PaymentRecord, mongo};

use super::books::{Books, ByOrder};

/// The databases of the three services that keep books.
pub(crate) struct Databases {
    orders: Database,
    wallet: Database,
    products: Database,
}

impl Databases {
    /// Connects to the databases that the settings name.
    ///
    /// # Errors
    /// If a URI cannot be used.
    pub(crate) async fn open(config: &MongoConfig) -> StoreResult<Self> {
        let uri = config.resolved_uri().map_err(StoreError::Unavailable)?;
        let client = Client::with_options(client_options(&uri).await?)?;
        let database = |service: &str| client.database(&config.database(service));
        Ok(Self {
            orders: database("orders"),
            wallet: database("wallet"),
            products: database("products"),
        })
    }
}

#[async_trait(?Send)]
impl Books for Databases {
    async fn ledger(&self) -> StoreResult<AuditReport> {
        mongo::audit(&self.wallet).await
    }

    async fn stock(&self) -> StoreResult<StockAudit> {
        product_service::mongo::audit(&self.products).await
    }

    async fn orders(&self, only: Option<OrderId>) -> ByOrder<'_, AuditedOrder> {
        let orders = audited_orders_in_mongo(&self.orders, only).await?;
        Ok(orders.boxed_local())
    }

    async fn payments(&self, only: Option<OrderId>) -> ByOrder<'_, PaymentRecord> {
        Ok(mongo::payments(&self.wallet, only).await?.boxed_local())
    }

    async fn reservations(&self, only: Option<OrderId>) -> ByOrder<'_, AuditedReservation> {
        let reservations = product_service::mongo::audited_reservations(&self.products, only);
        Ok(reservations.await?.boxed_local())
    }
}
