//! What a copy of the marketplace must still hold, if it was taken after a crew stopped.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Crew;
use super::deal::is_paid;
use super::worker::Worker;
use crate::client::Client;

impl Crew {
    /// Checks that everything this crew was answered is there, whatever was done later, and that every order settles. Returns how many
    /// orders were answered as paid.
    ///
    /// # Panics
    /// If anything is missing, or an order does not settle.
    pub async fn check_kept(&self, client: &Client) -> usize {
        for worker in &self.workers {
            worker.at(client).check_kept().await;
        }
        self.workers.iter().map(|worker| worker.paid.len()).sum()
    }
}

impl Worker {
    async fn check_kept(&self) {
        let orders = self.settled().await;
        let by_id: BTreeMap<&str, &Value> = orders
            .iter()
            .map(|order| (order["id"].as_str().expect("an id"), order))
            .collect();
        for id in &self.orders {
            let order = by_id.get(id.as_str());
            let order = order.unwrap_or_else(|| panic!("order {id} was answered, and is gone"));
            assert!(
                is_paid(order) || !self.paid.contains(id),
                "what was said to be paid is paid: {order}"
            );
        }
        for deal in &self.deals {
            deal.check(by_id[deal.part.order.as_str()], false);
        }
        assert!(
            self.credits.is_subset(&self.posted_credits().await),
            "each credit that was answered"
        );
    }
}
