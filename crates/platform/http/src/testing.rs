//! For tests: an answer that is easy to assert on.
#![expect(
    clippy::indexing_slicing,
    reason = "indexing a JSON value gives null where nothing is"
)]

mod documented;

use reqwest::RequestBuilder;
use serde_json::Value;

use documented::assert_documented;

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
    /// If no answer comes, its body is neither empty nor JSON, or it is none that the API document allows.
    #[expect(clippy::expect_used, reason = "no answer is a failed test")]
    pub async fn of(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a body");
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).expect("a JSON body")
        };
        assert_documented(&method, &path, status, &body);
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
