//! What the handlers' OpenAPI fragments leave out because it is the same everywhere: the refusals that follow from the kind of a
//! request, the form of every refusal, and the headers that every answer has.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::problem::ProblemDocument;

/// Refusals (status, description) of a request that carries a token or a body, so of all but public pages.
const OF_ANY: [(&str, &str); 2] = [
    ("406", "`not_acceptable`: answers are JSON"),
    ("503", "`unavailable`: retry after Retry-After"),
];

/// Refusals of a request with a token.
const OF_TOKEN: [(&str, &str); 1] =
    [("401", "`unauthenticated`: a valid bearer token is required")];

/// Refusals of a request with a body.
const OF_BODY: [(&str, &str); 5] = [
    ("400", "`malformed_json` or `invalid_header`"),
    (
        "408",
        "`request_timeout`: the body did not arrive within 10 seconds",
    ),
    ("413", "`body_too_large`: more than 256 KiB"),
    (
        "415",
        "`unsupported_media_type`: send application/json in UTF-8, without a Content-Encoding",
    ),
    ("422", "`validation_failed`: every fault is in `errors`"),
];

/// Refusals of a request that creates something, and so takes an `Idempotency-Key`.
const OF_KEY: [(&str, &str); 1] = [(
    "412",
    "`precondition_failed`: what does not exist yet matches no `If-Match`",
)];

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "read by the derive only")]
struct RequestIdHeader {
    /// Identifies the request in answers and logs; generated if absent.
    #[param(rename = "X-Request-Id", required = false, max_length = 128)]
    id: String,
}

/// Completes every operation, and adds the bearer scheme.
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
    let name = ProblemDocument::name().into_owned();
    let mut schemas = vec![(name, ProblemDocument::schema())];
    ProblemDocument::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
        ];
        operations.into_iter().flatten().for_each(complete_one);
    }
}

/// Adds the refusals of its kind, unless the handler describes them itself; the form of its refusals; and `X-Request-Id`.
fn complete_one(operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let is_key = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(one) if one.name == "Idempotency-Key");
    let keyed = parameters.iter().any(is_key);
    let request_id = RequestIdHeader::into_params(|| None);
    parameters.extend(request_id.into_iter().map(RefOr::T));
    let bearer = SecurityRequirement::new("bearer", [""; 0]);
    let token = operation
        .security
        .iter()
        .flatten()
        .any(|one| *one == bearer);
    let body = operation.request_body.is_some();
    let answers = &mut operation.responses.responses;
    for (applies, refusals) in [
        (token || body, &OF_ANY[..]),
        (token, &OF_TOKEN),
        (body, &OF_BODY),
        (keyed, &OF_KEY),
    ] {
        for (status, description) in refusals.iter().filter(|_| applies) {
            answers
                .entry((*status).to_owned())
                .or_insert_with(|| Response::new(*description).into());
        }
    }
    for (status, answer) in answers {
        let RefOr::T(answer) = answer else { continue };
        if status.as_str() >= "400" && answer.content.is_empty() {
            let problem = Content::new(Some(Ref::from_schema_name(ProblemDocument::name())));
            let media_type = "application/problem+json".to_owned();
            answer.content.insert(media_type, problem.into());
        }
        let mut add_header = |name: &str, schema, description| {
            let header = HeaderBuilder::new().schema(Some(schema));
            let header = header.description(Some(description)).build();
            answer
                .headers
                .entry(name.to_owned())
                .or_insert(header.into());
        };
        add_header("X-Request-Id", String::schema(), "The request's id");
        match status.as_str() {
            "401" => add_header(
                "WWW-Authenticate",
                String::schema(),
                "Bearer, with the error",
            ),
            "503" => add_header("Retry-After", u32::schema(), "Seconds"),
            _ => {}
        }
    }
}
