//! What pages of the storefront get.

use super::*;

/// What the page `name` gets from its handler.
pub(super) fn sample(name: &str, full: bool) -> Value {
    let (first, next) = pages(full);
    let list = |item: Json| if full { json!([item]) } else { json!([]) };
    let balances = balances(full);
    let faults = faults(full);
    let (timeline, key) = (timeline(), "key");
    match name {
        "shop/home.html" => {
            let home =
                json!({"id": "c1", "slug": "home", "name": "Home", "parentId": null, "count": 3});
            context! { items => list(product(3)), categories => list(home) }
        }
        "shop/browse.html" => {
            let word = if full { "lamp" } else { "" };
            let sought =
                context! { q => word, min => "", max => "", stock => word, sort => "price" };
            let choice = |n: u64, chosen: bool| json!({"value": "home", "label": "Home", "count": full.then_some(n), "chosen": chosen, "depth": 1});
            let choices: Vec<_> = (0..12).map(|n| choice(n, full && n == 11)).collect();
            let mut facets = list(
                json!({"name": "category", "label": "Category", "choices": choices, "range": null}),
            );
            if full {
                let pages = json!({"name": "attr.pages", "label": "Pages", "choices": facets[0]["choices"], "range": ["5", ""]});
                facets = json!([facets[0], pages]);
            }
            let link = json!({"label": "$1 – $5", "path": "/browse?min=1", "count": 3});
            context! {
                items => list(product(0)), next, first, sought, faults, facets, prices => list(link.clone()), chips => list(link),
                title => full.then_some("Home"),
            }
        }
        "shop/product.html" => {
            let mut product = product(if full { 5 } else { 50 });
            if full {
                let variant = |id: &str, stock: i64| json!({"id": id, "options": {"Size": "M"}, "price": money(5), "stock": stock});
                product["variants"] = json!([variant("p1", 5), variant("v2", 0)]);
                product["seller"] = json!({"id": "s1", "name": "Grace"});
                product["returns"] = json!({"accepted": true, "windowDays": 30});
                let urls = json!({"320": "/images/a.jpg", "800": "/images/b.jpg", "1600": "/images/c.jpg"});
                product["images"] = json!([{"id": "i1", "alt": "", "width": 800, "height": 600, "urls": urls}, {"id": "i2", "alt": "On", "width": 800, "height": 600, "urls": urls}]);
            }
            let choice = |label: &str| json!({"label": label, "variant": "v2", "chosen": full, "sold_out": full});
            let choosers = json!([{"name": "Size", "choices": [choice("M")]}, {"name": null, "choices": [choice("")]}]);
            context! {
                product, own => false, category => "Home", choosers => if full { choosers } else { json!([]) }, chosen => "v2",
                offer => json!({"price": 5, "stock": i64::from(full), "options": ""}),
                facts => if full { vec![("Binding", "Paperback")] } else { vec![] },
            }
        }
        "shop/code.html" => {
            context! { next => "/", typed => next, email => "ada@example.com", faults }
        }
        "shop/login.html" => context! { next => "/", typed => next, email => "", faults },
        "shop/register.html" => context! { next => "/", name => "", email => "", faults },
        "shop/cart.html" => context! { summary => cart(full) },
        "shop/checkout.html" => context! {
            summary => cart(full), addresses => list(address()), available => 5, missing => if full { 7 } else { 0 }, faults,
            typed => typed_address(full), chosen => if full { "new" } else { "" }, note => "", key, topup_key => "k2"
        },
        "shop/orders.html" => {
            context! { items => list(order(full)), status => if full { "paid" } else { "" }, next, first }
        }
        "shop/order.html" => context! {
            order => order(full), parts => json!([part(full)]), timeline, faults, cancellable => full, settling => full, reason => "", key, said => said(full),
            typed => if full { json!({"l1": "1"}) } else { json!({}) },
        },
        "shop/cases.html" => {
            let (back, dispute) = listed(full);
            let kind = if full { "returns" } else { "disputes" };
            let items = if full {
                json!([back])
            } else {
                json!([dispute])
            };
            context! { kind, path => "/returns", status => "", items, first, next }
        }
        "shop/return.html" | "shop/dispute.html" => {
            let mut line = part(full)["items"][0].clone();
            line["returnable"] = 2.into();
            context! {
                lines => json!([line]), part => part(full), order => order(full), faults, reason => if full { "other" } else { "" },
                comment => "", key, typed => if full { json!({"l1": "1"}) } else { json!({}) },
            }
        }
        "shop/seller.html" => {
            let mut seller = json!({"id": "s1", "description": "", "products": 1, "returns": {"accepted": false}, "status": "suspended"});
            if full {
                seller = json!({"id": "s1", "name": "Grace", "description": "Lamps", "since": TIME, "products": 5,
                    "returns": {"accepted": true, "windowDays": 30}, "status": "active"});
            }
            context! { seller, items => list(product(3)), first, next }
        }
        "shop/wallet.html" => context! {
            balances, next, first, faults, typed => "", key,
            items => list(json!({"id": "t1", "type": "order_payment", "amount": -5, "currency": "USD", "balanceAfter": 7, "sequence": 1,
                "orderId": "o1", "reference": "x", "createdAt": TIME}))
        },
        _ => of_account(name, full),
    }
}

/// What the pages of a visitor's account get.
fn of_account(name: &str, full: bool) -> Value {
    let (first, next) = pages(full);
    let faults = faults(full);
    match name {
        "shop/account.html" => context! {
            me => json!({"email": "ada@example.com", "secondFactor": full}), name => "Ada", new_email => "", profile => faults, password => Faults::default(), email => Faults::default(),
            addresses => if full { json!([address(), short_address()]) } else { json!([]) }
        },
        "shop/forgot.html" => context! { email => "ada@example.com", sent => full, faults },
        "shop/reset.html" | "shop/verify.html" => {
            context! { token => if full { "t0ken" } else { "" }, faults }
        }
        "shop/registered.html" => context! { email => "ada@example.com" },
        "shop/second_factor.html" => {
            let mut state = json!({"enabled": full, "recoveryCodesLeft": 9, "withheldRoles": []});
            if full {
                state["since"] = TIME.into();
            }
            context! { state, faults }
        }
        "shop/second_factor_confirm.html" => {
            let qr = full.then(|| json!({"size": 21, "path": "M0 0h7v1h-7z"}));
            let uri = "otpauth://totp/a?secret=ABCD";
            context! { enrolment => context! { uri, secret => "ABCD", qr }, faults }
        }
        "shop/recovery_codes.html" => context! { codes => ["ABCDEF-GHIJKL"] },
        "shop/data.html" => context! { faults },
        "shop/mails.html" => {
            let topics = ["orders", "shipments", "refunds", "returns", "payouts"];
            let topics = topics.map(|name| context! { name, on => full });
            context! { topics, language => if full { "de" } else { "" } }
        }
        "shop/logins.html" => {
            let mut login = json!({"id": "s1", "current": full, "createdAt": TIME, "lastUsedAt": TIME, "expiresAt": TIME});
            if full {
                login["userAgent"] = "A browser".into();
                login["network"] = "192.0.2.7".into();
            }
            context! { items => json!([login]), first, next }
        }
        "shop/address.html" => {
            context! { id => next, typed => typed_address(full), is_default => full, faults }
        }
        other => panic!("{other} has no sample data"),
    }
}
