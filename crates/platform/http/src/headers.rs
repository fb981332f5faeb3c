//! The headers that keep browsers and caches from doing harm with an answer. Every answer gets them here; deploy/nginx does the same for
//! what the gateway answers itself. An answer that says more of its own keeps that.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// What is no page loads nothing, is in no frame and sends no form.
const POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every answer says, unless it says otherwise.
pub(super) const ALWAYS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// For a year, browsers come back over TLS only.
const TLS_ONLY: &str = "max-age=31536000";

/// What the headers of an answer depend on.
#[derive(Clone, Copy)]
pub(super) struct Circumstances {
    /// The request came over TLS.
    pub(super) is_secure: bool,
    /// The answer is for one person, or to a change.
    pub(super) is_private: bool,
}

impl Circumstances {
    pub(super) fn of(request: &ServiceRequest, is_secure: bool) -> Self {
        let headers = request.headers();
        let says_who =
            headers.contains_key(header::AUTHORIZATION) || headers.contains_key(header::COOKIE);
        Self {
            is_secure,
            is_private: says_who || !request.method().is_safe(),
        }
    }

    /// Adds what `answer` does not say.
    pub(super) fn complete(self, answer: &mut HeaderMap) {
        for (name, value) in ALWAYS {
            add(answer, name, value);
        }
        if self.is_private {
            // One with a version may be kept by its reader, who asks each time whether it still holds.
            let keeps = if answer.contains_key(header::ETAG) {
                "private, no-cache"
            } else {
                "no-store"
            };
            add(answer, header::CACHE_CONTROL, keeps);
        }
        if self.is_secure {
            add(answer, header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
        }
    }
}

fn add(answer: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !answer.contains_key(&name) {
        answer.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[], false, false, "", "")]
    #[case(&[], true, false, "no-store", "")]
    #[case(&[("etag", "\"1\"")], true, false, "private, no-cache", "")]
    #[case(&[("cache-control", "public, max-age=60")], true, false, "public, max-age=60", "")]
    #[case(&[], false, true, "", TLS_ONLY)]
    fn an_answer_says_what_a_cache_and_a_browser_may_do(
        #[case] says: &[(&'static str, &'static str)],
        #[case] is_private: bool,
        #[case] is_secure: bool,
        #[case] cached: &str,
        #[case] tls: &str,
    ) {
        let mut answer = HeaderMap::new();
        for (name, value) in says {
            answer.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        let circumstances = Circumstances {
            is_secure,
            is_private,
        };
        circumstances.complete(&mut answer);
        let said = |name| answer.get(name).map_or("", |value| value.to_str().unwrap());
        assert_eq!(said("cache-control"), cached);
        assert_eq!(said("strict-transport-security"), tls);
        assert_eq!(said("x-content-type-options"), "nosniff");
        assert_eq!(said("referrer-policy"), "no-referrer");
        for part in ["frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(said("content-security-policy").contains(part));
        }
    }

    #[test]
    fn a_page_keeps_its_own_policy() {
        let mut answer = HeaderMap::new();
        let own = HeaderValue::from_static("default-src 'self'");
        answer.insert(header::CONTENT_SECURITY_POLICY, own.clone());
        let circumstances = Circumstances {
            is_secure: false,
            is_private: false,
        };
        circumstances.complete(&mut answer);
        assert_eq!(answer.get(header::CONTENT_SECURITY_POLICY), Some(&own));
    }
}
