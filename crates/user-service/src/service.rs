//! Composition: builds the use cases and routes from settings and dependencies.

use std::sync::Arc;

use auth::{Issuer, JwkSet, Password, PasswordHasher, Role, Verifier};
use host::service::{Deps, Parts, StoreConfig};
use kernel::{PostalAddress, UserId};
use store::{Store, StoreError, StoreResult};
#[cfg(feature = "mongo")]
use store_mongo::Mongo;

use crate::app::{self, App, NewAddress, UserError};
use crate::config::Config;
use crate::domain::{Email, User, UserName, Wish};
use crate::http;

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
    /// If a setting is invalid, passwords cannot be hashed or the store cannot be opened.
    pub fn build(
        config: &Config,
        store: StoreConfig,
        deps: &Deps,
        issuer: Issuer,
        verifier: Verifier,
    ) -> Result<Self, UserError> {
        config.validate()?;
        let app = App {
            store: open(store, deps)?,
            hasher: PasswordHasher::measured(config.bcrypt_cost, &deps.metrics)?,
            jwks: JwkSet::from(&issuer.verification_keys()),
            issuer,
            clock: deps.clock.clone(),
            token_clock: verifier.clock(),
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
    /// If a value breaks a rule, the email is taken, or something fails.
    pub async fn register(
        &self,
        name: &str,
        email: &str,
        password: &str,
    ) -> Result<User, UserError> {
        let name = UserName::parse(name)?;
        let email = Email::parse(email)?;
        let password = Password::parse(password.to_owned())?;
        app::register(&self.app, name, email, password).await
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
        app::grant(&open(store, deps)?, email, role).await
    }

    /// The user with `email`, if there is one.
    ///
    /// # Errors
    /// A store error.
    pub async fn find(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.app.by_email(email).await
    }

    /// Keeps an address of a user, as POST /api/users/me/addresses does.
    ///
    /// # Errors
    /// [`UserError`].
    pub async fn keep_address(
        &self,
        user: UserId,
        address: PostalAddress,
    ) -> Result<(), UserError> {
        let wish = Wish::from(None);
        let new = NewAddress {
            user,
            address,
            wish,
        };
        app::add_address(&self.app, new).await.map(drop)
    }

    /// The service's store alone, for commands that work on it while the service does not run.
    ///
    /// # Errors
    /// A store error.
    pub fn store(store: StoreConfig, deps: &Deps) -> StoreResult<Store> {
        open(store, deps)
    }

    /// The parts that the host runs.
    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts {
            name: "user-service",
            routes: http::routes(self.app.clone(), self.verifier.clone()),
            subscriptions: Vec::new(),
            outbox: Some(self.app.store.outbox()),
            periodic: Vec::new(),
            store: Some(self.app.store.clone()),
        }
    }
}

fn open(store: StoreConfig, deps: &Deps) -> StoreResult<Store> {
    match store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite { path } => {
            let db = crate::store::open_sqlite(&path, &deps.metrics.store)?;
            Ok(Store::new(Arc::new(db)))
        }
        #[cfg(feature = "mongo")]
        StoreConfig::Mongo { uri, database } => {
            let (clock, metrics) = (deps.clock.clone(), &deps.metrics.store);
            let db = crate::store::open_mongo(|collections, records| {
                Mongo::open(uri, &database, collections, records, clock, metrics)
            })?;
            Ok(Store::new(Arc::new(db)))
        }
        #[cfg(not(all(feature = "sqlite", feature = "mongo")))]
        other => Err(other.not_compiled()),
    }
}
