//! `Idempotency-Key` in HTTP: reading the header, and the answers stored under a key. The store owns the rows.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use kernel::UserId;
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::idempotency::{Earlier, OnceKey, StoredAnswer};
use store::{StoreError, StoreResult};

use super::problem::{Problem, common};

/// The `Idempotency-Key` in its scope, if a request that creates something has one. `meaning` is as for [`key_of_change`].
///
/// # Errors
/// As [`key_of_change`]. 412 for an `If-Match`, which no version of a thing that does not exist yet can match (RFC 9110 section 13.1.1).
/// A client that guards its request must not have the guard ignored.
pub fn once_key(
    request: &HttpRequest,
    user: UserId,
    route: &'static str,
    meaning: &impl Serialize,
) -> Result<Option<OnceKey>, Problem> {
    if request.headers().contains_key(header::IF_MATCH) {
        let detail = "What this request creates has no version yet that If-Match could match.";
        return Err(Problem::new(&common::PRECONDITION_FAILED, detail));
    }
    key_of_change(request, user, route, meaning)
}

/// The `Idempotency-Key` in its scope, if a request that changes something has one. `meaning` is what was asked for, as it was
/// understood: the spelling of an id, the order of members, or a default written out, do not make another request. It is stored as a
/// hash that is fast to compute, so it must hold no secret. What the path names belongs to it.
///
/// # Errors
/// 400 if the key is empty, longer than 255 characters, not visible ASCII, or sent twice.
pub fn key_of_change(
    request: &HttpRequest,
    user: UserId,
    route: &'static str,
    meaning: &impl Serialize,
) -> Result<Option<OnceKey>, Problem> {
    let Some(key) = idempotency_key(request)? else {
        return Ok(None);
    };
    let meaning = serde_json::to_vec(meaning).map_err(Problem::internal)?;
    Ok(Some(OnceKey {
        user,
        route,
        key,
        fingerprint: Sha256::digest(meaning).into(),
    }))
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut values = request.headers().get_all("idempotency-key");
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    let sane = (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if sane && values.next().is_none() {
        return Ok(Some(key.to_owned()));
    }
    Err(Problem::new(
        &common::INVALID_HEADER,
        "Idempotency-Key has to be one value of 1 to 255 visible ASCII characters, such as a UUID.",
    ))
}

/// Serialises the answer to a request with a key, so that it can be stored.
///
/// # Errors
/// Corrupt if `body` cannot be serialised as JSON. There is no fallback: a stored answer is repeated for 48 hours.
pub fn json_answer(status: u16, body: &impl Serialize) -> StoreResult<StoredAnswer> {
    let body = serde_json::to_vec(body).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(StoredAnswer {
        status,
        location: None,
        etag: None,
        body,
    })
}

/// Serialises the refusal of a request with a key, so that it can be stored.
///
/// # Errors
/// As [`json_answer`].
pub fn problem_answer(problem: &Problem) -> StoreResult<StoredAnswer> {
    json_answer(problem.kind().status, problem.document())
}

/// Sends a stored answer.
#[must_use]
pub fn send_stored(answer: StoredAnswer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    if let Some(location) = answer.location {
        response.insert_header(("location", location));
    }
    if let Some(etag) = answer.etag {
        response.insert_header(("etag", etag));
    }
    response
        .content_type(if status.is_success() {
            "application/json"
        } else {
            "application/problem+json"
        })
        .body(answer.body)
}

/// Answers a request whose key was used before.
///
/// # Errors
/// 409 while the first request runs, 410 if its answer is erased, 422 if it had another body.
pub fn answer_repeat(earlier: Earlier) -> Result<HttpResponse, Problem> {
    match earlier {
        Earlier::Answered(answer) if answer == StoredAnswer::erased() => Err(Problem::new(
            &common::ANSWER_ERASED,
            "The request was carried out once, and is not again. Its answer told of a person who has left; read what it changed.",
        )),
        Earlier::Answered(answer) => {
            let mut response = send_stored(answer);
            response.headers_mut().insert(
                HeaderName::from_static("idempotency-replayed"),
                HeaderValue::from_static("true"),
            );
            Ok(response)
        }
        Earlier::Running => Err(Problem::new(
            &common::REQUEST_RUNNING,
            "Ask again in a moment for its answer.",
        )
        .retry_after(1)),
        Earlier::OtherBody => Err(Problem::new(
            &common::IDEMPOTENCY_KEY_REUSED,
            "Use a new key for a new request.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn request(lines: &[&str]) -> HttpRequest {
        lines
            .iter()
            .fold(TestRequest::default(), |request, line| {
                request.append_header(("idempotency-key", *line))
            })
            .to_http_request()
    }

    #[test]
    fn an_idempotency_key_is_one_short_visible_word() {
        let longest = "k".repeat(255);
        for good in [
            "k",
            "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d",
            "!~",
            longest.as_str(),
        ] {
            let key = idempotency_key(&request(&[good])).unwrap();
            assert_eq!(key.as_deref(), Some(good));
        }
        assert_eq!(idempotency_key(&request(&[])).unwrap(), None);
        let too_long = "k".repeat(256);
        for bad in [
            vec![""],
            vec!["a b"],
            vec!["a\tb"],
            vec!["a", "a"],
            vec![&too_long],
        ] {
            let refused = idempotency_key(&request(&bad)).unwrap_err();
            assert_eq!(refused.kind(), &common::INVALID_HEADER, "{bad:?}");
        }
    }

    #[test]
    fn an_answer_that_has_no_json_form_is_an_error_and_nothing_stands_in_for_it() {
        let keys_are_no_text = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert!(matches!(
            json_answer(201, &keys_are_no_text),
            Err(StoreError::Corrupt(_))
        ));
        let refusal = Problem::new(&common::FORBIDDEN, "No.");
        let stored = problem_answer(&refusal).unwrap();
        assert_eq!(stored.status, 403);
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&stored.body).unwrap()["code"],
            "forbidden"
        );
    }
}
