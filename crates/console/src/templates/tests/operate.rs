//! What pages of operators get.

use super::*;

fn product_of_operator(full: bool) -> Json {
    let mut product = product(3);
    if full {
        product["status"] = "removed".into();
        product["seller"] = json!({"id": "s1", "name": "Grace"});
        product["moderation"] = json!({"reason": "Unsafe", "at": TIME});
        let urls = json!({"320": "/images/a.jpg", "800": "/images/b.jpg", "1600": "/images/c.jpg"});
        product["images"] =
            json!([{"id": "i1", "alt": "A lamp", "width": 800, "height": 600, "urls": urls}]);
    }
    product
}

fn dispute(full: bool) -> Json {
    let mut dispute = json!({"id": "d1", "status": "open", "reason": "damaged", "comment": "A crack", "openedAt": TIME, "comments": []});
    if full {
        dispute["status"] = "resolved".into();
        dispute["outcome"] = "partial".into();
        dispute["amount"] = money(5);
        dispute["comments"] = comments();
        dispute["answer"] = "A small one".into();
        dispute["endedAt"] = TIME.into();
    }
    dispute
}

fn person(full: bool) -> Json {
    let roles = if full { json!(["admin"]) } else { json!([]) };
    let mut person = json!({"id": "u1", "name": "Ada", "email": "ada@example.com", "roles": roles, "secondFactor": full, "createdAt": TIME});
    if full {
        person["suspension"] = json!({"reason": "Stolen cards", "by": "u2", "at": TIME});
    }
    person
}

/// An entry of the audit log.
fn act(full: bool) -> Json {
    if full {
        return json!({"id": "a1", "at": TIME, "action": "user_suspended", "userId": "u1", "by": "u2", "reason": "Stolen cards",
            "before": {"roles": ["admin"], "suspended": false}, "after": {"roles": [], "suspended": true, "secondFactor": true}});
    }
    json!({"id": "a1", "at": TIME, "action": "seller_approved", "userId": "u1", "before": {"seller": "pending"}, "after": {"seller": "active"}})
}

/// A category as it is listed; `full`: below another one.
fn category(full: bool) -> Json {
    let attributes = json!([{"key": "material", "name": "Material", "names": {"en": "Material"}, "type": "one_of", "values": ["brass"],
        "categoryId": "c1"}]);
    let depth = usize::from(full);
    json!({"id": "c1", "slug": "lamps", "name": "Lamps", "names": {"en": "Lamps"}, "parentId": full.then_some("c0"), "retired": full,
        "attributes": attributes, "version": 2, "depth": depth, "indent": "– ".repeat(depth)})
}

fn category_page(full: bool) -> Value {
    let rows = json!([
        {"key": "material", "type": "one_of", "unit": "", "values": "brass\nsteel", "names": {"en": "Material"}},
        {"key": "", "type": "", "unit": "", "values": "", "names": {}},
    ]);
    let typed = json!({"slug": "lamps", "names": {"en": "Lamps", "de": ""}, "attributes": rows});
    context! {
        category => full.then(|| category(true)), typed, faults => faults(full), places => json!([category(false)]),
        languages => ["de", "en"], parent => if full { "" } else { "c1" },
    }
}

fn dashboard(full: bool) -> Value {
    let count = i64::from(full);
    let mut waiting = json!({"count": count});
    let mut summary = json!({"toReview": count, "days": [], "unsettled": [{"status": "pending", "orders": count}]});
    if full {
        waiting["oldestSince"] = TIME.into();
        summary["oldestUnsettledSince"] = TIME.into();
        summary["days"] = json!([{"date": "2026-11-28", "orders": 1, "sales": 2, "sold": money(5), "refunded": money(0), "held": money(4),
            "fees": money(1)}]);
    }
    summary["returns"] = waiting.clone();
    summary["disputes"] = waiting;
    let bars = json!([{"date": "2026-11-28", "amount": 5, "height": 100}]);
    let charts = json!([
        {"of": "orders", "is_money": false, "bars": bars, "total": 5},
        {"of": "sold", "is_money": true, "bars": bars, "total": 5},
    ]);
    context! { summary, unsettled => count, buried => full, is_unknown => !full, charts }
}

fn messages(full: bool) -> Value {
    let letter = json!({"id": "m1", "name": "marketplace.wallet.v1.DebitForOrder", "subject": "o1", "sentAt": TIME, "attempts": 6,
        "reason": "the till was closed", "diedAt": TIME});
    let service = |name: &str, items: Json, away: bool| json!({"name": name, "items": items, "next": pages(full).1, "away": away});
    let services = json!([
        service("orders", json!([letter]), false),
        service("users", json!([letter]), false),
        service("wallet", json!([]), false),
        service("products", json!([]), true),
    ]);
    context! { services, faults => faults(full), first => pages(full).0 }
}

/// What the page `name` gets from its handler.
pub(super) fn sample(name: &str, full: bool) -> Value {
    let (first, next) = pages(full);
    let list = |item: Json| if full { json!([item]) } else { json!([]) };
    let faults = faults(full);
    let timeline = timeline();
    let word = if full { "lamp" } else { "" };
    match name {
        "operate/dashboard.html" => dashboard(full),
        "operate/messages.html" => messages(full),
        "operate/users.html" => {
            let role = if full { "admin" } else { "" };
            let sought =
                context! { email => word, role, suspended => if full { "true" } else { "" } };
            context! { items => list(person(true)), sought, faults, first, next }
        }
        "operate/user.html" => context! { person => person(full), faults, reason => word },
        "operate/log.html" => context! { items => json!([act(full)]), of => word, first, next },
        "operate/listings.html" => {
            let listed = context! { q => word, seller => "" };
            context! { items => json!([product_of_operator(full)]), listed, faults, first, next }
        }
        "operate/taken-down.html" => {
            context! { items => list(product_of_operator(true)), first, next }
        }
        "operate/listing.html" => {
            context! { product => product_of_operator(full), faults, reason => word }
        }
        "operate/disputes.html" => {
            let mut found = json!({"orderId": "o1", "fulfilmentId": "f1", "seller": {"id": "s1"}, "dispute": dispute(full)});
            if full {
                found["buyerName"] = "Ada".into();
                found["seller"]["name"] = "Grace".into();
            }
            context! { items => json!([found]), status => "", first, next }
        }
        "operate/returns.html" => {
            let (back, _) = listed(full);
            context! { kind => "returns", path => "/operate/returns", status => "", items => list(back), first, next }
        }
        "operate/dispute.html" => {
            let typed = json!({"outcome": "partial", "amount": "", "comment": ""});
            context! { order => order(full), timeline, part => part(full), dispute => dispute(full), typed, faults, key => "key", said => said(full) }
        }
        "operate/categories.html" => {
            context! { items => if full { json!([category(false), category(true)]) } else { json!([]) } }
        }
        "operate/category.html" => category_page(full),
        "operate/sellers.html" => {
            let mut seller = json!({"id": "s1", "description": "", "returns": {"accepted": true}, "status": "active", "since": TIME});
            if full {
                seller["name"] = "Grace".into();
                seller["reason"] = "Late".into();
                seller["status"] = "suspended".into();
            }
            context! { items => json!([seller]), status => "", faults, first, next }
        }
        "operate/review.html" => context! { items => list(order(full)), next, first },
        "operate/orders.html" => {
            context! { items => list(order(full)), sought => context! { status => "", buyer => "", seller => "" }, faults, next, first }
        }
        "operate/order.html" => {
            let mut order = order(full);
            order["fulfilments"][0]["disputes"] = list(dispute(full));
            context! { order, timeline, faults, key => "key", said => said(full) }
        }
        "operate/audit.html" => {
            let report = full
                .then(|| json!({"transactions": 4, "postings": 8, "balances": 1, "payments": 2, "escrow": [money(5)], "fees": [money(1), money(2)], "debts": []}));
            context! { report, findings => (!full).then(|| json!(["a finding"])) }
        }
        other => panic!("{other} has no sample data"),
    }
}
