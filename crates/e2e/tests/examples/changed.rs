//! Fuzz tests: requests that the document suggests, with random changes, to a server with demo data. `PROPTEST_CASES` says how many.

use e2e::{Answer, Launch, Person};
use host::testing::{Changes, changes};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::Demo;
use crate::operation::{Operation, operations, prefilled};

/// Sends what `strategy` makes up, as `send` does.
fn fuzz<S: Strategy>(
    runtime: &Runtime,
    strategy: &S,
    send: impl AsyncFn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config {
        // A case that failed is printed; there is no file of a test of ours to keep it beside.
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(strategy, |value| runtime.block_on(send(value)))
        .unwrap();
}

/// A refusal must be a problem, and the server must not have failed.
async fn is_answered(request: reqwest::RequestBuilder, what: &str) -> Result<u16, TestCaseError> {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers().get(CONTENT_TYPE).cloned();
    let text = response.text().await.unwrap();
    prop_assert!(status < 500, "{what}: {status} {text}");
    if status >= 400 {
        let problem: Value = serde_json::from_str(&text).unwrap_or_default();
        let is_problem = kind.is_some_and(|kind| kind == "application/problem+json");
        prop_assert!(
            is_problem && problem["code"].is_string(),
            "{what}: {status} {text}"
        );
    }
    Ok(status)
}

/// The request that the document suggests, with changes in its body, or in its path and query if it has none.
fn request(
    demo: &Demo,
    operation: &Operation<'_>,
    body: Option<Value>,
    changes: &Changes,
) -> (reqwest::RequestBuilder, String) {
    let (mut path, mut query) = (operation.path.to_owned(), Vec::new());
    let parameters = operation.detail["parameters"].as_array();
    let mut headers = Vec::new();
    for parameter in parameters.into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        let value = prefilled(&demo.document, parameter).unwrap_or_else(|| "1".to_owned());
        let value = match body {
            Some(_) => value,
            None => encoded(&changes.of(value.as_bytes())),
        };
        match parameter["in"].as_str().unwrap() {
            "path" => path = path.replace(&format!("{{{name}}}"), &value),
            "query" => query.push(format!("{name}={value}")),
            _ => headers.push((name.to_owned(), value)),
        }
    }
    let target = format!("{path}?{}", query.join("&"));
    let mut request = demo
        .who(operation)
        .request(operation.method.clone(), &target);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let mut what = format!("{} {target}", operation.id());
    if let Some(body) = body {
        let sent = changes.of(body.to_string().as_bytes());
        what = format!("{what} {}", String::from_utf8_lossy(&sent));
        request = request.header(CONTENT_TYPE, "application/json").body(sent);
    }
    (request, what)
}

/// Any bytes as a part of a path or query.
fn encoded(bytes: &[u8]) -> String {
    let encode = |byte: &u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-_.".contains(byte) => char::from(*byte).into(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(encode).collect()
}

#[test]
fn a_changed_request_is_answered_or_refused_with_a_problem_and_no_money_or_stock_is_lost() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = Launch::on(data_dir.path()).with("--demo");
    let runtime = Runtime::new().unwrap();
    let demo = runtime.block_on(Demo::start(&launch));
    let operations = operations(&demo.document);
    let cases = (any::<Index>(), any::<Index>(), changes());
    fuzz(&runtime, &cases, async |(which, body, changes)| {
        let operation = which.get(&operations);
        let body = body.get(&operation.bodies()).clone();
        let (request, what) = request(&demo, operation, body, &changes);
        is_answered(request, &what).await.map(drop)
    });
    drop(demo);
    launch.assert_audit_is_clean();
}

#[test]
fn a_changed_token_is_refused_and_a_changed_cursor_is_too() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = Launch::on(data_dir.path()).with("--demo");
    let runtime = Runtime::new().unwrap();
    let demo = runtime.block_on(Demo::start(&launch));
    let client = demo.server.client();
    let token = demo.person.token.as_str();
    fuzz(&runtime, &changes(), async |changes| {
        let sent = changes.of_visible(token);
        if sent != token {
            let request = client.request(reqwest::Method::GET, "/api/users/me", &sent);
            let status = is_answered(request, &sent).await?;
            prop_assert_eq!(status, 401, "{}", sent);
        }
        Ok(())
    });
    let lists = [
        "/api/products",
        "/api/orders/sales",
        "/api/wallet/transaction",
    ];
    let cursors = runtime.block_on(async {
        let mut cursors = Vec::new();
        for list in lists {
            cursors.push((list, cursor(&demo.person, list).await));
        }
        cursors
    });
    fuzz(
        &runtime,
        &(any::<Index>(), changes()),
        async |(which, changes)| {
            let (list, cursor) = which.get(&cursors);
            let changed = changes.of_visible(cursor);
            if changed != *cursor && !changed.is_empty() {
                let target = format!("{list}?limit=1&cursor={}", encoded(changed.as_bytes()));
                let request = demo.person.request(reqwest::Method::GET, &target);
                let status = is_answered(request, &target).await?;
                prop_assert_eq!(status, 422, "{}", target);
            }
            Ok(())
        },
    );
}

/// Where the second page of a list begins.
async fn cursor(person: &Person, list: &str) -> String {
    let page: Answer = person.get(&format!("{list}?limit=1")).await;
    page.body["nextCursor"].as_str().unwrap().to_owned()
}
