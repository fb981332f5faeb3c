//! The HTTP server: routes of any number of services behind one edge (request id, admission, metrics, access log).

use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_service::{IntoServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::uri::{Authority, PathAndQuery};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use actix_web::web::{PayloadConfig, ServiceConfig};
use actix_web::{App, Error, HttpMessage as _, ResponseError, middleware, web};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

use super::client::Client;
use super::compression::compress;
use super::connection::Connection;
use super::connections::Connections;
use super::cors::Cors;
use super::edge::{Edge, MAX_HEADER, MAX_URI, Port};
use super::headers::Circumstances;
use super::health;
use super::leaving::Count;
use super::limits::Turn;
use super::paths::{Paths, not_found};
use super::problem::{Problem, common};
use super::request::{MAX_BODY, X_REQUEST_ID, request_id};
use super::sending::Sending;
use telemetry::{Answering, Trust};

/// Most requests in flight in one process. Any more are answered 503 at once: queueing them would only add latency.
const IN_FLIGHT: usize = 2048;

/// Paths for operators. They are answered under any load: a process at its limit is still alive and must report it.
const OPERATIONS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Time limit for receiving the first request's line and headers.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// Declares a service's paths.
pub type Routes = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Length of the listen queue. A burst of connections fills a short queue within milliseconds. The kernel then drops the SYN, and
/// the client retries a second later. By then a gateway may have timed out and answered 502.
const QUEUE: i32 = 4096;

/// The standard library binds with a queue of 128. The `backlog` of the server only affects sockets that actix binds itself.
fn lengthen_queue(listener: &TcpListener) -> std::io::Result<()> {
    socket2::SockRef::from(listener).listen(QUEUE)
}

/// How long to wait for the worker threads to end, once their requests have.
const THREADS_END: Duration = Duration::from_secs(5);

thread_local! {
    /// On each worker thread; dropped as the thread ends, after all that its requests used.
    static RUNNING: RefCell<Option<Sender<()>>> = const { RefCell::new(None) };
}

/// A running server.
pub struct Server {
    handle: ServerHandle,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
    /// Closed once all worker threads have ended.
    threads: Receiver<()>,
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
        let port = match edge.port {
            Port::Only | Port::Public => "public",
            Port::Internal => "internal",
        };
        edge.metrics.http.port(port, IN_FLIGHT, &edge.in_flight);
        let (running, threads) = channel(1);
        let builder = actix_server::Server::build()
            .workers(workers)
            .shutdown_timeout(30)
            .disable_signals();
        let stopping = builder.graceful_shutdown_signal();
        let (proxies, metrics) = (edge.limits.proxies.clone(), edge.metrics.http.clone());
        let connections = Connections::new(edge.connections, proxies, metrics);
        // As actix-web's own server, whose connections cannot be replaced.
        let serve = move || {
            RUNNING.set(Some(running.clone()));
            let app = App::new()
                .app_data(web::Data::new(edge.clone()))
                .app_data(PayloadConfig::new(MAX_BODY))
                // Routes may have an answer of their own for undeclared paths.
                .default_service(web::route().to(not_found))
                .configure(|config| operations(edge.port).declare(config))
                .configure(|config| routes.iter().for_each(|declare| declare(config)))
                .wrap(middleware::from_fn(answer))
                .into_factory()
                .map_err(|error| error.error_response());
            let (edge, stopping) = (Rc::new(edge.clone()), stopping.clone());
            let connections = connections.clone();
            let connect = fn_service(move |stream: TcpStream| {
                let peer = stream.peer_addr();
                let guest = peer
                    .as_ref()
                    .ok()
                    .and_then(|peer| connections.admit(peer.ip()));
                let connection = guest.map(|guest| Connection::new(stream, edge.clone(), guest));
                async move {
                    let no_room = || DispatchError::Io(std::io::ErrorKind::QuotaExceeded.into());
                    Ok::<_, DispatchError>((connection.ok_or_else(no_room)?, peer.ok()))
                }
            });
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .keep_alive(Duration::from_secs(75))
                .client_request_timeout(HEAD_TIME)
                .client_disconnect_timeout(Duration::from_secs(1))
                // A client that closes its side while it waits has left, as nginx, too, sees it. Its request is dropped where it waits.
                .h1_allow_half_closed(false)
                .h1(map_config(app, |()| AppConfig::default()));
            connect.and_then(http)
        };
        let server = builder.listen("http", listener, serve)?.run();
        let handle = server.handle();
        Ok(Self {
            handle,
            task: tokio::spawn(server),
            threads,
        })
    }

    /// Stops accepting connections, finishes the requests in progress, then returns. By then nothing here holds what the routes use:
    /// actix reports a worker as stopped before the worker's thread has dropped its routes, and with them the stores.
    ///
    /// # Errors
    /// If the server failed while it ran.
    pub async fn stop(mut self) -> std::io::Result<()> {
        self.handle.stop(true).await;
        let stopped = self.task.await.map_err(std::io::Error::other)?;
        // Nothing is ever sent: it returns once the last thread has dropped its sender.
        if timeout(THREADS_END, self.threads.recv()).await.is_err() {
            tracing::warn!("worker threads of the server did not end in time");
        }
        stopped
    }
}

fn operations(port: Port) -> Paths {
    let paths = Paths::default()
        .get("/healthz", health::live)
        .get("/readyz", health::ready);
    match port {
        Port::Only | Port::Internal => paths.get("/metrics", health::metrics),
        Port::Public => paths,
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
    let client = Client::of(request.peer_addr(), request.headers(), &edge.limits);
    let circumstances = Circumstances::of(&request, client.is_secure);
    request.extensions_mut().insert(client);
    let origin = edge.cors.allowed(request.headers());
    let metrics = edge.metrics.http.clone();
    let route = request
        .match_pattern()
        .unwrap_or_else(|| "unmatched".to_owned());
    let answering = if OPERATIONS.contains(&request.path()) {
        Answering::untraced()
    } else {
        let trust = match edge.port {
            Port::Only | Port::Public => Trust::Nobody,
            Port::Internal => Trust::Caller,
        };
        Answering::begin(trust, (method, &route), request.path(), id.as_str(), || {
            let mut values = request.headers().get_all("traceparent");
            let value = values.next()?.to_str().ok()?;
            // A repeated header is ambiguous: ignore it.
            values.next().is_none().then_some(value)
        })
    };
    let preflight = Cors::preflight(&request, origin.as_ref());
    let count = Count {
        metrics,
        route,
        method,
        started,
        answering: Some(answering),
    };
    let answered = id
        .scope(count.scope(async move {
            let early = preflight.or_else(|| {
                refusal(&request, slot.as_ref()).map(|problem| problem.error_response())
            });
            if let Some(early) = early {
                return Ok(request.into_response(early).map_into_right_body());
            }
            let answered = problem_of(next.call(request).await?);
            Ok::<_, Error>(compress(answered).await?.map_into_left_body())
        }))
        .await;
    let mut response = match answered {
        Ok(response) => response,
        Err(error) => {
            count.end(error.as_response_error().status_code().as_u16());
            return Err(error);
        }
    };
    edge.cors.mark(origin, response.headers_mut());
    circumstances.complete(response.headers_mut());
    if let Some(value) = header {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    count.end(response.status().as_u16());
    let turn = response.request().extensions_mut().remove::<Turn>();
    let response = response.map_into_boxed_body();
    Ok(response.map_body(|_, body| Sending::new(body, turn)))
}

/// The reason to reject a request before it is routed, if any.
fn refusal(request: &ServiceRequest, slot: Option<&Slot>) -> Option<Problem> {
    if let Some(problem) = misframed(request) {
        return Some(problem);
    }
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

/// What the framework does not mind and the gateway refuses: see [`Connection`] for what the framework refuses itself.
fn misframed(request: &ServiceRequest) -> Option<Problem> {
    let target = request.uri().path_and_query();
    if target.map_or(0, |target: &PathAndQuery| target.as_str().len()) > MAX_URI {
        let detail = "Its request line has to fit 16 KiB.";
        return Some(Problem::new(&common::URI_TOO_LONG, detail));
    }
    let mut headers = request.headers().iter();
    if headers.any(|(_, value)| value.len() > MAX_HEADER) {
        let detail = "Each has to fit 16 KiB, all of them 64 KiB.";
        return Some(Problem::new(&common::HEADERS_TOO_LARGE, detail));
    }
    if !request.path().starts_with('/') {
        let detail = "The request line has no path.";
        return Some(Problem::new(&common::INVALID_HEADER, detail));
    }
    let host = request.headers().get(header::HOST);
    host.is_some_and(|host| !is_host(host.as_bytes())).then(|| {
        let detail = "Host is not a host, with a port or without.";
        Problem::new(&common::INVALID_HEADER, detail)
    })
}

/// Whether this is the value of a `Host` (RFC 9110 section 7.2).
fn is_host(value: &[u8]) -> bool {
    !value.contains(&b'@') && Authority::try_from(value).is_ok()
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
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|known| method.as_str() == *known)
        .unwrap_or("other")
}

/// Converts the framework's own refusals (such as a path that is not UTF-8) to our problem format.
fn problem_of<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
) -> ServiceResponse<actix_web::body::EitherBody<B>> {
    let error = response.response().error();
    let Some(error) = error.filter(|error| error.as_error::<Problem>().is_none()) else {
        return response.map_into_left_body();
    };
    let problem = if response.status().is_server_error() {
        Problem::internal(error)
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
