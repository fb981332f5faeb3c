//! Properties of a request other than its body: its id and `Prefer`.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use telemetry::RequestId;

/// Largest request body, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// `X-Request-Id`.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The client's `X-Request-Id` if it is well-formed, else `fresh`.
pub fn request_id(headers: &HeaderMap, fresh: impl FnOnce() -> String) -> RequestId {
    let given = headers
        .get(X_REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| {
            (1..=128).contains(&id.len())
                && id
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
        });
    RequestId::new(given.map_or_else(fresh, str::to_owned))
}

/// A client's preference about waiting (RFC 7240).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// No preference.
    Default,
    /// `respond-async` without a `wait`: do not wait.
    RespondAsync,
    /// `wait=N` seconds, at most 30.
    Wait(Duration),
}

/// Reads `Prefer`. As RFC 7240 asks, unknown preferences are ignored, and the first of a repeated one counts. With both `wait` and
/// `respond-async`, `wait` says how long to wait before the answer becomes asynchronous (section 4.3).
#[must_use]
pub fn prefer(request: &HttpRequest) -> Prefer {
    let (mut wait, mut respond_async) = (None, false);
    for value in request.headers().get_all("prefer") {
        for preference in value.to_str().unwrap_or_default().split([',', ';']) {
            let preference = preference.trim().to_ascii_lowercase();
            respond_async |= preference == "respond-async";
            let seconds = preference
                .strip_prefix("wait=")
                .and_then(|seconds| seconds.trim_matches('"').parse::<u64>().ok());
            wait = wait.or(seconds);
        }
    }
    match wait {
        Some(seconds) => Prefer::Wait(Duration::from_secs(seconds.min(30))),
        None if respond_async => Prefer::RespondAsync,
        None => Prefer::Default,
    }
}

/// Carries the id of the current request into `work`, on any thread. Needed because a store renders answers on its own threads.
pub fn with_request_id<A: ?Sized, T>(
    work: impl for<'a> Fn(&'a A) -> T + Send + Sync,
) -> impl for<'a> Fn(&'a A) -> T + Send + Sync {
    let id = RequestId::current();
    move |input: &A| match &id {
        Some(id) => id.clone().sync_scope(|| work(input)),
        None => work(input),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;
    use rstest::rstest;

    use super::*;

    fn request(name: &'static str, lines: &[&str]) -> HttpRequest {
        lines
            .iter()
            .fold(TestRequest::default(), |request, line| {
                request.append_header((name, *line))
            })
            .to_http_request()
    }

    const fn wait(seconds: u64) -> Prefer {
        Prefer::Wait(Duration::from_secs(seconds))
    }

    #[rstest]
    #[case(&[], Prefer::Default)]
    #[case(&[""], Prefer::Default)]
    #[case(&["respond-async"], Prefer::RespondAsync)]
    #[case(&["Respond-Async"], Prefer::RespondAsync)]
    #[case(&["return=minimal, respond-async"], Prefer::RespondAsync)]
    #[case(&["wait=0"], wait(0))]
    #[case(&["wait=7"], wait(7))]
    #[case(&["WAIT=\"7\""], wait(7))]
    #[case(&["wait=31"], wait(30))]
    #[case(&["wait=18446744073709551615"], wait(30))]
    #[case(&["wait=7, wait=9"], wait(7))]
    #[case(&["wait=7", "wait=9"], wait(7))]
    #[case(&["handling=lenient", "wait=7"], wait(7))]
    #[case(&["respond-async, wait=7"], wait(7))]
    #[case(&["wait=7, respond-async"], wait(7))]
    #[case(&["wait"], Prefer::Default)]
    #[case(&["wait="], Prefer::Default)]
    #[case(&["wait=-1"], Prefer::Default)]
    #[case(&["wait=1.5"], Prefer::Default)]
    #[case(&["wait=soon, wait=7"], wait(7))]
    #[case(&["awaits=7"], Prefer::Default)]
    fn a_preference_is_understood_or_ignored(#[case] lines: &[&str], #[case] expected: Prefer) {
        assert_eq!(prefer(&request("prefer", lines)), expected);
    }

    #[rstest]
    #[case("trace-42")]
    #[case("a")]
    #[case("0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d")]
    #[case("AZaz09-_.:")]
    fn a_sane_request_id_is_taken(#[case] id: &str) {
        let request = request("x-request-id", &[id]);
        let chosen = request_id(request.headers(), || "fresh".to_owned());
        assert_eq!(chosen.as_str(), id);
    }

    #[rstest]
    #[case("")]
    #[case("a b")]
    #[case("a,b")]
    #[case("<script>")]
    #[case("\u{e4}")]
    #[case(&"x".repeat(129))]
    fn another_request_id_is_replaced(#[case] id: &str) {
        let request = TestRequest::default()
            .append_header((
                X_REQUEST_ID,
                HeaderValue::from_bytes(id.as_bytes()).unwrap(),
            ))
            .to_http_request();
        let chosen = request_id(request.headers(), || "fresh".to_owned());
        assert_eq!(chosen.as_str(), "fresh");
    }
}
