//! Composition: settings and dependencies in; routes, consumers, sweepers and readiness out.

use std::sync::Arc;
use std::time::Duration;

use contracts::reservations::{Refusal, ReserveRequest, ReservedLine};
use host::service::{Deps, Parts, Periodic, StoreConfig};
use platform_http::Routes;
use store::{Store, StoreResult};

use crate::app::{self, App, SellerNames};
use crate::config::Config;
use crate::domain::{NewProduct, Product};
use crate::store::Queries;
use crate::{consumers, http};

/// The composed product service. Cheap to clone. Its methods are the use cases, for callers in the same process.
#[derive(Clone)]
pub struct ProductService {
    app: Arc<App>,
    verifier: auth::Verifier,
    sweep: Duration,
}

impl ProductService {
    /// Opens the store and puts the service together.
    ///
    /// # Errors
    /// If the store cannot be opened or its schema cannot be brought up to date.
    pub fn build(
        config: &Config,
        store: StoreConfig,
        deps: &Deps,
        verifier: auth::Verifier,
    ) -> StoreResult<Self> {
        let (store, queries) = open(store, deps)?;
        let app = App {
            store,
            queries,
            clock: deps.clock.clone(),
            ids: deps.ids.clone(),
            currency: deps.currency,
            delivery: config.default_delivery,
            public: config.public,
            lease: config.lease(),
            names: SellerNames::default(),
        };
        Ok(Self {
            app: Arc::new(app),
            verifier,
            sweep: config.sweep(),
        })
    }

    /// Holds stock for an order until its lease ends: all lines or none. Repeated for the same order, it answers the same.
    ///
    /// # Errors
    /// A store error.
    pub async fn reserve(
        &self,
        request: ReserveRequest,
    ) -> StoreResult<Result<Vec<ReservedLine>, Refusal>> {
        app::reserve(&self.app, request).await
    }

    /// Lists a product.
    ///
    /// # Errors
    /// A store error.
    pub async fn create(&self, new: NewProduct) -> StoreResult<Product> {
        app::create_product(&self.app, new).await
    }

    /// Returns the stock of reservations whose leases have run out, as the sweep does. Returns the number of orders.
    ///
    /// # Errors
    /// A store error.
    pub async fn expire_reservations(&self) -> StoreResult<usize> {
        app::expire_reservations(&self.app).await
    }

    /// The routes for the other services, on a port that only they reach.
    #[must_use]
    pub fn internal_routes(&self) -> Routes {
        http::internal_routes(self.app.clone())
    }

    /// The service's store alone, for commands that work on it while the service does not run.
    ///
    /// # Errors
    /// A store error.
    pub fn store(store: StoreConfig, deps: &Deps) -> StoreResult<Store> {
        Ok(open(store, deps)?.0)
    }

    /// The parts that the host runs.
    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts {
            name: "product-service",
            routes: http::routes(self.app.clone(), self.verifier.clone()),
            subscriptions: vec![
                consumers::commands(self.app.clone()),
                consumers::names(self.app.clone()),
            ],
            outbox: Some(self.app.store.outbox()),
            periodic: self.periodic(),
            store: Some(self.app.store.clone()),
        }
    }

    fn periodic(&self) -> Vec<Periodic> {
        vec![Periodic::new(
            "product leases",
            self.sweep,
            &self.app,
            |app| async move {
                match app::expire_reservations(&app).await? {
                    0 => {}
                    orders => tracing::info!(orders, "leases ran out; their stock went back"),
                }
                Ok(())
            },
        )]
    }
}

fn open(store: StoreConfig, deps: &Deps) -> StoreResult<(Store, Arc<dyn Queries>)> {
    match store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite { path } => {
            let db = crate::store::sqlite::open(&path, &deps.metrics.store)?;
            Ok((Store::new(Arc::new(db.clone())), Arc::new(db)))
        }
        #[cfg(feature = "mongo")]
        StoreConfig::Mongo { uri, database } => {
            use crate::store::mongo::{collections, records};
            let (clock, metrics) = (deps.clock.clone(), &deps.metrics.store);
            let db = store_mongo::Mongo::open(
                uri,
                &database,
                collections()?,
                records(),
                clock,
                metrics,
            )?;
            Ok((Store::new(Arc::new(db.clone())), Arc::new(db)))
        }
        #[cfg(not(all(feature = "sqlite", feature = "mongo")))]
        other => Err(other.not_compiled()),
    }
}
