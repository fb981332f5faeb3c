//! What a service declares about itself so that it can run as a process.

use std::sync::Arc;

use crate::service::{Deps, Parts, StoreConfig};
use anyhow::Context as _;
use auth::{SigningKey, Verifier};
use bus::Tasks;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use kernel::WrongSetting;
use platform_http::{Readiness, Routes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::jwks;
use crate::settings::Settings;

/// Hints waiting to be announced to the other replicas. Any more are dropped: a hint only ever shortens a delay.
const HINTS: usize = 1024;

/// A service that can run as a process of its own.
pub trait Program {
    /// The name of the process, such as `wallet-service`.
    const NAME: &'static str;
    /// Its section in the settings.
    const SECTION: &'static str;
    /// The last word of its database's name.
    const DATABASE: &'static str;
    /// The type of that section.
    type Config: Default + Serialize + DeserializeOwned;

    /// Checks rules that span several values.
    ///
    /// # Errors
    /// The settings at fault, and what is allowed.
    fn validate(_settings: &Settings, _config: &Self::Config) -> Result<(), WrongSetting> {
        Ok(())
    }

    /// Assembles the service.
    ///
    /// # Errors
    /// If its settings make no sense. An unavailable dependency is not an error: the process stays up and recovers when the dependency
    /// returns.
    fn build(config: &Self::Config, context: &mut Context<'_>) -> anyhow::Result<Built>;
}

/// An assembled service.
pub struct Built {
    /// The parts that every host runs.
    pub parts: Parts,
    /// Routes of the internal port.
    pub internal: Option<Routes>,
    /// Handles hints from other replicas.
    pub on_hint: Option<OnHint>,
}

/// Handles a hint from another replica.
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

/// What a service is assembled from.
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

    /// Verifies tokens with the keys that the user service currently publishes.
    ///
    /// # Errors
    /// If the token settings make no sense, or do not say where the keys are.
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

    /// The key that signs tokens.
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
