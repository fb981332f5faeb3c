//! The operations of the API document.

use serde_json::Value;

/// The document, as `marketplace openapi` prints it.
pub(crate) fn document() -> Value {
    serde_json::from_str(&marketplace::openapi().unwrap()).unwrap()
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
    let document = document();
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
            .replace("{code}", "not_found")
    }

    /// Whether a bearer token is required, at least with the default settings (`catalogue.public = false`).
    pub(crate) fn takes_a_token(&self) -> bool {
        let alternatives = self.detail["security"].as_array().unwrap();
        alternatives
            .iter()
            .any(|one| one.as_object().unwrap().contains_key("bearer"))
    }

    /// Whether the document says that it may be public.
    pub(crate) fn may_be_open(&self) -> bool {
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
