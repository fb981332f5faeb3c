//! Requests: rate, errors and duration by route, and the load of the process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::watches::Watches;
use super::{Metrics, gauge_of, times};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
    method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PortLabels {
    port: &'static str,
}

/// The counters of one route and method. Only a few statuses occur, so a linear search is enough.
struct Answered {
    method: &'static str,
    durations: Histogram,
    statuses: Vec<(u16, Counter)>,
}

/// Rate, errors and duration of requests, by route.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    in_flight: Family<PortLabels, Gauge>,
    limit: Family<PortLabels, Gauge>,
    /// The same counters by route, so that counting a request allocates nothing.
    known: Arc<RwLock<HashMap<String, Vec<Answered>>>>,
    watches: Watches,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(times),
            in_flight: Family::default(),
            limit: Family::default(),
            known: Arc::default(),
            watches: Watches::default(),
        }
    }
}

impl HttpMetrics {
    pub(super) fn register(&self, metrics: &Metrics) {
        metrics.register("http_requests", "Requests answered", self.requests.clone());
        metrics.register(
            "http_request_duration_seconds",
            "Time from a request's head to its answer",
            self.durations.clone(),
        );
        metrics.register(
            "http_requests_in_flight",
            "Requests being answered right now",
            self.in_flight.clone(),
        );
        metrics.register(
            "http_requests_in_flight_limit",
            "Requests that may be in flight; more are refused with 503",
            self.limit.clone(),
        );
    }

    pub(super) const fn watches(&self) -> &Watches {
        &self.watches
    }

    /// Counts one answered request.
    pub fn answered(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let took = took.as_secs_f64();
        if !self.count_known(route, method, status, took) {
            self.learn(route, method, status);
            self.count_known(route, method, status, took);
        }
    }

    fn count_known(&self, route: &str, method: &str, status: u16, took: f64) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let methods = known.get(route).map_or(&[][..], Vec::as_slice);
        let Some(answered) = methods.iter().find(|answered| answered.method == method) else {
            return false;
        };
        let Some((_, count)) = answered.statuses.iter().find(|(known, _)| *known == status) else {
            return false;
        };
        answered.durations.observe(took);
        count.inc();
        true
    }

    fn learn(&self, route: &str, method: &'static str, status: u16) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let methods = known.entry(route.to_owned()).or_default();
        let count = self.requests.get_or_create_owned(&RequestLabels {
            route: route.to_owned(),
            method,
            status,
        });
        if let Some(answered) = methods.iter_mut().find(|one| one.method == method) {
            // Two threads may add the same status at once; both get the same counter.
            if !answered.statuses.iter().any(|(known, _)| *known == status) {
                answered.statuses.push((status, count));
            }
            return;
        }
        let durations = self.durations.get_or_create_owned(&RouteLabels {
            route: route.to_owned(),
            method,
        });
        methods.push(Answered {
            method,
            durations,
            statuses: vec![(status, count)],
        });
    }

    /// Exposes how many requests are `in_flight` at `port` and the limit, for as long as the counter is alive.
    pub fn port(&self, port: &'static str, limit: usize, in_flight: &Arc<AtomicUsize>) {
        let labels = PortLabels { port };
        self.limit.get_or_create(&labels).set(gauge_of(limit));
        let gauge = self.in_flight.get_or_create_owned(&labels);
        let in_flight: Weak<AtomicUsize> = Arc::downgrade(in_flight);
        self.watches.add(move || {
            if let Some(in_flight) = in_flight.upgrade() {
                gauge.set(gauge_of(in_flight.load(Ordering::Relaxed)));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
