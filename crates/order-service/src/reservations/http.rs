//! Holding stock through the product service's internal port.
//!
//! A request is safe to repeat, since the order's id is the reservation's key. It is repeated only where that can help at once: the
//! connection failed, as it does while a replica of the product service restarts, or the other side was about to close it. All else
//! the client is told to try again.

use std::time::Duration;

use async_trait::async_trait;
use contracts::reservations::{PATH, ReserveAnswer, ReserveRequest, ReservedLine};
use kernel::SecretUri;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use telemetry::Asking;
use telemetry::current_request_id;

use super::{ReservationRefusal, Reservations};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(1);
/// How long an answer may take, tries and all.
const TOTAL: Duration = Duration::from_secs(5);
/// Waits before a request is sent again on another connection.
const PAUSES: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(200)];
/// How long a connection may stay idle in the pool. Well below the 10 s after which the product service closes a connection that has
/// not carried a request yet. The pool holds some of those: a request opened them and then went out on another connection.
const IDLE: Duration = Duration::from_secs(5);

/// [`Reservations`] over HTTP.
pub struct HttpReservations {
    client: Client,
    url: Url,
}

impl HttpReservations {
    /// Reservations at the product service whose internal port is at `products_url`.
    ///
    /// # Errors
    /// A sentence, if `products_url` is not an `http://` URL with a host.
    pub fn new(products_url: &SecretUri) -> Result<Self, String> {
        let url = format!("{}{PATH}", products_url.expose().trim_end_matches('/'));
        let url = Url::parse(&url)
            .ok()
            .filter(|url| url.scheme() == "http" && url.has_host())
            .ok_or_else(|| {
                format!("orders.products_url is \"{products_url}\"; it has to be the http:// URL of the product service's internal port")
            })?;
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .redirect(Policy::none())
            // Traffic between services stays inside.
            .no_proxy()
            .build()
            .map_err(|error| format!("no HTTP client can be made: {error}"))?;
        Ok(Self { client, url })
    }

    async fn ask(&self, request: &ReserveRequest) -> Result<Response, reqwest::Error> {
        let mut pauses = PAUSES.iter();
        loop {
            let answered = self.send(request).await;
            let given_up = match &answered {
                Ok(response) if is_for_a_connection(response.status()) => {
                    Some(response.status().to_string())
                }
                Err(error) if has_lost_its_connection(error) => Some(error.to_string()),
                Ok(_) | Err(_) => None,
            };
            let (Some(why), Some(pause)) = (given_up, pauses.next()) else {
                return answered;
            };
            tracing::debug!(why, order = %request.order, "a connection to the product service failed; another is tried");
            tokio::time::sleep(*pause).await;
        }
    }

    async fn send(&self, request: &ReserveRequest) -> Result<Response, reqwest::Error> {
        let peer = (
            self.url.host_str().unwrap_or_default(),
            self.url.port_or_known_default().unwrap_or_default(),
        );
        let asking = Asking::begin("POST", peer, PATH, Some(request.order));
        let mut post = self.client.post(self.url.clone()).json(request);
        if let Some(traceparent) = asking.traceparent() {
            post = post.header("traceparent", traceparent);
        }
        let id = current_request_id();
        if !id.is_empty() {
            post = post.header("x-request-id", id);
        }
        let answered = post.send().await;
        match &answered {
            Ok(response) => asking.answered(response.status().as_u16()),
            Err(error) if has_lost_its_connection(error) => asking.failed("connection"),
            Err(_) => asking.failed("timeout"),
        }
        answered
    }
}

/// Whether the connection failed: another may not.
fn has_lost_its_connection(error: &reqwest::Error) -> bool {
    !error.is_builder() && !error.is_timeout()
}

#[async_trait]
impl Reservations for HttpReservations {
    async fn reserve(
        &self,
        request: ReserveRequest,
    ) -> Result<Vec<ReservedLine>, ReservationRefusal> {
        let answered = async {
            answer(
                self.ask(&request)
                    .await
                    .map_err(|error| unreachable(&error))?,
            )
            .await
        };
        tokio::time::timeout(TOTAL, answered)
            .await
            .unwrap_or_else(|_| {
                let silent = "the product service did not answer in time";
                Err(ReservationRefusal::Unavailable(silent.to_owned()))
            })
    }
}

/// Whether the status is about the connection and not about the request (RFC 9110 section 15.5.9). A server sends it when it closes a
/// connection on which no request came in time, and it may cross with a request that is just being sent.
fn is_for_a_connection(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT
}

fn unreachable(error: &reqwest::Error) -> ReservationRefusal {
    // The chain says what `Display` leaves out: refused, reset, timed out.
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    ReservationRefusal::Unavailable(format!("the product service cannot be asked: {cause}"))
}

async fn answer(response: Response) -> Result<Vec<ReservedLine>, ReservationRefusal> {
    let status = response.status();
    match status {
        StatusCode::OK | StatusCode::CONFLICT => {}
        status if is_for_a_connection(status) => {
            let closed =
                "the product service closed each connection before it had read the request";
            return Err(ReservationRefusal::Unavailable(closed.to_owned()));
        }
        // The product service's own word for it, and those of whatever stands in front of it.
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            let busy = format!("the product service answered {status}");
            return Err(ReservationRefusal::Unavailable(busy));
        }
        _ => {
            let strange = format!("the product service answered {status}");
            return Err(ReservationRefusal::Failed(strange));
        }
    }
    let body = response
        .bytes()
        .await
        .map_err(|error| unreachable(&error))?;
    match serde_json::from_slice(&body) {
        Ok(ReserveAnswer::Reserved(lines)) => Ok(lines),
        Ok(ReserveAnswer::Refused(refusal)) => Err(refusal.into()),
        Err(error) => Err(ReservationRefusal::Failed(format!(
            "the product service answered {status} with what is no answer: {error}"
        ))),
    }
}
