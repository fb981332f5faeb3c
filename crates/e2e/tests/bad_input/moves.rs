//! Moves of orders that cannot be made, and their bodies: a clear problem, nothing written, nothing sent.

use e2e::{Answer, Part, unique};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Case, Scene, assert_faults};

/// What each body with items and a reason may be refused for.
const CANCEL: &[Case] = &[
    ("[]", &[("", "invalid_type")]),
    ("{}", &[("/reason", "required")]),
    (r#"{"reason": 5}"#, &[("/reason", "invalid_type")]),
    (r#"{"reason": ""}"#, &[("/reason", "too_short")]),
    (r#"{"reason": "$L201"}"#, &[("/reason", "too_long")]),
    (
        r#"{"reason": "a\u0000b"}"#,
        &[("/reason", "invalid_character")],
    ),
    (
        r#"{"reason": "\u202Eb"}"#,
        &[("/reason", "invalid_character")],
    ),
    (
        r#"{"reason": "x", "items": []}"#,
        &[("/items", "too_short")],
    ),
    (
        r#"{"reason": "x", "items": {}}"#,
        &[("/items", "invalid_type")],
    ),
    (
        r#"{"reason": "x", "items": [5, {}]}"#,
        &[
            ("/items/0", "invalid_type"),
            ("/items/1/lineId", "required"),
            ("/items/1/quantity", "required"),
        ],
    ),
    (
        r#"{"reason": "x", "items": [{"lineId": "nonsense", "quantity": 1}]}"#,
        &[("/items/0/lineId", "invalid_id")],
    ),
    (
        r#"{"reason": "x", "items": [{"lineId": "$N", "quantity": 0}]}"#,
        &[("/items/0/quantity", "out_of_range")],
    ),
    (
        r#"{"reason": "x", "items": [{"lineId": "$N", "quantity": -1}]}"#,
        &[("/items/0/quantity", "out_of_range")],
    ),
    (
        r#"{"reason": "x", "items": [{"lineId": "$N", "quantity": 10001}]}"#,
        &[("/items/0/quantity", "out_of_range")],
    ),
    (
        r#"{"reason": "x", "items": [{"lineId": "$N", "quantity": 1.0}]}"#,
        &[("/items/0/quantity", "invalid_type")],
    ),
    (
        r#"{"reason": "x", "items": [{"lineId": "$N", "quantity": 1, "price": 5}], "refund": false}"#,
        &[
            ("/items/0/price", "unknown_field"),
            ("/refund", "unknown_field"),
        ],
    ),
];

const SHIP: &[Case] = &[
    (
        "{}",
        &[
            ("/items", "required"),
            ("/carrier", "required"),
            ("/trackingNumber", "required"),
        ],
    ),
    (
        r#"{"items": [$O], "carrier": "", "trackingNumber": ""}"#,
        &[("/carrier", "too_short"), ("/trackingNumber", "too_short")],
    ),
    (
        r#"{"items": [], "carrier": "x", "trackingNumber": "1"}"#,
        &[("/items", "too_short")],
    ),
    (
        r#"{"items": [$O], "carrier": "$L101", "trackingNumber": "$L101"}"#,
        &[("/carrier", "too_long"), ("/trackingNumber", "too_long")],
    ),
    (
        r#"{"items": [$O], "carrier": "a\u0007", "trackingNumber": "1\r\nSet-Cookie: x"}"#,
        &[
            ("/carrier", "invalid_character"),
            ("/trackingNumber", "invalid_character"),
        ],
    ),
    (
        r#"{"items": [$O], "carrier": "\u202Ex", "trackingNumber": "\u200D"}"#,
        &[
            ("/carrier", "invalid_character"),
            ("/trackingNumber", "invisible"),
        ],
    ),
    (
        r#"{"items": [$O], "carrier": "x", "trackingNumber": "1", "trackingUrl": "javascript:alert(1)"}"#,
        &[("/trackingUrl", "invalid_url")],
    ),
    (
        r#"{"items": [$O], "carrier": "x", "trackingNumber": "1", "trackingUrl": "ftp://example.com/1"}"#,
        &[("/trackingUrl", "invalid_url")],
    ),
    (
        r#"{"items": [$O], "carrier": "x", "trackingNumber": "1", "trackingUrl": "//example.com/1"}"#,
        &[("/trackingUrl", "invalid_url")],
    ),
    (
        r#"{"items": [$O], "carrier": "x", "trackingNumber": "1", "trackingUrl": "https://"}"#,
        &[("/trackingUrl", "invalid_url")],
    ),
    (
        r#"{"items": [$O], "carrier": "x", "trackingNumber": "1", "trackingUrl": "https://example.com/a b"}"#,
        &[("/trackingUrl", "invalid_url")],
    ),
    (
        r#"{"items": [$O], "carrier": "x", "trackingNumber": "1", "trackingUrl": "https://example.com/$L10001"}"#,
        &[("/trackingUrl", "too_long")],
    ),
    (
        r#"{"items": [$O], "carrier": 5, "trackingNumber": null, "weight": 3}"#,
        &[
            ("/carrier", "invalid_type"),
            ("/trackingNumber", "invalid_type"),
            ("/weight", "unknown_field"),
        ],
    ),
    (
        r#"{"items": [{"lineId": "$N", "quantity": 0}], "carrier": "x", "trackingNumber": "1"}"#,
        &[("/items/0/quantity", "out_of_range")],
    ),
];

const DELIVER: &[Case] = &[
    ("[]", &[("", "invalid_type")]),
    (r#"{"at": 5}"#, &[("/at", "unknown_field")]),
];

const REFUND: &[Case] = &[
    (
        "{}",
        &[("/fulfilmentId", "required"), ("/reason", "required")],
    ),
    (
        r#"{"fulfilmentId": "nonsense", "reason": "", "amount": 1}"#,
        &[("/fulfilmentId", "invalid_id"), ("/reason", "too_short")],
    ),
    (
        r#"{"fulfilmentId": "$F", "reason": "x", "amount": 0}"#,
        &[("/amount", "out_of_range")],
    ),
    (
        r#"{"fulfilmentId": "$F", "reason": "x", "amount": -5}"#,
        &[("/amount", "out_of_range")],
    ),
    (
        r#"{"fulfilmentId": "$F", "reason": "x", "amount": 1.5}"#,
        &[("/amount", "invalid_type")],
    ),
    (
        r#"{"fulfilmentId": "$F", "reason": "x", "amount": 9007199254740992}"#,
        &[("/amount", "out_of_range")],
    ),
    (
        r#"{"fulfilmentId": "$F", "reason": "x", "amount": {"amount": 5, "currency": "dollars"}}"#,
        &[("/amount/currency", "invalid_currency")],
    ),
    (
        r#"{"fulfilmentId": "$F", "reason": "$L201", "items": [{"lineId": 7, "quantity": 1}]}"#,
        &[("/reason", "too_long"), ("/items/0/lineId", "invalid_type")],
    ),
    (
        r#"{"fulfilmentId": "$F", "reason": "x", "items": [$O], "restock": "yes"}"#,
        &[("/restock", "invalid_type")],
    ),
    (
        r#"{"fulfilmentId": "$F", "reason": "x", "amount": 5, "to": "me"}"#,
        &[("/to", "unknown_field")],
    ),
];

const RETURN: &[Case] = &[
    (
        "{}",
        &[
            ("/fulfilmentId", "required"),
            ("/items", "required"),
            ("/reason", "required"),
        ],
    ),
    (
        r#"{"fulfilmentId": "nonsense", "items": [], "reason": "because"}"#,
        &[
            ("/fulfilmentId", "invalid_id"),
            ("/reason", "unknown_value"),
        ],
    ),
    (
        r#"{"fulfilmentId": "$F", "items": [], "reason": "other"}"#,
        &[("/items", "too_short")],
    ),
    (
        r#"{"fulfilmentId": "$F", "items": [{"lineId": "$N", "quantity": 0}], "reason": 5, "comment": ""}"#,
        &[
            ("/items/0/quantity", "out_of_range"),
            ("/reason", "invalid_type"),
            ("/comment", "too_short"),
        ],
    ),
    (
        r#"{"fulfilmentId": "$F", "items": [$O], "reason": "other", "comment": "$L2001", "refund": 5}"#,
        &[("/comment", "too_long"), ("/refund", "unknown_field")],
    ),
    (
        r#"{"fulfilmentId": "$F", "items": [$O], "reason": "other", "comment": "a\u0000b"}"#,
        &[("/comment", "invalid_character")],
    ),
];

const DISPUTE: &[Case] = &[
    (
        "{}",
        &[
            ("/fulfilmentId", "required"),
            ("/reason", "required"),
            ("/comment", "required"),
        ],
    ),
    (
        r#"{"fulfilmentId": "$F", "reason": "changed_mind", "comment": ""}"#,
        &[("/reason", "unknown_value"), ("/comment", "too_short")],
    ),
    (
        r#"{"fulfilmentId": "$F", "reason": "other", "comment": "$L2001", "amount": 5}"#,
        &[("/comment", "too_long"), ("/amount", "unknown_field")],
    ),
];

const ADDRESS: &[Case] = &[
    (
        "{}",
        &[
            ("/name", "required"),
            ("/line1", "required"),
            ("/city", "required"),
            ("/postalCode", "required"),
            ("/country", "required"),
        ],
    ),
    (
        r#"{"name": "A", "line1": "1 High St", "city": "York", "postalCode": "YO1", "country": "UK"}"#,
        &[("/country", "invalid_country")],
    ),
    (
        r#"{"name": "A", "line1": "1 High St", "city": "York", "postalCode": "YO1", "country": "ZZ"}"#,
        &[("/country", "invalid_country")],
    ),
    (
        r#"{"name": "A", "line1": "1 High St", "city": "York", "postalCode": "YO1", "country": "gb"}"#,
        &[("/country", "invalid_country")],
    ),
    (
        r#"{"name": "\u202E", "line1": "", "city": "$L101", "postalCode": "a\nb", "country": 7, "phone": "none", "planet": "x"}"#,
        &[
            ("/name", "invalid_character"),
            ("/line1", "too_short"),
            ("/city", "too_long"),
            ("/postalCode", "invalid_character"),
            ("/country", "invalid_type"),
            ("/phone", "invalid_phone"),
            ("/planet", "unknown_field"),
        ],
    ),
];

impl Scene {
    /// A path with the ids of the order of lamps.
    pub(crate) fn at(&self, path: &str) -> String {
        path.replace("{id}", &self.lamps.order)
            .replace("{fid}", &self.lamps.id)
            .replace("{sid}", &self.package)
    }

    fn filled(&self, template: &str) -> String {
        let (line, _) = &self.lamps.lines[0];
        let one = json!({"lineId": line, "quantity": 1}).to_string();
        let mut text = template
            .replace("$O", &one)
            .replace("$N", line)
            .replace("$F", &self.lamps.id);
        for length in [10_001, 2_001, 201, 101] {
            text = text.replace(&format!("$L{length}"), &"x".repeat(length));
        }
        text
    }
}

/// Sends each body to each path, as the seller.
async fn all_are_refused(method: Method, path: &str, cases: &[Case]) {
    let scene = Scene::set().await;
    for (template, faults) in cases {
        let request = format!("{method} {path} {template}");
        let sent = scene
            .seller
            .request(method.clone(), &scene.at(path))
            .header("content-type", "application/json")
            .body(scene.filled(template));
        assert_faults(&Answer::of(sent).await, faults, &request);
        scene.assert_unchanged(&request).await;
    }
}

#[tokio::test]
async fn a_bad_cancellation_is_told_every_fault_and_gives_nothing_back() {
    for path in [
        "/api/orders/{id}/cancel",
        "/api/orders/{id}/fulfilments/{fid}/cancel",
    ] {
        all_are_refused(Method::POST, path, CANCEL).await;
    }
}

#[tokio::test]
async fn a_bad_package_is_told_every_fault_and_is_not_sent() {
    let path = "/api/orders/{id}/fulfilments/{fid}/shipments";
    all_are_refused(Method::POST, path, SHIP).await;
}

#[tokio::test]
async fn a_bad_delivery_is_told_every_fault_and_delivers_nothing() {
    let path = "/api/orders/{id}/fulfilments/{fid}/shipments/{sid}/deliver";
    all_are_refused(Method::POST, path, DELIVER).await;
}

#[tokio::test]
async fn a_bad_refund_is_told_every_fault_and_gives_nothing_back() {
    all_are_refused(Method::POST, "/api/orders/{id}/refunds", REFUND).await;
}

#[tokio::test]
async fn a_bad_return_or_dispute_is_told_every_fault_and_opens_nothing() {
    all_are_refused(Method::POST, "/api/orders/{id}/returns", RETURN).await;
    all_are_refused(Method::POST, "/api/orders/{id}/disputes", DISPUTE).await;
}

#[tokio::test]
async fn a_bad_address_is_told_every_fault_and_is_not_kept() {
    all_are_refused(Method::POST, "/api/users/me/addresses", ADDRESS).await;
}

#[tokio::test]
async fn an_order_to_no_country_or_with_a_bad_note_is_told_every_fault_and_takes_no_stock() {
    let scene = Scene::set().await;
    for (member, value, pointer, code) in [
        ("note", json!("$L2001"), "/note", "too_long"),
        ("note", json!("a\u{0}"), "/note", "invalid_character"),
        ("note", json!(5), "/note", "invalid_type"),
        (
            "shippingAddress",
            json!("here"),
            "/shippingAddress",
            "invalid_type",
        ),
    ] {
        let value: Value = match value.as_str() {
            Some("$L2001") => json!("x".repeat(2_001)),
            Some(_) | None => value,
        };
        let mut body = json!({"productId": scene.product.id, "quantity": 1});
        body[member] = value;
        let answer = scene.buyer.post("/api/orders/create", &body).await;
        assert_faults(&answer, &[(pointer, code)], member);
        scene.assert_unchanged(member).await;
    }
    for (address, faults) in ADDRESS {
        let address: Value = serde_json::from_str(&scene.filled(address)).unwrap();
        let body =
            json!({"productId": scene.product.id, "quantity": 1, "shippingAddress": address});
        let answer = scene.buyer.post("/api/orders/create", &body).await;
        let below: Vec<(String, &str)> = faults
            .iter()
            .map(|(pointer, code)| (format!("/shippingAddress{pointer}"), *code))
            .collect();
        let below: Vec<(&str, &str)> = below
            .iter()
            .map(|(pointer, code)| (pointer.as_str(), *code))
            .collect();
        assert_faults(&answer, &below, &body.to_string());
        scene.assert_unchanged("an order to nowhere").await;
    }
}

/// Three lamps: one is on its way, two are not. What is more than there is, of somebody else, or at the wrong time.
#[tokio::test]
async fn a_move_beyond_what_there_is_or_at_the_wrong_time_is_refused_and_nothing_is_sent() {
    let scene = Scene::set().await;
    let (seller, buyer, lamps) = (&scene.seller, &scene.buyer, &scene.lamps);
    let three = lamps.items(&[(0, 3)]);
    // Twice the same line counts together.
    let twice = lamps.items(&[(0, 2), (0, 1)]);
    let foreign = json!([{"lineId": unique(), "quantity": 1}]);
    let elsewhere = Part {
        id: unique(),
        ..lamps.clone()
    };
    let nowhere = Part {
        order: unique(),
        ..lamps.clone()
    };
    for items in [&three, &twice] {
        let much = [
            seller.ships(lamps, items).await,
            buyer.cancels(lamps, Some(items)).await,
            seller.cancels_part(lamps, Some(items)).await,
        ];
        for answer in much {
            answer.assert_problem(409, "move_not_allowed");
            let allowed = answer.body["allowed"].as_array().unwrap();
            assert!(!allowed.is_empty(), "{answer:?}");
            scene.assert_unchanged("too much").await;
        }
    }
    let four = lamps.items(&[(0, 4)]);
    for (what, value) in [("items", &four), ("amount", &json!(301))] {
        let much = seller.refunds(lamps, what, value).await;
        much.assert_problem(409, "refund_exceeds");
        assert_eq!(much.body["left"]["amount"], 300, "{much:?}");
        scene.assert_unchanged("a refund of too much").await;
    }
    for answer in [
        seller.ships(lamps, &foreign).await,
        buyer.cancels(lamps, Some(&foreign)).await,
        seller.cancels_part(lamps, Some(&foreign)).await,
        seller.refunds(lamps, "items", &foreign).await,
    ] {
        assert_faults(&answer, &[("/items/0/lineId", "unknown_line")], "a line");
        scene.assert_unchanged("a foreign line").await;
    }
    for answer in [
        seller.ships(&elsewhere, &three).await,
        seller.cancels_part(&elsewhere, None).await,
        seller.delivers(&elsewhere, &scene.package).await,
    ] {
        answer.assert_problem(404, "fulfilment_not_found");
    }
    seller
        .delivers(lamps, &unique())
        .await
        .assert_problem(404, "shipment_not_found");
    for answer in [
        seller.ships(&nowhere, &three).await,
        buyer.cancels(&nowhere, None).await,
        seller.refunds(&nowhere, "amount", &json!(1)).await,
        buyer.delivers(&nowhere, &scene.package).await,
    ] {
        answer.assert_problem(404, "order_not_found");
    }
    // By the wrong one of those who see it.
    for answer in [
        buyer.ships(lamps, &lamps.items(&[(0, 1)])).await,
        buyer.cancels_part(lamps, None).await,
        buyer.refunds(lamps, "amount", &json!(1)).await,
        seller.cancels(lamps, None).await,
    ] {
        answer.assert_problem(403, "forbidden");
    }
    scene.assert_unchanged("moves of others").await;
}

#[tokio::test]
async fn a_bad_version_or_key_of_a_move_is_refused_and_nothing_is_sent() {
    let scene = Scene::set().await;
    let lamps = &scene.lamps;
    let package = json!({
        "items": lamps.items(&[(0, 1)]), "carrier": "x", "trackingNumber": "1",
    });
    for (path, body) in [
        ("/api/orders/{id}/cancel", json!({"reason": "x"})),
        (
            "/api/orders/{id}/refunds",
            lamps.refund("amount", &json!(1)),
        ),
        (
            "/api/orders/{id}/fulfilments/{fid}/cancel",
            json!({"reason": "x"}),
        ),
        ("/api/orders/{id}/fulfilments/{fid}/shipments", package),
    ] {
        let path = scene.at(path);
        for (header, value, status, code) in [
            ("idempotency-key", "two words", 400, "invalid_header"),
            ("if-match", "\"nonsense\"", 412, "precondition_failed"),
            ("if-match", "\"99\"", 412, "precondition_failed"),
        ] {
            let by = if path.ends_with(&format!("{}/cancel", lamps.order)) {
                &scene.buyer
            } else {
                &scene.seller
            };
            let request = by.request(Method::POST, &path).header(header, value);
            let answer = Answer::of(request.json(&body)).await;
            answer.assert_problem(status, code);
            scene
                .assert_unchanged(&format!("{path} {header}: {value}"))
                .await;
        }
    }
}
