//! The examples of the API document work: each is sent to a marketplace with demo data as the page of the document would send it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; indexing a JSON value gives null where nothing is"
)]

use e2e::{Answer, Launch, Person, with_picture};
use reqwest::Method;
use serde_json::Value;

/// Comes first: one of the examples of a login is the account that it makes.
const FIRST: &str = "registerUser";

/// These come last, in this sequence, as they take away what other examples need.
const LAST: [&str; 25] = [
    "addImage",
    "removeImage",
    "suspendSeller",
    "reinstateSeller",
    "requestReturn",
    "openDispute",
    "shipItems",
    "deliverShipment",
    "refundPart",
    "cancelFulfilment",
    "cancelOrder",
    "compensateOrder",
    "retryOrder",
    "removeAddress",
    "removeVariant",
    "unpublishProduct",
    "removeProduct",
    "takeDownProduct",
    "deleteMe",
    "changeEmail",
    "changePassword",
    "grantRole",
    "revokeRole",
    "suspendUser",
    "reinstateUser",
];

/// What only sellers and operators do. The first seller has bought the orders of the examples, so an operator does it for its seller.
const OF_SELLERS: [&str; 6] = [
    "shipItems",
    "refundPart",
    "cancelFulfilment",
    "approveReturn",
    "denyReturn",
    "receiveReturn",
];

/// The product of the examples.
const PRODUCT: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d";

struct Operation<'a> {
    method: Method,
    path: &'a str,
    detail: &'a Value,
}

impl Operation<'_> {
    fn id(&self) -> &str {
        self.detail["operationId"].as_str().unwrap()
    }

    fn turn(&self) -> usize {
        match LAST.iter().position(|last| *last == self.id()) {
            Some(place) => place + 2,
            None => usize::from(self.id() != FIRST),
        }
    }

    /// Whether only an operator may.
    fn is_for_operators(&self) -> bool {
        let description = self.detail["description"].as_str().unwrap_or_default();
        // It may go over the end of a line.
        let words: Vec<&str> = description.split_whitespace().collect();
        let description = words.join(" ").to_lowercase();
        OF_SELLERS.contains(&self.id()) || description.contains("role `admin`")
    }

    /// The bodies that the document suggests; one that is none if the operation takes none.
    fn bodies(&self) -> Vec<Option<Value>> {
        let Some(body) = self.detail.get("requestBody") else {
            return vec![None];
        };
        let content = &body["content"]["application/json"];
        match content["examples"].as_object() {
            Some(examples) => examples
                .values()
                .map(|one| Some(one["value"].clone()))
                .collect(),
            None => vec![Some(content["example"].clone())],
        }
    }
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, detail) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            found.push(Operation {
                method,
                path,
                detail,
            });
        }
    }
    found.sort_by_key(Operation::turn);
    found
}

/// What the page puts into the field of a parameter.
fn prefilled(document: &Value, parameter: &Value) -> Option<String> {
    let schema = &parameter["schema"];
    let shared = schema["$ref"]
        .as_str()
        .map(|reference| reference.trim_start_matches('#'));
    let schema = shared.map_or(schema, |pointer| document.pointer(pointer).unwrap());
    let values = [
        &parameter["example"],
        &schema["example"],
        &schema["default"],
    ];
    let value = values.into_iter().find(|value| !value.is_null())?;
    Some(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}

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

#[tokio::test]
async fn every_example_of_the_document_works_against_the_demo() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = Launch::on(data_dir.path()).with("--demo");
    let server = launch.serve();
    let client = server.client();
    let document = client.get("/api/openapi.json").await.body;
    let logins = &document["paths"]["/api/users/login"]["post"]["requestBody"];
    let login = &logins["content"]["application/json"]["examples"]["demo"]["value"];
    let password = login["password"].as_str().unwrap();
    let person = client
        .log_in(login["email"].as_str().unwrap(), password)
        .await;
    let operator = client.log_in("operator@demo.example", password).await;

    let mut sent = 0;
    for operation in operations(&document) {
        let who = if operation.is_for_operators() {
            &operator
        } else {
            &person
        };
        for body in operation.bodies() {
            send(&document, &operation, who, body).await;
            sent += 1;
        }
    }
    assert!(sent >= 28, "only {sent} examples");
    launch.assert_audit_is_clean();
}
