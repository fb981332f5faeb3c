//! The operations of the API document.

use marketplace::Services;
use serde_json::Value;

/// The document, as `marketplace openapi` prints it.
pub(crate) fn document() -> Value {
    document_of(&Services::default())
}

/// The document of a marketplace with these settings, with every reference to a shared response replaced by that response.
pub(crate) fn document_of(services: &Services) -> Value {
    let mut document: Value =
        serde_json::from_str(&marketplace::openapi(services).unwrap()).unwrap();
    let shared = document["components"]["responses"].clone();
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut() {
            for answer in operation["responses"].as_object_mut().unwrap().values_mut() {
                if let Some(reference) = answer["$ref"].as_str() {
                    let name = reference.strip_prefix("#/components/responses/").unwrap();
                    *answer = shared[name].clone();
                }
            }
        }
    }
    document
}

/// One documented operation.
pub(crate) struct Operation {
    /// Upper case.
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) detail: Value,
}

/// All operations. A path item of ours contains nothing but operations.
pub(crate) fn operations() -> Vec<Operation> {
    operations_of(&Services::default())
}

pub(crate) fn operations_of(services: &Services) -> Vec<Operation> {
    let document = document_of(services);
    let paths = document["paths"].as_object().unwrap();
    let found: Vec<Operation> = paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .iter()
                .map(|(method, detail)| Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    detail: detail.clone(),
                })
        })
        .collect();
    assert!(!found.is_empty());
    found
}

impl Operation {
    /// A description for messages.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// A path that can be requested: ids that match nothing, and a known problem code.
    pub(crate) fn sample_path(&self) -> String {
        self.path
            .replace("{id}", "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d")
            .replace("{image}", "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d")
            .replace("{name}", "none.jpg")
            .replace("{code}", "not_found")
    }

    /// Whether it takes a bearer token.
    pub(crate) fn takes_a_token(&self) -> bool {
        let alternatives = self.detail["security"].as_array().unwrap();
        alternatives
            .iter()
            .any(|one| one.as_object().unwrap().contains_key("bearer"))
    }

    /// Whether it can be called without one.
    pub(crate) fn is_open(&self) -> bool {
        let alternatives = self.detail["security"].as_array().unwrap();
        alternatives
            .iter()
            .any(|one| one.as_object().unwrap().is_empty())
    }

    /// Its responses: status and description of each.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (u16, &Value)> {
        let answers = self.detail["responses"].as_object().unwrap();
        answers
            .iter()
            .map(|(status, answer)| (status.parse().expect("a status"), answer))
    }

    /// Its error responses: status and description of each. When `/readyz` is not ready, its response is a report, not a problem document.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = (u16, &Value)> {
        let report = self.path == "/readyz";
        self.answers()
            .filter(move |(status, _)| *status >= 400 && !report)
    }
}
