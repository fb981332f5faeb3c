//! A running wallet service with test users.

use std::path::PathBuf;
use std::sync::Arc;

use auth::{Issuer, Role};
use host::service::{Deps, Parts, StoreConfig};
use host::testing::{Answer, TestHost};
use kernel::{Currency, SystemClock, SystemIds, UserId};
use reqwest::Method;
use serde_json::{Value, json};
use telemetry::metrics::Metrics;
use wallet_service::{Config, WalletService};

pub(crate) struct Wallet {
    pub(crate) host: TestHost,
    pub(crate) service: WalletService,
    pub(crate) path: PathBuf,
    issuer: Issuer,
    ids: SystemIds,
    _dir: tempfile::TempDir,
}

pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) token: String,
}

impl Wallet {
    pub(crate) fn start() -> Self {
        Self::start_with(
            &Config {
                payout_hold_seconds: 0,
                ..Config::default()
            },
            Vec::new(),
        )
    }

    pub(crate) fn start_with(config: &Config, others: Vec<Parts>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wallet.db");
        let clock = Arc::new(SystemClock);
        let deps = Deps {
            clock: clock.clone(),
            ids: Arc::new(SystemIds::new(clock)),
            metrics: Metrics::default(),
            currency: Currency::USD,
        };
        let (issuer, verifier) = auth::testing::fixture();
        let store = StoreConfig::Sqlite { path: path.clone() };
        let service = WalletService::build(config, store, &deps, verifier).unwrap();
        let mut parts = vec![service.parts()];
        parts.extend(others);
        let host = TestHost::start(&deps, parts);
        Self {
            host,
            service,
            path,
            issuer,
            ids: SystemIds::default(),
            _dir: dir,
        }
    }

    pub(crate) fn person(&self) -> Person {
        self.person_with(&[])
    }

    pub(crate) fn person_with(&self, roles: &[Role]) -> Person {
        let id = UserId::new(&self.ids);
        Person {
            id,
            token: auth::testing::token_for(&self.issuer, id, roles),
        }
    }

    pub(crate) async fn credit(&self, person: &Person, body: &Value) -> Answer {
        self.host
            .post("/api/wallet/credit", &person.token, body)
            .await
    }

    pub(crate) async fn debit(&self, person: &Person, body: &Value) -> Answer {
        self.host
            .post("/api/wallet/debit", &person.token, body)
            .await
    }

    pub(crate) async fn fund(&self, person: &Person, amount: i64) {
        assert_eq!(
            self.credit(person, &json!({ "amount": amount }))
                .await
                .status,
            201
        );
    }

    /// POST with an Idempotency-Key.
    pub(crate) async fn keyed(
        &self,
        path: &str,
        person: &Person,
        key: &str,
        body: &Value,
    ) -> Answer {
        let request = self.host.request(Method::POST, path, &person.token);
        Answer::of(request.header("Idempotency-Key", key).json(body)).await
    }

    pub(crate) async fn available(&self, person: &Person) -> i64 {
        let answer = self.host.get("/api/wallet/balance", &person.token).await;
        answer.body["available"].as_i64().unwrap()
    }

    pub(crate) async fn statement(&self, person: &Person, query: &str) -> Answer {
        self.host
            .get(&format!("/api/wallet/transaction{query}"), &person.token)
            .await
    }

    /// Number of transactions in the whole ledger.
    pub(crate) async fn transactions(&self) -> u64 {
        let answer = self.audit().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["transactions"].as_u64().unwrap()
    }

    pub(crate) async fn audit(&self) -> Answer {
        let admin = self.person_with(&[Role::Admin]);
        self.host.get("/api/wallet/audit", &admin.token).await
    }
}
