//! The table.

/// An operation, and how each role is answered.
pub(crate) struct Row {
    pub(crate) method: &'static str,
    /// As the document names it.
    pub(crate) path: &'static str,
    /// JSON; empty, if the operation takes no body. The words with a `$` are filled in.
    pub(crate) body: &'static str,
    /// Of nobody, the buyer, the seller, another seller in the order, a stranger, an admin, treasury.
    pub(crate) statuses: [u16; 7],
}

impl Row {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

const fn row(
    method: &'static str,
    path: &'static str,
    body: &'static str,
    statuses: [u16; 7],
) -> Row {
    Row {
        method,
        path,
        body,
        statuses,
    }
}

const EVERYBODY: [u16; 7] = [200; 7];
const USERS: [u16; 7] = [401, 200, 200, 200, 200, 200, 200];
const CREATED_BY_USERS: [u16; 7] = [401, 201, 201, 201, 201, 201, 201];
const ADMINS: [u16; 7] = [401, 403, 403, 403, 403, 200, 403];
/// No message was given up.
const NO_LETTER: [u16; 7] = [401, 403, 403, 403, 403, 404, 403];
/// Those who see the order.
const PARTIES: [u16; 7] = [401, 200, 200, 200, 404, 200, 404];
/// Those who see the part.
const COMMENTED: [u16; 7] = [401, 201, 201, 404, 404, 201, 404];
/// The buyer, who owns the address.
const OWNER: [u16; 7] = [401, 200, 404, 404, 404, 404, 404];
/// The seller, who owns the product.
const LISTER: [u16; 7] = [401, 403, 200, 403, 403, 403, 403];

/// What the seller of a part does. Other sellers do not see that the part exists.
const fn seller(done: u16) -> [u16; 7] {
    [401, 403, done, 404, 404, done, 404]
}

/// What the buyer does with a part. Other sellers do not see that the part exists.
const fn buyer(done: u16) -> [u16; 7] {
    [401, done, 403, 404, 404, done, 404]
}

pub(crate) const DECISION: &str = r#"{"reason": "A test"}"#;
const ITEMS: &str = r#"{"items": [{"lineId": "$LINE", "quantity": 1}], "reason": "A test"}"#;
const PACKAGE: &str = r#"{"items": [{"lineId": "$LINE", "quantity": 1}], "carrier": "Pigeon", "trackingNumber": "P1"}"#;
const REFUND: &str = r#"{"fulfilmentId": "$FULFILMENT", "amount": 5, "reason": "A test"}"#;
const RETURN: &str = r#"{"fulfilmentId": "$FULFILMENT", "items": [{"lineId": "$LINE", "quantity": 1}], "reason": "other"}"#;
const RECEIVED: &str = r#"{"items": [{"lineId": "$LINE", "quantity": 1, "restock": true}]}"#;
const DISPUTE: &str = r#"{"fulfilmentId": "$FULFILMENT", "reason": "other", "comment": "A test"}"#;
const COMMENT: &str = r#"{"text": "A test"}"#;
const ORDER: &str =
    r#"{"items": [{"productId": "$PRODUCT", "quantity": 1}], "shippingAddress": $ADDRESS}"#;
const VARIANT: &str = r#"{"options": {"Size": "$UNIQUE"}, "stock": 1}"#;
const PRODUCT: &str =
    r#"{"name": "Vase", "description": "", "price": 5, "stock": 1, "category": "tests"}"#;

/// A form with a picture.
pub(crate) const FORM: &str = "$FORM";

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row("GET", "/.well-known/jwks.json", "", EVERYBODY),
    row("GET", "/api/docs", "", EVERYBODY),
    row("GET", "/api/openapi.json", "", EVERYBODY),
    row("GET", "/healthz", "", EVERYBODY),
    row("GET", "/readyz", "", EVERYBODY),
    row("GET", "/problems/{code}", "", EVERYBODY),

    row("POST", "/api/setup", r#"{"token": "none", "name": "Eve", "email": "$UNIQUE@example.com", "password": "battery-9"}"#, [409; 7]),
    row("POST", "/api/users/register", r#"{"name": "Eve", "email": "$UNIQUE@example.com", "password": "battery-9"}"#, [201; 7]),
    row("POST", "/api/users/login", r#"{"email": "$EMAIL", "password": "$PASSWORD"}"#, EVERYBODY),
    row("POST", "/api/users/refresh", r#"{"refreshToken": "$REFRESH"}"#, EVERYBODY),
    row("POST", "/api/users/logout", r#"{"refreshToken": "$REFRESH"}"#, [401, 204, 204, 204, 204, 204, 204]),
    row("GET", "/api/users", "", ADMINS),
    row("GET", "/api/users/{id}", "", ADMINS),
    row("GET", "/api/users/me", "", USERS),
    row("PATCH", "/api/users/me", r#"{"name": "Eve"}"#, USERS),
    row("POST", "/api/users/me/password", r#"{"currentPassword": "$PASSWORD", "newPassword": "$PASSWORD"}"#, [401, 204, 204, 204, 204, 204, 204]),
    row("GET", "/api/users/me/totp", "", USERS),
    row("POST", "/api/users/me/totp", r#"{"currentPassword": "$PASSWORD"}"#, CREATED_BY_USERS),
    // None of them has one to turn on or off.
    row("POST", "/api/users/me/totp/confirm", r#"{"code": "AAAAAA-AAAAAA-AAAAAA-AAAAAA"}"#, [401, 403, 403, 403, 403, 403, 403]),
    row("DELETE", "/api/users/me/totp", r#"{"password": "$PASSWORD", "code": "123456"}"#, [401, 409, 409, 409, 409, 409, 409]),
    row("GET", "/api/users/me/sessions", "", USERS),
    row("DELETE", "/api/users/me/sessions", "", [401, 204, 204, 204, 204, 204, 204]),
    row("DELETE", "/api/users/me/sessions/{id}", "", [401, 204, 204, 204, 204, 204, 204]),
    row("POST", "/api/users/{id}/suspend", DECISION, ADMINS),
    row("POST", "/api/users/{id}/reinstate", DECISION, ADMINS),
    row("PUT", "/api/users/{id}/roles/{role}", "", ADMINS),
    row("DELETE", "/api/users/{id}/roles/{role}", "", ADMINS),
    row("GET", "/api/audit-log", "", ADMINS),
    // Nobody has such a link, and no mails are sent.
    row("POST", "/api/users/verify-email", r#"{"token": "none"}"#, [403; 7]),
    row("POST", "/api/users/password/forgot", r#"{"email": "$EMAIL"}"#, [409; 7]),
    row("POST", "/api/users/password/reset", r#"{"token": "none", "password": "$PASSWORD"}"#, [403; 7]),
    // To the address that they have.
    row("POST", "/api/users/me/email", r#"{"email": "$EMAIL", "password": "$PASSWORD"}"#, [401, 204, 204, 204, 204, 204, 204]),
    row("GET", "/api/users/me/export", "", USERS),
    row("GET", "/api/users/me/notifications", "", USERS),
    row("PUT", "/api/users/me/notifications", r#"{"orders": true, "shipments": true, "refunds": true, "returns": true, "payouts": true}"#, USERS),
    row("DELETE", "/api/users/me", r#"{"password": "not it"}"#, [401, 403, 403, 403, 403, 403, 403]),
    row("GET", "/api/users/me/addresses", "", USERS),
    row("POST", "/api/users/me/addresses", "$ADDRESS", CREATED_BY_USERS),
    row("GET", "/api/users/me/addresses/{id}", "", OWNER),
    row("PUT", "/api/users/me/addresses/{id}", "$ADDRESS", OWNER),
    row("DELETE", "/api/users/me/addresses/{id}", "", [401, 204, 404, 404, 404, 404, 404]),

    row("GET", "/api/sellers", "", ADMINS),
    row("GET", "/api/sellers/me", "", [401, 404, 200, 200, 404, 404, 404]),
    row("GET", "/api/sellers/{id}", "", EVERYBODY),
    row("POST", "/api/sellers/{id}/approve", DECISION, [401, 403, 403, 403, 403, 409, 403]),
    row("POST", "/api/sellers/{id}/suspend", DECISION, ADMINS),
    row("POST", "/api/sellers/{id}/reinstate", DECISION, ADMINS),
    // Last: everybody is a seller after it.
    row("PUT", "/api/sellers/me", r#"{"description": "Lamps"}"#, USERS),

    row("GET", "/api/products", "", EVERYBODY),
    row("GET", "/api/products/{id}", "", EVERYBODY),
    row("POST", "/api/products/create", PRODUCT, CREATED_BY_USERS),
    row("PUT", "/api/products/update", r#"{"id": "$PRODUCT", "price": 6}"#, LISTER),
    row("PATCH", "/api/products/remove", r#"{"id": "$PRODUCT"}"#, LISTER),
    row("GET", "/api/products/mine", "", USERS),
    row("GET", "/api/products/taken-down", "", ADMINS),
    row("POST", "/api/products/{id}/publish", "", LISTER),
    row("POST", "/api/products/{id}/unpublish", "", LISTER),
    row("POST", "/api/products/{id}/takedown", r#"{"reason": "A test"}"#, ADMINS),
    row("POST", "/api/products/{id}/reinstate", "", ADMINS),
    row("POST", "/api/products/{id}/variants", VARIANT, [401, 403, 201, 403, 403, 403, 403]),
    row("PATCH", "/api/products/{id}/variants/{vid}", r#"{"stock": 3}"#, LISTER),
    // The default variant goes only with its product.
    row("DELETE", "/api/products/{id}/variants/{vid}", "", [401, 403, 409, 403, 403, 403, 403]),
    row("GET", "/api/products/{id}/stock", "", [401, 403, 200, 403, 403, 200, 403]),
    row("POST", "/api/products/{id}/stock", r#"{"delta": 1, "reason": "A test"}"#, [401, 403, 201, 403, 403, 403, 403]),
    row("POST", "/api/products/{id}/images", FORM, [401, 403, 201, 403, 403, 403, 403]),
    row("PUT", "/api/products/{id}/images", r#"{"images": []}"#, LISTER),
    // It has none.
    row("DELETE", "/api/products/{id}/images/{image}", "", [401, 403, 404, 403, 403, 403, 403]),
    row("GET", "/images/{name}", "", [404; 7]),

    row("GET", "/api/categories", "", EVERYBODY),
    row("GET", "/api/categories/{id}", "", EVERYBODY),
    row("POST", "/api/categories", r#"{"names": {"en": "$UNIQUE"}}"#, [401, 403, 403, 403, 403, 201, 403]),
    row("PATCH", "/api/categories/{id}", r#"{"names": {"en": "$UNIQUE"}}"#, ADMINS),
    row("POST", "/api/categories/{id}/move", "{}", ADMINS),
    row("POST", "/api/categories/{id}/retire", "", ADMINS),
    row("POST", "/api/categories/{id}/reinstate", "", ADMINS),

    row("POST", "/api/orders/create", ORDER, [401, 201, 422, 201, 201, 201, 201]),
    row("GET", "/api/orders", "", ADMINS),
    row("GET", "/api/orders/review", "", ADMINS),
    row("GET", "/api/orders/sales", "", USERS),
    row("GET", "/api/orders/sales/summary", "", USERS),
    row("GET", "/api/orders/summary", "", ADMINS),
    row("GET", "/api/orders/{id}", "", PARTIES),
    row("GET", "/api/orders/{id}/timeline", "", PARTIES),
    row("GET", "/api/orders/{id}/byUser", "", [401, 200, 403, 403, 403, 200, 403]),
    row("GET", "/api/orders/returns", "", USERS),
    row("GET", "/api/orders/disputes", "", USERS),
    row("POST", "/api/orders/{id}/returns", RETURN, buyer(201)),
    row("POST", "/api/orders/{id}/returns/{rid}/approve", "{}", seller(200)),
    row("POST", "/api/orders/{id}/returns/{rid}/deny", r#"{"comment": "A test"}"#, seller(200)),
    // Nothing is approved.
    row("POST", "/api/orders/{id}/returns/{rid}/receive", RECEIVED, seller(409)),
    row("POST", "/api/orders/{id}/returns/{rid}/withdraw", "{}", buyer(200)),
    row("POST", "/api/orders/{id}/returns/{rid}/comments", COMMENT, COMMENTED),
    row("POST", "/api/orders/{id}/disputes", DISPUTE, buyer(201)),
    row("POST", "/api/orders/{id}/disputes/{did}/resolve", r#"{"outcome": "release", "comment": "A test"}"#, [401, 403, 403, 404, 404, 200, 404]),
    row("POST", "/api/orders/{id}/disputes/{did}/withdraw", "{}", buyer(200)),
    row("POST", "/api/orders/{id}/disputes/{did}/comments", COMMENT, COMMENTED),
    row("POST", "/api/orders/{id}/retry", "", [401, 403, 403, 403, 403, 409, 403]),
    row("POST", "/api/orders/{id}/compensate", "", [401, 403, 403, 403, 403, 200, 403]),
    // Sellers cancel their part, not the order.
    row("POST", "/api/orders/{id}/cancel", ITEMS, [401, 200, 403, 403, 404, 200, 404]),
    row("POST", "/api/orders/{id}/refunds", REFUND, seller(201)),
    row("POST", "/api/orders/{id}/fulfilments/{fid}/cancel", ITEMS, seller(200)),
    row("POST", "/api/orders/{id}/fulfilments/{fid}/shipments", PACKAGE, seller(201)),
    row("POST", "/api/orders/{id}/fulfilments/{fid}/shipments/{sid}/deliver", "{}", [401, 200, 200, 404, 404, 200, 404]),

    row("GET", "/api/users/dead-letters", "", ADMINS),
    row("POST", "/api/users/dead-letters/replay", "", ADMINS),
    row("POST", "/api/users/dead-letters/{id}/replay", "", NO_LETTER),
    row("GET", "/api/products/dead-letters", "", ADMINS),
    row("POST", "/api/products/dead-letters/replay", "", ADMINS),
    row("POST", "/api/products/dead-letters/{id}/replay", "", NO_LETTER),
    row("GET", "/api/orders/dead-letters", "", ADMINS),
    row("POST", "/api/orders/dead-letters/replay", "", ADMINS),
    row("POST", "/api/orders/dead-letters/{id}/replay", "", NO_LETTER),
    row("GET", "/api/wallet/dead-letters", "", ADMINS),
    row("POST", "/api/wallet/dead-letters/replay", "", ADMINS),
    row("POST", "/api/wallet/dead-letters/{id}/replay", "", NO_LETTER),

    row("GET", "/api/wallet/audit", "", ADMINS),
    row("GET", "/api/wallet/balance", "", USERS),
    row("GET", "/api/wallet/transaction", "", USERS),
    row("POST", "/api/wallet/credit", r#"{"amount": 5}"#, CREATED_BY_USERS),
    row("POST", "/api/wallet/debit", r#"{"amount": 5}"#, CREATED_BY_USERS),
];
