//! Bodies that are JSON but break a rule.

use e2e::Answer;
use reqwest::Method;

use crate::{Case, Scene, assert_faults};

const REGISTER: &[Case] = &[
    ("[]", &[("", "invalid_type")]),
    ("null", &[("", "invalid_type")]),
    (r#""x""#, &[("", "invalid_type")]),
    (
        "{}",
        &[
            ("/name", "required"),
            ("/email", "required"),
            ("/password", "required"),
        ],
    ),
    (
        r#"{"name": 1, "email": true, "password": ["x"]}"#,
        &[
            ("/name", "invalid_type"),
            ("/email", "invalid_type"),
            ("/password", "invalid_type"),
        ],
    ),
    (
        r#"{"name": null, "email": null, "password": null}"#,
        &[
            ("/name", "invalid_type"),
            ("/email", "invalid_type"),
            ("/password", "invalid_type"),
        ],
    ),
    (
        r#"{"name": "", "email": "x@example.com", "password": "battery-9"}"#,
        &[("/name", "too_short")],
    ),
    (
        r#"{"name": " \t ", "email": "x@example.com", "password": "battery-9"}"#,
        &[("/name", "too_short")],
    ),
    (
        r#"{"name": "$L101", "email": "x@example.com", "password": "battery-9"}"#,
        &[("/name", "too_long")],
    ),
    (
        r#"{"name": "a\u0000b", "email": "x@example.com", "password": "battery-9"}"#,
        &[("/name", "invalid_character")],
    ),
    (
        r#"{"name": "X", "email": "", "password": "battery-9"}"#,
        &[("/email", "too_short")],
    ),
    (
        r#"{"name": "A\r\nSet-Cookie: x", "email": "x@example.com\r\nBcc: y@example.com", "password": "battery-9"}"#,
        &[
            ("/name", "invalid_character"),
            ("/email", "invalid_character"),
        ],
    ),
    (
        r#"{"name": "\u202Eada", "email": "x@example.com", "password": "battery-9"}"#,
        &[("/name", "invalid_character")],
    ),
    (
        r#"{"name": "\u200B\u200D\u2060", "email": "x@example.com", "password": "battery-9"}"#,
        &[("/name", "invisible")],
    ),
    (
        r#"{"name": "X", "email": "x@-münchen.de", "password": "battery-9"}"#,
        &[("/email", "invalid_email")],
    ),
    (
        r#"{"name": "X", "email": "nobody", "password": "battery-9"}"#,
        &[("/email", "invalid_email")],
    ),
    (
        r#"{"name": "X", "email": "@example.com", "password": "battery-9"}"#,
        &[("/email", "invalid_email")],
    ),
    (
        r#"{"name": "X", "email": "x@", "password": "battery-9"}"#,
        &[("/email", "invalid_email")],
    ),
    (
        r#"{"name": "X", "email": "x y@example.com", "password": "battery-9"}"#,
        &[("/email", "invalid_email")],
    ),
    (
        r#"{"name": "X", "email": "x@y@example.com", "password": "battery-9"}"#,
        &[("/email", "invalid_email")],
    ),
    (
        r#"{"name": "X", "email": "x@$L250.com", "password": "battery-9"}"#,
        &[("/email", "too_long")],
    ),
    (
        r#"{"name": "X", "email": "x@example.com", "password": "1234567"}"#,
        &[("/password", "too_short")],
    ),
    (
        r#"{"name": "X", "email": "x@example.com", "password": "$L73"}"#,
        &[("/password", "too_long")],
    ),
    (
        r#"{"name": "X", "email": "x@example.com", "password": "$U37"}"#,
        &[("/password", "too_long")],
    ),
    (
        r#"{"name": "X", "email": "x@example.com", "password": "battery-9", "roles": ["admin"]}"#,
        &[("/roles", "unknown_field")],
    ),
    (
        r#"{"name": "", "password": "1", "a/b~c": 1}"#,
        &[
            ("/name", "too_short"),
            ("/email", "required"),
            ("/password", "too_short"),
            ("/a~1b~0c", "unknown_field"),
        ],
    ),
];

const LOGIN: &[Case] = &[
    ("{}", &[("/email", "required"), ("/password", "required")]),
    (
        r#"{"email": 1, "password": null}"#,
        &[("/email", "invalid_type"), ("/password", "invalid_type")],
    ),
    (
        r#"{"email": "x@example.com", "password": "battery-9", "otp": 1}"#,
        &[("/otp", "unknown_field")],
    ),
];

const REFRESH_AND_LOGOUT: &[Case] = &[
    ("{}", &[("/refreshToken", "required")]),
    (
        r#"{"refreshToken": 7}"#,
        &[("/refreshToken", "invalid_type")],
    ),
    (
        r#"{"refreshToken": null}"#,
        &[("/refreshToken", "invalid_type")],
    ),
    (
        r#"{"refreshToken": "$R", "all": true}"#,
        &[("/all", "unknown_field")],
    ),
];

const PROFILE: &[Case] = &[
    (r#"{"name": 5}"#, &[("/name", "invalid_type")]),
    (r#"{"name": null}"#, &[("/name", "invalid_type")]),
    (r#"{"name": ""}"#, &[("/name", "too_short")]),
    (r#"{"name": "$L101"}"#, &[("/name", "too_long")]),
    (r#"{"name": "a\nb"}"#, &[("/name", "invalid_character")]),
    (r#"{"name": "\u3164"}"#, &[("/name", "invisible")]),
    (
        r#"{"name": "Eve", "email": "eve@example.com"}"#,
        &[("/email", "unknown_field")],
    ),
    (
        r#"{"name": "Eve", "id": "$P"}"#,
        &[("/id", "unknown_field")],
    ),
];

const PASSWORD: &[Case] = &[
    (
        "{}",
        &[
            ("/currentPassword", "required"),
            ("/newPassword", "required"),
        ],
    ),
    (
        r#"{"currentPassword": "$W", "newPassword": "1234567"}"#,
        &[("/newPassword", "too_short")],
    ),
    (
        r#"{"currentPassword": "$W", "newPassword": "$L73"}"#,
        &[("/newPassword", "too_long")],
    ),
    (
        r#"{"currentPassword": "$W", "newPassword": 12345678}"#,
        &[("/newPassword", "invalid_type")],
    ),
    (
        r#"{"currentPassword": "$W", "newPassword": "battery-9", "user": "$P"}"#,
        &[("/user", "unknown_field")],
    ),
];

const PRODUCT: &[Case] = &[
    ("[]", &[("", "invalid_type")]),
    (
        "{}",
        &[
            ("/name", "required"),
            ("/description", "required"),
            ("/price", "required"),
            ("/stock", "required"),
            ("/category", "required"),
        ],
    ),
    (
        r#"{"name": 1, "description": 2, "price": "3", "stock": "4", "category": 5}"#,
        &[
            ("/name", "invalid_type"),
            ("/description", "invalid_type"),
            ("/price", "invalid_type"),
            ("/stock", "invalid_type"),
            ("/category", "invalid_type"),
        ],
    ),
    (
        r#"{"name": "", "description": "", "price": 0, "stock": -1, "category": ""}"#,
        &[
            ("/name", "too_short"),
            ("/price", "out_of_range"),
            ("/stock", "out_of_range"),
            ("/category", "too_short"),
        ],
    ),
    (
        r#"{"name": "$L201", "description": "$L10001", "price": 1, "stock": 1000000001, "category": "$L65"}"#,
        &[
            ("/name", "too_long"),
            ("/description", "too_long"),
            ("/stock", "out_of_range"),
            ("/category", "too_long"),
        ],
    ),
    (
        r#"{"name": "X", "description": "", "price": 1.5, "stock": 1.0, "category": "x"}"#,
        &[("/price", "invalid_type"), ("/stock", "invalid_type")],
    ),
    (
        r#"{"name": "X", "description": "", "price": -1, "stock": 1, "category": "x"}"#,
        &[("/price", "out_of_range")],
    ),
    (
        r#"{"name": "X", "description": "", "price": 9007199254740992, "stock": 1, "category": "x"}"#,
        &[("/price", "out_of_range")],
    ),
    (
        r#"{"name": "X", "description": "", "price": 18446744073709551616, "stock": 99999999999999999999, "category": "x"}"#,
        &[("/price", "out_of_range"), ("/stock", "out_of_range")],
    ),
    (
        r#"{"name": "X", "description": "", "price": {"amount": 1, "currency": "usd"}, "stock": 1, "category": "x"}"#,
        &[("/price/currency", "invalid_currency")],
    ),
    (
        r#"{"name": "X", "description": "", "price": {"currency": "USD"}, "stock": 1, "category": "x"}"#,
        &[("/price/amount", "required")],
    ),
    (
        r#"{"name": "X", "description": "", "price": {"amount": 1, "tax": 1}, "stock": 1, "category": "x"}"#,
        &[("/price/tax", "unknown_field")],
    ),
    (
        r#"{"name": "X", "description": "", "price": null, "stock": null, "category": null}"#,
        &[
            ("/price", "invalid_type"),
            ("/stock", "invalid_type"),
            ("/category", "invalid_type"),
        ],
    ),
    (
        r#"{"name": "X", "description": "", "price": 1, "stock": 1, "category": "x", "sellerId": "$P"}"#,
        &[("/sellerId", "unknown_field")],
    ),
    (
        r#"{"name": "X\u0007", "description": "", "price": 1, "stock": 1, "category": "x"}"#,
        &[("/name", "invalid_character")],
    ),
    (
        r#"{"name": "X\tY", "description": "a\u202Eb", "price": 1, "stock": 1, "category": "\u200D"}"#,
        &[
            ("/name", "invalid_character"),
            ("/description", "invalid_character"),
            ("/category", "invisible"),
        ],
    ),
    (
        r#"{"name": "X", "description": "", "price": 1, "stock": 1, "category": "x", "status": "removed", "sku": "$L101", "variants": [{"options": {"Size": " "}, "price": 0}]}"#,
        &[
            ("/sku", "too_long"),
            ("/status", "unknown_value"),
            ("/variants/0/options", "too_short"),
            ("/variants/0/price", "out_of_range"),
            ("/variants/0/stock", "required"),
        ],
    ),
    (
        r#"{"name": "X", "description": "", "price": 1, "stock": 1, "category": "x", "variants": [{"options": {"Size": "M"}, "stock": 1}, {"options": {"size": "m"}, "stock": 1}]}"#,
        &[("/variants/1/options", "duplicate")],
    ),
];

const UPDATE: &[Case] = &[
    (r#"{"price": 5}"#, &[("/id", "required")]),
    (
        r#"{"id": "nonsense", "price": 5}"#,
        &[("/id", "invalid_id")],
    ),
    (r#"{"id": 7, "price": 5}"#, &[("/id", "invalid_type")]),
    (
        r#"{"id": "$P", "stock": -5}"#,
        &[("/stock", "out_of_range")],
    ),
    (
        r#"{"id": "$P", "price": 2.5, "stock": 3}"#,
        &[("/price", "invalid_type")],
    ),
    (r#"{"id": "$P", "name": "$L201"}"#, &[("/name", "too_long")]),
    (
        r#"{"id": "$P", "name": "a\r\nb", "category": "\u2800"}"#,
        &[("/name", "invalid_character"), ("/category", "invisible")],
    ),
    (
        r#"{"id": "$P", "status": "removed"}"#,
        &[("/status", "unknown_field")],
    ),
    (
        r#"{"id": "$P", "sku": "", "options": {"Size": "S", "SIZE": "M"}, "metadata": "x", "variants": []}"#,
        &[
            ("/metadata", "invalid_type"),
            ("/options", "duplicate"),
            ("/sku", "too_short"),
            ("/variants", "unknown_field"),
        ],
    ),
];

const REMOVE: &[Case] = &[
    ("{}", &[("/id", "required")]),
    (r#"{"id": "nonsense"}"#, &[("/id", "invalid_id")]),
    (r#"{"id": null}"#, &[("/id", "invalid_type")]),
    (
        r#"{"id": "$P", "force": true}"#,
        &[("/force", "unknown_field")],
    ),
];

const ORDER: &[Case] = &[
    ("{}", &[("/items", "required")]),
    (r#"{"items": null}"#, &[("/items", "invalid_type")]),
    (r#"{"items": {}}"#, &[("/items", "invalid_type")]),
    (r#"{"items": []}"#, &[("/items", "too_short")]),
    (r#"{"items": [$I101]}"#, &[("/items", "too_long")]),
    (
        r#"{"items": [5, {}]}"#,
        &[
            ("/items/0", "invalid_type"),
            ("/items/1/productId", "required"),
            ("/items/1/quantity", "required"),
        ],
    ),
    (
        r#"{"items": [{"productId": "$P", "quantity": 0}]}"#,
        &[("/items/0/quantity", "out_of_range")],
    ),
    (
        r#"{"items": [{"productId": "$P", "quantity": -1}]}"#,
        &[("/items/0/quantity", "out_of_range")],
    ),
    (
        r#"{"items": [{"productId": "$P", "quantity": 10001}]}"#,
        &[("/items/0/quantity", "out_of_range")],
    ),
    (
        r#"{"items": [{"productId": "$P", "quantity": 1.0}]}"#,
        &[("/items/0/quantity", "invalid_type")],
    ),
    (
        r#"{"items": [{"productId": "$P", "quantity": "1"}]}"#,
        &[("/items/0/quantity", "invalid_type")],
    ),
    (
        r#"{"items": [{"productId": "$P", "quantity": 1e30}]}"#,
        &[("/items/0/quantity", "out_of_range")],
    ),
    (
        r#"{"items": [{"productId": "nonsense", "quantity": 1}]}"#,
        &[("/items/0/productId", "invalid_id")],
    ),
    (
        r#"{"items": [{"productId": "$P", "quantity": 1, "price": 1}]}"#,
        &[("/items/0/price", "unknown_field")],
    ),
    (
        r#"{"items": [{"productId": "$P", "quantity": 1}], "coupon": "x"}"#,
        &[("/coupon", "unknown_field")],
    ),
    (
        r#"{"items": [{"productId": "$P", "quantity": 1, "unitPrice": -1, "version": 0}], "expectedTotal": 9007199254740992}"#,
        &[
            ("/items/0/unitPrice", "out_of_range"),
            ("/items/0/version", "out_of_range"),
            ("/expectedTotal", "out_of_range"),
        ],
    ),
    (r#"{"productId": "$P"}"#, &[("/quantity", "required")]),
    (r#"{"quantity": 1}"#, &[("/productId", "required")]),
    (
        r#"{"productId": "$P", "quantity": 0}"#,
        &[("/quantity", "out_of_range")],
    ),
    (
        r#"{"items": [{"productId": "$P", "variantId": "L", "quantity": 1}], "metadata": []}"#,
        &[
            ("/items/0/variantId", "invalid_id"),
            ("/metadata", "invalid_type"),
        ],
    ),
];

const MONEY: &[Case] = &[
    ("{}", &[("/amount", "required")]),
    ("[5]", &[("", "invalid_type")]),
    (r#"{"amount": null}"#, &[("/amount", "invalid_type")]),
    (r#"{"amount": "5"}"#, &[("/amount", "invalid_type")]),
    (r#"{"amount": true}"#, &[("/amount", "invalid_type")]),
    (r#"{"amount": 1.0}"#, &[("/amount", "invalid_type")]),
    (r#"{"amount": 0.1}"#, &[("/amount", "invalid_type")]),
    (r#"{"amount": 0}"#, &[("/amount", "out_of_range")]),
    (r#"{"amount": -5}"#, &[("/amount", "out_of_range")]),
    (
        r#"{"amount": 9007199254740992}"#,
        &[("/amount", "out_of_range")],
    ),
    (
        r#"{"amount": 9223372036854775807}"#,
        &[("/amount", "out_of_range")],
    ),
    (
        r#"{"amount": 9223372036854775808}"#,
        &[("/amount", "out_of_range")],
    ),
    (
        r#"{"amount": -9223372036854775809}"#,
        &[("/amount", "out_of_range")],
    ),
    (r#"{"amount": 1e20}"#, &[("/amount", "out_of_range")]),
    (
        r#"{"amount": {"amount": 5}}"#,
        &[("/amount", "invalid_type")],
    ),
    (
        r#"{"amount": 5, "currency": "dollars"}"#,
        &[("/currency", "invalid_currency")],
    ),
    (
        r#"{"amount": 5, "currency": "usd"}"#,
        &[("/currency", "invalid_currency")],
    ),
    (
        r#"{"amount": 5, "reference": 7}"#,
        &[("/reference", "invalid_type")],
    ),
    (
        r#"{"amount": 5, "reference": "$L10001"}"#,
        &[("/reference", "too_long")],
    ),
    (
        r#"{"amount": 5, "reference": "a\r\nb"}"#,
        &[("/reference", "invalid_character")],
    ),
    (
        r#"{"amount": 5, "reference": "\u202Eb"}"#,
        &[("/reference", "invalid_character")],
    ),
    (
        r#"{"amount": 5, "reference": "\u200D"}"#,
        &[("/reference", "invisible")],
    ),
    (
        r#"{"amount": 5, "balance": 10}"#,
        &[("/balance", "unknown_field")],
    ),
    (
        r#"{"amount": -1, "currency": "x", "who": 1}"#,
        &[
            ("/amount", "out_of_range"),
            ("/currency", "invalid_currency"),
            ("/who", "unknown_field"),
        ],
    ),
];

fn filled(template: &str, scene: &Scene) -> String {
    let line = format!(r#"{{"productId": "{}", "quantity": 1}}"#, scene.product.id);
    let mut text = template
        .replace("$I101", &vec![line; 101].join(","))
        .replace("$U37", &"ü".repeat(37))
        .replace("$P", &scene.product.id)
        .replace("$R", &scene.seller.refresh)
        .replace("$W", &scene.seller.password);
    for length in [10_001, 250, 201, 101, 73, 65] {
        text = text.replace(&format!("$L{length}"), &"x".repeat(length));
    }
    text
}

async fn all_are_refused(method: Method, path: &str, cases: &[Case]) {
    let scene = Scene::set().await;
    for (template, faults) in cases {
        let request = format!("{method} {path} {template}");
        let answer = Answer::of(
            scene
                .seller
                .request(method.clone(), path)
                .header("content-type", "application/json")
                .body(filled(template, &scene)),
        )
        .await;
        assert_faults(&answer, faults, &request);
        scene.assert_unchanged(&request).await;
    }
}

#[tokio::test]
async fn a_bad_registration_is_told_every_fault_and_makes_no_account() {
    all_are_refused(Method::POST, "/api/users/register", REGISTER).await;
}

#[tokio::test]
async fn a_bad_login_is_told_every_fault() {
    all_are_refused(Method::POST, "/api/users/login", LOGIN).await;
}

#[tokio::test]
async fn a_bad_refresh_is_told_every_fault_and_uses_up_no_token() {
    all_are_refused(Method::POST, "/api/users/refresh", REFRESH_AND_LOGOUT).await;
}

#[tokio::test]
async fn a_bad_logout_is_told_every_fault() {
    all_are_refused(Method::POST, "/api/users/logout", REFRESH_AND_LOGOUT).await;
}

#[tokio::test]
async fn a_bad_profile_is_told_every_fault_and_changes_nothing() {
    all_are_refused(Method::PATCH, "/api/users/me", PROFILE).await;
}

#[tokio::test]
async fn a_bad_new_password_is_told_every_fault_and_the_old_one_stays() {
    all_are_refused(Method::POST, "/api/users/me/password", PASSWORD).await;
}

#[tokio::test]
async fn a_bad_product_is_told_every_fault_and_is_not_listed() {
    all_are_refused(Method::POST, "/api/products/create", PRODUCT).await;
}

#[tokio::test]
async fn a_bad_change_of_a_product_is_told_every_fault_and_changes_nothing() {
    all_are_refused(Method::PUT, "/api/products/update", UPDATE).await;
}

#[tokio::test]
async fn a_bad_removal_is_told_every_fault_and_removes_nothing() {
    all_are_refused(Method::PATCH, "/api/products/remove", REMOVE).await;
}

#[tokio::test]
async fn a_bad_order_is_told_every_fault_and_takes_no_stock() {
    all_are_refused(Method::POST, "/api/orders/create", ORDER).await;
}

#[tokio::test]
async fn a_bad_credit_is_told_every_fault_and_posts_nothing() {
    all_are_refused(Method::POST, "/api/wallet/credit", MONEY).await;
}

#[tokio::test]
async fn a_bad_debit_is_told_every_fault_and_posts_nothing() {
    all_are_refused(Method::POST, "/api/wallet/debit", MONEY).await;
}
