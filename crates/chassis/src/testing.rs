//! For tests of services: a host on a free port, and a client whose answers are easy to assert on.
#![expect(
    clippy::indexing_slicing,
    reason = "indexing a JSON value gives null where nothing is"
)]

mod scrape;

pub use scrape::{ExposedFamily, Scrape};

use std::net::TcpListener;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::service::{Deps, Host, Parts};

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
        let host = Host::start(listener, 1, deps, services, Vec::new()).expect("the host starts");
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

    /// What `/metrics` says.
    ///
    /// # Panics
    /// If it says nothing.
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

/// An answer: status, headers and JSON body (null if there is none).
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: reqwest::header::HeaderMap,
    /// Body.
    pub body: Value,
}

impl Answer {
    /// Sends `request`.
    ///
    /// # Panics
    /// If no answer comes, or its body is neither empty nor JSON.
    #[expect(clippy::expect_used, reason = "no answer is a failed test")]
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a body");
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).expect("a JSON body")
        };
        Self {
            status,
            headers,
            body,
        }
    }

    /// A header's text, empty if it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Asserts that this is a well-formed problem document with this status and code.
    ///
    /// # Panics
    /// If it is not.
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{self:?}"
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["type"], format!("/problems/{code}"));
        assert_eq!(self.body["status"], status);
        assert_eq!(
            self.body["instance"].as_str(),
            Some(self.header("x-request-id"))
        );
        for member in ["title", "detail"] {
            assert!(
                self.body[member]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{self:?}"
            );
        }
    }

    /// Asserts that this is a 422 with exactly these faults (pointer, code), in any order.
    ///
    /// # Panics
    /// If it is not.
    pub fn assert_faults(&self, expected: &[(&str, &str)]) {
        self.assert_problem(422, "validation_failed");
        let mut found: Vec<(String, String)> = self.body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| (word(&error["pointer"]), word(&error["code"])))
            .collect();
        found.sort();
        let mut expected: Vec<(String, String)> = expected
            .iter()
            .map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned()))
            .collect();
        expected.sort();
        assert_eq!(found, expected);
    }
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Polls `check` until it gives a value, at most ten seconds.
///
/// # Panics
/// If it never does.
#[expect(
    clippy::panic,
    reason = "a condition that never comes is a failed test"
)]
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut check: impl FnMut() -> F,
) -> T {
    for _ in 0..1000 {
        if let Some(value) = check().await {
            return value;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not happen within ten seconds");
}
