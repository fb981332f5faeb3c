//! Refusals as RFC 9457 `application/problem+json`. A service declares its [`ProblemType`]s as constants. Internal causes are logged
//! where they occur and never sent.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use kernel::Invalid;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use store::StoreError;
use telemetry::current_request_id;

/// A kind of refusal: its stable word, the status it is sent with and its title.
#[derive(Debug)]
pub struct ProblemType {
    /// Stable `snake_case` word; `/problems/{code}` is its URI.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Its meaning, the same for every occurrence.
    pub title: &'static str,
    /// Describes the members that its documents have beside those of every problem, if any.
    pub members: Option<fn() -> Members>,
}

impl PartialEq for ProblemType {
    fn eq(&self, other: &Self) -> bool {
        (self.code, self.status) == (other.code, other.status)
    }
}

impl Eq for ProblemType {}

/// The type of the members of a kind of refusal, for the API document.
pub struct Members {
    pub(super) name: String,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
    schema: RefOr<Schema>,
}

impl Members {
    /// Describes `T`, which [`Problem::with`] takes.
    #[must_use]
    pub fn of<T: ToSchema>() -> Self {
        let (name, schema) = (T::name().into_owned(), T::schema());
        let mut schemas = vec![(name.clone(), schema.clone())];
        T::schemas(&mut schemas);
        Self {
            name,
            schemas,
            schema,
        }
    }

    /// The example that `T` declares.
    pub(super) fn example(&self) -> Option<Value> {
        match &self.schema {
            RefOr::T(Schema::Object(object)) => object.example.clone(),
            RefOr::T(_) | RefOr::Ref(_) => None,
        }
    }
}

/// Declares a service's kinds of refusal, as constants with a name, a code, a status and a title; and the list of all of them. A kind
/// whose documents have members of their own names the type of those: `OUT_OF_STOCK "out_of_stock" 409 "…" (ShortLines)`.
#[macro_export]
macro_rules! problems {
    ($vis:vis $all:ident: $($name:ident $code:literal $status:literal $title:literal $(($members:ty))?)+) => {
        $(
            #[doc = $title]
            $vis const $name: $crate::ProblemType = $crate::ProblemType {
                code: $code,
                status: $status,
                title: $title,
                members: $crate::problems!(@members $($members)?),
            };
        )+
        /// All of them, for the page that documents them.
        $vis const $all: &[&$crate::ProblemType] = &[$(&$name),+];
    };
    (@members) => { None };
    (@members $members:ty) => { Some($crate::Members::of::<$members>) };
}

/// Refusals common to all services.
pub mod common {
    crate::problems! {
        pub ALL:
        MALFORMED_JSON "malformed_json" 400 "The body is not JSON"
        MALFORMED_FORM "malformed_form" 400 "The body is not a form"
        INVALID_HEADER "invalid_header" 400 "A header cannot be understood"
        INVALID_QUERY "invalid_query" 400 "The query cannot be understood"
        UNAUTHENTICATED "unauthenticated" 401 "A valid bearer token is needed"
        FORBIDDEN "forbidden" 403 "You may not do this"
        NOT_FOUND "not_found" 404 "There is nothing here"
        METHOD_NOT_ALLOWED "method_not_allowed" 405 "This path does not take this method"
        NOT_ACCEPTABLE "not_acceptable" 406 "The answer cannot be given in an accepted media type"
        REQUEST_TIMEOUT "request_timeout" 408 "The body did not come in time"
        REQUEST_RUNNING "request_running" 409 "The first request with this Idempotency-Key is still running"
        ANSWER_ERASED "answer_erased" 410 "The first answer to this Idempotency-Key is erased"
        PRECONDITION_FAILED "precondition_failed" 412 "It is not at the version that the request is for"
        BODY_TOO_LARGE "body_too_large" 413 "The body is too large"
        URI_TOO_LONG "uri_too_long" 414 "The address is too long"
        UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" 415 "The body has to be in the media type that this path takes"
        VALIDATION_FAILED "validation_failed" 422 "The request breaks a rule" (super::BrokenRules)
        IDEMPOTENCY_KEY_REUSED "idempotency_key_reused" 422 "This Idempotency-Key was used with another body"
        TOO_MANY_REQUESTS "too_many_requests" 429 "Too many requests"
        HEADERS_TOO_LARGE "headers_too_large" 431 "The headers are too large"
        INTERNAL "internal_error" 500 "Something went wrong on our side"
        BAD_GATEWAY "bad_gateway" 502 "The service broke off"
        UNAVAILABLE "unavailable" 503 "The service cannot answer now"
        GATEWAY_TIMEOUT "gateway_timeout" 504 "The service did not answer in time"
    }
}

/// One fault of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body; `?name` for a query parameter.
    #[schema(example = "/price/amount")]
    pub pointer: String,
    /// Stable code.
    #[schema(example = "out_of_range")]
    pub code: &'static str,
    /// What is allowed.
    #[schema(example = "must be an integer of minor units between 1 and 9007199254740991")]
    pub detail: String,
}

impl FieldError {
    /// The fault of the value that `pointer` points to.
    #[must_use]
    pub fn new(pointer: impl Into<String>, invalid: Invalid) -> Self {
        Self {
            pointer: pointer.into(),
            code: invalid.code,
            detail: invalid.detail,
        }
    }
}

/// The faults of a request, in a refusal of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"errors": [{"pointer": "/amount", "code": "out_of_range",
    "detail": "must be an integer of minor units between 1 and 9007199254740991"}]}))]
pub struct BrokenRules {
    /// All of them, or the first hundred.
    #[schema(max_items = 100)]
    pub errors: Vec<FieldError>,
}

impl BrokenRules {
    /// How many are told at most: the answer to a request stays in proportion to it.
    pub const MOST: usize = 100;
}

/// A refusal of one request. Boxed to keep a `Result` with this error small.
#[derive(Debug, Clone)]
pub struct Problem(Box<ProblemDocument>);

/// The body of every refusal (RFC 9457), sent as `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// URI reference of the kind of problem.
    #[schema(format = "uri-reference")]
    r#type: String,
    /// Meaning of the kind.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What went wrong with this request.
    detail: String,
    /// The request's id, as in `X-Request-Id`.
    instance: String,
    /// Stable code for programs.
    code: &'static str,
    /// Members of this kind of problem, such as the declined `order`.
    #[serde(flatten)]
    #[schema(ignore)]
    members: Map<String, Value>,
    #[serde(skip)]
    kind: &'static ProblemType,
    #[serde(skip)]
    headers: Vec<(header::HeaderName, HeaderValue)>,
    #[serde(skip)]
    is_last: bool,
}

impl Problem {
    /// The media type of the document.
    pub(super) const MEDIA_TYPE: &str = "application/problem+json";

    /// A refusal of this kind, with a sentence about this occurrence.
    pub fn new(kind: &'static ProblemType, detail: impl Into<String>) -> Self {
        Self(Box::new(ProblemDocument {
            r#type: format!("/problems/{}", kind.code),
            title: kind.title,
            status: kind.status,
            detail: detail.into(),
            instance: current_request_id(),
            code: kind.code,
            members: Map::new(),
            kind,
            headers: Vec::new(),
            is_last: false,
        }))
    }

    /// 422 with every fault of the request, up to [`BrokenRules::MOST`].
    #[must_use]
    pub fn validation(mut errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!(
                "{}: {}.",
                if one.pointer.is_empty() {
                    "body"
                } else {
                    &one.pointer
                },
                one.detail
            ),
            many if many.len() > BrokenRules::MOST => format!(
                "{} faults; see errors for the first {}.",
                many.len(),
                BrokenRules::MOST
            ),
            many => format!("{} faults; see errors.", many.len()),
        };
        errors.truncate(BrokenRules::MOST);
        Self::new(&common::VALIDATION_FAILED, detail).with(&BrokenRules { errors })
    }

    /// 500. `cause` is logged, not sent.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(request = current_request_id(), %cause, "internal error");
        Self::new(
            &common::INTERNAL,
            "Please try again; if it stays, tell us the request id.",
        )
    }

    /// 503 with Retry-After. `cause` is logged, not sent.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        tracing::warn!(request = current_request_id(), %cause, "cannot answer now");
        Self::new(&common::UNAVAILABLE, "Please try again in a moment.").retry_after(1)
    }

    /// Adds the members of its kind to the document.
    #[must_use]
    pub fn with(mut self, members: &impl Serialize) -> Self {
        match serde_json::to_value(members) {
            Ok(Value::Object(members)) => {
                self.0.members.extend(members);
                self
            }
            Ok(other) => Self::internal(format!("{other} has no members")),
            Err(error) => Self::internal(error),
        }
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Sets the occurrence's identifier, for a document created outside of any request.
    #[must_use]
    pub fn instance(mut self, instance: String) -> Self {
        self.0.instance = instance;
        self
    }

    /// Sets the number of seconds after which to retry.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Closes the connection after this answer, because what else arrives on it cannot be told from a new request.
    pub(super) fn last(mut self) -> Self {
        self.0.is_last = true;
        self
    }

    /// The kind of refusal.
    #[must_use]
    pub fn kind(&self) -> &'static ProblemType {
        self.0.kind
    }

    /// The document as sent.
    pub(super) fn document(&self) -> &ProblemDocument {
        &self.0
    }

    /// The bytes of the document.
    pub(super) fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.0)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        for header in &self.0.headers {
            answer.append_header(header.clone());
        }
        if self.0.is_last {
            answer.force_close();
        }
        match self.to_json() {
            Ok(document) => answer.content_type(Self::MEDIA_TYPE).body(document),
            Err(error) => {
                tracing::error!(%error, "a problem has no JSON form");
                HttpResponse::InternalServerError().finish()
            }
        }
    }
}

/// A store's failure is never the client's fault. Unavailable and Conflict may succeed on a retry.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict(_) => Self::unavailable(error),
            StoreError::Duplicate(_) | StoreError::Corrupt(_) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_a_hundred_faults_are_told() {
        let fault = |place: usize| {
            FieldError::new(format!("/{place}"), Invalid::new("required", "is required"))
        };
        for (count, told, detail) in [
            (2, 2, "2 faults; see errors."),
            (100, 100, "100 faults; see errors."),
            (24_000, 100, "24000 faults; see errors for the first 100."),
        ] {
            let problem = Problem::validation((0..count).map(fault).collect());
            let json: Value = serde_json::from_slice(&problem.to_json().unwrap()).unwrap();
            assert_eq!(json["errors"].as_array().unwrap().len(), told);
            assert_eq!(json["detail"], detail);
        }
    }
}
