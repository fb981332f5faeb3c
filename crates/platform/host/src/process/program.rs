//! What a service has to say of itself to be run as a process.

use std::sync::Arc;

use crate::service::{Deps, Parts, StoreConfig};
use anyhow::Context as _;
use auth::{SigningKey, Verifier};
use bus::Tasks;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use platform_http::{Readiness, Routes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::jwks;
use crate::settings::Settings;

/// Hints of one replica to the others that wait to be announced. More are dropped: a hint only ever saves waiting.
const HINTS: usize = 1024;

/// A service that can run as a process of its own.
pub trait Program {
    /// What the process is called, such as `wallet-service`.
    const NAME: &'static str;
    /// Its section in the settings.
    const SECTION: &'static str;
    /// The last word of its database's name.
    const DATABASE: &'static str;
    /// That section.
    type Config: Default + Serialize + DeserializeOwned;

    /// Checks what no single value shows.
    ///
    /// # Errors
    /// A sentence that names the settings and what is allowed.
    fn validate(_settings: &Settings, _config: &Self::Config) -> Result<(), String> {
        Ok(())
    }

    /// Puts the service together.
    ///
    /// # Errors
    /// If its settings make no sense. A dependency that is away is no error: the process stays up and recovers when it comes.
    fn build(config: &Self::Config, context: &mut Context<'_>) -> anyhow::Result<Built>;
}

/// A service, put together.
pub struct Built {
    /// What every host runs.
    pub parts: Parts,
    /// Paths of the internal port.
    pub internal: Option<Routes>,
    /// What to do with the hints of other replicas.
    pub on_hint: Option<OnHint>,
}

/// Takes a hint of another replica.
pub type OnHint = Box<dyn Fn(Bytes) -> BoxFuture<'static, ()> + Send + Sync>;

impl Built {
    /// A service without internal paths and hints.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            internal: None,
            on_hint: None,
        }
    }
}

/// What a service is put together from.
pub struct Context<'a> {
    /// The shared settings.
    pub settings: &'a Settings,
    /// Clock, ids, metrics, currency.
    pub deps: &'a Deps,
    pub(crate) store: StoreConfig,
    pub(crate) tasks: &'a Tasks,
    pub(crate) readiness: Vec<Arc<dyn Readiness>>,
    pub(crate) hints: Option<mpsc::Receiver<Bytes>>,
}

impl Context<'_> {
    /// The service's own database.
    #[must_use]
    pub fn store(&self) -> StoreConfig {
        self.store.clone()
    }

    /// Checks tokens with the keys that the user service publishes, whatever they are at the time.
    ///
    /// # Errors
    /// If the settings of tokens make no sense, or do not say where the keys are.
    pub fn verifier(&mut self) -> anyhow::Result<Verifier> {
        let auth = &self.settings.auth;
        let url = auth.jwks_url.clone().context(
            "auth.jwks_url is not set: give the URL of the user service's /.well-known/jwks.json",
        )?;
        let verifier = Verifier::waiting(auth.policy()?, self.deps.clock.clone());
        self.readiness
            .push(jwks::follow(&url, verifier.clone(), self.tasks)?);
        Ok(verifier)
    }

    /// The key that tokens are signed with.
    ///
    /// # Errors
    /// If the settings do not say where it is, or it cannot be used.
    pub fn signing_key(&self) -> anyhow::Result<SigningKey> {
        let file = self.settings.auth.signing_key_file.as_deref().context(
            "auth.signing_key_file is not set: name a file that all replicas of user-service share",
        )?;
        SigningKey::load_or_create(file).context("the signing key")
    }

    /// Where to announce hints to the other replicas of this service.
    pub fn announcer(&mut self) -> mpsc::Sender<Bytes> {
        let (sender, receiver) = mpsc::channel(HINTS);
        self.hints = Some(receiver);
        sender
    }
}
