//! The port to the public API: in process where the services run in this process too, over HTTP elsewhere.

#[cfg(feature = "http-client")]
mod http;
mod inside;

use actix_web::http::Method;
use actix_web::web::Bytes;
use async_trait::async_trait;
use platform_http::Client;
use serde_json::Value;

#[cfg(feature = "http-client")]
pub use http::HttpApi;
pub(crate) use inside::InProcess;

/// The body of a request to the API.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    None,
    Json(Value),
    /// Bytes of another media type, such as a form with a file.
    Bytes {
        content_type: String,
        bytes: Bytes,
    },
}

impl Body {
    /// Its media type and its bytes. None if there is no body.
    ///
    /// # Errors
    /// If the value has no JSON form.
    pub(crate) fn encode(&self) -> serde_json::Result<Option<(String, Bytes)>> {
        Ok(match self {
            Self::None => None,
            Self::Json(value) => {
                let bytes = serde_json::to_vec(value)?;
                Some(("application/json".to_owned(), bytes.into()))
            }
            Self::Bytes {
                content_type,
                bytes,
            } => Some((content_type.clone(), bytes.clone())),
        })
    }
}

/// A request to the API.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) token: Option<String>,
    pub(crate) body: Body,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The browser for which it is made.
    pub(crate) client: Option<Client>,
}

impl Call {
    fn new(method: Method, target: impl Into<String>, body: Body) -> Self {
        Self {
            method,
            target: target.into(),
            token: None,
            body,
            headers: Vec::new(),
            client: None,
        }
    }

    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self::new(Method::GET, target, Body::None)
    }

    pub(crate) fn post(target: impl Into<String>, body: Value) -> Self {
        Self::new(Method::POST, target, Body::Json(body))
    }

    pub(crate) fn put(target: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PUT, target, Body::Json(body))
    }

    pub(crate) fn patch(target: impl Into<String>, body: Value) -> Self {
        Self::new(Method::PATCH, target, Body::Json(body))
    }

    pub(crate) fn delete(target: impl Into<String>) -> Self {
        Self::new(Method::DELETE, target, Body::None)
    }

    /// Posts bytes of another media type than JSON.
    pub(crate) fn post_bytes(
        target: impl Into<String>,
        content_type: String,
        bytes: Bytes,
    ) -> Self {
        let body = Body::Bytes {
            content_type,
            bytes,
        };
        Self::new(Method::POST, target, body)
    }

    /// With a body, for a method that is sent without one otherwise.
    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    /// A repeat with the same key does nothing and gets the same answer.
    pub(crate) fn once(self, key: &str) -> Self {
        if key.is_empty() {
            return self;
        }
        self.header("idempotency-key", key)
    }

    /// Does its work only if the version is still the one that a form was made from. A form without a version does it in any case.
    pub(crate) fn if_version(self, version: &str) -> Self {
        match version.parse::<u64>() {
            Ok(version) => self.header("if-match", format!("\"{version}\"")),
            Err(_) => self,
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Null if there is none.
    pub(crate) body: Value,
}

/// The public API. Handlers stay on one thread, and so does a call.
#[async_trait(?Send)]
pub(crate) trait Api {
    /// Makes a call.
    ///
    /// # Errors
    /// What happened, if there is no answer.
    async fn call(&self, call: Call) -> Result<Answer, String>;
}

/// An object with one more member.
pub(crate) fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
    object
}
