//! The examples of the API document work: each is sent to a marketplace with demo data as the page of the document would send it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; indexing a JSON value gives null where nothing is"
)]

mod changed;
mod operation;

use e2e::{Answer, Launch, Person, Server, with_picture};
use serde_json::Value;

use crate::operation::{Operation, operations, prefilled};

/// The order of the examples of returns and disputes.
const ORDER_OF_CASES: &str = "0199f3a0-9b1c-7c3e-9d52-6f0c1a2b3c4d";

/// The product of the examples.
const PRODUCT: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d";

/// Sends the example of an operation.
async fn send(document: &Value, operation: &Operation<'_>, person: &Person, body: Option<Value>) {
    let mut path = operation.path.to_owned();
    let (mut query, mut headers) = (Vec::new(), Vec::new());
    for parameter in operation.detail["parameters"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = parameter["name"].as_str().unwrap().to_owned();
        // No document can know this one either.
        if operation.id() == "showPicture" && name == "name" {
            let product = person.get(&format!("/api/products/{PRODUCT}")).await.body;
            let url = product["images"][0]["urls"]["320"]
                .as_str()
                .unwrap()
                .to_owned();
            path = url;
            continue;
        }
        let Some(value) = prefilled(document, parameter) else {
            assert_ne!(parameter["required"], true, "{} {name}", operation.path);
            continue;
        };
        match parameter["in"].as_str().unwrap() {
            "path" => path = path.replace(&format!("{{{name}}}"), &value),
            // None of them has a character that has to be encoded.
            "query" => query.push(format!("{name}={value}")),
            _ => headers.push((name, value)),
        }
    }
    let target = format!("{path}?{}", query.join("&"));
    let mut request = person.request(operation.method.clone(), &target);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if operation.id() == "addImage" {
        request = with_picture(request);
    } else if let Some(mut body) = body {
        // No document can know this one.
        if operation.id() == "refreshLogin" {
            body["refreshToken"] = person.refresh.clone().into();
        }
        request = request.json(&body);
    }
    if path == "/api/docs" || operation.id() == "showPicture" {
        assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
        return;
    }
    let answer = Answer::of(request).await;
    let refused = match operation.id() {
        // Nothing waits to be sent again, no seller for approval, no marketplace for an administrator, no mails are sent, orders are not
        // over, and no second factor is on.
        "retryOrder" | "approveSeller" | "setUp" | "forgotPassword" | "deleteMe" | "removeTotp" => {
            Some(409)
        }
        // So there are no links, and no document can know a code.
        "verifyEmail" | "resetPassword" | "confirmTotp" => Some(403),
        // No message is dead, and no login has this id.
        "endSession" => Some(404),
        id if id.starts_with("replayDeadLetterOf") => Some(404),
        _ => None,
    };
    assert!(
        answer.status < 300 || Some(answer.status) == refused,
        "{} {target}: {answer:?}",
        operation.id()
    );
}

/// The demo, its document, and two people of it who are logged in.
pub(crate) struct Demo {
    pub(crate) server: Server,
    pub(crate) document: Value,
    /// The account that the document suggests for a login.
    pub(crate) person: Person,
    pub(crate) operator: Person,
}

impl Demo {
    pub(crate) async fn start(launch: &Launch) -> Self {
        let server = launch.serve();
        let client = server.client();
        let document = client.get("/api/openapi.json").await.body;
        let logins = &document["paths"]["/api/users/login"]["post"]["requestBody"];
        let login = &logins["content"]["application/json"]["examples"]["demo"]["value"];
        let text = |name: &str| login[name].as_str().unwrap();
        let person = client.log_in(text("email"), text("password")).await;
        let operator = client
            .log_in("operator@demo.example", text("password"))
            .await;
        Self {
            server,
            document,
            person,
            operator,
        }
    }

    /// Who may do it.
    pub(crate) fn who(&self, operation: &Operation<'_>) -> &Person {
        if operation.is_for_operators() {
            &self.operator
        } else {
            &self.person
        }
    }
}

#[tokio::test]
async fn every_example_of_the_document_works_against_the_demo() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = Launch::on(data_dir.path()).with("--demo");
    let demo = Demo::start(&launch).await;
    for (list, count) in [("returns", 3), ("disputes", 2)] {
        let path = format!("/api/orders/{list}?role=buyer");
        let cases = demo.person.all(&path).await.into_iter();
        let here = cases.filter(|case| case["orderId"] == ORDER_OF_CASES);
        assert_eq!(here.count(), count, "{list}");
    }
    let mut sent = 0;
    for operation in operations(&demo.document) {
        for body in operation.bodies() {
            send(&demo.document, &operation, demo.who(&operation), body).await;
            sent += 1;
        }
    }
    assert!(sent >= 28, "only {sent} examples");
    launch.assert_audit_is_clean();
}
