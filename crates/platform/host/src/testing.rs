//! For tests of services: a host on a free port, and a client whose answers are easy to assert on.

mod changes;

pub use changes::{Changes, changes};
pub use platform_http::testing::Answer;
pub use telemetry::testing::{ExposedFamily, Scrape, eventually};

use std::net::TcpListener;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::Host;
use crate::service::{Deps, Parts};
use crate::settings::ServerConfig;

/// Services running on a free port of the loopback interface.
pub struct TestHost {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    client: reqwest::Client,
    host: Host,
}

impl TestHost {
    /// Starts `services`.
    ///
    /// # Panics
    /// If they cannot be started: then the test cannot run.
    #[expect(
        clippy::expect_used,
        reason = "a test that cannot start its subject has failed"
    )]
    #[must_use]
    pub fn start(deps: &Deps, services: Vec<Parts>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound address"));
        let server = ServerConfig {
            workers: 1,
            // The clock of a test may stand still.
            lists_per_minute: 0,
            creates_per_minute: 0,
            ..ServerConfig::default()
        };
        let host = Host::start_embedded(listener, None, &server, deps, services, Vec::new())
            .expect("the host starts");
        let client = reqwest::Client::builder()
            .timeout(Duration::from_mins(1))
            .build()
            .expect("a client");
        Self { url, client, host }
    }

    /// Stops the services as SIGTERM would.
    ///
    /// # Panics
    /// If they failed while they ran.
    #[expect(
        clippy::expect_used,
        reason = "a subject that failed has failed the test"
    )]
    pub async fn stop(self) {
        self.host.stop().await.expect("the host stops");
    }

    /// A request to `path`, with `token` if there is one.
    pub fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        if token.is_empty() {
            request
        } else {
            request.bearer_auth(token)
        }
    }

    /// GET `path`.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        Answer::of(self.request(Method::GET, path, token)).await
    }

    /// The text of `/metrics`.
    ///
    /// # Panics
    /// If the endpoint returns nothing.
    #[expect(clippy::expect_used, reason = "no answer is a failed test")]
    pub async fn metrics(&self) -> Scrape {
        let request = self.request(Method::GET, "/metrics", "");
        let response = request.send().await.expect("an answer");
        Scrape::of(response.text().await.expect("a text"))
    }

    /// POST `body` to `path`.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path, token).json(body)).await
    }
}
