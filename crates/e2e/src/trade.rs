//! What happens to an order once it is paid: its sellers ship it, the buyer says that it came, some of it is cancelled, refunded or sent
//! back, and an operator decides where the two do not agree.

use host::testing::Answer;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::person::{Person, Product};
use crate::shape::within;

/// An address that a package can be sent to.
#[must_use]
pub fn address() -> Value {
    json!({
        "name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "postalCode": "SW1Y 4JH", "country": "GB",
    })
}

/// The minor units of a money object.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn amount(money: &Value) -> i64 {
    let amount = money["amount"].as_i64();
    amount.unwrap_or_else(|| panic!("{money} is no money"))
}

/// What one seller sells in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The order.
    pub order: String,
    /// The part itself.
    pub id: String,
    /// Its lines, and how many were ordered of each.
    pub lines: Vec<(String, i64)>,
}

impl Part {
    /// The part of `seller` in an order that the API has shown.
    ///
    /// # Panics
    /// If there is no such part.
    #[must_use]
    pub fn of(order: &Value, seller: &Person) -> Self {
        let parts = order["fulfilments"].as_array().into_iter().flatten();
        let part = parts
            .into_iter()
            .find(|part| part["seller"]["id"] == seller.id.as_str())
            .unwrap_or_else(|| panic!("{} sells nothing in {order}", seller.id));
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        let items = part["items"].as_array().expect("items").iter();
        Self {
            order: text(&order["id"]),
            id: text(&part["id"]),
            lines: items
                .map(|item| {
                    let quantity = item["quantity"].as_i64().expect("a quantity");
                    (text(&item["lineId"]), quantity)
                })
                .collect(),
        }
    }

    /// A list of items for a request: how many of which line, by its place.
    #[must_use]
    pub fn items(&self, wanted: &[(usize, i64)]) -> Value {
        let items = wanted
            .iter()
            .map(|(line, quantity)| json!({"lineId": self.lines[*line].0, "quantity": quantity}));
        items.collect()
    }

    /// All that was ordered, as a list of items for a request.
    #[must_use]
    pub fn everything(&self) -> Value {
        let lines = self.lines.iter();
        let items = lines.map(|(line, quantity)| json!({"lineId": line, "quantity": quantity}));
        items.collect()
    }

    /// `/api/orders/{id}` and `rest`.
    #[must_use]
    pub fn order_path(&self, rest: &str) -> String {
        format!("/api/orders/{}{rest}", self.order)
    }

    /// `/api/orders/{id}/fulfilments/{fid}` and `rest`.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        self.order_path(&format!("/fulfilments/{}{rest}", self.id))
    }

    /// The body of a refund: `what` is `items` or `amount`, and its value.
    #[must_use]
    pub fn refund(&self, what: &str, value: &Value) -> Value {
        json!({"fulfilmentId": self.id, what: value, "reason": "A test"})
    }

    /// `/api/orders/{id}/returns/{rid}/` and `step`.
    #[must_use]
    pub fn of_return(&self, id: &str, step: &str) -> String {
        self.order_path(&format!("/returns/{id}/{step}"))
    }

    /// `/api/orders/{id}/disputes/{did}/` and `step`.
    #[must_use]
    pub fn of_dispute(&self, id: &str, step: &str) -> String {
        self.order_path(&format!("/disputes/{id}/{step}"))
    }

    /// The part in an order that the API has shown.
    ///
    /// # Panics
    /// If the order does not have it.
    #[must_use]
    pub fn within<'a>(&self, order: &'a Value) -> &'a Value {
        let mut parts = order["fulfilments"].as_array().into_iter().flatten();
        parts
            .find(|part| part["id"] == self.id.as_str())
            .unwrap_or_else(|| panic!("part {} is not in {order}", self.id))
    }
}

impl Person {
    /// Lists a product that has to be shipped.
    ///
    /// # Panics
    /// If the marketplace refuses.
    pub async fn lists_to_ship(&self, name: &str, price: i64, stock: i64) -> Product {
        self.lists_with(name, price, stock, &json!({"delivery": "shipped"}))
            .await
    }

    /// A request to order these products, sent to an address.
    pub fn request_to_buy(&self, lines: &[(&Product, i64)]) -> RequestBuilder {
        let items = lines
            .iter()
            .map(|(product, quantity)| json!({"productId": product.id, "quantity": quantity}));
        let body = json!({"items": items.collect::<Value>(), "shippingAddress": address()});
        self.request(Method::POST, "/api/orders/create").json(&body)
    }

    /// Orders these products, sent to an address, and pays. Returns the order.
    ///
    /// # Panics
    /// If it is not paid at once.
    pub async fn buys(&self, lines: &[(&Product, i64)]) -> Value {
        let answer = Answer::of(self.request_to_buy(lines)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    }

    /// Sends a package with these items.
    pub async fn ships(&self, part: &Part, items: &Value) -> Answer {
        let package =
            json!({"items": items, "carrier": "Royal Mail", "trackingNumber": "RM 1234 5678 9GB"});
        self.post(&part.path("/shipments"), &package).await
    }

    /// Sends a package with these items. Returns its id.
    ///
    /// # Panics
    /// If the marketplace refuses.
    pub async fn has_shipped(&self, part: &Part, items: &Value) -> String {
        let shipped = self.ships(part, items).await;
        assert_eq!(shipped.status, 201, "{shipped:?}");
        shipped.body["id"].as_str().expect("an id").to_owned()
    }

    /// Says that a package has arrived.
    pub async fn delivers(&self, part: &Part, package: &str) -> Answer {
        let path = part.path(&format!("/shipments/{package}/deliver"));
        self.post(&path, &json!({})).await
    }

    /// Cancels these items of an order, or all that is not shipped.
    pub async fn cancels(&self, part: &Part, items: Option<&Value>) -> Answer {
        self.post(&part.order_path("/cancel"), &cancellation(items))
            .await
    }

    /// Cancels these items of the own part, or all of it that is not shipped.
    pub async fn cancels_part(&self, part: &Part, items: Option<&Value>) -> Answer {
        self.post(&part.path("/cancel"), &cancellation(items)).await
    }

    /// Refunds items or an amount of a part.
    pub async fn refunds(&self, part: &Part, what: &str, value: &Value) -> Answer {
        self.post(&part.order_path("/refunds"), &part.refund(what, value))
            .await
    }

    /// A request that refunds an amount of a part, to be sent with further headers.
    pub fn refund_request(&self, part: &Part, amount: &Value) -> RequestBuilder {
        self.request(Method::POST, &part.order_path("/refunds"))
            .json(&part.refund("amount", amount))
    }

    /// Asks to send these items back. Returns the return's id.
    ///
    /// # Panics
    /// If the marketplace refuses.
    pub async fn asks_back(&self, part: &Part, items: &Value) -> String {
        let body = json!({"fulfilmentId": part.id, "items": items, "reason": "damaged"});
        let requested = self.post(&part.order_path("/returns"), &body).await;
        assert_eq!(requested.status, 201, "{requested:?}");
        requested.body["id"].as_str().expect("an id").to_owned()
    }

    /// Asks an operator to decide. Returns the dispute's id.
    ///
    /// # Panics
    /// If the marketplace refuses.
    pub async fn disputes(&self, part: &Part) -> String {
        let body = json!({"fulfilmentId": part.id, "reason": "not_received", "comment": "It never arrived"});
        let opened = self.post(&part.order_path("/disputes"), &body).await;
        assert_eq!(opened.status, 201, "{opened:?}");
        opened.body["id"].as_str().expect("an id").to_owned()
    }

    /// A part, as this person sees it now.
    ///
    /// # Panics
    /// If they do not see it.
    pub async fn part(&self, part: &Part) -> Value {
        let order = self.order(&part.order).await;
        assert_eq!(order.status, 200, "{order:?}");
        part.within(&order.body).clone()
    }

    /// Waits until the part is in this status. Returns the order.
    ///
    /// # Panics
    /// If that takes too long.
    pub async fn sees(&self, part: &Part, status: &str) -> Value {
        let patience = std::time::Duration::from_secs(60);
        within(patience, &format!("the part is {status}"), async || {
            let order = self.order(&part.order).await.body;
            (part.within(&order)["status"] == status).then_some(order)
        })
        .await
    }

    /// Waits until these parts are among the newest of this person's sales: until their stock is confirmed to be sold, no part of an order
    /// moves.
    ///
    /// # Panics
    /// If that takes too long.
    pub async fn has_sold(&self, parts: &[&Part]) {
        let patience = std::time::Duration::from_secs(60);
        within(patience, "the stock is confirmed to be sold", async || {
            let sales = self.get("/api/orders/sales?limit=100").await;
            let sales = sales.body["items"].as_array().cloned().unwrap_or_default();
            let is_sold = |part: &&Part| sales.iter().any(|sale| sale["orderId"] == *part.order);
            parts.iter().all(is_sold).then_some(())
        })
        .await;
    }

    /// What has happened to an order, oldest first.
    ///
    /// # Panics
    /// If the marketplace does not show it.
    pub async fn timeline(&self, order: &str) -> Vec<Value> {
        self.all(&format!("/api/orders/{order}/timeline")).await
    }
}

fn cancellation(items: Option<&Value>) -> Value {
    let mut body = json!({"reason": "Ordered by mistake"});
    if let Some(items) = items {
        body["items"] = items.clone();
    }
    body
}
