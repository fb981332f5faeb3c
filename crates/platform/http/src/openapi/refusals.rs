//! The refusals of each operation: those that its handler's description names, and those that follow from what the request is. Their
//! schemas and examples are made from the tables of [`problems!`](crate::problems), so each is shown as it is sent.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, Header, Ref, RefOr, Response};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{Problem, ProblemDocument, ProblemType, common};

/// The request's id in examples.
const REQUEST_ID: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d";

/// Any request, as far as its headers and what stands between the client and the handler can refuse it.
const OF_ANY: [&ProblemType; 8] = [
    &common::INVALID_HEADER,
    &common::URI_TOO_LONG,
    &common::TOO_MANY_REQUESTS,
    &common::HEADERS_TOO_LARGE,
    &common::INTERNAL,
    &common::BAD_GATEWAY,
    &common::UNAVAILABLE,
    &common::GATEWAY_TIMEOUT,
];

const OF_BODY: [&ProblemType; 5] = [
    &common::MALFORMED_JSON,
    &common::REQUEST_TIMEOUT,
    &common::BODY_TOO_LARGE,
    &common::UNSUPPORTED_MEDIA_TYPE,
    &common::VALIDATION_FAILED,
];

const OF_FORM: [&ProblemType; 5] = [
    &common::MALFORMED_FORM,
    &common::REQUEST_TIMEOUT,
    &common::BODY_TOO_LARGE,
    &common::UNSUPPORTED_MEDIA_TYPE,
    &common::VALIDATION_FAILED,
];

const OF_QUERY: [&ProblemType; 2] = [&common::INVALID_QUERY, &common::VALIDATION_FAILED];

/// A request that creates something. What does not exist yet matches no `If-Match`.
const OF_IDEMPOTENCY_KEY: [&ProblemType; 3] = [
    &common::REQUEST_RUNNING,
    &common::PRECONDITION_FAILED,
    &common::IDEMPOTENCY_KEY_REUSED,
];

/// The refusals that follow from the request of `operation`.
fn implied(path: &str, operation: &Operation) -> Vec<&'static ProblemType> {
    let parameters = operation.parameters.iter().flatten();
    let has = |place: ParameterIn, name: Option<&str>| {
        parameters.clone().any(|parameter| match parameter {
            RefOr::T(parameter) => {
                parameter.parameter_in == place && name.is_none_or(|name| parameter.name == name)
            }
            RefOr::Ref(_) => false,
        })
    };
    let token = operation.security.iter().flatten();
    let is_api = path.starts_with("/api/") && path != "/api/docs";
    let body = operation.request_body.as_ref();
    let is_form = body.is_some_and(|body| match body {
        RefOr::T(body) => body.content.contains_key("multipart/form-data"),
        RefOr::Ref(_) => false,
    });
    let groups: [(bool, &[&'static ProblemType]); 8] = [
        (true, &OF_ANY),
        (is_api, &[&common::NOT_ACCEPTABLE]),
        (
            token.clone().any(|one| *one == bearer()),
            &[&common::UNAUTHENTICATED],
        ),
        (body.is_some() && !is_form, &OF_BODY),
        (is_form, &OF_FORM),
        (has(ParameterIn::Query, None), &OF_QUERY),
        (
            has(ParameterIn::Header, Some("If-Match")),
            &[&common::PRECONDITION_FAILED],
        ),
        (
            has(ParameterIn::Header, Some("Idempotency-Key")),
            &OF_IDEMPOTENCY_KEY,
        ),
    ];
    let applying = groups.into_iter().filter(|(applies, _)| *applies);
    let mut kinds: Vec<&ProblemType> = Vec::new();
    for kind in applying.flat_map(|(_, kinds)| kinds) {
        if !kinds.iter().any(|known| known.code == kind.code) {
            kinds.push(kind);
        }
    }
    kinds
}

/// The kinds that `description` names in backticks.
fn named(
    description: &str,
    status: u16,
    table: &[&'static ProblemType],
) -> Vec<&'static ProblemType> {
    let words = description.split('`').skip(1).step_by(2);
    words
        .filter_map(|word| {
            let mut kinds = table.iter().chain(common::ALL);
            kinds.find(|kind| kind.code == word && kind.status == status)
        })
        .copied()
        .collect()
}

fn bearer() -> SecurityRequirement {
    SecurityRequirement::new("bearer", [""; 0])
}

/// A header of an answer.
pub(super) fn header(schema: RefOr<Schema>, description: &str) -> RefOr<Header> {
    let header = HeaderBuilder::new().schema(Some(schema));
    header.description(Some(description)).build().into()
}

/// What the refusals of all operations share.
#[derive(Default)]
pub(super) struct Refusals {
    /// Responses that are the same for several operations, by name.
    pub(super) responses: BTreeMap<String, RefOr<Response>>,
    /// Schemas of the members that some kinds have, by name.
    pub(super) schemas: BTreeMap<String, RefOr<Schema>>,
}

impl Refusals {
    /// Completes `operation`, whose handler may name the kinds in `table`.
    pub(super) fn complete(
        &mut self,
        path: &str,
        operation: &mut Operation,
        table: &[&'static ProblemType],
    ) {
        let mut implied_by_status: BTreeMap<u16, Vec<&'static ProblemType>> = BTreeMap::new();
        for kind in implied(path, operation) {
            implied_by_status.entry(kind.status).or_default().push(kind);
        }
        let answers = &mut operation.responses.responses;
        for (status, answer) in answers.iter_mut() {
            let (Ok(status), RefOr::T(answer)) = (status.parse(), answer) else {
                continue;
            };
            let implied = implied_by_status.remove(&status).unwrap_or_default();
            // An answer with content is no problem document: a report of what is not ready.
            if status < 400 || !answer.content.is_empty() {
                continue;
            }
            let mut kinds = named(&answer.description, status, table);
            for kind in implied {
                if !kinds.contains(&kind) {
                    answer.description += "; ";
                    answer.description += &words_for(kind);
                    kinds.push(kind);
                }
            }
            self.describe(answer, &kinds);
        }
        for (status, kinds) in implied_by_status {
            let name: Vec<String> = kinds.iter().map(|kind| camel(kind.code)).collect();
            let name = name.join("Or");
            if !self.responses.contains_key(&name) {
                let words: Vec<String> = kinds.iter().map(|kind| words_for(kind)).collect();
                let mut response = Response::new(words.join("; "));
                self.describe(&mut response, &kinds);
                self.responses.insert(name.clone(), response.into());
            }
            let shared = Ref::from_response_name(name);
            answers.insert(status.to_string(), RefOr::Ref(shared));
        }
    }

    /// Gives a refusal its schema, an example of each kind, and its headers.
    fn describe(&mut self, answer: &mut Response, kinds: &[&'static ProblemType]) {
        let plain = kinds.iter().filter(|kind| kind.members.is_none());
        let plain: Vec<&&ProblemType> = plain.collect();
        let mut forms: Vec<AllOfBuilder> = Vec::new();
        if !plain.is_empty() {
            forms.push(form(&plain));
        }
        let mut content = Content::default();
        for kind in kinds {
            let mut example = example(kind);
            if let Some(members) = kind.members {
                let members = members();
                forms.push(form(&[kind]).item(Ref::from_schema_name(&members.name)));
                if let Some(Value::Object(members)) = members.example() {
                    example.extend(members);
                }
                self.schemas.extend(members.schemas);
            }
            let example = ExampleBuilder::new().value(Some(Value::Object(example)));
            content
                .examples
                .insert(kind.code.to_owned(), example.build().into());
        }
        content.schema = match forms.len() {
            0 => Some(Ref::from_schema_name(ProblemDocument::name()).into()),
            1 => forms.pop().map(RefOr::from),
            _ => {
                let forms = forms.into_iter();
                let forms = forms.fold(OneOfBuilder::new(), OneOfBuilder::item);
                Some(forms.into())
            }
        };
        answer
            .content
            .insert(Problem::MEDIA_TYPE.to_owned(), content.into());
        let mut add = |name: &str, schema, description| {
            let header = header(schema, description);
            answer.headers.entry(name.to_owned()).or_insert(header);
        };
        for kind in kinds {
            match kind.status {
                401 => add(
                    "WWW-Authenticate",
                    String::schema(),
                    "Bearer, with the error",
                ),
                429 => {
                    add("Retry-After", u32::schema(), "Seconds");
                    add(
                        "RateLimit-Policy",
                        String::schema(),
                        "The limit that was exceeded, unless a gateway refused",
                    );
                    add(
                        "RateLimit",
                        String::schema(),
                        "What is left of it and when there is more, unless a gateway refused",
                    );
                }
                503 => add("Retry-After", u32::schema(), "Seconds"),
                _ if **kind == common::REQUEST_RUNNING => {
                    add(
                        "Retry-After",
                        u32::schema(),
                        "Seconds, if it is still running",
                    );
                }
                _ => {}
            }
        }
    }
}

/// A problem document with one of these codes.
fn form(kinds: &[&&'static ProblemType]) -> AllOfBuilder {
    let codes = kinds.iter().map(|kind| kind.code);
    let code = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(codes));
    let this_code = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("code", code);
    AllOfBuilder::new()
        .item(Ref::from_schema_name(ProblemDocument::name()))
        .item(this_code)
}

fn example(kind: &ProblemType) -> Map<String, Value> {
    let members = [
        ("type", json!(format!("/problems/{}", kind.code))),
        ("title", json!(kind.title)),
        ("status", json!(kind.status)),
        ("detail", json!(format!("{}.", kind.title))),
        ("instance", json!(REQUEST_ID)),
        ("code", json!(kind.code)),
    ];
    members
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

fn words_for(kind: &ProblemType) -> String {
    let mut title = kind.title.chars();
    let first = title.next().map(char::to_lowercase);
    let lower: String = first.into_iter().flatten().chain(title).collect();
    format!("`{}`: {lower}", kind.code)
}

/// `body_too_large` as the name of a component.
fn camel(code: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    code.split('_').map(capital).collect()
}
