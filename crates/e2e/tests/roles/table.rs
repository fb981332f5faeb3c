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
/// Those who see the order.
const PARTIES: [u16; 7] = [401, 200, 200, 200, 404, 200, 404];
/// The buyer, who owns the address.
const OWNER: [u16; 7] = [401, 200, 404, 404, 404, 404, 404];
/// The seller, who owns the product.
const LISTER: [u16; 7] = [401, 403, 200, 403, 403, 403, 403];

/// What the seller of a part does. Other sellers do not see that the part exists.
const fn seller(done: u16) -> [u16; 7] {
    [401, 403, done, 404, 404, done, 404]
}

const ITEMS: &str = r#"{"items": [{"lineId": "$LINE", "quantity": 1}], "reason": "A test"}"#;
const PACKAGE: &str = r#"{"items": [{"lineId": "$LINE", "quantity": 1}], "carrier": "Pigeon", "trackingNumber": "P1"}"#;
const REFUND: &str = r#"{"fulfilmentId": "$FULFILMENT", "amount": 5, "reason": "A test"}"#;
const ORDER: &str =
    r#"{"items": [{"productId": "$PRODUCT", "quantity": 1}], "shippingAddress": $ADDRESS}"#;
const PRODUCT: &str =
    r#"{"name": "Vase", "description": "", "price": 5, "stock": 1, "category": "tests"}"#;

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row("GET", "/.well-known/jwks.json", "", EVERYBODY),
    row("GET", "/api/docs", "", EVERYBODY),
    row("GET", "/api/openapi.json", "", EVERYBODY),
    row("GET", "/healthz", "", EVERYBODY),
    row("GET", "/readyz", "", EVERYBODY),
    row("GET", "/problems/{code}", "", EVERYBODY),

    row("POST", "/api/users/register", r#"{"name": "Eve", "email": "$UNIQUE@example.com", "password": "12345678"}"#, [201; 7]),
    row("POST", "/api/users/login", r#"{"email": "$EMAIL", "password": "$PASSWORD"}"#, EVERYBODY),
    row("POST", "/api/users/refresh", r#"{"refreshToken": "$REFRESH"}"#, EVERYBODY),
    row("POST", "/api/users/logout", r#"{"refreshToken": "$REFRESH"}"#, [401, 204, 204, 204, 204, 204, 204]),
    row("GET", "/api/users/me", "", USERS),
    row("PATCH", "/api/users/me", r#"{"name": "Eve"}"#, USERS),
    row("POST", "/api/users/me/password", r#"{"currentPassword": "$PASSWORD", "newPassword": "$PASSWORD"}"#, [401, 204, 204, 204, 204, 204, 204]),
    row("GET", "/api/users/me/addresses", "", USERS),
    row("POST", "/api/users/me/addresses", "$ADDRESS", CREATED_BY_USERS),
    row("GET", "/api/users/me/addresses/{id}", "", OWNER),
    row("PUT", "/api/users/me/addresses/{id}", "$ADDRESS", OWNER),
    row("DELETE", "/api/users/me/addresses/{id}", "", [401, 204, 404, 404, 404, 404, 404]),

    row("GET", "/api/products", "", USERS),
    row("GET", "/api/products/{id}", "", USERS),
    row("POST", "/api/products/create", PRODUCT, CREATED_BY_USERS),
    row("PUT", "/api/products/update", r#"{"id": "$PRODUCT", "price": 6}"#, LISTER),
    row("PATCH", "/api/products/remove", r#"{"id": "$PRODUCT"}"#, LISTER),

    row("POST", "/api/orders/create", ORDER, [401, 201, 422, 201, 201, 201, 201]),
    row("GET", "/api/orders", "", ADMINS),
    row("GET", "/api/orders/review", "", ADMINS),
    row("GET", "/api/orders/sales", "", USERS),
    row("GET", "/api/orders/sales/summary", "", USERS),
    row("GET", "/api/orders/{id}", "", PARTIES),
    row("GET", "/api/orders/{id}/timeline", "", PARTIES),
    row("GET", "/api/orders/{id}/byUser", "", [401, 200, 403, 403, 403, 200, 403]),
    row("POST", "/api/orders/{id}/retry", "", [401, 403, 403, 403, 403, 409, 403]),
    row("POST", "/api/orders/{id}/compensate", "", [401, 403, 403, 403, 403, 200, 403]),
    // Sellers cancel their part, not the order.
    row("POST", "/api/orders/{id}/cancel", ITEMS, [401, 200, 403, 403, 404, 200, 404]),
    row("POST", "/api/orders/{id}/refunds", REFUND, seller(201)),
    row("POST", "/api/orders/{id}/fulfilments/{fid}/cancel", ITEMS, seller(200)),
    row("POST", "/api/orders/{id}/fulfilments/{fid}/shipments", PACKAGE, seller(201)),
    row("POST", "/api/orders/{id}/fulfilments/{fid}/shipments/{sid}/deliver", "{}", [401, 200, 200, 404, 404, 200, 404]),

    row("GET", "/api/wallet/audit", "", ADMINS),
    row("GET", "/api/wallet/balance", "", USERS),
    row("GET", "/api/wallet/transaction", "", USERS),
    row("POST", "/api/wallet/credit", r#"{"amount": 5}"#, CREATED_BY_USERS),
    row("POST", "/api/wallet/debit", r#"{"amount": 5}"#, CREATED_BY_USERS),
];
