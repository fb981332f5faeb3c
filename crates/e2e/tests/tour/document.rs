//! The OpenAPI document matches the API: every route is listed, and every listed route exists.

use e2e::Shape;
use reqwest::Method;
use serde_json::Value;

/// The reviewed document: the snapshot of `crates/marketplace`.
const REVIEWED: &str =
    include_str!("../../../marketplace/tests/api/snapshots/api__document__openapi.snap");

/// One documented operation.
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) detail: Value,
}

/// All operations, as the server's document lists them.
pub(crate) fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, detail) in item.as_object().unwrap() {
            if let Ok(method) = method.to_uppercase().parse::<Method>()
                && ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str())
            {
                found.push(Operation {
                    method,
                    path: path.clone(),
                    detail: detail.clone(),
                });
            }
        }
    }
    found
}

/// Method and path of each operation.
fn names(document: &Value) -> Vec<String> {
    let mut names: Vec<String> = operations(document)
        .iter()
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_document_lists_every_route_and_no_other() {
    let shape = Shape::start();
    let document = shape.client().get("/api/openapi.json").await;
    assert_eq!(document.status, 200);
    assert!(
        document.body["openapi"]
            .as_str()
            .unwrap()
            .starts_with("3.1")
    );
    // The document starts after the snapshot's own header.
    let (_, reviewed) = REVIEWED.split_once("\n---\n").unwrap();
    let reviewed: Value = serde_json::from_str(reviewed).unwrap();
    assert_eq!(names(&document.body), names(&reviewed));
}

#[tokio::test]
async fn every_documented_operation_is_explained_and_answered() {
    let shape = Shape::start();
    let document = shape.client().get("/api/openapi.json").await.body;
    assert!(document["components"]["securitySchemes"]["bearer"].is_object());
    for Operation {
        method,
        path,
        detail,
    } in operations(&document)
    {
        let name = format!("{method} {path}");
        assert!(
            detail["summary"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{name}"
        );
        assert_eq!(detail["tags"].as_array().map(Vec::len), Some(1), "{name}");
        let answers = detail["responses"].as_object().unwrap();
        assert!(
            answers.keys().any(|status| status.starts_with('2')),
            "{name}"
        );
        for (status, answer) in answers {
            assert!(
                answer["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{name} {status}"
            );
            assert!(
                answer["headers"]["X-Request-Id"].is_object(),
                "{name} {status}"
            );
        }
        let operators = path.ends_with("/retry") || path.ends_with("/compensate");
        if method != Method::GET && !operators {
            let body = &detail["requestBody"]["content"]["application/json"];
            assert!(body["schema"].is_object(), "{name}");
            for status in ["400", "413", "415", "422"] {
                assert!(answers.contains_key(status), "{name} may answer {status}");
            }
        }
        let here = path
            .replace("{id}", "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d")
            .replace("{code}", "not_found");
        let answer = shape
            .client()
            .request(method, &here, "")
            .send()
            .await
            .unwrap();
        assert_ne!(answer.status().as_u16(), 405, "{name}");
        if answer.status().as_u16() >= 400 {
            let status = answer.status().as_u16().to_string();
            assert!(
                answers.contains_key(&status),
                "{name} answered {status}, which is not documented"
            );
        }
    }
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let shape = Shape::start();
    let document = shape.client().get("/api/openapi.json").await.body;
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                references.push(reference.clone());
            }
            members
                .values()
                .for_each(|value| collect(value, references));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
