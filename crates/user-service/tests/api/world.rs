//! A user service on a free port, with test users.

use std::sync::Arc;
use std::time::Duration;

use auth::testing::policy;
use auth::{Issuer, SigningKey, Verifier};
use host::service::{Deps, StoreConfig};
use host::testing::{Answer, TestHost};
use kernel::{Clock, Currency, ManualClock, SystemClock, SystemIds};
use reqwest::Method;
use serde_json::{Value, json};
use telemetry::metrics::Metrics;
use user_service::{Config, Email, UserService};

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct World {
    pub(crate) host: TestHost,
    pub(crate) users: UserService,
    pub(crate) clock: Arc<ManualClock>,
    /// Signs with the service's own key.
    pub(crate) issuer: Issuer,
    pub(crate) verifier: Verifier,
    _dir: tempfile::TempDir,
}

/// The tokens from a login.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) token: String,
    pub(crate) refresh: String,
}

impl Login {
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
        Self {
            token: text("token"),
            refresh: text("refreshToken"),
        }
    }
}

impl World {
    pub(crate) fn start() -> Self {
        Self::with_cost(4)
    }

    /// One whose hashes cost 2^`cost` rounds.
    pub(crate) fn with_cost(bcrypt_cost: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let deps = Deps {
            clock: clock.clone(),
            ids: Arc::new(SystemIds::new(clock.clone())),
            metrics: Metrics::default(),
            currency: Currency::USD,
        };
        let key = SigningKey::generate().unwrap();
        let same_key = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
        let verifier = Verifier::new(key.verification_keys(), policy(), clock.clone());
        let issuer = Issuer::new(key, policy());
        let config = Config {
            bcrypt_cost,
            ..Config::default()
        };
        let path = dir.path().join("users.db");
        let store = StoreConfig::Sqlite { path };
        let users = UserService::build(&config, store, &deps, issuer, verifier.clone()).unwrap();
        let host = TestHost::start(&deps, vec![users.parts()]);
        Self {
            host,
            users,
            clock,
            issuer: Issuer::new(same_key, policy()),
            verifier,
            _dir: dir,
        }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.host.post(path, "", body).await
    }

    pub(crate) async fn patch(&self, path: &str, token: &str, body: &Value) -> Answer {
        Answer::of(self.host.request(Method::PATCH, path, token).json(body)).await
    }

    pub(crate) async fn register(&self, email: &str) -> Answer {
        let body = json!({"name": "Ada", "email": email, "password": PASSWORD});
        let answer = self.post("/api/users/register", &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer
    }

    pub(crate) async fn try_login(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.post("/api/users/login", &body).await
    }

    pub(crate) async fn login(&self, email: &str) -> Login {
        Login::of(&self.try_login(email, PASSWORD).await)
    }

    /// Registers a user and logs them in.
    pub(crate) async fn someone(&self, email: &str) -> Login {
        self.register(email).await;
        self.login(email).await
    }

    pub(crate) async fn refresh(&self, refresh: &str) -> Answer {
        let body = json!({"refreshToken": refresh});
        self.post("/api/users/refresh", &body).await
    }

    pub(crate) async fn me(&self, token: &str) -> Answer {
        self.host.get("/api/users/me", token).await
    }

    /// Whether a user has this email.
    pub(crate) async fn knows(&self, email: &str) -> bool {
        let email = Email::parse(email).unwrap();
        self.users.find(&email).await.unwrap().is_some()
    }

    pub(crate) fn later(&self, span: Duration) {
        self.clock.advance(span);
    }
}

/// Asserts a 401 with a `WWW-Authenticate` challenge.
pub(crate) fn assert_challenged(answer: &Answer, code: &str) {
    answer.assert_problem(401, code);
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer realm=\"marketplace\""),
        "{challenge}"
    );
}
