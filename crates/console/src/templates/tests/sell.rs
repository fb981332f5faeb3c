//! What pages of sellers get.

use super::*;

/// What the page `name` gets from its handler.
pub(super) fn sample(name: &str, full: bool) -> Value {
    let (first, next) = pages(full);
    let list = |item: Json| if full { json!([item]) } else { json!([]) };
    let balances = balances(full);
    let faults = faults(full);
    let (timeline, key) = (timeline(), "key");
    match name {
        "sell/profile.html" => {
            let status = if full { "active" } else { "" };
            let typed = json!({"displayName": "Grace", "description": "", "accepted": full, "windowDays": "", "status": status});
            context! { typed, faults }
        }
        "sell/todo.html" => {
            let (back, dispute) = listed(full);
            context! {
                sales => list(sale(full)), more => full, requested => list(back.clone()), approved => list(back),
                disputes => list(dispute), low => list(product(2)), all_low => "/sell/products?low=5",
            }
        }
        "sell/cases.html" => {
            let (back, dispute) = listed(full);
            let kind = if full { "returns" } else { "disputes" };
            let items = if full {
                json!([back])
            } else {
                json!([dispute])
            };
            context! { kind, path => "/sell/returns", status => "", items, first, next }
        }
        "sell/return.html" => {
            let lines = json!([{"line": "l1", "awaited": 1, "name": "Lamp", "restock": "1", "write_off": ""}]);
            context! { lines, order => order(full), part => part(full), case => back(full), comment => "", faults, key, said => said(full) }
        }
        "sell/orders.html" => {
            context! { items => json!([sale(full)]), status => "", q => "", next, first }
        }
        "sell/order.html" => {
            let typed = json!({"carrier": "", "trackingNumber": "", "trackingUrl": "", "amount": "", "reason": "", "restock": ""});
            context! { left => i64::from(full), refunding => if full { json!({"l1": "1"}) } else { json!({}) }, paid => full, order => order(full), timeline, part => part(full), faults, typed, key, said => said(full) }
        }
        "sell/slip.html" => context! { order => order(full), part => part(full) },
        "sell/money.html" => context! {
            balances, total => 5, chart => json!([{"date": "2026-11-28", "amount": 5, "height": 100}]),
            days => list(json!({"date": "2026-11-28", "sales": 1, "sold": money(5), "refunded": money(0), "fees": money(1), "pending": money(4)}))
        },
        _ => of_product(name, full),
    }
}

/// What the pages of a seller's products get.
fn of_product(name: &str, full: bool) -> Value {
    let (first, next) = pages(full);
    let list = |item: Json| if full { json!([item]) } else { json!([]) };
    let faults = faults(full);
    let key = "key";
    match name {
        "sell/products.html" => {
            let mut item = product(0);
            item["status"] = "removed".into();
            item["moderation"] = json!({"at": TIME, "reason": "Forbidden"});
            item["variants"] = json!([{"id": "p1"}]);
            context! { items => list(item), status => "", low => if full { "3" } else { "" }, default_low => "5", faults, next, first }
        }
        "sell/removed.html" => {
            let mut product = product(0);
            if full {
                product["moderation"] = json!({"at": TIME, "reason": "Forbidden"});
            }
            context! { product }
        }
        "sell/variants.html" => {
            let row = |id: &str| {
                json!({"id": id, "price": "5.00", "stock": if full { json!(3) } else { json!("") }, "sku": "", "barcode": "",
                "options": ["M"], "name": "", "value": ""})
            };
            context! {
                id => "p1", version => "3", rows => json!([row("p1"), row("v2")]), new => row("new"), more_options => full,
                names => vec!["Size"], sent => "v2", product => product(3), faults, no_faults => Faults::default(), key,
            }
        }
        "sell/images.html" => {
            let urls =
                json!({"320": "/images/a.jpg", "800": "/images/b.jpg", "1600": "/images/c.jpg"});
            let image =
                |id: &str| json!({"id": id, "alt": "", "width": 800, "height": 600, "urls": urls});
            let images = if full {
                json!([image("i1"), image("i2")])
            } else {
                json!([])
            };
            context! { id => "p1", version => "3", images, product => product(3), faults, alt => "", key }
        }
        "sell/stock.html" => {
            let variant = |id: &str| json!({"id": id, "stock": 3, "label": ""});
            let variants = if full {
                json!([variant("p1"), variant("v2")])
            } else {
                json!([variant("p1")])
            };
            let mut change =
                json!({"at": TIME, "actorId": "u1", "delta": -2, "variantId": "v2", "version": 2});
            let other = change.clone();
            change["reason"] = "Lost".into();
            let typed = json!({"variant": "v2", "delta": "", "reason": ""});
            context! { id => "p1", variants, product => product(3), changes => json!([change, other]), faults, first, next, typed, key }
        }
        "sell/product.html" => {
            let typed = json!({"name": "Lamp", "description": "", "price": "12.99", "stock": 5, "categoryId": "c1", "category": "", "delivery": "none",
                "sku": "", "status": "draft"});
            let state = if full { "draft" } else { "" };
            let branches = json!([{"id": "c1", "name": "Home", "depth": 0}, {"id": "c2", "name": "Lamps", "depth": 1}]);
            let attribute = |kind: &str| json!({"key": kind, "name": "Power", "type": kind, "unit": "W", "value": "true", "values": ["a", "true"]});
            let attributes = ["text", "number", "boolean", "one_of"].map(attribute);
            let attributes = if full { json!(attributes) } else { json!([]) };
            context! { state, id => next, version => "3", typed, branches, attributes, faults, key }
        }
        other => panic!("{other} has no sample data"),
    }
}
