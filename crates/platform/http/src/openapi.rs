//! The common parts of the handlers' OpenAPI fragments: the refusals, and the headers that every answer has.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ObjectBuilder, OpenApi, RefOr, Required, Type};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use super::problem::ProblemDocument;

/// Refusals of a read.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the derive only")]
pub enum ReadProblems {
    /// `unauthenticated`: a valid bearer token is needed
    #[response(status = 401, content_type = "application/problem+json", headers(("WWW-Authenticate" = String, description = "Bearer, with the error")))]
    Unauthenticated(ProblemDocument<'static>),
    /// `not_acceptable`: answers are JSON
    #[response(status = 406, content_type = "application/problem+json")]
    NotAcceptable(ProblemDocument<'static>),
    /// `unavailable`: try again after Retry-After
    #[response(status = 503, content_type = "application/problem+json", headers(("Retry-After" = u32, description = "Seconds")))]
    Unavailable(ProblemDocument<'static>),
}

/// Refusals of a request with a body.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the derive only")]
pub enum WriteProblems {
    /// `malformed_json` or `invalid_header`
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(ProblemDocument<'static>),
    /// `not_acceptable`: answers are JSON
    #[response(status = 406, content_type = "application/problem+json")]
    NotAcceptable(ProblemDocument<'static>),
    /// `request_timeout`: the body did not come within 10 seconds
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(ProblemDocument<'static>),
    /// `body_too_large`: more than 256 KiB
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDocument<'static>),
    /// `unsupported_media_type`: send application/json in UTF-8, without a Content-Encoding
    #[response(status = 415, content_type = "application/problem+json")]
    MediaType(ProblemDocument<'static>),
    /// `validation_failed`: every fault is in `errors`
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `unavailable`: try again after Retry-After
    #[response(status = 503, content_type = "application/problem+json", headers(("Retry-After" = u32, description = "Seconds")))]
    Unavailable(ProblemDocument<'static>),
}

/// Refusals of a request that moves money.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the derive only")]
pub enum PaymentProblems {
    /// `insufficient_funds`: nothing was posted
    #[response(status = 402, content_type = "application/problem+json")]
    InsufficientFunds(ProblemDocument<'static>),
    /// `request_running`: the first request with this Idempotency-Key is still running
    #[response(status = 409, content_type = "application/problem+json", headers(("Retry-After" = u32, description = "Seconds")))]
    Running(ProblemDocument<'static>),
}

/// Adds what applies to every operation: the bearer scheme, and `X-Request-Id` in requests and answers.
pub fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("JWT")
                .description(Some("The `token` that POST /api/users/login answers with."))
                .build(),
        ),
    );
    components.schemas.insert(
        <ProblemDocument<'_> as ToSchema>::name().into_owned(),
        <ProblemDocument<'_> as PartialSchema>::schema(),
    );
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            operation.parameters.get_or_insert_default().push(
                ParameterBuilder::new()
                    .name("X-Request-Id")
                    .parameter_in(ParameterIn::Header)
                    .required(Required::False)
                    .description(Some(
                        "Names the request in answers and logs; made up when missing.",
                    ))
                    .schema(Some(
                        ObjectBuilder::new()
                            .schema_type(Type::String)
                            .max_length(Some(128)),
                    ))
                    .build()
                    .into(),
            );
            for answer in operation.responses.responses.values_mut() {
                if let RefOr::T(answer) = answer {
                    let header = HeaderBuilder::new()
                        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                        .description(Some("The request's id"))
                        .build();
                    answer
                        .headers
                        .insert("X-Request-Id".to_owned(), header.into());
                }
            }
        }
    }
}
