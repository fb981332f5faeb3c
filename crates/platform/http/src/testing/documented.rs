//! Every answer that a test receives is checked against the reviewed API document: it may have only a status, and a refusal only a
//! code, that the document gives its operation.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a document that cannot be read fails the test"
)]

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::Value;

/// The snapshot of `crates/marketplace`.
const REVIEWED: &str =
    include_str!("../../../../marketplace/tests/api/snapshots/api__document__openapi.snap");

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    // The document starts after the snapshot's own header.
    let (_, document) = REVIEWED.split_once("\n---\n").expect("a snapshot");
    serde_json::from_str(document).expect("a document")
});

/// Asserts that the document allows an answer with `status` and `body` to a request.
///
/// # Panics
/// If it does not.
pub(super) fn assert_documented(method: &Method, path: &str, status: u16, body: &Value) {
    let method = match *method {
        Method::HEAD => Method::GET,
        ref other => other.clone(),
    };
    let Some(operation) = operation(&method, path) else {
        return;
    };
    let Some(answer) = operation["responses"].get(status.to_string()) else {
        panic!("{method} {path} answered {status}, which is not documented: {body}");
    };
    let answer = resolve(answer);
    let refusal = &answer["content"]["application/problem+json"];
    if let (Some(code), true) = (body["code"].as_str(), refusal.is_object()) {
        let mut codes = Vec::new();
        collect_codes(&refusal["schema"], &mut codes);
        assert!(
            codes.contains(&code),
            "{method} {path} answered {status} {code}, which is not documented: {codes:?} are"
        );
    }
}

/// The operation that answers `path`. A path without parameters goes before one with. None if a gateway may take the path for another:
/// it decodes `%2F` and resolves `..`.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    if path.to_ascii_lowercase().contains("%2f") {
        return None;
    }
    let paths = DOCUMENT["paths"].as_object()?;
    let given: Vec<&str> = path.split('/').collect();
    let fits = |pattern: &str| {
        let parts: Vec<&str> = pattern.split('/').collect();
        let mut pairs = parts.iter().zip(&given);
        parts.len() == given.len()
            && pairs.all(|(part, given)| part == given || part.starts_with('{'))
    };
    let item = paths.get(path).or_else(|| {
        let mut items = paths.iter();
        items
            .find(|(pattern, _)| fits(pattern))
            .map(|(_, item)| item)
    })?;
    item.get(method.as_str().to_lowercase())
}

fn resolve(answer: &'static Value) -> &'static Value {
    let reference = answer["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'));
    reference.map_or(answer, |pointer| {
        DOCUMENT.pointer(pointer).expect("a reference")
    })
}

fn collect_codes(schema: &'static Value, codes: &mut Vec<&'static str>) {
    let words = schema["properties"]["code"]["enum"].as_array();
    codes.extend(words.into_iter().flatten().filter_map(Value::as_str));
    for parts in [&schema["oneOf"], &schema["allOf"]] {
        for part in parts.as_array().into_iter().flatten() {
            collect_codes(part, codes);
        }
    }
}
