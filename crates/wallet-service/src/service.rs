//! Composition: builds routes, a queue, sweepers and a readiness check from settings and a store.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth::Verifier;
use host::service::{Deps, Parts, Periodic, StoreConfig};
use kernel::{Money, TransactionId, UserId};
use platform_http::Readiness;
use store::idempotency::Answered;
use store::outbox::Outbox;
use store::{Leases, Store, StoreError, StoreResult};

use crate::app::{self, App, Movement};
use crate::config::Config;
use crate::consumers;
use crate::domain::{Reference, TransferRefusal};
use crate::http;
use crate::metrics::LedgerMetrics;
use crate::store::WalletStore;

const PAYOUT_PERIOD: Duration = Duration::from_secs(5);
const CHECKPOINT_PERIOD: Duration = Duration::from_mins(1);
const FORGET_PERIOD: Duration = Duration::from_mins(1);

/// The wallet service, composed.
pub struct WalletService {
    app: App,
    verifier: Verifier,
    outbox: Arc<dyn Outbox>,
    leases: Option<Arc<dyn Leases>>,
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
        let Opened {
            store,
            ledger,
            outbox,
            leases,
        } = open(store, deps)?;
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
            outbox,
            leases,
            ledger: Arc::new(LedgerMetrics::register(
                &deps.metrics,
                config.audit_interval(),
            )),
        })
    }

    /// The parts that the host runs.
    #[must_use]
    pub fn parts(&self) -> Parts {
        let app = &self.app;
        Parts {
            name: "wallet-service",
            routes: http::routes(app.clone(), self.verifier.clone()),
            openapi: http::openapi(),
            problems: http::PROBLEMS,
            subscriptions: vec![consumers::commands(app.clone())],
            outbox: Some(self.outbox.clone()),
            periodic: self.periodic(),
            leases: self.leases.clone(),
            readiness: vec![Arc::new(StoreReadiness(app.store.clone()))],
        }
    }

    fn periodic(&self) -> Vec<Periodic> {
        let app = &self.app;
        let mut periodic = vec![
            sweeper("payouts", PAYOUT_PERIOD, app, |app| async move {
                app::release_payouts(&app).await.map(drop)
            }),
            sweeper("checkpoints", CHECKPOINT_PERIOD, app, |app| async move {
                app.ledger.checkpoint().await.map(drop)
            }),
            sweeper("forgetting", FORGET_PERIOD, app, |app| async move {
                app::forget(&app).await
            }),
        ];
        if let Some(period) = self.ledger.period() {
            let (app, ledger) = (app.clone(), self.ledger.clone());
            periodic.push(Periodic::new("ledger audit", period, move || {
                let (app, ledger) = (app.clone(), ledger.clone());
                async move {
                    if let Err(error) = ledger.look(&app).await {
                        tracing::warn!(%error, "the ledger audit failed and will be retried");
                    }
                }
            }));
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
            owner: user,
            money,
            reference: Some(Reference::parse(reference)?),
        };
        match app::credit(&self.app, movement, None).await? {
            Answered::First(Ok(entry)) => Ok(entry.id),
            Answered::First(Err(TransferRefusal::BalanceLimit)) => Err(CreditError::BalanceLimit),
            Answered::First(Err(TransferRefusal::InsufficientFunds { .. }))
            | Answered::Before(_) => Err(StoreError::Corrupt(
                "a credit was refused like a debit or a repetition".to_owned(),
            )
            .into()),
        }
    }

    /// Releases all earnings whose hold has ended, as the sweeper does every few seconds. Returns how many.
    ///
    /// # Errors
    /// A store error. Earnings released before it stay released.
    pub async fn release_payouts(&self) -> StoreResult<usize> {
        app::release_payouts(&self.app).await
    }

    /// Checkpoints the sums of the system accounts, as a sweeper does every minute.
    ///
    /// # Errors
    /// A store error.
    pub async fn checkpoint(&self) -> StoreResult<()> {
        self.app.ledger.checkpoint().await.map(drop)
    }
}

/// An opened store and its companions.
struct Opened {
    store: Store,
    ledger: Arc<dyn WalletStore>,
    outbox: Arc<dyn Outbox>,
    leases: Option<Arc<dyn Leases>>,
}

fn open(store: StoreConfig, deps: &Deps) -> StoreResult<Opened> {
    match store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite { path } => {
            use crate::store::sqlite::{SqliteWalletStore, open};
            use store_sqlite::SqliteOutbox;
            let db = open(&path, &deps.metrics.store)?;
            Ok(Opened {
                outbox: Arc::new(SqliteOutbox::new(db.clone())),
                store: Store::new(Arc::new(db.clone())),
                ledger: Arc::new(SqliteWalletStore::new(db, &path)),
                leases: None,
            })
        }
        #[cfg(feature = "mongo")]
        StoreConfig::Mongo { uri, database } => {
            use crate::store::mongo::MongoWalletStore;
            use store_mongo::{Mongo, MongoLeases};
            let (clock, metrics) = (deps.clock.clone(), &deps.metrics.store);
            let (db, ledger) = MongoWalletStore::open(clock.clone(), |collections, records| {
                Mongo::open(uri, &database, collections, records, clock, metrics)
            })?;
            Ok(Opened {
                outbox: Arc::new(db.outbox()),
                store: Store::new(Arc::new(db.clone())),
                ledger: Arc::new(ledger),
                leases: Some(Arc::new(MongoLeases::new(db))),
            })
        }
        #[cfg(not(feature = "sqlite"))]
        StoreConfig::Sqlite { .. } => Err(store.not_compiled()),
        #[cfg(not(feature = "mongo"))]
        StoreConfig::Mongo { .. } => Err(store.not_compiled()),
    }
}

fn sweeper<F>(name: &'static str, period: Duration, app: &App, sweep: fn(App) -> F) -> Periodic
where
    F: Future<Output = StoreResult<()>> + Send + 'static,
{
    let app = app.clone();
    Periodic::new(name, period, move || {
        let sweeping = sweep(app.clone());
        async move {
            if let Err(error) = sweeping.await {
                tracing::warn!(sweeper = name, %error, "a sweeper of the wallet failed and will be retried");
            }
        }
    })
}

struct StoreReadiness(Store);

#[async_trait]
impl Readiness for StoreReadiness {
    fn name(&self) -> &'static str {
        "wallet store"
    }

    async fn check(&self) -> Result<(), String> {
        self.0.ping().await.map_err(|error| {
            tracing::warn!(%error, "the wallet store does not answer");
            "does not answer".to_owned()
        })
    }
}
