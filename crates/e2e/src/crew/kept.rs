//! What a copy of the marketplace must still hold, if it was taken after a crew stopped.

use super::{Crew, Worker, ids};
use crate::client::Client;

impl Crew {
    /// Checks that everything this crew was answered is there, whatever was done later, and that every order settles. Returns how many
    /// orders were answered as paid.
    ///
    /// # Panics
    /// If anything is missing, or an order does not settle.
    pub async fn check_kept(&self, client: &Client) -> usize {
        for worker in &self.workers {
            worker.check_kept(client).await;
        }
        self.workers.iter().map(|worker| worker.paid.len()).sum()
    }
}

impl Worker {
    async fn check_kept(&self, client: &Client) {
        let there = Self {
            person: self.person.at(client),
            ..self.clone()
        };
        let orders = there.settled().await;
        let (all, paid) = (
            ids(&orders, |_| true),
            ids(&orders, |order| order["status"] == "paid"),
        );
        assert!(self.orders.is_subset(&all), "each order that was answered");
        assert!(
            self.paid.is_subset(&paid),
            "what was said to be paid is paid"
        );
        let posted = there.posted().await;
        assert!(
            self.credits.is_subset(&posted),
            "each credit that was answered"
        );
    }
}
