//! The API of this process.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use async_trait::async_trait;
use platform_http::{Asked, Inside};
use serde_json::Value;

use super::{Answer, Api, Call};

/// Calls the routes of this process.
pub(crate) struct InProcess(pub(crate) Inside);

#[async_trait(?Send)]
impl Api for InProcess {
    async fn call(&self, call: Call) -> Result<Answer, String> {
        let target = call.target.parse();
        let target = target.map_err(|error| format!("{}: {error}", call.target))?;
        let value = |text: &str| HeaderValue::from_str(text).map_err(|error| error.to_string());
        let mut headers = Vec::new();
        if let Some(token) = &call.token {
            headers.push((header::AUTHORIZATION, value(&format!("Bearer {token}"))?));
        }
        for (name, text) in &call.headers {
            headers.push((HeaderName::from_static(name), value(text)?));
        }
        let body = call.body.encode().map_err(|error| error.to_string())?;
        let bytes = match body {
            Some((content_type, bytes)) => {
                headers.push((header::CONTENT_TYPE, value(&content_type)?));
                bytes
            }
            None => Bytes::new(),
        };
        let asked = Asked {
            method: call.method,
            target,
            headers,
            body: bytes,
            client: call.client,
        };
        let answered = self.0.call(asked).await;
        let answered = answered.map_err(|problem| problem.to_string())?;
        let body = if answered.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&answered.body).map_err(|error| error.to_string())?
        };
        Ok(Answer {
            status: answered.status.as_u16(),
            body,
        })
    }
}
