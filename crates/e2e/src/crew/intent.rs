//! One request of a client, which it resends until it is answered.

use reqwest::Method;
use serde_json::Value;

use super::counts::Why;
use crate::person::Person;

/// What a request is for. A move is of a deal, named by its place among those of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Credit,
    /// An order, of goods that are shipped or not.
    Order {
        is_shipped: bool,
    },
    Refund(usize),
    Cancel(usize),
    Ship(usize),
    Deliver(usize),
}

impl Step {
    /// The route, as the document names it.
    pub(super) const fn route(self) -> &'static str {
        match self {
            Self::Credit => "/api/wallet/credit",
            Self::Order { .. } => "/api/orders/create",
            Self::Refund(_) => "/api/orders/{id}/refunds",
            Self::Cancel(_) => "/api/orders/{id}/cancel",
            Self::Ship(_) => "/api/orders/{id}/fulfilments/{fid}/shipments",
            Self::Deliver(_) => "/api/orders/{id}/fulfilments/{fid}/shipments/{sid}/deliver",
        }
    }
}

/// A request that must be answered exactly once.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub(super) step: Step,
    pub(super) path: String,
    pub(super) key: String,
    pub(super) body: Value,
}

/// The outcome of sending one request.
pub(super) enum Sent {
    Answered(u16, Value),
    /// It must be resent.
    Unanswered(Why),
}

impl Intent {
    pub(super) async fn send(&self, by: &Person) -> Sent {
        let request = by
            .request(Method::POST, &self.path)
            .header("idempotency-key", &self.key)
            .json(&self.body);
        let Ok(response) = request.send().await else {
            return Sent::Unanswered(Why::NoAnswer);
        };
        let status = response.status().as_u16();
        let later = response.headers().contains_key("retry-after");
        let Ok(body) = response.json::<Value>().await else {
            return Sent::Unanswered(Why::HalfAnAnswer);
        };
        // A failure behind the gateway is reported so that a client knows what to do: retry later, or resend with the same key.
        match status {
            503 => assert!(later, "503 says when to come back: {body}"),
            502 => assert_eq!(body["code"], "bad_gateway"),
            504 => assert_eq!(body["code"], "gateway_timeout"),
            _ => {}
        }
        if body["code"] == "request_running" {
            return Sent::Unanswered(Why::StillRunning);
        }
        // From the service, or from the gateway on its behalf.
        if [429, 502, 503, 504].contains(&status) {
            return Sent::Unanswered(Why::Later(status));
        }
        Sent::Answered(status, body)
    }
}
