//! Composition: builds routes, queues, sweepers and a readiness check from settings and a store.

use std::sync::Arc;
use std::time::Duration;

use auth::Verifier;
use contracts::dealings::Dealings;
use host::letters::Letters;
use host::service::{Deps, Parts, Periodic, StoreConfig};
use kernel::{Money, TransactionId, UserId};
use platform_http::Routes;
use store::idempotency::Answered;
use store::{Store, StoreError, StoreResult};

use crate::app::{self, App};
use crate::config::Config;
use crate::consumers;
use crate::domain::{Direction, Movement, Reference, TransferRefusal};
use crate::http;
use crate::metrics::LedgerMetrics;
use crate::store::WalletStore;

const EARNINGS_PERIOD: Duration = Duration::from_secs(5);

/// The wallet service, composed.
pub struct WalletService {
    app: App,
    verifier: Verifier,
    ledger: Arc<LedgerMetrics>,
}

/// Why [`WalletService::credit`] credited nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditError {
    /// The wallet would hold more than [`Money::MAX_AMOUNT`].
    #[error("the wallet would hold more than {max}", max = Money::MAX_AMOUNT)]
    BalanceLimit,
    /// The reference is not 1 to 200 characters of text.
    #[error("the reference {0}")]
    Reference(#[from] kernel::Invalid),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WalletService {
    /// Composes the service on the configured `store`. `config` must be valid: see [`Config::validate`].
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be opened.
    pub fn build(
        config: &Config,
        store: StoreConfig,
        deps: &Deps,
        verifier: Verifier,
    ) -> StoreResult<Self> {
        let (store, ledger) = open(store, deps)?;
        let app = App {
            store,
            ledger,
            clock: deps.clock.clone(),
            ids: deps.ids.clone(),
            currency: deps.currency,
            topups: config.topups,
            terms: config.terms(),
        };
        Ok(Self {
            app,
            verifier,
            ledger: Arc::new(LedgerMetrics::register(
                &deps.metrics,
                config.audit_interval(),
            )),
        })
    }

    /// What a user has still to settle: their part that is money.
    ///
    /// # Errors
    /// A store error.
    pub async fn dealings(&self, user: UserId) -> StoreResult<Dealings> {
        app::dealings(&self.app, user).await
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
        let app = &self.app;
        let letters = Letters::of(app.store.clone());
        let routes = http::routes(app.clone(), self.verifier.clone());
        Parts {
            name: "wallet-service",
            routes: letters.routes("/api/wallet", routes),
            subscriptions: vec![
                consumers::commands(app.clone()),
                consumers::sellers(app.clone()),
                consumers::erasures(app.clone()),
            ],
            outbox: Some(app.store.outbox()),
            periodic: self.periodic(),
            store: Some(app.store.clone()),
            letters: Some(letters),
        }
    }

    fn periodic(&self) -> Vec<Periodic> {
        let app = &self.app;
        let context = (app.clone(), self.ledger.clone());
        let mut periodic = vec![Periodic::new(
            "earnings",
            EARNINGS_PERIOD,
            &context,
            |(app, ledger)| async move {
                ledger.swept(app::release_earnings(&app).await?);
                Ok(())
            },
        )];
        if let Some(period) = self.ledger.period() {
            periodic.push(Periodic::new(
                "ledger audit",
                period,
                &context,
                |(app, ledger)| async move { ledger.look(&app).await },
            ));
        }
        periodic
    }

    /// Credits the wallet of `user` regardless of `wallet.topups`. For demonstration data, never for a client's request.
    ///
    /// # Errors
    /// [`CreditError`].
    pub async fn credit(
        &self,
        user: UserId,
        money: Money,
        reference: &str,
    ) -> Result<TransactionId, CreditError> {
        let movement = Movement {
            direction: Direction::Credit,
            owner: user,
            money,
            reference: Some(Reference::parse(reference)?),
        };
        match app::transfer(&self.app, movement, None).await? {
            Answered::First(Ok(entry)) => Ok(entry.id),
            Answered::First(Err(TransferRefusal::BalanceLimit)) => Err(CreditError::BalanceLimit),
            Answered::First(Err(TransferRefusal::InsufficientFunds { .. }))
            | Answered::Before(_) => Err(StoreError::Corrupt(
                "a credit was refused like a debit or a repetition".to_owned(),
            )
            .into()),
        }
    }

    /// Releases all earnings whose hold has ended and whose sellers are not suspended, as the sweeper does every few seconds. Returns how many.
    ///
    /// # Errors
    /// A store error. Earnings released before it stay released.
    pub async fn release_earnings(&self) -> StoreResult<usize> {
        let swept = app::release_earnings(&self.app).await?;
        Ok(swept.released)
    }
}

fn open(store: StoreConfig, deps: &Deps) -> StoreResult<(Store, Arc<dyn WalletStore>)> {
    match store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite { path } => {
            use crate::store::sqlite::{SqliteWalletStore, open};
            let db = open(&path, &deps.metrics.store)?;
            Ok((
                Store::new(Arc::new(db.clone())),
                Arc::new(SqliteWalletStore::new(db, &path)),
            ))
        }
        #[cfg(feature = "mongo")]
        StoreConfig::Mongo { uri, database } => {
            use crate::store::mongo::{MongoWalletStore, collections, records};
            use store_mongo::Mongo;
            let (clock, metrics) = (deps.clock.clone(), &deps.metrics.store);
            let db = Mongo::open(uri, &database, collections()?, records(), clock, metrics)?;
            Ok((
                Store::new(Arc::new(db.clone())),
                Arc::new(MongoWalletStore::new(db)),
            ))
        }
        #[cfg(not(all(feature = "sqlite", feature = "mongo")))]
        other => Err(other.not_compiled()),
    }
}
