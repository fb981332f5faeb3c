//! The test's own books: what everybody has if nothing was lost and nothing was made up.

use std::collections::BTreeMap;

use super::fate::{Fate, QUANTITY};
use super::life::Life;
use super::world::{FUNDS, STOCK, World};

#[derive(Default)]
pub(super) struct Books {
    /// What buyers spent for good.
    spent: BTreeMap<String, i64>,
    /// What sellers earned: nine tenths of what buyers spent with them.
    earned: BTreeMap<String, i64>,
    /// How many of each product are gone.
    gone: BTreeMap<String, i64>,
    returned: usize,
    disputed: usize,
}

impl Books {
    /// Adds an order.
    pub(super) fn add(&mut self, life: &Life) {
        let (buyer, seller) = life.parties();
        let add = |sums: &mut BTreeMap<String, i64>, of: &str, amount| {
            *sums.entry(of.to_owned()).or_default() += amount;
        };
        add(&mut self.spent, &buyer.id, life.paid() - life.refunded());
        let kept = life.product.price * QUANTITY - life.refunded();
        add(&mut self.earned, &seller.id, share(kept));
        add(
            &mut self.gone,
            &life.product.id,
            QUANTITY - life.restocked(),
        );
        if let Some(other) = &life.other {
            add(&mut self.earned, &other.seller, share(other.price));
            add(&mut self.gone, &other.id, 1);
        }
        match life.fate {
            Fate::Returned(_) => self.returned += 1,
            Fate::Disputed(_) => self.disputed += 1,
            Fate::Kept
            | Fate::AskedBack(_)
            | Fate::CancelsOne
            | Fate::Scratched
            | Fate::NeverShipped => {}
        }
    }

    /// Asserts that as many orders came back and were disputed as the story promises.
    pub(super) fn assert_told(&self, orders: usize) {
        assert_eq!(self.returned, orders / 10);
        assert!(self.disputed >= orders / 100, "{}", self.disputed);
    }

    /// Asserts that everybody has what they should, and that the platform has the rest.
    pub(super) async fn assert_kept(&self, world: &World) {
        let (mut paid_in, mut with_users) = (0, 0);
        for buyer in world.buyers() {
            let spent = self.spent.get(&buyer.id).copied().unwrap_or_default();
            let balance = world.balance(buyer).await;
            assert_eq!(balance, (FUNDS - spent, 0), "a buyer");
            paid_in += FUNDS;
            with_users += balance.0;
        }
        for seller in world.sellers() {
            let earned = self.earned.get(&seller.id).copied().unwrap_or_default();
            let balance = world.balance(seller).await;
            assert_eq!(balance, (earned, 0), "a seller");
            with_users += balance.0;
        }
        let spent: i64 = self.spent.values().sum();
        assert_eq!(paid_in - with_users, spent / 10, "the platform's fees");
        for product in world.products() {
            let gone = self.gone.get(&product.id).copied().unwrap_or_default();
            assert_eq!(world.stock(product).await, STOCK - gone, "{product:?}");
        }
    }
}

/// The seller's share of what a buyer has spent: the commission is a tenth, and every amount here is a multiple of ten.
fn share(spent: i64) -> i64 {
    spent / 10 * 9
}
