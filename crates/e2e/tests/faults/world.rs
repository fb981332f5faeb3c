//! A stack with clients at work.

use std::time::Duration;

use e2e::{Busy, Client, Crew, audit_distributed};
use stack::{Name, Options, Stack};
use tempfile::TempDir;

/// A stack of this test's own.
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

    /// Clients that have begun to order.
    pub(crate) async fn load(&self) -> Busy {
        let client = self.client();
        let busy = Crew::gather(&client).await.start(&client);
        busy.answered(50, Duration::from_secs(30)).await;
        busy
    }

    /// Kills a process and starts it again.
    pub(crate) async fn bounce(&mut self, name: Name) {
        self.stack.kill(name).unwrap();
        self.stack.start(name).unwrap();
        self.stack.wait_ready(name).await.unwrap();
    }

    /// Ends the load and checks everything.
    pub(crate) async fn check(self, busy: Busy) {
        let crew = busy.stop().await;
        let paid = crew.finish_and_check(&self.client()).await;
        assert!(paid > 0, "somebody bought something");
        let audit = audit_distributed(&self.stack.config_path());
        assert_eq!(audit.code, Some(0), "{audit:?}");
        println!("{paid} orders were answered as paid");
        self.stack.down().unwrap();
    }
}
