//! Renders every template from sample data, in every language: with all that the API may say, and with what it must say only.

use std::collections::BTreeSet;

use minijinja::context;
use serde_json::{Value as Json, json};

use super::*;
use crate::failure::Faults;

mod operate;
mod sell;
mod shop;

fn money(amount: i64) -> Json {
    json!({"amount": amount, "currency": "USD"})
}

fn address() -> Json {
    json!({"id": "a1", "name": "Ada", "line1": "1 High Street", "line2": "Flat 3", "city": "York", "region": "Yorkshire",
        "postalCode": "YO1 7HH", "country": "GB", "phone": "+44 1904 1", "isDefault": true})
}

fn short_address() -> Json {
    json!({"id": "a2", "name": "Ada", "line1": "1 High Street", "city": "York", "postalCode": "YO1 7HH", "country": "GB",
        "isDefault": false})
}

const TIME: &str = "2026-11-28T23:05:59.123Z";

fn product(stock: i64) -> Json {
    json!({"id": "p1", "sellerId": "s1", "name": "Lamp <b>", "description": "Warm\nlight", "price": money(1299), "stock": stock,
        "category": "Home", "categoryId": "c1", "delivery": "shipped", "status": "active", "version": 3, "images": [],
        "seller": {"id": "s1"}, "returns": {"accepted": true}, "createdAt": TIME, "updatedAt": TIME})
}

/// A part of an order; `full`: with all that may be there.
fn part(full: bool) -> Json {
    let mut package = json!({"id": "k1", "items": [{"lineId": "l1", "quantity": 1}], "carrier": "Post", "trackingNumber": "T1",
        "shippedAt": TIME});
    let mut part = json!({"id": "f1", "seller": {"id": "s1"}, "status": "open", "version": 1,
        "items": [{"lineId": "l1", "productId": "p1", "name": "Lamp", "unitPrice": money(1299), "quantity": 3, "delivery": "shipped", "shipped": 1,
            "cancelled": 1, "returned": 1, "refunded": 1, "refundedAmount": money(1299), "lineTotal": money(3897)}],
        "subtotal": money(3897), "shipping": money(0), "refunded": money(1299), "shipments": [package.clone()],
        "returns": [], "disputes": [], "mayReturn": full, "mayDispute": full});
    if full {
        package["trackingUrl"] = "https://example.com/T1".into();
        package["deliveredAt"] = TIME.into();
        part["seller"]["name"] = "Grace".into();
        part["shipments"] = json!([package, part["shipments"][0]]);
        part["commission"] = money(10);
        part["shipBy"] = TIME.into();
        part["releaseAt"] = TIME.into();
        part["items"][0]["options"] = json!({"Size": "M"});
        part["items"][0]["variantId"] = "v2".into();
        part["returns"] = json!([back(true), back(false)]);
        part["disputes"] = json!([dispute(true), dispute(false)]);
    }
    part
}

fn back(full: bool) -> Json {
    let mut back = json!({"id": "r1", "status": "requested", "reason": "damaged", "requestedAt": TIME,
        "items": [{"lineId": "l1", "name": "Lamp <b>", "quantity": 2, "received": 0}], "comments": []});
    if full {
        back["comments"] = comments();
        back["items"][0]["options"] = json!({"Size": "M"});
        back["status"] = "approved".into();
        back["comment"] = "A crack".into();
        back["answer"] = "Send it".into();
        back["expiresAt"] = TIME.into();
        back["items"][0]["received"] = 1.into();
    }
    back
}

fn dispute(full: bool) -> Json {
    let mut dispute = json!({"id": "d1", "status": "open", "reason": "not_received", "comment": "Where is it?", "openedAt": TIME, "comments": []});
    if full {
        dispute["comments"] = comments();
        dispute["status"] = "resolved".into();
        dispute["outcome"] = "partial".into();
        dispute["amount"] = money(5);
        dispute["answer"] = "Half of it".into();
        dispute["endedAt"] = TIME.into();
    }
    dispute
}

fn comments() -> Json {
    json!([
        {"actor": {"role": "buyer", "id": "u1"}, "name": "Ada", "text": "Lamp <b>", "at": TIME},
        {"actor": {"role": "admin", "id": "u2"}, "at": TIME},
    ])
}

/// What a visitor was saying about a case when it was refused.
fn said(full: bool) -> Json {
    json!({"case": if full { "r1" } else { "" }, "text": if full { "Lamp <b>" } else { "" }})
}

/// A return and a dispute as lists have them.
fn listed(full: bool) -> (Json, Json) {
    let of = |kind: &str, case: Json| {
        let mut listed =
            json!({"orderId": "o1", "fulfilmentId": "f1", "seller": {"id": "s1"}, kind: case});
        if full {
            listed["seller"]["name"] = "Grace".into();
            listed["buyerName"] = "Ada".into();
        }
        listed
    };
    (of("return", back(full)), of("dispute", dispute(full)))
}

fn order(full: bool) -> Json {
    let mut order = json!({"id": "o1", "buyerId": "u1", "status": "paid", "items": [{"lineId": "l1", "productId": "p1", "sellerId": "s1",
        "name": "Lamp", "unitPrice": money(1299), "quantity": 3, "lineTotal": money(3897)}], "total": money(3897),
        "fulfilments": [part(full)], "fulfilmentStatus": "unfulfilled", "paymentStatus": "paid", "createdAt": TIME, "updatedAt": TIME,
        "version": 2});
    if full {
        order["shippingAddress"] = address();
        order["note"] = "Ring twice".into();
        order["reason"] = "operator".into();
    }
    order
}

fn timeline() -> Json {
    json!([
        {"at": TIME, "actor": {"role": "buyer", "id": "u1"}, "move": "placed", "details": {}},
        {"at": TIME, "actor": {"role": "system"}, "move": "refunded", "note": "A scratch", "fulfilmentId": "f1",
            "details": {"amount": money(5), "refundId": "r1"}},
    ])
}

fn sale(full: bool) -> Json {
    let mut sale = json!({"orderId": "o1", "paidAt": TIME, "fulfilment": part(full)});
    if full {
        sale["buyerName"] = "Ada".into();
        sale["shippingAddress"] = address();
    }
    sale
}

fn faults(full: bool) -> Faults {
    if !full {
        return Faults::default();
    }
    let fields = [
        ("name", "This is needed."),
        ("price/amount", "must be more"),
        ("items.l1", "wrong"),
    ];
    let fields = fields.map(|(place, text)| (place.to_owned(), text.to_owned()));
    Faults {
        sentence: Some("Please correct it.".to_owned()),
        fields: fields.into(),
    }
}

fn typed_address(full: bool) -> Json {
    let names = [
        "name",
        "line1",
        "line2",
        "city",
        "region",
        "postalCode",
        "country",
        "phone",
    ];
    let value = if full { "x" } else { "" };
    names
        .into_iter()
        .map(|name| (name.to_owned(), Json::from(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn cart(full: bool) -> Json {
    let mut position = json!({"id": "p1", "line": "p1.2.1299", "quantity": 2, "product": product(1), "options": "Brass", "price": 1299, "was": null, "short": null, "total": 2598});
    let mut summary = json!({"parcels": [{"seller": "s1", "name": null, "positions": [position], "total": 2598}], "gone": [], "total": 2598,
        "currency": "USD", "ships": full, "ready": !full});
    if full {
        position["was"] = 1199.into();
        position["short"] = 1.into();
        summary["parcels"][0]["name"] = "Grace".into();
        summary["parcels"][0]["positions"] = json!([position]);
        summary["gone"] = json!([{"id": "p2", "line": "p2.1.5", "quantity": 1, "product": null, "options": "", "price": 5, "was": null, "short": null, "total": 0}]);
    }
    summary
}

/// Addresses of the first and the next page of a list.
fn pages(full: bool) -> (Option<&'static str>, Option<&'static str>) {
    let some = full.then_some("/next?cursor=x");
    (some, some)
}

fn balances(full: bool) -> Json {
    let rest = i64::from(full);
    json!([{"currency": "USD", "available": 5, "pending": rest, "debt": rest}])
}

/// What the page `name` gets from its handler.
fn sample(name: &str, full: bool) -> Value {
    match name {
        "error.html" => {
            context! { status => if full { 404 } else { 500 }, sentence => "It is not here." }
        }
        "resume.html" => context! { path => "/account/profile", fields => [("name", "Ada")] },
        "setup.html" => context! { name => "", email => "", faults => faults(full) },
        _ if name.starts_with("shop/") => shop::sample(name, full),
        _ if name.starts_with("sell/") => sell::sample(name, full),
        _ => operate::sample(name, full),
    }
}

fn templates() -> Vec<Templates> {
    let files = Files::default();
    let assets = Arc::new(Assets::new(&files).unwrap());
    let langs = Lang::all(&files).unwrap().into_iter().map(Arc::new);
    langs
        .map(|lang| Templates::new(&files, &lang, &assets))
        .collect()
}

#[test]
fn every_template_renders_in_every_language_with_all_data_and_with_the_least() {
    let pages: BTreeSet<&str> = Files::own("templates/")
        .map(|path| path.trim_start_matches("templates/"))
        .filter(|name| !name.starts_with("parts/") && !name.ends_with("base.html"))
        .collect();
    for templates in templates() {
        for name in &pages {
            for full in [true, false] {
                let user = full.then(
                    || context! { id => "u1", name => "Ada", operator => true, withheld => true },
                );
                let common = context! {
                    user, csrf => "token", cart_count => i64::from(full), here => "/", currency => "USD",
                    notice => full.then_some("Done."),
                };
                let html = templates.render(name, context! { ..sample(name, full), ..common });
                let html = html.unwrap_or_else(|error| panic!("{name} ({full}): {error:#}"));
                assert!(html.contains("<h1>"), "{name}");
                assert!(!html.contains("Lamp <b>"), "{name} does not escape");
                for inline in ["style=", "onclick=", "javascript:", "<style", "http://"] {
                    assert!(!html.contains(inline), "{name} has {inline}");
                }
            }
        }
    }
}

#[test]
fn a_gap_in_the_data_is_an_error() {
    let all = templates();
    let refused = all[0].render("shop/home.html", context! { items => json!([]) });
    assert!(refused.is_err());
}
