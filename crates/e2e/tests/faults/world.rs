//! A stack with clients that use it.

use e2e::operated::{check, load};
use e2e::{Busy, Client, audit_distributed};
use stack::{Name, Options, Stack};
use tempfile::TempDir;

/// The test's own stack.
pub(crate) struct World {
    pub(crate) stack: Stack,
    _dir: TempDir,
}

impl World {
    /// Starts `members` of the replica set and `replicas` of each service.
    pub(crate) async fn start(members: usize, replicas: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::for_tests(dir.path());
        options.shape.members = members;
        options.shape.replicas = replicas;
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

    /// Ends the load and checks everything.
    pub(crate) async fn check(self, busy: Busy) {
        let config = self.stack.config_path();
        check(&self.client(), busy, || audit_distributed(&config)).await;
        self.stack.down().unwrap();
    }
}
