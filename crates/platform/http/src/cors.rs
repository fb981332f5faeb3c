//! Pages of other origins that may use the API (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>). deploy/nginx does the same
//! for what the gateway answers itself; keep the lists alike. Clients send a bearer token and no cookie, so credentials are not allowed.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

/// The methods of the API.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// The headers that it reads, besides those that any page may send.
const HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer, X-Request-Id, traceparent";

/// The headers that a page may read, besides those that any may.
const EXPOSED: &str = "ETag, Location, Retry-After, Idempotency-Replayed, X-Request-Id, Allow, Preference-Applied, WWW-Authenticate, RateLimit, RateLimit-Policy";

/// Seconds for which a browser remembers a preflight; Chromium takes no longer ones.
const MAX_AGE: &str = "7200";

/// What a cached preflight depends on.
const PREFLIGHT_VARIES: &str =
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/// An origin as browsers send it: `scheme://host`, and the port unless it is the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    /// # Errors
    /// A sentence about what is wrong.
    fn try_from(given: String) -> Result<Self, String> {
        let wrong = |should: &str| Err(format!("{given:?} is not an origin; it must be {should}"));
        let url = match Url::parse(&given) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            Ok(_) | Err(_) => {
                return wrong(
                    "a scheme, a host and a port if there is one, such as https://shop.example or http://localhost:5173",
                );
            }
        };
        if given.contains('*') {
            return wrong("one exact origin: * is not allowed, list each");
        }
        // The form in which a browser sends it. Anything else would never match.
        let sent = url.origin().ascii_serialization();
        if sent == given {
            Ok(Self(given))
        } else {
            wrong(&format!("as browsers send it, {sent}"))
        }
    }
}

/// The origins whose pages may use the API; none by default.
#[derive(Debug, Clone, Default)]
pub struct Cors(Arc<[Origin]>);

impl Cors {
    /// Pages of these origins.
    #[must_use]
    pub fn of(origins: &[Origin]) -> Self {
        Self(origins.into())
    }

    /// The request's origin, if its pages may use the API.
    pub(super) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.0.is_empty() {
            return None;
        }
        let origin = headers.get(header::ORIGIN)?;
        let known = |known: &Origin| known.0.as_bytes() == origin.as_bytes();
        self.0.iter().any(known).then(|| origin.clone())
    }

    /// The answer to a preflight of an allowed origin. One of another origin goes on, and is refused as any OPTIONS is.
    pub(super) fn preflight(
        request: &ServiceRequest,
        allowed: Option<&HeaderValue>,
    ) -> Option<HttpResponse> {
        let asks = request.method() == Method::OPTIONS
            && allowed.is_some()
            && request
                .headers()
                .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        asks.then(|| {
            HttpResponse::NoContent()
                .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
                .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
                .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE))
                .insert_header((header::VARY, PREFLIGHT_VARIES))
                .finish()
        })
    }

    /// Tells a browser, and any cache on the way, whose pages may read the answer.
    pub(super) fn mark(&self, allowed: Option<HeaderValue>, answer: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        if !answer.contains_key(header::ACCESS_CONTROL_MAX_AGE) {
            answer.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = allowed {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            let exposed = HeaderValue::from_static(EXPOSED);
            answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_gateway_says_the_same() {
        let edge = include_str!("../../../../deploy/nginx/edge.conf");
        let server = include_str!("../../../../deploy/nginx/server.conf");
        for (conf, text) in [
            (edge, EXPOSED),
            (server, METHODS),
            (server, HEADERS),
            (server, PREFLIGHT_VARIES),
        ] {
            assert!(conf.contains(&format!("\"{text}\"")), "{text}");
        }
        assert!(server.contains(&format!("Max-Age {MAX_AGE} ")));
    }

    #[rstest]
    #[case("https://shop.example")]
    #[case("http://localhost:5173")]
    #[case("http://127.0.0.1:8080")]
    #[case("http://[::1]:3000")]
    #[case("https://xn--bcher-kva.example")]
    fn an_origin_as_browsers_send_it_is_taken(#[case] given: &str) {
        assert_eq!(
            Origin::try_from(given.to_owned()).unwrap().to_string(),
            given
        );
    }

    #[rstest]
    #[case("*", "a scheme, a host")]
    #[case("", "a scheme, a host")]
    #[case("null", "a scheme, a host")]
    #[case("shop.example", "a scheme, a host")]
    #[case("localhost:3000", "a scheme, a host")]
    #[case("ftp://shop.example", "a scheme, a host")]
    #[case("https://*.shop.example", "* is not allowed")]
    #[case("https://shop.example/", "send it, https://shop.example")]
    #[case("https://shop.example/api", "send it, https://shop.example")]
    #[case("https://shop.example?a=b", "send it, https://shop.example")]
    #[case("https://shop.example:443", "send it, https://shop.example")]
    #[case("http://shop.example:80", "send it, http://shop.example")]
    #[case("HTTPS://Shop.example", "send it, https://shop.example")]
    #[case("https://ada:pw@shop.example", "send it, https://shop.example")]
    #[case("https://bücher.example", "send it, https://xn--bcher-kva.example")]
    #[case(" https://shop.example", "send it, https://shop.example")]
    fn anything_else_is_refused_with_what_it_must_be(#[case] given: &str, #[case] should: &str) {
        let refused = Origin::try_from(given.to_owned()).unwrap_err();
        assert!(refused.contains(should), "{refused}");
        assert!(refused.contains(&format!("{given:?}")), "{refused}");
    }
}
