//! What a service declares about itself so that it can run as a process.

use std::sync::Arc;

use crate::service::{Deps, Parts, StoreConfig};
use anyhow::Context as _;
use auth::{Issuer, Verifier};
use bus::Tasks;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use kernel::WrongSetting;
use platform_http::{Readiness, Routes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::{jwks, revocations};
use crate::settings::Settings;

/// Hints waiting to be announced to the other replicas. Any more are dropped: a hint only ever shortens a delay.
const HINTS: usize = 1024;

/// A service that can run as a process of its own.
pub trait Program {
    /// The name of the process, such as `wallet-service`.
    const NAME: &'static str;
    /// Its section in the settings.
    const SECTION: &'static str;
    /// Whether it is ready only with the message broker. If not, what it has to say waits in its outbox meanwhile, and what is said to it in
    /// its queues.
    const NEEDS_BROKER: bool = true;
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
    pub(crate) tasks: &'a Tasks,
    pub(crate) readiness: Vec<Arc<dyn Readiness>>,
    pub(crate) hints: Option<mpsc::Receiver<Bytes>>,
}

impl Context<'_> {
    /// The service's own database, whose name ends in the word `service`.
    ///
    /// # Errors
    /// A sentence if the file with the URI cannot be read.
    pub fn store(&self, service: &str) -> anyhow::Result<StoreConfig> {
        let store = self.settings.mongo.store(service);
        store.map_err(anyhow::Error::msg)
    }

    /// Makes the process ready only while `dependency` is available.
    pub fn needs(&mut self, dependency: Arc<dyn Readiness>) {
        self.readiness.push(dependency);
    }

    /// Verifies tokens with the keys that the user service currently publishes, except those that it says are revoked.
    ///
    /// # Errors
    /// If the token settings make no sense, or do not say where the keys and the revocations are.
    pub fn verifier(&mut self) -> anyhow::Result<Verifier> {
        let auth = &self.settings.auth;
        let keys = auth.jwks_url.clone().context(
            "auth.jwks_url is not set: give the URL of the user service's /.well-known/jwks.json",
        )?;
        let revocations = auth.revocations_url.clone().context(
            "auth.revocations_url is not set: give the http:// URL of the user service's internal port",
        )?;
        let verifier = Verifier::waiting(auth.policy()?, self.deps.clock.clone());
        self.needs(jwks::follow(&keys, verifier.clone(), self.tasks)?);
        self.await_revocations(&verifier);
        revocations::follow(&revocations, verifier.clone(), self.tasks)?;
        Ok(verifier)
    }

    /// The process is ready, and `verifier` judges tokens, only once it has been told what is revoked.
    pub fn await_revocations(&mut self, verifier: &Verifier) {
        verifier.await_revocations();
        let known = revocations::Known(verifier.clone());
        self.readiness.push(Arc::new(known));
    }

    /// Signs tokens, with the keys in the file that the settings name.
    ///
    /// # Errors
    /// If the settings do not say where it is, or it cannot be used.
    pub fn issuer(&self) -> anyhow::Result<Issuer> {
        let auth = &self.settings.auth;
        let file = auth.signing_key_file.clone().context(
            "auth.signing_key_file is not set: name a file that all replicas of user-service share",
        )?;
        Issuer::of_file(file, auth.policy()?).context("the signing key")
    }

    /// Where to announce hints to the other replicas of this service.
    pub fn announcer(&mut self) -> mpsc::Sender<Bytes> {
        let (sender, receiver) = mpsc::channel(HINTS);
        self.hints = Some(receiver);
        sender
    }
}
