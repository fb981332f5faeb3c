//! Composition: settings and dependencies in, routes, sweeper and readiness out.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth::{HashError, Issuer, JwkSet, Password, PasswordHasher, Role, Verifier};
use chassis::http::Readiness;
use chassis::service::{Deps, Parts, Periodic, StoreConfig};
use chassis::sqlite::Sqlite;
use chassis::store::StoreError;
use kernel::Invalid;

use crate::app::{self, App, UserError};
use crate::config::Config;
use crate::domain::{Email, User, UserName};
use crate::http;
use crate::store::{MIGRATIONS, SqliteUsers};

/// Time between two looks for expired logins.
const SWEEP: Duration = Duration::from_mins(1);

/// Why the service cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] Invalid),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Hasher(#[from] HashError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nobody was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The name, email or password breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Someone has this email.
    #[error("the email is taken")]
    EmailTaken,
    /// It could not be done now.
    #[error("{0}")]
    Failed(String),
}

/// The user service, built.
pub struct UserService {
    app: Arc<App>,
    verifier: Verifier,
}

impl UserService {
    /// Opens the store and puts the service together. `issuer` signs the tokens of logins; `verifier` checks those of requests.
    ///
    /// # Errors
    /// If a setting makes no sense or the store cannot be opened.
    pub fn build(
        config: &Config,
        store: StoreConfig,
        deps: &Deps,
        issuer: Issuer,
        verifier: Verifier,
    ) -> Result<Self, BuildError> {
        config.check()?;
        let StoreConfig::Sqlite { path } = store else {
            return Err(store.not_compiled().into());
        };
        let db = Sqlite::open(&path, MIGRATIONS, &deps.metrics.store)?;
        let app = App {
            store: Arc::new(SqliteUsers::new(db)),
            hasher: PasswordHasher::new(config.bcrypt_cost)?,
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

    /// Registers someone as POST /api/users/register does.
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

    /// Gives `role` to whoever has `email`. Their next access token has it. None if nobody has that email.
    ///
    /// # Errors
    /// A store error.
    pub async fn grant(&self, email: &Email, role: Role) -> Result<Option<User>, StoreError> {
        app::grant(&self.app, email, role).await
    }

    /// Who has `email`, if anybody.
    ///
    /// # Errors
    /// A store error.
    pub async fn find(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.app.store.user_by_email(email).await
    }

    /// What the service hands to its host.
    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts {
            name: "user-service",
            routes: http::routes(self.app.clone(), self.verifier.clone()),
            openapi: http::openapi(),
            problems: http::PROBLEMS,
            subscriptions: Vec::new(),
            outbox: None,
            periodic: vec![self.sweeper()],
            leases: None,
            readiness: vec![Arc::new(StoreAnswers(self.app.clone()))],
        }
    }

    fn sweeper(&self) -> Periodic {
        let app = self.app.clone();
        Periodic::new("expired logins", SWEEP, move || {
            let app = app.clone();
            async move {
                if let Err(error) = app.store.forget(app.clock.now()).await {
                    tracing::warn!(service = "user-service", %error, "expired logins were not removed; next try later");
                }
            }
        })
    }
}

struct StoreAnswers(Arc<App>);

#[async_trait]
impl Readiness for StoreAnswers {
    fn name(&self) -> &'static str {
        "user store"
    }

    async fn check(&self) -> Result<(), String> {
        self.0.store.ping().await.map_err(|error| {
            tracing::warn!(%error, "the user store does not answer");
            "does not answer".to_owned()
        })
    }
}
