//! Requests: rate, errors and duration by route, and the load of the process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::{Exposed, Label, Labels, gauge_of, times};
use crate::metrics;

/// Why connections are closed by the server.
const CLOSED: [&str; 3] = ["idle", "no_room", "slow_reader"];

/// The limits of every process.
const POLICIES: [&str; 3] = ["lists", "creates", "lists-at-once"];

/// The metrics of one route, method and status.
struct Answered {
    method: &'static str,
    status: u16,
    count: Counter,
    durations: Histogram,
}

impl Answered {
    fn count(&self, took: Duration) {
        self.count.inc();
        self.durations.observe(took.as_secs_f64());
    }
}

metrics! {
    struct Families {
        /// Requests answered
        http_requests: Family<Labels<3>, Counter> = Family::default(),
        /// Time from a request's head to its answer
        http_request_duration_seconds: Family<Labels<2>, Histogram> = Family::new_with_constructor(times),
        /// Requests being answered right now
        http_requests_in_flight: Family<Labels<1>, Gauge> = Family::default(),
        /// Requests that may be in flight; more are refused with 503
        http_requests_in_flight_limit: Family<Labels<1>, Gauge> = Family::default(),
        /// Requests refused with 429, by the limit that they exceeded
        http_requests_throttled: Family<Labels<1>, Counter> = Family::default(),
        /// Open connections at the public port
        http_connections: Gauge = Gauge::default(),
        /// Connections that may be open at the public port
        http_connections_limit: Gauge = Gauge::default(),
        /// Connections closed by the server before their client did, by the reason
        http_connections_closed: Family<Labels<1>, Counter> = Family::default(),
    }
}

/// Rate, errors and duration of requests, by route.
#[derive(Clone)]
pub struct HttpMetrics {
    all: Families,
    /// The same metrics by route, so that counting a request allocates nothing. A route has few methods and statuses, so a linear search
    /// for those is enough.
    known: Arc<RwLock<HashMap<String, Vec<Answered>>>>,
}

impl HttpMetrics {
    pub(super) fn new(exposed: &Exposed) -> Self {
        let all = Families::new(exposed);
        for reason in CLOSED {
            drop(
                all.http_connections_closed
                    .get_or_create_owned(&[("reason", reason.into())]),
            );
        }
        let metrics = Self {
            all,
            known: Arc::default(),
        };
        for policy in POLICIES {
            metrics.limit(policy);
        }
        metrics
    }

    /// Exposes how many requests exceed the limit `policy`, from the first scrape on.
    pub fn limit(&self, policy: &'static str) {
        let labels = [("policy", policy.into())];
        drop(
            self.all
                .http_requests_throttled
                .get_or_create_owned(&labels),
        );
    }

    /// Counts one answered request.
    pub fn answered(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let is_it = |one: &&Answered| one.method == method && one.status == status;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answered) = known.get(route).and_then(|all| all.iter().find(is_it)) {
            answered.count(took);
            return;
        }
        drop(known);
        let route_label: Label = ("route", route.to_owned().into());
        let method_label: Label = ("method", method.into());
        let labels = [route_label.clone(), method_label.clone()];
        let durations = self
            .all
            .http_request_duration_seconds
            .get_or_create_owned(&labels);
        let labels = [
            route_label,
            method_label,
            ("status", status.to_string().into()),
        ];
        let answered = Answered {
            method,
            status,
            count: self.all.http_requests.get_or_create_owned(&labels),
            durations,
        };
        answered.count(took);
        // Two threads may add the same one at once; both entries count in the same metrics.
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(route.to_owned()).or_default().push(answered);
    }

    /// Counts a request that exceeded the limit `policy`.
    pub fn throttled(&self, policy: &'static str) {
        let labels = [("policy", policy.into())];
        self.all
            .http_requests_throttled
            .get_or_create(&labels)
            .inc();
    }

    /// Counts a connection that was closed for `reason`.
    pub fn closed(&self, reason: &'static str) {
        let labels = [("reason", reason.into())];
        self.all
            .http_connections_closed
            .get_or_create(&labels)
            .inc();
    }

    /// The gauges of the open connections and of their limit.
    #[must_use]
    pub fn connections(&self) -> (&Gauge, &Gauge) {
        (&self.all.http_connections, &self.all.http_connections_limit)
    }

    /// Exposes how many requests are `in_flight` at `port` and the limit, for as long as the counter is alive.
    pub fn port(&self, port: &'static str, limit: usize, in_flight: &Arc<AtomicUsize>) {
        let labels = [("port", port.into())];
        self.all
            .http_requests_in_flight_limit
            .get_or_create(&labels)
            .set(gauge_of(limit));
        let gauge = self
            .all
            .http_requests_in_flight
            .get_or_create_owned(&labels);
        let in_flight = Arc::downgrade(in_flight);
        self.all.exposed.watch(move || {
            if let Some(in_flight) = in_flight.upgrade() {
                gauge.set(gauge_of(in_flight.load(Ordering::Relaxed)));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn each_route_method_and_status_is_counted_by_itself_however_often_it_comes() {
        let metrics = Metrics::default();
        let answers = [
            ("/things", "GET", 200),
            ("/things", "GET", 200),
            ("/things", "GET", 404),
            ("/things", "POST", 200),
            ("/other", "GET", 200),
        ];
        for (route, method, status) in answers {
            let took = Duration::from_millis(3);
            metrics.http.answered(route, method, status, took);
        }
        let text = metrics.render().unwrap();
        for line in [
            r#"marketplace_http_requests_total{route="/things",method="GET",status="200"} 2"#,
            r#"marketplace_http_requests_total{route="/things",method="GET",status="404"} 1"#,
            r#"marketplace_http_requests_total{route="/things",method="POST",status="200"} 1"#,
            r#"marketplace_http_requests_total{route="/other",method="GET",status="200"} 1"#,
            r#"marketplace_http_request_duration_seconds_count{route="/things",method="GET"} 3"#,
        ] {
            assert!(text.contains(line), "{line}\nis not in\n{text}");
        }
    }
}
