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

/// Requests answered at the same time by one process. More are told to come back: waiting longer helps nobody.
const IN_FLIGHT: usize = 2048;

/// How long a body may take to come. It holds a place in flight meanwhile, so a client that drips must not hold it for ever.
pub(super) const BODY_TIME: Duration = Duration::from_secs(10);

/// What operators ask of a process. These paths are answered however busy it is: a full process is alive, and shows it.
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
    /// Whether `/metrics` is answered.
    metrics_shown: bool,
    /// Whose word is taken for which requests are traced.
    trust: Trust,
    /// What the metrics call the port.
    port: &'static str,
    in_flight: Arc<AtomicUsize>,
}

impl Edge {
    /// An edge with nothing in flight.
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

    /// The same for a port that only our own services reach: what they trace is traced, and nothing else.
    #[must_use]
    pub fn following_traces(mut self) -> Self {
        self.trust = Trust::Caller;
        self
    }
}

/// How many connections may wait to be accepted. A crowd that comes at once fills a short queue within milliseconds, and whoever
/// finds it full tries again a second later: a gateway that waits no longer than that says that nobody is there.
const QUEUE: i32 = 4096;

/// The standard library binds with a queue of 128, and what [`HttpServer::backlog`] says is for sockets that it binds itself.
fn lengthen_queue(listener: &TcpListener) -> std::io::Result<()> {
    socket2::SockRef::from(listener).listen(QUEUE)
}

/// A running server.
pub struct Server {
    handle: ServerHandle,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Starts to answer on `listener`.
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

    /// Stops accepting, finishes what is being answered, then returns.
    ///
    /// # Errors
    /// If the server failed while it ran.
    pub async fn stop(self) -> std::io::Result<()> {
        self.handle.stop(true).await;
        self.task.await.map_err(std::io::Error::other)?
    }
}

/// Wraps every request: gives it an id, refuses it when there are too many, counts it.
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
                // Sent twice it says nothing.
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

/// Why a request is not even looked at, if so.
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

/// A method as a metric's label. Clients may make methods up; metrics must not grow with them.
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

/// The framework's own refusals (a path that is not UTF-8, say) in our shape.
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

/// One of the [`IN_FLIGHT`] places; free again when dropped.
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
