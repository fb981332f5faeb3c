//! Composition: settings and dependencies in; routes, consumers, sweepers and readiness out.

use std::sync::Arc;
use std::time::Duration;

use contracts::reservations::{Refusal, ReserveRequest, ReservedLine};
use host::letters::Letters;
use host::service::{Deps, Parts, Periodic, StoreConfig};
use host::settings::SellersConfig;
use kernel::{CategoryId, ProductId, UserId};
use platform_http::Routes;
use store::{Store, StoreError, StoreResult};

use crate::app::{self, App, FacetIndex, Pictures, Sellers, Trees};
use crate::config::Config;
use crate::domain::{AltText, Change, ImageRefusal, NewCategory, NewProduct, Product};
use crate::store::Queries;
use crate::{consumers, http};

/// Time between two sweeps for pictures that no image has.
const PICTURES: Duration = Duration::from_mins(30);

/// The composed product service. Cheap to clone. Its methods are the use cases, for callers in the same process.
#[derive(Clone)]
pub struct ProductService {
    app: Arc<App>,
    verifier: auth::Verifier,
    sweep: Duration,
}

impl ProductService {
    /// Opens the store and puts the service together. Where sellers take things back, the operator wants them to do so for
    /// `least_return_days` from delivery.
    ///
    /// # Errors
    /// If the store cannot be opened or its schema cannot be brought up to date.
    pub fn build(
        config: &Config,
        sellers: SellersConfig,
        least_return_days: u32,
        store: StoreConfig,
        deps: &Deps,
        verifier: auth::Verifier,
    ) -> StoreResult<Self> {
        let (store, queries) = open(store, deps)?;
        let blobs = config.image_store.as_deref().map(blobs::open).transpose();
        let blobs = blobs.map_err(|reason| {
            StoreError::Unavailable(format!("catalogue.image_store: {reason}"))
        })?;
        let facets = FacetIndex::default();
        let app = App {
            store: store.observed_by(Arc::new(facets.clone())),
            queries,
            clock: deps.clock.clone(),
            ids: deps.ids.clone(),
            currency: deps.currency,
            delivery: config.default_delivery,
            public: config.public,
            lease: config.lease(),
            sellers: Sellers::new(sellers.mode, least_return_days),
            pictures: Pictures::new(blobs, &config.image_url),
            trees: Trees::default(),
            facets,
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
    /// A store error; [`StoreError::Duplicate`] if the seller has a variant with one of its SKUs already.
    pub async fn create(&self, new: NewProduct) -> StoreResult<Product> {
        let listed = app::create_product(&self.app, new).await?;
        listed.map_err(|refusal| StoreError::Duplicate(refusal.to_string()))
    }

    /// Adds an image to a product for its seller, as an upload does.
    ///
    /// # Errors
    /// A store error, and why there is no image: a sentence.
    pub async fn add_image(
        &self,
        product: ProductId,
        seller: UserId,
        alt: AltText,
        file: Vec<u8>,
    ) -> StoreResult<Result<(), String>> {
        let Some(blobs) = &self.app.pictures.blobs else {
            return Ok(Err("this marketplace keeps no images".to_owned()));
        };
        let pictures = &self.app.pictures;
        let made = match pictures.place() {
            Ok(place) => pictures.make(place, file.into()).await,
            Err(busy) => Err(busy),
        };
        let pictures = match made {
            Ok(Ok(pictures)) => pictures,
            Ok(Err(refused)) => return Ok(Err(refused.to_string())),
            Err(not_done) => return Err(StoreError::Unavailable(not_done.to_string())),
        };
        let change = Change {
            product,
            editor: seller,
            guard: Box::new(|_| true),
            to: (alt, pictures),
        };
        let added = app::add_image(&self.app, blobs, change, None).await?;
        Ok(added
            .map(drop)
            .map_err(|refusal: ImageRefusal| refusal.to_string()))
    }

    /// Deletes the pictures that no image has had for an hour, as the sweep does. Returns their number.
    ///
    /// # Errors
    /// A store error.
    pub async fn sweep_pictures(&self) -> StoreResult<usize> {
        app::sweep_pictures(&self.app).await
    }

    /// Creates a category.
    ///
    /// # Errors
    /// A store error; [`StoreError::Duplicate`] if the tree cannot have it.
    pub async fn create_category(&self, new: NewCategory) -> StoreResult<CategoryId> {
        let created = app::create_category(&self.app, new).await?;
        let created = created.map(|(_, id)| id);
        created.map_err(|refusal| StoreError::Duplicate(refusal.to_string()))
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
        let letters = Letters::of(self.app.store.clone());
        let routes = http::routes(self.app.clone(), self.verifier.clone());
        Parts {
            name: "product-service",
            routes: letters.routes("/api/products", routes),
            subscriptions: vec![
                consumers::commands(self.app.clone()),
                consumers::sellers(self.app.clone()),
                consumers::erasures(self.app.clone()),
            ],
            outbox: Some(self.app.store.outbox()),
            periodic: self.periodic(),
            store: Some(self.app.store.clone()),
            letters: Some(letters),
        }
    }

    fn periodic(&self) -> Vec<Periodic> {
        let leases = Periodic::new("product leases", self.sweep, &self.app, |app| async move {
            match app::expire_reservations(&app).await? {
                0 => {}
                orders => tracing::info!(orders, "leases ran out; their stock went back"),
            }
            Ok(())
        });
        let pictures = Periodic::new("product pictures", PICTURES, &self.app, |app| async move {
            match app::sweep_pictures(&app).await? {
                0 => {}
                pictures => tracing::info!(pictures, "pictures that no image has are deleted"),
            }
            Ok(())
        });
        vec![leases, pictures]
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
