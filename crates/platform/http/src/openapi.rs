//! What the handlers' OpenAPI fragments leave out because it is the same everywhere: the refusals, the headers that every answer has, and
//! that a request has no members but those described.

mod refusals;

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Header, OpenApi, Ref, RefOr, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::problem::{ProblemDocument, ProblemType};
use refusals::{Refusals, header};

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "read by the derive only")]
struct RequestIdHeader {
    /// Identifies the request in answers and logs. One that is not 1 to 128 of the characters `A-Z a-z 0-9 - _ . :`, or absent, is
    /// replaced by a new one.
    #[param(rename = "X-Request-Id", required = false)]
    id: String,
}

/// A service's part of the document.
pub struct Fragment {
    /// Its operations. The description of a refusal names the codes that it can have in backticks.
    pub operations: OpenApi,
    /// The kinds of refusal that it declares.
    pub problems: &'static [&'static ProblemType],
}

/// Adds the fragments to `document`, and completes every operation.
pub fn complete(document: &mut OpenApi, fragments: impl IntoIterator<Item = Fragment>) {
    let mut refusals = Refusals::default();
    finish(document, &[], &mut refusals);
    for Fragment {
        mut operations,
        problems,
    } in fragments
    {
        finish(&mut operations, problems, &mut refusals);
        document.merge(operations);
    }
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
    components.schemas.insert(name, ProblemDocument::schema());
    components.schemas.extend(refusals.schemas);
    components.responses.extend(refusals.responses);
    for response in components.responses.values_mut() {
        if let RefOr::T(response) = response {
            add_request_id(&mut response.headers);
        }
    }
    close_requests(document);
}

fn add_request_id(headers: &mut BTreeMap<String, RefOr<Header>>) {
    headers.insert(
        "X-Request-Id".to_owned(),
        header(String::schema(), "The request's id"),
    );
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = (&String, &mut Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        let operations = operations.into_iter().flatten();
        operations.map(move |operation| (path, operation))
    })
}

fn finish(document: &mut OpenApi, problems: &[&'static ProblemType], refusals: &mut Refusals) {
    for (path, operation) in operations(document) {
        refusals.complete(path, operation, problems);
        let parameters = operation.parameters.get_or_insert_default();
        for parameter in parameters.iter_mut() {
            if let RefOr::T(parameter) = parameter {
                forbid_null(parameter);
            }
        }
        let request_id = RequestIdHeader::into_params(|| None);
        parameters.extend(request_id.into_iter().map(RefOr::T));
        for answer in operation.responses.responses.values_mut() {
            if let RefOr::T(answer) = answer {
                add_request_id(&mut answer.headers);
            }
        }
    }
}

/// A header is absent or text: the type `Option<String>` says so, but its schema would be that of JSON.
fn forbid_null(parameter: &mut Parameter) {
    if parameter.parameter_in == ParameterIn::Header
        && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
    {
        schema.schema_type = Type::String.into();
    }
}

/// Says of every object in a request body that it has no other members: [`Body`](super::Body) refuses them.
fn close_requests(document: &mut OpenApi) {
    let mut waiting = Vec::new();
    for (_, operation) in operations(document) {
        if let Some(RefOr::T(body)) = &mut operation.request_body {
            for content in body.content.values_mut() {
                if let RefOr::T(content) = content
                    && let Some(schema) = &mut content.schema
                {
                    close(schema, &mut waiting);
                }
            }
        }
    }
    let components = document.components.get_or_insert_default();
    let mut closed = BTreeSet::new();
    while let Some(Ref { ref_location, .. }) = waiting.pop() {
        let name = ref_location.trim_start_matches("#/components/schemas/");
        if closed.insert(name.to_owned())
            && let Some(schema) = components.schemas.get_mut(name)
        {
            close(schema, &mut waiting);
        }
    }
}

fn close(schema: &mut RefOr<Schema>, waiting: &mut Vec<Ref>) {
    let parts: Vec<&mut RefOr<Schema>> = match schema {
        RefOr::Ref(to) => {
            waiting.push(to.clone());
            return;
        }
        RefOr::T(Schema::Object(object)) => {
            if !object.properties.is_empty() {
                object.additional_properties =
                    Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
            object.properties.values_mut().collect()
        }
        RefOr::T(Schema::Array(array)) => match &mut array.items {
            ArrayItems::RefOrSchema(items) => vec![items.as_mut()],
            ArrayItems::False => Vec::new(),
        },
        RefOr::T(Schema::OneOf(forms)) => forms.items.iter_mut().collect(),
        RefOr::T(Schema::AnyOf(forms)) => forms.items.iter_mut().collect(),
        // Each part would refuse the others' members.
        RefOr::T(_) => Vec::new(),
    };
    for part in parts {
        close(part, waiting);
    }
}
