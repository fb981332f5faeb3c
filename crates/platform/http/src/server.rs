//! The HTTP server: routes of any number of services behind one edge (request id, admission, metrics, access log).

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::ServiceConfig;
use actix_web::{App, Error, HttpServer, ResponseError, middleware, web};
use kernel::IdSource;

use super::endpoint::{endpoint, not_found};
use super::health::{self, Readiness};
use super::problem::{Problem, common};
use super::request::{X_REQUEST_ID, request_id};
use telemetry::metrics::Metrics;
use telemetry::{Answering, Trust};

/// Most requests in flight in one process. Any more are answered 503 at once: queueing them would only add latency.
const IN_FLIGHT: usize = 2048;

/// Time limit for receiving a body. A request occupies a slot meanwhile, so a slow client must not keep one indefinitely.
pub(super) const BODY_TIME: Duration = Duration::from_secs(10);

/// Paths for operators. They are answered under any load: a process at its limit is still alive and must report it.
const OPERATIONS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Declares a service's paths.
pub type Routes = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// What the edge itself needs.
#[derive(Clone)]
pub struct Edge {
    /// Makes request ids.
    pub ids: Arc<dyn IdSource>,
    /// Counts requests.
    pub metrics: Metrics,
    /// Checked by `/readyz`.
    pub readiness: Vec<Arc<dyn Readiness>>,
    pub(super) body_time: Duration,
    /// Whether `/metrics` is served.
    metrics_shown: bool,
    /// Who decides whether a request is traced: the settings or the caller's `traceparent`.
    trust: Trust,
    /// What the metrics call the port.
    port: &'static str,
    in_flight: Arc<AtomicUsize>,
}

impl Edge {
    /// An edge with no requests in flight.
    #[must_use]
    pub fn new(
        ids: Arc<dyn IdSource>,
        metrics: Metrics,
        readiness: Vec<Arc<dyn Readiness>>,
    ) -> Self {
        Self {
            ids,
            metrics,
            readiness,
            body_time: BODY_TIME,
            metrics_shown: true,
            trust: Trust::Nobody,
            port: "public",
            in_flight: Arc::default(),
        }
    }

    /// The same for a port that only the marketplace's own processes and operators reach.
    #[must_use]
    pub fn on_internal_port(mut self) -> Self {
        self.port = "internal";
        self
    }

    /// The same without `/metrics`, for a port that strangers reach.
    #[must_use]
    pub fn without_metrics(mut self) -> Self {
        self.metrics_shown = false;
        self
    }

    /// The same for a port that only our own services reach: a request is traced if its caller traces it.
    #[must_use]
    pub fn following_traces(mut self) -> Self {
        self.trust = Trust::Caller;
        self
    }
}

/// Length of the listen queue. A burst of connections fills a short queue within milliseconds. The kernel then drops the SYN, and
/// the client retries a second later. By then a gateway may have timed out and answered 502.
const QUEUE: i32 = 4096;

/// The standard library binds with a queue of 128. [`HttpServer::backlog`] only affects sockets that actix binds itself.
fn lengthen_queue(listener: &TcpListener) -> std::io::Result<()> {
    socket2::SockRef::from(listener).listen(QUEUE)
}

/// A running server.
pub struct Server {
    handle: ServerHandle,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Starts to serve on `listener`.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub fn start(
        listener: TcpListener,
        workers: usize,
        edge: Edge,
        routes: Vec<Routes>,
    ) -> std::io::Result<Self> {
        lengthen_queue(&listener)?;
        edge.metrics
            .http
            .port(edge.port, IN_FLIGHT, &edge.in_flight);
        let server = HttpServer::new(move || {
            let edge_data = web::Data::new(edge.clone());
            let mut app = App::new()
                .app_data(edge_data.clone())
                .app_data(web::Data::new(edge.metrics.clone()))
                .app_data(web::Data::new(edge.readiness.clone()))
                .service(endpoint("/healthz").get(health::live).done())
                .service(endpoint("/readyz").get(health::ready).done());
            if edge.metrics_shown {
                app = app.service(endpoint("/metrics").get(health::metrics).done());
            }
            for declare in &routes {
                app = app.configure(|config| declare(config));
            }
            app.default_service(web::route().to(not_found))
                .wrap(middleware::from_fn(answer))
        })
        .workers(workers)
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(Duration::from_secs(10))
        .shutdown_timeout(30)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        Ok(Self {
            handle,
            task: tokio::spawn(server),
        })
    }

    /// Stops accepting connections, finishes the requests in progress, then returns.
    ///
    /// # Errors
    /// If the server failed while it ran.
    pub async fn stop(self) -> std::io::Result<()> {
        self.handle.stop(true).await;
        self.task.await.map_err(std::io::Error::other)?
    }
}

/// Wraps every request: assigns an id, rejects it if too many are in flight, and counts it.
async fn answer(
    edge: web::Data<Edge>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let id = request_id(request.headers(), || edge.ids.next().to_string());
    let method = method_label(request.method());
    let slot = Slot::take(&edge.in_flight);
    let header = HeaderValue::from_str(id.as_str()).ok();
    let route = request
        .match_pattern()
        .unwrap_or_else(|| "unmatched".to_owned());
    let answering = if OPERATIONS.contains(&request.path()) {
        Answering::untraced()
    } else {
        Answering::begin(
            edge.trust,
            (method, &route),
            request.path(),
            id.as_str(),
            || {
                let mut values = request.headers().get_all("traceparent");
                let value = values.next()?.to_str().ok()?;
                // A repeated header is ambiguous: ignore it.
                values.next().is_none().then_some(value)
            },
        )
    };
    let mut response = id
        .scope(answering.scope(async move {
            if let Some(problem) = refusal(&request, slot.as_ref()) {
                let (request, _) = request.into_parts();
                return Ok(ServiceResponse::new(
                    request,
                    problem.error_response().map_into_right_body(),
                ));
            }
            match next.call(request).await {
                Ok(response) => Ok(problem_of(response).map_into_left_body()),
                Err(error) => Err(error),
            }
        }))
        .await?;
    if let Some(value) = header {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    edge.metrics.http.answered(
        &route,
        method,
        response.status().as_u16(),
        started.elapsed(),
    );
    answering.end(response.status().as_u16());
    Ok(response)
}

/// The reason to reject a request before it is routed, if any.
fn refusal(request: &ServiceRequest, slot: Option<&Slot>) -> Option<Problem> {
    if OPERATIONS.contains(&request.path()) {
        return None;
    }
    if slot.is_none() {
        return Some(Problem::unavailable("too many requests in flight"));
    }
    let is_api = request.path().starts_with("/api/") && !request.path().starts_with("/api/docs");
    (is_api && !accepts_json(request.headers())).then(|| {
        Problem::new(
            &common::NOT_ACCEPTABLE,
            "Answers are application/json or application/problem+json.",
        )
    })
}

/// Whether `Accept` allows JSON (RFC 9110 section 12.5.1). Without the header, or with an empty one, it does.
fn accepts_json(headers: &HeaderMap) -> bool {
    let mut ranges = headers
        .get_all(header::ACCEPT)
        .flat_map(|line| line.to_str().unwrap_or_default().split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .peekable();
    ranges.peek().is_none() || ranges.any(allows_json)
}

fn allows_json(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    [
        "*/*",
        "application/json",
        "application/problem+json",
        "application/*",
    ]
    .iter()
    .any(|ours| media_type.eq_ignore_ascii_case(ours))
        && !parts
            .filter_map(|parameter| parameter.split_once('='))
            .filter(|(name, _)| name.eq_ignore_ascii_case("q"))
            .any(|(_, weight)| weight.parse() == Ok(0.0))
}

/// A method as a metric's label. Methods that a client invents share one label, so that they cannot add series.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Converts the framework's own refusals (such as a path that is not UTF-8) to our problem format.
fn problem_of<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
) -> ServiceResponse<actix_web::body::EitherBody<B>> {
    let plain_error = response
        .response()
        .error()
        .is_some_and(|error| error.as_error::<Problem>().is_none());
    if !plain_error {
        return response.map_into_left_body();
    }
    let problem = if response.status().is_server_error() {
        Problem::internal(
            response
                .response()
                .error()
                .map_or_else(String::new, ToString::to_string),
        )
    } else {
        Problem::new(&common::INVALID_HEADER, "The request cannot be understood.")
    };
    response
        .into_response(problem.error_response())
        .map_into_right_body()
}

/// One of the [`IN_FLIGHT`] slots; released when dropped.
struct Slot(Arc<AtomicUsize>);

impl Slot {
    fn take(in_flight: &Arc<AtomicUsize>) -> Option<Self> {
        let slot = Self(in_flight.clone());
        (in_flight.fetch_add(1, Ordering::Relaxed) < IN_FLIGHT).then_some(slot)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
