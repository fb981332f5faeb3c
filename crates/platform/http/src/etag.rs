//! Entity tags: conditional reads (`If-None-Match`) and guarded writes (`If-Match`), RFC 9110 section 13.

use std::fmt;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::problem::{Problem, common};

/// A strong entity tag made of a version number, for resources with one representation per version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// The tag of `version`.
    #[must_use]
    pub fn of(version: i64) -> Self {
        Self(format!("\"{version}\""))
    }

    /// The tag of `version` as one audience sees it.
    #[must_use]
    pub fn of_view(version: i64, audience: &str) -> Self {
        Self(format!("\"{version}-{audience}\""))
    }

    /// The header value.
    ///
    /// # Errors
    /// A 500 problem if the tag contains characters that a header cannot hold.
    pub fn value(&self) -> Result<HeaderValue, Problem> {
        HeaderValue::from_str(&self.0).map_err(Problem::internal)
    }

    /// Weak comparison (RFC 9110 section 8.8.3.2), for reads: a proxy that compresses an answer weakens its tag.
    fn read_in(&self, list: &str) -> bool {
        tags(list).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.0)
    }

    /// Strong comparison, for writes (RFC 9110 section 13.1.1): a weak tag matches nothing.
    fn guarded_by(&self, list: &str) -> bool {
        tags(list).any(|tag| tag == "*" || tag == self.0)
    }
}

/// The members of a list. Our own tags contain no comma, so splitting a foreign tag at one does no harm.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

/// The list in the header `name`, which may span several header lines.
fn header_list(request: &HttpRequest, name: &HeaderName) -> Result<Option<String>, Problem> {
    let lines = request
        .headers()
        .get_all(name)
        .map(HeaderValue::to_str)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| {
            Problem::new(
                &common::INVALID_HEADER,
                format!("{name} is not readable text."),
            )
        })?;
    Ok((!lines.is_empty()).then(|| lines.join(",")))
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 200 with `body` and its tag, or 304 if the client already has this version.
///
/// # Errors
/// 400 for an unreadable `If-None-Match`.
pub fn conditional(
    request: &HttpRequest,
    tag: &ETag,
    body: &impl Serialize,
) -> Result<HttpResponse, Problem> {
    let value = tag.value()?;
    let known =
        header_list(request, &header::IF_NONE_MATCH)?.is_some_and(|list| tag.read_in(&list));
    let mut answer = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    answer.insert_header((header::ETAG, value));
    Ok(if known {
        answer.finish()
    } else {
        answer.json(body)
    })
}

/// The precondition that `If-Match` sets for a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Reads the header of `request`.
    ///
    /// # Errors
    /// 400 if it is unreadable.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        header_list(request, &header::IF_MATCH).map(Self)
    }

    /// Whether a write may proceed when the current version is `version`.
    #[must_use]
    pub fn allows(&self, version: i64) -> bool {
        self.0
            .as_deref()
            .is_none_or(|list| ETag::of(version).guarded_by(list))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use rstest::rstest;

    use super::*;

    fn request(name: &HeaderName, lines: &[&str]) -> HttpRequest {
        lines
            .iter()
            .fold(TestRequest::default(), |request, line| {
                request.append_header((name.clone(), *line))
            })
            .to_http_request()
    }

    #[rstest]
    #[case(&[], false, true)]
    #[case(&["\"7\""], true, true)]
    #[case(&["W/\"7\""], true, false)]
    #[case(&["\"6\", \"7\""], true, true)]
    #[case(&["\"6\",W/\"7\"\t,\"8\""], true, false)]
    #[case(&["\"6\"", "\"7\""], true, true)]
    #[case(&["\"6\"", "W/\"7\""], true, false)]
    #[case(&["*"], true, true)]
    #[case(&["W/*"], false, false)]
    #[case(&["\"6\""], false, false)]
    #[case(&["\"77\""], false, false)]
    #[case(&["\"7-seller\""], false, false)]
    #[case(&["7"], false, false)]
    #[case(&["w/\"7\""], false, false)]
    #[case(&["W/W/\"7\""], false, false)]
    #[case(&[""], false, false)]
    #[case(&[",,"], false, false)]
    fn reads_compare_weakly_and_writes_strongly_with_the_whole_list(
        #[case] lines: &[&str],
        #[case] known: bool,
        #[case] allowed: bool,
    ) {
        let answer = conditional(
            &request(&header::IF_NONE_MATCH, lines),
            &ETag::of(7),
            &"body",
        )
        .unwrap();
        assert_eq!(answer.status().as_u16(), if known { 304 } else { 200 });
        assert_eq!(answer.headers().get(header::ETAG).unwrap(), "\"7\"");
        let guard = IfMatch::of(&request(&header::IF_MATCH, lines)).unwrap();
        assert_eq!(guard.allows(7), allowed);
    }

    #[test]
    fn what_one_audience_has_is_not_what_another_is_shown() {
        let mine = request(&header::IF_NONE_MATCH, &["\"7-seller\""]);
        for (audience, status) in [("seller", 304), ("buyer", 200)] {
            let answer = conditional(&mine, &ETag::of_view(7, audience), &"body").unwrap();
            assert_eq!(answer.status().as_u16(), status, "{audience}");
        }
    }

    #[test]
    fn a_condition_that_is_no_text_is_a_bad_request() {
        let value = HeaderValue::from_bytes(b"\"\xff\"").unwrap();
        let request = TestRequest::default()
            .append_header((header::IF_NONE_MATCH, value.clone()))
            .append_header((header::IF_MATCH, value))
            .to_http_request();
        let refused = conditional(&request, &ETag::of(7), &"body").unwrap_err();
        assert_eq!(refused.kind(), &common::INVALID_HEADER);
        assert_eq!(
            IfMatch::of(&request).unwrap_err().kind(),
            &common::INVALID_HEADER
        );
    }
}
