//! Orders: placed, waited for, and held where they are by stopping a message.

use chassis::testing::eventually;
use contracts::Contract;
use kernel::OrderId;
use reqwest::Method;
use serde_json::{Value, json};

use super::Scenario;
use crate::facts::OrderFact;
use crate::gate::Stop;

impl Scenario<'_> {
    /// Places an order and waits until it has come to `status`. Afterwards it has to come to an end of its own.
    pub(super) async fn order(
        &mut self,
        what: &str,
        buyer: &str,
        lines: &[(String, i64)],
        status: &str,
    ) -> OrderId {
        let items: Vec<Value> = lines
            .iter()
            .map(|(product, quantity)| json!({"productId": product, "quantity": quantity}))
            .collect();
        let token = self.token(buyer).await;
        let placed = self
            .world
            .send(
                Method::POST,
                "/api/orders/create",
                &token,
                &[("Prefer", "respond-async")],
                Some(&json!({"items": items})),
            )
            .await;
        assert_eq!(placed.status, 202, "{placed:?}");
        self.know(what, buyer, &placed.body["id"]);
        self.comes_to(what, status).await;
        self.id(what)
    }

    fn know(&mut self, what: &str, buyer: &str, id: &Value) {
        let order = OrderFact {
            id: id.as_str().unwrap().to_owned(),
            buyer: buyer.to_owned(),
            status: String::new(),
            ends: String::new(),
        };
        assert!(self.facts.orders.insert(what.to_owned(), order).is_none());
    }

    pub(super) fn id(&self, what: &str) -> OrderId {
        self.facts.orders[what].id.parse().unwrap()
    }

    pub(super) async fn comes_to(&mut self, what: &str, status: &str) {
        let order = self.facts.orders[what].clone();
        let token = self.token(&order.buyer).await;
        self.world.until(&token, &order.id, status).await;
        let order = self.facts.orders.get_mut(what).unwrap();
        status.clone_into(&mut order.status);
        let ends = match status {
            "pending" => "paid",
            "cancelling" => "cancelled",
            "refunding" => "refunded",
            settled => settled,
        };
        ends.clone_into(&mut order.ends);
    }

    pub(super) async fn to_review(&self, what: &str) {
        let ann = self.token("ann").await;
        let id = self.facts.orders[what].id.clone();
        eventually("an order to be reviewed", || async {
            let listed = self.world.host.get("/api/orders/review", &ann).await;
            let items = listed.body["items"].as_array()?;
            items.iter().any(|order| order["id"] == *id).then_some(())
        })
        .await;
    }

    pub(super) async fn has_come<M: Contract>(&self, what: &str) {
        let order = self.id(what);
        eventually(&format!("{} of {what}", M::full_name()), || async {
            self.world.gates.has_seen::<M>(order).then_some(())
        })
        .await;
    }

    pub(super) fn hold<M: Contract>(&self, order: Option<OrderId>) {
        self.world.gates.stop::<M>(order, Stop::Held);
    }

    pub(super) fn refuse<M: Contract>(&self) {
        self.world.gates.stop::<M>(None, Stop::Refused);
    }

    pub(super) fn open<M: Contract>(&self, order: Option<OrderId>) {
        self.world.gates.open::<M>(order);
    }
}
