//! A stack with clients that use it.

use e2e::operated::{check, load};
use e2e::{Busy, Client, audit_distributed};
use stack::{Name, Options, Stack};
use tempfile::TempDir;

/// Sellers are paid within seconds, so that refunds come before the release of their part and after it.
pub(crate) const QUICK: [(&str, &str); 4] = [
    ("WALLET__COMMISSION_BASIS_POINTS", "1000"),
    ("WALLET__PAYOUT_HOLD_SECONDS", "1"),
    ("ORDERS__RELEASE_AFTER_SECONDS", "1"),
    ("ORDERS__RETURN_WINDOW_SECONDS", "1"),
];

/// The test's own stack.
pub(crate) struct World {
    pub(crate) stack: Stack,
    _dir: TempDir,
}

impl World {
    /// Starts `members` of the replica set and `replicas` of each service.
    pub(crate) async fn start(members: usize, replicas: usize) -> Self {
        Self::with(members, replicas, &QUICK).await
    }

    /// The same with other settings.
    pub(crate) async fn with(members: usize, replicas: usize, settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::for_tests(dir.path());
        options.shape.members = members;
        options.shape.replicas = replicas;
        let settings = settings.iter();
        let named =
            settings.map(|(name, value)| (format!("MARKETPLACE__{name}"), value.to_string()));
        options.shape.settings.extend(named);
        let stack = Stack::up(options).await.unwrap();
        Self { stack, _dir: dir }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.stack.gateway_url())
    }

    /// Clients that have started ordering.
    pub(crate) async fn load(&self) -> Busy {
        load(&self.client()).await
    }

    /// Kills a process and starts it again.
    pub(crate) async fn bounce(&mut self, name: Name) {
        self.stack.kill(name).unwrap();
        self.stack.start(name).unwrap();
        self.stack.wait_ready(name).await.unwrap();
    }

    /// Asserts that the audit is clean, and stops everything.
    pub(crate) fn end(self) {
        let audit = audit_distributed(&self.stack.config_path());
        assert_eq!(audit.code, Some(0), "{audit:?}");
        self.stack.down().unwrap();
    }

    /// Ends the load and checks everything.
    pub(crate) async fn check(self, busy: Busy) {
        let config = self.stack.config_path();
        check(&self.client(), busy, || audit_distributed(&config)).await;
        self.stack.down().unwrap();
    }
}
