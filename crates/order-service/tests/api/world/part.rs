//! A part of an order, and what can be done with it.

use host::testing::Answer;
use serde_json::{Value, json};

use super::World;

/// A part of an order.
pub(crate) struct Part {
    pub(crate) order: String,
    pub(crate) id: String,
    pub(crate) lines: Vec<(String, i64)>,
}

impl Part {
    /// The first part of an order that the API has shown.
    pub(crate) fn of(order: &Value) -> Self {
        Self::all(order).swap_remove(0)
    }

    /// All parts of an order that the API has shown.
    pub(crate) fn all(order: &Value) -> Vec<Self> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let line = |item: &Value| (text(&item["lineId"]), item["quantity"].as_i64().unwrap());
        let parts = order["fulfilments"].as_array().unwrap().iter();
        parts
            .map(|part| Self {
                order: text(&order["id"]),
                id: text(&part["id"]),
                lines: part["items"].as_array().unwrap().iter().map(line).collect(),
            })
            .collect()
    }

    /// A list of items for a request: how many of which line, by its place.
    pub(crate) fn items(&self, wanted: &[(usize, i64)]) -> Value {
        let items = wanted
            .iter()
            .map(|(line, quantity)| json!({"lineId": self.lines[*line].0, "quantity": quantity}));
        items.collect()
    }

    /// All that was ordered, as a list of items for a request.
    pub(crate) fn everything(&self) -> Value {
        let lines = self.lines.iter();
        let items = lines.map(|(line, quantity)| json!({"lineId": line, "quantity": quantity}));
        items.collect()
    }

    /// `/api/orders/{id}` and `rest`.
    pub(crate) fn order_path(&self, rest: &str) -> String {
        format!("/api/orders/{}{rest}", self.order)
    }

    /// `/api/orders/{id}/fulfilments/{fid}` and `rest`.
    pub(crate) fn path(&self, rest: &str) -> String {
        self.order_path(&format!("/fulfilments/{}{rest}", self.id))
    }

    /// Sends a package with these items.
    pub(crate) async fn ship(&self, world: &World, token: &str, items: &Value) -> Answer {
        let package = json!({"items": items, "carrier": "UPS", "trackingNumber": "1Z999AA1"});
        world
            .make(&self.path("/shipments"), token, &package, &[])
            .await
    }

    /// Refunds items or an amount.
    pub(crate) async fn refund(
        &self,
        world: &World,
        token: &str,
        what: (&str, Value),
        headers: &[(&str, &str)],
    ) -> Answer {
        let body = json!({"fulfilmentId": self.id, what.0: what.1, "reason": "A scratch"});
        let path = self.order_path("/refunds");
        world.make(&path, token, &body, headers).await
    }

    /// Ships everything, and the buyer says that it came.
    pub(crate) async fn arrives(&self, world: &World, seller: &str, buyer: &str) {
        let package = self.ship(world, seller, &self.everything()).await;
        assert_eq!(package.status, 201, "{package:?}");
        let package = package.body["id"].as_str().unwrap();
        let path = self.path(&format!("/shipments/{package}/deliver"));
        let arrived = world.make(&path, buyer, &json!({}), &[]).await;
        assert_eq!(arrived.status, 200, "{arrived:?}");
    }

    /// Asks to send items back.
    pub(crate) async fn asks_back(&self, world: &World, token: &str, items: &Value) -> Answer {
        let body = json!({"fulfilmentId": self.id, "items": items, "reason": "damaged", "comment": "It has a crack"});
        world
            .make(&self.order_path("/returns"), token, &body, &[])
            .await
    }

    /// A return of these items.
    pub(crate) async fn has_asked_back(&self, world: &World, token: &str, items: &Value) -> String {
        let requested = self.asks_back(world, token, items).await;
        assert_eq!(requested.status, 201, "{requested:?}");
        requested.body["id"].as_str().unwrap().to_owned()
    }

    /// A step of a return.
    pub(crate) async fn of_return(
        &self,
        world: &World,
        token: &str,
        (id, step): (&str, &str),
        body: &Value,
    ) -> Answer {
        let path = self.order_path(&format!("/returns/{id}/{step}"));
        world.make(&path, token, body, &[]).await
    }

    /// Asks an operator to decide.
    pub(crate) async fn complains(&self, world: &World, token: &str) -> Answer {
        let body = json!({"fulfilmentId": self.id, "reason": "not_received", "comment": "It never arrived"});
        world
            .make(&self.order_path("/disputes"), token, &body, &[])
            .await
    }

    /// A dispute.
    pub(crate) async fn has_complained(&self, world: &World, token: &str) -> String {
        let opened = self.complains(world, token).await;
        assert_eq!(opened.status, 201, "{opened:?}");
        opened.body["id"].as_str().unwrap().to_owned()
    }

    /// A step of a dispute.
    pub(crate) async fn of_dispute(
        &self,
        world: &World,
        token: &str,
        (id, step): (&str, &str),
        body: &Value,
    ) -> Answer {
        let path = self.order_path(&format!("/disputes/{id}/{step}"));
        world.make(&path, token, body, &[]).await
    }

    /// How many of a line came back, for a request.
    pub(crate) fn back(&self, received: &[(usize, i64, bool)]) -> Value {
        let items = received.iter().map(|(line, quantity, restock)| {
            json!({"lineId": self.lines[*line].0, "quantity": quantity, "restock": restock})
        });
        json!({"items": items.collect::<Value>()})
    }

    /// What has happened to the order.
    pub(crate) async fn timeline(&self, world: &World, token: &str) -> Vec<Value> {
        let path = self.order_path("/timeline?limit=100");
        let answer = world.host.get(&path, token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["items"].as_array().unwrap().clone()
    }
}
