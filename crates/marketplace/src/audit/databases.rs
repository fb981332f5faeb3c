//! The books in distributed mode: one MongoDB database per service.

use std::collections::HashMap;

use async_trait::async_trait;
use host::settings::MongoConfig;
use kernel::OrderId;
use order_service::{AuditedOrder, audited_orders_in_mongo};
use product_service::{ReservationState, StockAudit};
use store::{StoreError, StoreResult};
use store_mongo::mongodb::{Client, Database};
use wallet_service::audit::{AuditReport, PaymentRecord};

use super::Books;

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
        let client = Client::with_uri_str(uri.expose()).await?;
        let database = |service: &str| client.database(&config.database(service));
        Ok(Self {
            orders: database("orders"),
            wallet: database("wallet"),
            products: database("products"),
        })
    }
}

#[async_trait]
impl Books for Databases {
    async fn ledger(&self) -> StoreResult<AuditReport> {
        wallet_service::audit::mongo::audit(&self.wallet).await
    }

    async fn stock(&self) -> StoreResult<StockAudit> {
        product_service::mongo::audit(&self.products).await
    }

    async fn orders(&self) -> StoreResult<HashMap<OrderId, AuditedOrder>> {
        let mut all = HashMap::new();
        audited_orders_in_mongo(&self.orders, None, |order| {
            all.insert(order.id, order);
        })
        .await?;
        Ok(all)
    }

    async fn payments(&self) -> StoreResult<HashMap<OrderId, PaymentRecord>> {
        let mut all = HashMap::new();
        wallet_service::audit::mongo::payments(&self.wallet, |payment| {
            all.insert(payment.order, payment);
        })
        .await?;
        Ok(all)
    }

    async fn reservations(&self) -> StoreResult<HashMap<OrderId, ReservationState>> {
        let mut all = HashMap::new();
        product_service::mongo::reservation_states(&self.products, None, |order, state| {
            all.insert(order, state);
        })
        .await?;
        Ok(all)
    }

    async fn order(&self, order: OrderId) -> StoreResult<Option<AuditedOrder>> {
        let mut found = None;
        audited_orders_in_mongo(&self.orders, Some(order), |one| found = Some(one)).await?;
        Ok(found)
    }

    async fn payment(&self, order: OrderId) -> StoreResult<Option<PaymentRecord>> {
        wallet_service::audit::mongo::payment(&self.wallet, order).await
    }

    async fn reservation(&self, order: OrderId) -> StoreResult<Option<ReservationState>> {
        let mut found = None;
        product_service::mongo::reservation_states(&self.products, Some(order), |_, state| {
            found = Some(state);
        })
        .await?;
        Ok(found)
    }
}
