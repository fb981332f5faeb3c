//! An order that is placed within a client's trace.

use std::collections::BTreeSet;

use e2e::{Client, Person};
use reqwest::Method;
use serde_json::{Value, json};

use crate::collector::{Collector, Span};

/// The client's own trace, and its span that sends the request.
pub(crate) const TRACE: &str = "5bd66ef5095369c7b0d1f8f4bd33716a";
pub(crate) const ASKING: &str = "c532cb4098ac3dd2";

/// A person who has placed an order.
pub(crate) struct Ordered {
    pub(crate) buyer: Person,
    pub(crate) id: String,
}

/// Places an order with `traceparent` and waits until it is paid.
pub(crate) async fn place(client: &Client, traceparent: &str) -> Ordered {
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let pen = seller.lists("Pen", 7_654_321, 5).await;
    buyer.credit(98_765_432).await;
    let answer = buyer
        .request(Method::POST, "/api/orders/create")
        .header("traceparent", traceparent)
        .header("prefer", "wait=20")
        .json(&json!({"productId": pen.id, "quantity": 1}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    let order: Value = answer.json().await.unwrap();
    Ordered {
        id: order["id"].as_str().unwrap().to_owned(),
        buyer,
    }
}

/// Asserts the attributes that are common to both modes; `system` is the messaging system.
pub(crate) fn check_attributes(spans: &[Span], ordered: &Ordered, system: &str) {
    let named = |name: &str| {
        let span = spans.iter().find(|span| span.name == name);
        &span.unwrap().attributes
    };
    let request = named("POST /api/orders/create");
    assert_eq!(request["http.request.method"], "POST");
    assert_eq!(request["http.route"], "/api/orders/create");
    assert_eq!(request["http.response.status_code"], "201");
    assert_eq!(request["marketplace.order.id"], ordered.id);
    assert!(!request["marketplace.request.id"].is_empty());
    let sent = named("send marketplace.wallet.v1.DebitForOrder");
    let processed = named("process marketplace.wallet.v1.DebitForOrder");
    for message in [sent, processed] {
        assert_eq!(message["messaging.system"], system);
        assert_eq!(message["marketplace.order.id"], ordered.id);
    }
    assert_eq!(
        sent["messaging.message.id"],
        processed["messaging.message.id"]
    );
    assert_eq!(sent["messaging.destination.name"], "commands");
    assert_eq!(sent["messaging.operation.type"], "send");
    assert_eq!(processed["messaging.destination.name"], "wallet.commands");
    assert_eq!(processed["messaging.operation.type"], "process");
    for commit in spans
        .iter()
        .filter(|span| span.attributes.contains_key("db.system.name"))
    {
        assert!(
            commit
                .name
                .starts_with(&commit.attributes["db.operation.name"]),
            "{commit:?}"
        );
    }
}

/// Asserts that no private data was sent, and no attribute key outside the reviewed list.
pub(crate) fn check_discretion(collector: &Collector, ordered: &Ordered) {
    let buyer = &ordered.buyer;
    let amounts = ["7654321", "98765432"];
    collector.assert_knows_none_of(&[&buyer.email, &buyer.token, &buyer.refresh, &buyer.password]);
    collector.assert_knows_none_of(&amounts);
    let spans = collector.spans();
    let keys: BTreeSet<&str> = spans
        .iter()
        .flat_map(|span| span.attributes.iter())
        .inspect(|(key, value)| assert!(!amounts.contains(&value.as_str()), "{key}={value}"))
        .map(|(key, _)| key.as_str())
        .collect();
    let known = [
        "db.namespace",
        "db.operation.batch.size",
        "db.operation.name",
        "db.system.name",
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "marketplace.order.id",
        "marketplace.request.id",
        "messaging.batch.message_count",
        "messaging.destination.name",
        "messaging.message.id",
        "messaging.operation.name",
        "messaging.operation.type",
        "messaging.system",
        "server.address",
        "server.port",
        "url.path",
        "url.scheme",
        "url.template",
    ];
    for key in keys {
        assert!(known.contains(&key), "{key}");
    }
}
