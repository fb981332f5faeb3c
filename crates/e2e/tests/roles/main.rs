//! Who may do what: each operation of the API document, by each role, on what is theirs and on what is not. An operation that is missing
//! from the table fails the test.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod scene;
mod table;

use std::collections::BTreeSet;

use e2e::Answer;
use scene::{Cast, Role, Scene};
use serde_json::Value;
use table::{ROWS, Row};

/// `POST /api/orders/create`, for each operation of the document.
fn documented(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    operations.collect()
}

#[tokio::test]
async fn every_operation_of_the_document_is_in_the_table_once() {
    let cast = Cast::gather().await;
    let document = cast.client().get("/api/openapi.json").await.body;
    let named: Vec<String> = ROWS.iter().map(Row::name).collect();
    let table: BTreeSet<String> = named.iter().cloned().collect();
    assert_eq!(table.len(), named.len(), "a row is there twice");
    assert_eq!(table, documented(&document));
}

/// As many rows as one cast takes. Casts play at the same time, each in a marketplace of its own, as most of a scene is waiting.
const ROWS_A_CAST: usize = 24;

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let casts = ROWS
        .chunks(ROWS_A_CAST)
        .map(|rows| tokio::spawn(play(rows)));
    let mut wrong = Vec::new();
    for cast in casts.collect::<Vec<_>>() {
        wrong.extend(cast.await.unwrap());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns what was answered otherwise than `rows` say.
async fn play(rows: &[Row]) -> Vec<String> {
    let cast = Cast::gather().await;
    let mut wrong = Vec::new();
    for row in rows {
        for (role, expected) in Role::ALL.into_iter().zip(row.statuses) {
            let scene = Scene::set(&cast, role, row).await;
            let before = scene.look(&cast).await;
            let request = scene.request(&cast, role, row);
            if row.path == "/api/docs" {
                assert_eq!(request.send().await.unwrap().status(), expected);
                continue;
            }
            let answer = Answer::of(request).await;
            if answer.status != expected {
                let code = answer.body["code"].as_str().unwrap_or_default();
                let (name, status) = (row.name(), answer.status);
                wrong.push(format!(
                    "{name} by {role:?}: {status} {code}, not {expected}"
                ));
            }
            if answer.status >= 400 {
                let after = scene.look(&cast).await;
                assert_eq!(before, after, "{} refused to {role:?}", row.name());
            }
        }
    }
    cast.assert_audit_is_clean();
    wrong
}
