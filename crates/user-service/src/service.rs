//! Composition: builds routes and a sweeper from settings and dependencies.

use std::sync::Arc;
use std::time::Duration;

use auth::{HashError, Issuer, JwkSet, Password, PasswordHasher, Role, Verifier};
use host::service::{Deps, Parts, Periodic, StoreConfig};
use kernel::Invalid;
use store::{Store, StoreError, StoreResult};
#[cfg(feature = "mongo")]
use store_mongo::Mongo;
#[cfg(feature = "sqlite")]
use store_sqlite::Sqlite;

use crate::app::{self, App, UserError};
use crate::config::Config;
use crate::domain::{Email, User, UserName};
use crate::http;
#[cfg(feature = "mongo")]
use crate::store::MongoUsers;
use crate::store::Users;
#[cfg(feature = "sqlite")]
use crate::store::{MIGRATIONS, SqliteUsers};

/// Interval between sweeps for expired logins.
const SWEEP: Duration = Duration::from_mins(1);

/// Why the service cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A setting is invalid.
    #[error(transparent)]
    Config(#[from] Invalid),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Hasher(#[from] HashError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a registration failed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The name, email or password breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Another user has this email.
    #[error("the email is taken")]
    EmailTaken,
    /// A temporary failure or an internal error.
    #[error("{0}")]
    Failed(String),
}

/// The user service, composed.
pub struct UserService {
    app: Arc<App>,
    verifier: Verifier,
}

impl UserService {
    /// Opens the store and composes the service. `issuer` signs the access tokens; `verifier` checks those of requests.
    /// With MongoDB, it must be called on a Tokio runtime.
    ///
    /// # Errors
    /// [`BuildError`] if a setting is invalid, passwords cannot be hashed or the store cannot be opened.
    pub fn build(
        config: &Config,
        store: StoreConfig,
        deps: &Deps,
        issuer: Issuer,
        verifier: Verifier,
    ) -> Result<Self, BuildError> {
        config.check()?;
        let (store, users) = open(store, deps)?;
        let app = App {
            store,
            users,
            hasher: PasswordHasher::measured(config.bcrypt_cost, &deps.metrics)?,
            jwks: JwkSet::from(&issuer.verification_keys()),
            issuer,
            clock: deps.clock.clone(),
            ids: deps.ids.clone(),
            refresh_lifetime: config.refresh_lifetime(),
        };
        Ok(Self {
            app: Arc::new(app),
            verifier,
        })
    }

    /// Registers a user, as POST /api/users/register does.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn register(
        &self,
        name: &str,
        email: &str,
        password: &str,
    ) -> Result<User, RegisterError> {
        let name = UserName::parse(name)?;
        let email = Email::parse(email)?;
        let password = Password::parse(password.to_owned())?;
        app::register(&self.app, name, email, password)
            .await
            .map_err(|error| {
                if matches!(error, UserError::EmailTaken) {
                    RegisterError::EmailTaken
                } else {
                    RegisterError::Failed(error.to_string())
                }
            })
    }

    /// Grants `role` to the user with `email`. Their next access token includes it. None if there is no such user.
    ///
    /// # Errors
    /// A store error.
    pub async fn grant(&self, email: &Email, role: Role) -> Result<Option<User>, StoreError> {
        app::grant(&self.app.store, email, role).await
    }

    /// Does the same on a store that this process does not serve.
    ///
    /// # Errors
    /// A store error.
    pub async fn grant_in(
        store: StoreConfig,
        deps: &Deps,
        email: &Email,
        role: Role,
    ) -> Result<Option<User>, StoreError> {
        app::grant(&open(store, deps)?.0, email, role).await
    }

    /// The user with `email`, if there is one.
    ///
    /// # Errors
    /// A store error.
    pub async fn find(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.app.users.by_email(email).await
    }

    /// The parts that the host runs.
    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts {
            name: "user-service",
            routes: http::routes(self.app.clone(), self.verifier.clone()),
            subscriptions: Vec::new(),
            outbox: None,
            periodic: vec![self.sweeper()],
            store: Some(self.app.store.clone()),
        }
    }

    fn sweeper(&self) -> Periodic {
        Periodic::new("expired logins", SWEEP, &self.app, |app| async move {
            app.users.forget(app.clock.now()).await
        })
    }
}

fn open(store: StoreConfig, deps: &Deps) -> StoreResult<(Store, Arc<dyn Users>)> {
    match store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite { path } => {
            let records = SqliteUsers::records();
            let db = Sqlite::open(&path, MIGRATIONS, records, &deps.metrics.store)?;
            Ok((
                Store::new(Arc::new(db.clone())),
                Arc::new(SqliteUsers::new(db)),
            ))
        }
        #[cfg(feature = "mongo")]
        StoreConfig::Mongo { uri, database } => {
            let (clock, metrics) = (deps.clock.clone(), &deps.metrics.store);
            let (collections, records) = (MongoUsers::collections(), MongoUsers::records());
            let db = Mongo::open(uri, &database, collections, records, clock, metrics)?;
            Ok((
                Store::new(Arc::new(db.clone())),
                Arc::new(MongoUsers::new(db)),
            ))
        }
        #[cfg(not(all(feature = "sqlite", feature = "mongo")))]
        other => Err(other.not_compiled()),
    }
}
