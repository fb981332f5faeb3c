//! Entity tags: conditional reads (`If-None-Match`) and guarded writes (`If-Match`), RFC 9110 section 13.

use actix_web::http::header::{self, ETag, EntityTag, Header, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use kernel::UserId;
use serde::Serialize;

use super::problem::{Problem, common};

/// The strong tag of `version`, for resources with one representation per version.
#[must_use]
pub fn etag(version: i64) -> EntityTag {
    EntityTag::new_strong(version.to_string())
}

/// The tag of `version` of a resource that is shown with something beside it, which has two versions of its own (0 and 0: nothing). Reads go
/// by all; a write that is guarded with it goes by `version`.
#[must_use]
pub fn etag_beside(version: i64, beside: (i64, i64)) -> EntityTag {
    match beside {
        (0, 0) => etag(version),
        (one, other) => EntityTag::new_strong(format!("{version}.{one}.{other}")),
    }
}

/// The tag of `version` as one reader sees it.
#[must_use]
pub fn etag_of_view(version: i64, reader: UserId) -> EntityTag {
    EntityTag::new_strong(format!("{version}-{reader}"))
}

/// The header of type `H`, if the request has one. A member of its list that is no entity tag matches nothing.
fn condition<H: Header>(request: &HttpRequest) -> Result<Option<H>, Problem> {
    if !request.headers().contains_key(H::name()) {
        return Ok(None);
    }
    H::parse(request).map(Some).map_err(|_| {
        let detail = format!("{} is not readable text.", H::name());
        Problem::new(&common::INVALID_HEADER, detail)
    })
}

/// Whether the client says that it has the representation of this tag.
///
/// # Errors
/// 400 for an unreadable `If-None-Match`.
pub fn is_known(request: &HttpRequest, tag: &EntityTag) -> Result<bool, Problem> {
    // A proxy that compresses an answer weakens its tag, so reads compare weakly (section 8.8.3.2).
    Ok(match condition(request)? {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        None => false,
    })
}

/// 200 with `body` and its tag, or 304 if the client already has this version.
///
/// # Errors
/// 400 for an unreadable `If-None-Match`.
pub fn conditional(
    request: &HttpRequest,
    tag: EntityTag,
    body: &impl Serialize,
) -> Result<HttpResponse, Problem> {
    Ok(if is_known(request, &tag)? {
        HttpResponse::NotModified()
            .insert_header(ETag(tag))
            .finish()
    } else {
        HttpResponse::Ok().insert_header(ETag(tag)).json(body)
    })
}

/// The precondition that `If-Match` sets for a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<header::IfMatch>);

impl IfMatch {
    /// Reads the header of `request`.
    ///
    /// # Errors
    /// 400 if it is unreadable.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        condition(request).map(Self)
    }

    /// Whether a write may proceed when the current version is `version`. A weak tag matches nothing (section 13.1.1).
    #[must_use]
    pub fn allows(&self, version: i64) -> bool {
        match &self.0 {
            None | Some(header::IfMatch::Any) => true,
            Some(header::IfMatch::Items(tags)) => {
                let current = version.to_string();
                let of = |tag: &EntityTag| tag.tag().split('.').next() == Some(&*current);
                tags.iter().any(|tag| !tag.weak && of(tag))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use actix_web::test::TestRequest;
    use kernel::SystemIds;
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
    #[case(&["\"7.2.0\""], false, true)]
    #[case(&["W/\"7.2.0\""], false, false)]
    #[case(&["\"77.2\", \"6.7\""], false, false)]
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
        let answer =
            conditional(&request(&header::IF_NONE_MATCH, lines), etag(7), &"body").unwrap();
        assert_eq!(answer.status().as_u16(), if known { 304 } else { 200 });
        assert_eq!(answer.headers().get(header::ETAG).unwrap(), "\"7\"");
        let guard = IfMatch::of(&request(&header::IF_MATCH, lines)).unwrap();
        assert_eq!(guard.allows(7), allowed);
    }

    #[test]
    fn a_read_goes_by_what_is_shown_beside_it_too() {
        let has = |tag: &str| {
            let request = request(&header::IF_NONE_MATCH, &[tag]);
            let answer = conditional(&request, etag_beside(7, (2, 0)), &"body").unwrap();
            answer.status().as_u16()
        };
        assert_eq!(
            ["\"7.2.0\"", "\"7.2.1\"", "\"7\""].map(has),
            [304, 200, 200]
        );
        assert_eq!(etag_beside(7, (0, 0)), etag(7));
    }

    #[test]
    fn what_one_audience_has_is_not_what_another_is_shown() {
        let ids = SystemIds::default();
        let (seller, buyer) = (UserId::new(&ids), UserId::new(&ids));
        let tag = format!("\"7-{seller}\"");
        let mine = request(&header::IF_NONE_MATCH, &[&tag]);
        for (reader, status) in [(seller, 304), (buyer, 200)] {
            let answer = conditional(&mine, etag_of_view(7, reader), &"body").unwrap();
            assert_eq!(answer.status().as_u16(), status, "{reader}");
        }
    }

    #[test]
    fn a_condition_that_is_no_text_is_a_bad_request() {
        let value = HeaderValue::from_bytes(b"\"\xff\"").unwrap();
        let request = TestRequest::default()
            .append_header((header::IF_NONE_MATCH, value.clone()))
            .append_header((header::IF_MATCH, value))
            .to_http_request();
        let refused = conditional(&request, etag(7), &"body").unwrap_err();
        assert_eq!(refused.kind(), &common::INVALID_HEADER);
        assert_eq!(
            IfMatch::of(&request).unwrap_err().kind(),
            &common::INVALID_HEADER
        );
    }
}
