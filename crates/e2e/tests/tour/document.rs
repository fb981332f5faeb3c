//! The OpenAPI document matches the API: it is the reviewed one, and every listed route exists. That the answers are those that it lists
//! is checked wherever a test receives an [`Answer`].

use e2e::{Answer, Shape};
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

#[tokio::test]
async fn the_document_served_is_the_one_that_was_reviewed() {
    let shape = Shape::start();
    let mut document = shape.client().get("/api/openapi.json").await;
    assert_eq!(document.status, 200);
    // The snapshot names no version, and starts after a header of its own.
    document.body["info"]["version"] = "[version]".into();
    let (_, reviewed) = REVIEWED.split_once("\n---\n").unwrap();
    let reviewed: Value = serde_json::from_str(reviewed).unwrap();
    assert_eq!(document.body, reviewed);
}

#[tokio::test]
async fn every_documented_operation_exists() {
    let shape = Shape::start();
    let document = shape.client().get("/api/openapi.json").await.body;
    for Operation { method, path, .. } in operations(&document) {
        let here = path
            .replace("{id}", "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d")
            .replace("{code}", "not_found");
        let request = shape.client().request(method.clone(), &here, "");
        if here == "/api/docs" {
            assert_eq!(request.send().await.unwrap().status(), 200);
            continue;
        }
        // Refused, if the token is missing, or of something that is not there; and `Answer` checks that the document knows the refusal.
        let answer = Answer::of(request).await;
        let is_nowhere = answer.status == 404 && answer.body["code"] == "not_found";
        assert!(
            answer.status != 405 && !is_nowhere,
            "{method} {path} {answer:?}"
        );
    }
}
