//! Composition: builds the use cases and routes from settings and dependencies.

use std::sync::Arc;
use std::time::Duration;

use auth::{Issuer, OpaqueToken, Password, PasswordHasher, Role, Verifier};
use host::letters::Letters;
use host::service::{Deps, Parts, Periodic, StoreConfig};
use host::settings::Settings;
use kernel::{AuditId, PostalAddress, UserId};
use platform_http::Routes;
use store::{Store, StoreError, StoreResult};
#[cfg(feature = "mongo")]
use store_mongo::Mongo;
use tokio::sync::Mutex;

use crate::app::{self, AccessReset, App, Cut, NewAddress, Origin, UserError};
use crate::config::Config;
use crate::dealings::Settlements;
use crate::domain::{Email, Notice, Rule, StandingMove, User, UserName, Wish};
use crate::events::MailWish;
use crate::post::Post;
use crate::store::Queries;
use crate::{consumers, http};

/// How often the service looks what other processes revoked, and whether the file of the signing keys changed.
const LOOK: Duration = Duration::from_secs(2);

/// What the service reaches outside of it.
pub struct Ports {
    /// Knows what users have still to settle.
    pub settlements: Arc<dyn Settlements>,
    /// Sends mails, if they are on.
    pub post: Option<Post>,
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
    /// If a setting is invalid, passwords cannot be hashed or the store cannot be opened.
    pub fn build(
        config: &Config,
        settings: &Settings,
        store: StoreConfig,
        deps: &Deps,
        issuer: Issuer,
        verifier: Verifier,
        ports: Ports,
    ) -> Result<Self, UserError> {
        config.validate()?;
        let (store, queries) = open(store, deps)?;
        for rule in Rule::ALL {
            deps.metrics.http.limit(rule.name);
        }
        let app = App {
            store,
            queries,
            hasher: PasswordHasher::measured(config.bcrypt_cost, &deps.metrics)?,
            issuer,
            verifier: verifier.clone(),
            seen_revocations: Mutex::default(),
            clock: deps.clock.clone(),
            token_clock: verifier.clock(),
            ids: deps.ids.clone(),
            terms: config.terms(),
            second_factor: config.second_factor_in(settings.profile),
            mode: settings.sellers.mode,
            settlements: ports.settlements,
            post: ports.post,
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
        app::register(&self.app, name, email, password, Origin::within()).await
    }

    /// Grants `role` to the user with `email`. Their next access token includes it. None if there is no such user.
    ///
    /// # Errors
    /// A store error.
    pub async fn grant(&self, email: &Email, role: Role) -> Result<Option<User>, StoreError> {
        app::grant(&self.app, email, role).await
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
        rule_in(store, deps, email, StandingMove::Grant(role)).await
    }

    /// Takes `role` from the user with `email`, on a store that this process does not serve: a process that does refuses their access tokens
    /// within seconds. None if there is no such user.
    ///
    /// # Errors
    /// A store error.
    pub async fn revoke_in(
        store: StoreConfig,
        deps: &Deps,
        email: &Email,
        role: Role,
    ) -> Result<Option<User>, StoreError> {
        rule_in(store, deps, email, StandingMove::Revoke(role)).await
    }

    /// Reads which access tokens are revoked. Until then, those that were revoked before this process started are accepted, unless its
    /// verifier waits ([`Verifier::await_revocations`]).
    ///
    /// # Errors
    /// A store error.
    pub async fn learn_revocations(&self) -> Result<(), StoreError> {
        app::learn(&self.app).await
    }

    /// Routes of the internal port: what is revoked.
    #[must_use]
    pub fn internal_routes(&self) -> Routes {
        http::internal_routes(self.app.clone())
    }

    /// A new setup token, with which POST /api/setup makes the first administrator. It takes the place of an earlier one. None if there is
    /// an administrator.
    ///
    /// # Errors
    /// If the system has no randomness, or a store error.
    pub async fn offer_setup(&self) -> Result<Option<OpaqueToken>, UserError> {
        app::offer_setup(&self.app.store).await
    }

    /// Does the same on a store that this process does not serve.
    ///
    /// # Errors
    /// As [`offer_setup`](Self::offer_setup).
    pub async fn offer_setup_in(
        store: StoreConfig,
        deps: &Deps,
    ) -> Result<Option<OpaqueToken>, UserError> {
        app::offer_setup(&open(store, deps)?.0).await
    }

    /// Makes a secret that sets another password of the user with `email`, at POST /api/users/password/reset, once and for 15 minutes, and
    /// turns their second factor off, which a mail tells them where `settings` send mails; on a store that this process does not serve. None
    /// if there is no such user.
    ///
    /// # Errors
    /// A store error, or that there is no randomness.
    pub async fn reset_access_in(
        store: StoreConfig,
        settings: &Settings,
        deps: &Deps,
        email: &Email,
    ) -> Result<Option<(AccessReset, OpaqueToken)>, UserError> {
        let secret = OpaqueToken::generate()?;
        let store = open(store, deps)?.0;
        let audit = AuditId::new(&*deps.ids);
        let wish = settings.mail.is_on().then(|| MailWish {
            notice: Notice::SecondFactorDisabled,
            language: None,
            nonce: deps.ids.next(),
        });
        let cut = cut_of_command(deps);
        let made = app::reset_access(&store, email, &secret, audit, wish, cut).await?;
        Ok(made.map(|reset| (reset, secret)))
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
        Ok(open(store, deps)?.0)
    }

    /// The parts that the host runs.
    #[must_use]
    pub fn parts(&self) -> Parts {
        let letters = Letters::of(self.app.store.clone());
        let routes = http::routes(self.app.clone(), self.verifier.clone());
        Parts {
            name: "user-service",
            routes: letters.routes("/api/users", routes),
            subscriptions: vec![
                consumers::started(self.app.clone()),
                consumers::mails(self.app.clone()),
                consumers::news(self.app.clone()),
            ],
            outbox: Some(self.app.store.outbox()),
            periodic: vec![
                Periodic::everywhere("revocations", LOOK, &self.app, |app| async move {
                    app::learn(&app).await
                }),
                Periodic::everywhere("signing keys", LOOK, &self.app, |app| async move {
                    app::reload_keys(&app);
                    Ok(())
                }),
            ],
            store: Some(self.app.store.clone()),
            letters: Some(letters),
        }
    }
}

/// The longest that an access token lives under any setting. A command does not know that of the service.
const LONGEST_TOKEN: Duration = Duration::from_hours(25);

/// A command revokes for the longest that tokens may live.
fn cut_of_command(deps: &Deps) -> Cut {
    let at = deps.clock.now();
    let until = at.plus(LONGEST_TOKEN);
    Cut { at, until }
}

async fn rule_in(
    store: StoreConfig,
    deps: &Deps,
    email: &Email,
    step: StandingMove,
) -> StoreResult<Option<User>> {
    let audit = AuditId::new(&*deps.ids);
    let (store, _) = open(store, deps)?;
    app::rule_about(&store, email, step, audit, cut_of_command(deps)).await
}

fn open(store: StoreConfig, deps: &Deps) -> StoreResult<(Store, Arc<dyn Queries>)> {
    match store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite { path } => {
            let db = crate::store::open_sqlite(&path, &deps.metrics.store)?;
            Ok((Store::new(Arc::new(db.clone())), Arc::new(db)))
        }
        #[cfg(feature = "mongo")]
        StoreConfig::Mongo { uri, database } => {
            let (clock, metrics) = (deps.clock.clone(), &deps.metrics.store);
            let db = crate::store::open_mongo(|collections, records| {
                Mongo::open(uri, &database, collections, records, clock, metrics)
            })?;
            Ok((Store::new(Arc::new(db.clone())), Arc::new(db)))
        }
        #[cfg(not(all(feature = "sqlite", feature = "mongo")))]
        other => Err(other.not_compiled()),
    }
}
