//! The API document: complete, explained, and unchanged unless the snapshot is updated deliberately.

use std::collections::BTreeSet;

use marketplace::Services;
use platform_http::common;
use serde_json::{Value, json};

use crate::operation::{Operation, document, operations};

/// The routes of the API's design. There may be more, but none of these may be missing.
const ROUTES: [&str; 24] = [
    "POST /api/users/register",
    "POST /api/users/login",
    "POST /api/users/refresh",
    "POST /api/users/logout",
    "GET /api/users/me",
    "PATCH /api/users/me",
    "POST /api/users/me/password",
    "GET /.well-known/jwks.json",
    "POST /api/products/create",
    "PUT /api/products/update",
    "PATCH /api/products/remove",
    "GET /api/products",
    "GET /api/products/{id}",
    "POST /api/orders/create",
    "GET /api/orders/{id}",
    "GET /api/orders/{id}/byUser",
    "POST /api/wallet/credit",
    "POST /api/wallet/debit",
    "GET /api/wallet/balance",
    "GET /api/wallet/transaction",
    "GET /healthz",
    "GET /readyz",
    "GET /api/docs",
    "GET /api/openapi.json",
];

#[test]
fn the_document_is_what_it_was() {
    // The version changes with every release and says nothing about the API.
    let document = marketplace::openapi(&Services::default()).unwrap();
    let mut document: Value = serde_json::from_str(&document).unwrap();
    document["info"]["version"] = json!("[version]");
    insta::assert_json_snapshot!("openapi", document);
}

#[test]
fn the_document_is_openapi_3_1_and_has_every_route() {
    let version = document()["openapi"].as_str().unwrap().to_owned();
    assert!(version.starts_with("3.1."), "{version}");
    let documented: BTreeSet<String> = operations().iter().map(Operation::name).collect();
    for route in ROUTES {
        assert!(documented.contains(route), "{route} is not documented");
    }
}

#[test]
fn every_operation_is_explained_and_says_who_may() {
    let tags: BTreeSet<String> = document()["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap().to_owned())
        .collect();
    for operation in operations() {
        let (name, detail) = (operation.name(), &operation.detail);
        assert!(text(&detail["summary"]), "{name} has no summary");
        let tag = detail["tags"].as_array().unwrap();
        assert_eq!(tag.len(), 1, "{name} stands under one heading");
        assert!(
            tags.contains(tag[0].as_str().unwrap()),
            "{name}: {tag:?} is explained nowhere"
        );
        assert_ne!(
            detail["security"].as_array().map_or(0, Vec::len),
            0,
            "{name}: open or not?"
        );
    }
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let mut seen = BTreeSet::new();
    for operation in operations() {
        let id = operation.detail["operationId"].as_str().unwrap().to_owned();
        assert!(
            id.starts_with(|c: char| c.is_ascii_lowercase())
                && id.chars().all(|c| c.is_ascii_alphanumeric()),
            "{id} is no camelCase"
        );
        assert!(
            seen.insert(id.clone()),
            "{id} is the name of two operations"
        );
    }
}

#[test]
fn every_operation_has_an_answer_with_a_schema() {
    for operation in operations() {
        let name = operation.name();
        let mut good = 0;
        for (status, answer) in operation.answers().filter(|(status, _)| *status < 400) {
            good += usize::from(status < 300);
            let content = answer["content"]
                .as_object()
                .map_or(0, serde_json::Map::len);
            if status != 202 {
                assert_eq!(
                    content == 0,
                    [204, 304].contains(&status),
                    "{name} {status}"
                );
            }
            for (media_type, content) in answer["content"].as_object().into_iter().flatten() {
                assert!(
                    content["schema"].is_object(),
                    "{name} {status} {media_type}"
                );
            }
        }
        assert!(good > 0, "{name} never succeeds");
    }
}

#[test]
fn every_answer_is_explained_and_carries_the_requests_id() {
    for operation in operations() {
        for (status, answer) in operation.answers() {
            let name = format!("{} {status}", operation.name());
            assert!(text(&answer["description"]), "{name} is not explained");
            assert!(answer["headers"]["X-Request-Id"].is_object(), "{name}");
        }
        let parameters = operation.detail["parameters"].as_array().unwrap();
        assert!(
            parameters
                .iter()
                .any(|one| one["name"] == "X-Request-Id" && one["in"] == "header"),
            "{}",
            operation.name()
        );
    }
}

#[test]
fn every_request_body_is_json_with_a_schema_and_an_example_or_a_form() {
    for operation in operations() {
        let Some(body) = operation.detail.get("requestBody") else {
            continue;
        };
        let name = operation.name();
        let content = body["content"].as_object().unwrap();
        let kinds: Vec<&str> = content.keys().map(String::as_str).collect();
        let body = content.values().next().unwrap();
        assert!(body["schema"].is_object(), "{name}");
        match kinds.as_slice() {
            // An example of a file would be no help.
            ["multipart/form-data"] => {}
            ["application/json"] => assert!(
                body["example"].is_object() || body["examples"].is_object(),
                "{name} has no example"
            ),
            others => panic!("{name} takes {others:?}"),
        }
        let declared: BTreeSet<u16> = operation.refusals().map(|(status, _)| status).collect();
        for status in [400, 413, 415, 422] {
            assert!(declared.contains(&status), "{name} may answer {status}");
        }
    }
}

#[test]
fn every_refusal_is_a_problem_with_its_own_codes_and_an_example_of_each() {
    for operation in operations() {
        for (status, answer) in operation.refusals() {
            let name = format!("{} {status}", operation.name());
            let content = answer["content"].as_object().unwrap();
            assert_eq!(
                content.keys().collect::<Vec<_>>(),
                ["application/problem+json"],
                "{name}"
            );
            let codes = codes_of(answer);
            assert!(!codes.is_empty(), "{name} has no code");
            let examples = content["application/problem+json"]["examples"]
                .as_object()
                .unwrap();
            let shown: BTreeSet<&str> = examples.keys().map(String::as_str).collect();
            assert_eq!(shown, codes, "{name}");
            for (code, example) in examples {
                let value = &example["value"];
                let named = format!("`{code}`");
                assert_eq!(value["status"], status, "{name} {code}");
                assert_eq!(value["code"], *code, "{name}");
                assert_eq!(value["type"], format!("/problems/{code}"), "{name}");
                assert!(
                    answer["description"].as_str().unwrap().contains(&named),
                    "{name} {code}"
                );
            }
        }
    }
}

#[test]
fn every_kind_of_refusal_is_given_by_an_operation() {
    let operations = operations();
    let given: BTreeSet<&str> = operations
        .iter()
        .flat_map(Operation::refusals)
        .flat_map(|(_, answer)| codes_of(answer))
        .collect();
    // An operation is a path with a method that it takes.
    let kinds: BTreeSet<&str> = [
        common::ALL,
        user_service::PROBLEMS,
        product_service::PROBLEMS,
        order_service::PROBLEMS,
        wallet_service::PROBLEMS,
    ]
    .into_iter()
    .flatten()
    .map(|kind| kind.code)
    .filter(|code| *code != common::METHOD_NOT_ALLOWED.code)
    .collect();
    assert_eq!(kinds.difference(&given).collect::<Vec<_>>(), [&""; 0]);
}

/// The codes that the schema of a refusal allows.
fn codes_of(answer: &Value) -> BTreeSet<&str> {
    fn collect<'a>(schema: &'a Value, codes: &mut BTreeSet<&'a str>) {
        let words = schema["properties"]["code"]["enum"].as_array();
        codes.extend(words.into_iter().flatten().filter_map(Value::as_str));
        for parts in [&schema["oneOf"], &schema["allOf"]] {
            for part in parts.as_array().into_iter().flatten() {
                collect(part, codes);
            }
        }
    }
    let mut codes = BTreeSet::new();
    collect(
        &answer["content"]["application/problem+json"]["schema"],
        &mut codes,
    );
    codes
}

#[test]
fn a_request_has_no_members_but_those_described() {
    let document = document();
    let mut closed = 0;
    for operation in operations() {
        let Some(body) = operation.detail.get("requestBody") else {
            continue;
        };
        let mut references = BTreeSet::new();
        collect_references(body, &mut references);
        while let Some(reference) = references.pop_first() {
            let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
            collect_references(schema, &mut references);
            if schema["properties"].is_object() {
                closed += 1;
                assert_eq!(schema["additionalProperties"], false, "{reference}");
            }
        }
    }
    assert!(closed >= 10, "only {closed} objects");
}

#[test]
fn refusals_that_have_a_header_say_so() {
    for operation in operations() {
        for (status, answer) in operation.refusals() {
            let header = match status {
                401 => "WWW-Authenticate",
                429 | 503 => "Retry-After",
                _ => continue,
            };
            assert!(
                answer["headers"][header].is_object(),
                "{} {status}: {header}",
                operation.name()
            );
        }
        let refused: BTreeSet<u16> = operation.refusals().map(|(status, _)| status).collect();
        assert!(
            !operation.takes_a_token() || refused.contains(&401),
            "{}",
            operation.name()
        );
    }
}

#[test]
fn the_document_describes_the_token() {
    let bearer = document()["components"]["securitySchemes"]["bearer"].clone();
    assert_eq!(
        (&bearer["type"], &bearer["scheme"]),
        (&json!("http"), &json!("bearer"))
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("a local reference");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.insert(reference.clone());
            }
            members
                .values()
                .for_each(|value| collect_references(value, found));
        }
        Value::Array(values) => values
            .iter()
            .for_each(|value| collect_references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
