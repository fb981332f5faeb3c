//! How the API rejects requests: the format of a problem, and the page that explains each kind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use host::testing::Answer;
use platform_http::common;
use serde_json::{Map, Value, json};

use crate::operation::operations;
use crate::world::World;

/// Status, relevant headers and body, without values that differ between runs.
fn shape(answer: &Answer) -> Value {
    let telling = [
        "allow",
        "content-type",
        "location",
        "retry-after",
        "www-authenticate",
    ];
    let headers: Map<String, Value> = telling
        .into_iter()
        .filter(|name| answer.headers.contains_key(*name))
        .map(|name| (name.to_owned(), json!(redact_text(answer.header(name)))))
        .collect();
    json!({"status": answer.status, "headers": headers, "body": redact(&answer.body)})
}

fn redact(value: &Value) -> Value {
    match value {
        Value::String(text) if text.parse::<kernel::Timestamp>().is_ok() => json!("[time]"),
        Value::String(text) => json!(redact_text(text)),
        Value::Array(values) => values.iter().map(redact).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), redact(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Replaces every UUID in `text` with `[id]`.
fn redact_text(text: &str) -> String {
    let mut redacted = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let id = rest
            .get(..36)
            .filter(|word| word.parse::<kernel::OrderId>().is_ok());
        redacted.push_str(&id.map_or_else(|| next.to_string(), |_| "[id]".to_owned()));
        rest = &rest[id.map_or(next.len_utf8(), str::len)..];
    }
    redacted
}

#[tokio::test]
async fn a_request_that_breaks_rules_is_told_all_of_them() {
    let world = World::start();
    let person = world.join("Ada").await;
    let body = json!({
        "name": "", "description": 7, "price": {"amount": 0, "currency": "usd"}, "stock": -1, "colour": "red",
    });
    let refused = world
        .post("/api/products/create", &person.token, &body)
        .await;
    refused.assert_problem(422, "validation_failed");
    insta::assert_json_snapshot!("validation_failed", shape(&refused));
}

#[tokio::test]
async fn an_order_that_the_wallet_declines_is_shown_with_the_refusal() {
    let world = World::start();
    let (seller, buyer) = (world.join("Grace").await, world.join("Ada").await);
    let lamp = world.list(&seller, "Lamp", 1299, 5).await;
    let body = json!({"productId": lamp, "quantity": 2});
    let refused = world.post("/api/orders/create", &buyer.token, &body).await;
    refused.assert_problem(402, "insufficient_funds");
    insta::assert_json_snapshot!("insufficient_funds", shape(&refused));
}

#[tokio::test]
async fn an_order_beyond_the_stock_is_told_which_lines_and_what_there_is() {
    let world = World::start();
    let (seller, buyer) = (world.join("Grace").await, world.join("Ada").await);
    let lamp = world.list(&seller, "Lamp", 1299, 5).await;
    let desk = world.list(&seller, "Desk", 12_900, 5).await;
    let body = json!({"items": [
        {"productId": lamp, "quantity": 6}, {"productId": desk, "quantity": 5},
    ]});
    let refused = world.post("/api/orders/create", &buyer.token, &body).await;
    refused.assert_problem(409, "out_of_stock");
    insta::assert_json_snapshot!("out_of_stock", shape(&refused));
}

#[tokio::test]
async fn the_refusals_of_the_edge_have_the_same_shape() {
    let world = World::start();
    let person = world.join("Ada").await;
    let unknown_path = world.get("/api/nothing", &person.token).await;
    unknown_path.assert_problem(404, "not_found");
    insta::assert_json_snapshot!("not_found", shape(&unknown_path));

    let wrong_method = Answer::of(world.request("DELETE", "/api/products", &person.token)).await;
    wrong_method.assert_problem(405, "method_not_allowed");
    insta::assert_json_snapshot!("method_not_allowed", shape(&wrong_method));

    let nobody = world.get("/api/wallet/balance", "").await;
    nobody.assert_problem(401, "unauthenticated");
    insta::assert_json_snapshot!("unauthenticated", shape(&nobody));

    let garbled = world
        .request("POST", "/api/wallet/credit", &person.token)
        .header("content-type", "application/json")
        .body("{\"amount\": 1");
    let garbled = Answer::of(garbled).await;
    garbled.assert_problem(400, "malformed_json");
    insta::assert_json_snapshot!("malformed_json", shape(&garbled));
}

/// A problem kind, as declared in the source.
#[derive(Debug)]
struct Declared {
    code: String,
    status: u16,
    title: String,
}

/// The kinds in the tables `problems! { … }` of the crates. A service could forget to hand its table over, and nothing would notice at
/// run time, so this reads the source.
fn declared_in_the_source() -> Vec<Declared> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for path in rust_files(crates).iter().filter(|path| is_source(path)) {
        let text = std::fs::read_to_string(path).unwrap();
        for table in text.split("problems! {").skip(1) {
            let rows = table.lines().take_while(|line| line.trim() != "}");
            for row in rows.map(|row| row.split('"').collect::<Vec<_>>()) {
                if let [_, code, status, title, _members] = row[..] {
                    found.push(Declared {
                        code: code.to_owned(),
                        status: status.trim().parse().unwrap(),
                        title: title.to_owned(),
                    });
                }
            }
        }
    }
    assert!(found.len() >= common::ALL.len() + 15, "only {found:?}");
    found
}

fn is_source(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "src")
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn every_kind_of_refusal_that_a_crate_declares_is_explained_where_its_type_points_to() {
    let world = World::start();
    for Declared {
        code,
        status,
        title,
    } in declared_in_the_source()
    {
        let uri = format!("/problems/{code}");
        let explained = world.get(&uri, "").await;
        assert_eq!(
            explained.status, 200,
            "{code} is not in its service's PROBLEMS"
        );
        assert_eq!(
            explained.body,
            json!({"type": uri, "code": code, "status": status, "title": title})
        );
    }
    world
        .get("/problems/no_such_problem", "")
        .await
        .assert_problem(404, "not_found");
}

#[tokio::test]
async fn every_code_that_the_document_names_is_explained_with_its_status() {
    let world = World::start();
    let mut explained = BTreeSet::new();
    for operation in operations() {
        for (status, answer) in operation.refusals() {
            let examples = &answer["content"]["application/problem+json"]["examples"];
            for code in examples.as_object().unwrap().keys() {
                if !explained.insert((code.clone(), status)) {
                    continue;
                }
                let explanation = world.get(&format!("/problems/{code}"), "").await;
                assert_eq!(explanation.status, 200, "{}: {code}", operation.name());
                assert_eq!(
                    explanation.body["status"],
                    status,
                    "{}: {code}",
                    operation.name()
                );
            }
        }
    }
}
