//! An HTTP client of one marketplace.

use std::time::Duration;

use host::testing::Answer;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::ids::unique;
use crate::person::Person;

/// Sends requests to one marketplace.
#[derive(Debug, Clone)]
pub struct Client {
    url: String,
    http: reqwest::Client,
}

impl Client {
    /// A client of the marketplace at `url` (`http://host:port`).
    ///
    /// # Panics
    /// If the client cannot be built.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_mins(1))
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            url: url.trim_end_matches('/').to_owned(),
            http,
        }
    }

    /// The marketplace's base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A request to `path`, with `token` unless it is empty.
    pub fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        if token.is_empty() {
            request
        } else {
            request.bearer_auth(token)
        }
    }

    /// GET `path` without a token.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path, "")).await
    }

    /// GET `path` as text, whatever its content type: status, content type, body.
    ///
    /// # Panics
    /// If there is no response.
    pub async fn get_text(&self, path: &str) -> (u16, String, String) {
        let answer = self
            .request(Method::GET, path, "")
            .send()
            .await
            .expect("an answer");
        let media_type = answer
            .headers()
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let status = answer.status().as_u16();
        (status, media_type, answer.text().await.expect("a text"))
    }

    /// POST `body` to `path` without a token.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path, "").json(body)).await
    }

    /// Registers a new person and logs them in.
    pub async fn join(&self, name: &str) -> Person {
        let email = format!("{}@example.com", unique());
        self.join_as(name, &email, "correct horse battery").await
    }

    /// Registers `name` with this email and password, and logs them in.
    ///
    /// # Panics
    /// If the marketplace refuses.
    pub async fn join_as(&self, name: &str, email: &str, password: &str) -> Person {
        let registered = self
            .post(
                "/api/users/register",
                &json!({"name": name, "email": email, "password": password}),
            )
            .await;
        assert_eq!(registered.status, 201, "{registered:?}");
        self.log_in(email, password).await
    }

    /// Logs a person in.
    ///
    /// # Panics
    /// If the marketplace refuses.
    pub async fn log_in(&self, email: &str, password: &str) -> Person {
        let login = self
            .post(
                "/api/users/login",
                &json!({"email": email, "password": password}),
            )
            .await;
        assert_eq!(login.status, 200, "{login:?}");
        Person::new(self.clone(), email, password, &login.body)
    }
}
