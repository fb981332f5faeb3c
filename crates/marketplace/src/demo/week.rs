//! A week of orders. Most are paid, some are declined, one is cancelled because the wallet was down, and one is refunded because the
//! warehouse was down. Sellers ship what was ordered the day before, and buyers have it a day later. By the end of the week the first
//! sellers have been paid out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use host::engine::Engine;
use kernel::{ManualClock, Money, OrderId, Quantity, UserId};
use order_service::OrderState;

use super::catalogue::Listed;
use super::examples::DemoIds;
use super::people::{People, address};
use crate::composition::Marketplace;
use crate::services::Services;

/// Orders on a normal day.
const ORDERS_A_DAY: usize = 6;
/// Each buyer's top-up on the first day, in minor units. The last buyer can afford little.
const FUNDS: [i64; 5] = [250_000, 180_000, 120_000, 90_000, 500];
/// Timeout for background work.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
pub(super) const DAY: Duration = Duration::from_hours(24);

/// Which service is down.
#[derive(Clone, Copy)]
pub(super) enum Away {
    Nobody,
    Wallet,
    Products,
}

/// The demo's week, and who and what takes part in it.
pub(super) struct Week {
    pub(super) services: Services,
    pub(super) marketplace: Marketplace,
    pub(super) clock: Arc<ManualClock>,
    pub(super) people: People,
    pub(super) products: Vec<Listed>,
    pub(super) ids: Arc<DemoIds>,
}

impl Week {
    /// Runs the whole week.
    pub(super) async fn live_through(&self) -> anyhow::Result<()> {
        for (buyer, funds) in self.people.buyers.iter().zip(FUNDS) {
            let money = Money::new(funds, self.marketplace.deps.currency);
            let wallet = &self.marketplace.wallet;
            wallet.credit(*buyer, money, "demo top-up").await?;
        }
        self.first_of_all().await?;
        let mut days: Vec<Vec<OrderId>> = Vec::new();
        for day in 0..7 {
            let engine = self.at_work(Away::Nobody);
            self.parcels(&days).await?;
            let mut placed = Vec::new();
            for number in 0..ORDERS_A_DAY {
                self.clock.advance(Duration::from_mins(35));
                let (order, state) = self.order(day * ORDERS_A_DAY + number, PATIENCE).await?;
                ensure!(state.is_settled(), "demo order {order} did not settle");
                if state == OrderState::Paid {
                    placed.push(order);
                }
            }
            days.push(placed);
            engine.stop().await;
            match day {
                2 => self.the_wallet_is_away().await?,
                4 => self.the_warehouse_is_away().await?,
                _ => {}
            }
            if day < 6 {
                let night = DAY.saturating_sub(Duration::from_hours(4));
                self.clock.advance(night);
            }
        }
        self.payday().await?;
        self.each_in_its_state().await?;
        self.example().await
    }

    /// Starts the engine without the queues of the service that is down.
    pub(super) fn at_work(&self, away: Away) -> Engine {
        let marketplace = &self.marketplace;
        let mut products = marketplace.products.parts();
        let mut wallet = marketplace.wallet.parts();
        match away {
            Away::Nobody => {}
            Away::Wallet => wallet.subscriptions.clear(),
            Away::Products => products.subscriptions.clear(),
        }
        let orders = marketplace.orders.parts();
        let mut services = vec![marketplace.users.parts(), products, orders, wallet];
        let bus = Engine::bus_in_memory(&marketplace.deps, &mut services);
        Engine::start(Some(&bus), &marketplace.deps, services)
    }

    fn lines(&self, number: usize) -> anyhow::Result<Vec<(Listed, i64)>> {
        // Steps with no common divisor with the catalogue's size spread the orders over the whole catalogue.
        let places = (0..=(number % 3)).map(|line| number * 37 + line * 61);
        places
            .map(|place| {
                let product = self.products.iter().cycle().nth(place);
                Ok((*product.context("the demo has no products")?, 1))
            })
            .collect()
    }

    async fn order(&self, number: usize, wait: Duration) -> anyhow::Result<(OrderId, OrderState)> {
        let buyers = self.people.buyers.len();
        let buyer = self.buyer(number % buyers)?;
        let placed = self.place(buyer, &self.lines(number)?, wait).await;
        placed.with_context(|| format!("demo order {number}"))
    }

    /// A buyer, with their place in the list.
    pub(super) fn buyer(&self, number: usize) -> anyhow::Result<(usize, UserId)> {
        let buyer = self.people.buyers.get(number);
        Ok((number, *buyer.context("the demo has no such buyer")?))
    }

    /// Places an order that is sent to the buyer's home.
    pub(super) async fn place(
        &self,
        (number, buyer): (usize, UserId),
        lines: &[(Listed, i64)],
        wait: Duration,
    ) -> anyhow::Result<(OrderId, OrderState)> {
        let lines = lines
            .iter()
            .map(|(product, quantity)| Ok((product.id.into(), Quantity::new(*quantity)?)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let home = Some(address(number)?);
        let placed = self.marketplace.orders.create(buyer, lines, home, wait);
        placed.await.map_err(anyhow::Error::msg)
    }

    /// An order whose payment deadline passes while the wallet is down.
    async fn the_wallet_is_away(&self) -> anyhow::Result<()> {
        let engine = self.at_work(Away::Wallet);
        let (order, _) = self.order(100, Duration::ZERO).await?;
        let deadline = self.services.orders.payment_deadline_seconds;
        self.clock.advance(Duration::from_secs(deadline + 1));
        self.until(order, OrderState::Cancelling).await?;
        engine.stop().await;
        self.back_to(order, OrderState::Cancelled).await
    }

    /// A paid order whose stock is confirmed only after its lease has expired.
    async fn the_warehouse_is_away(&self) -> anyhow::Result<()> {
        let engine = self.at_work(Away::Products);
        let (order, state) = self.order(101, PATIENCE).await?;
        ensure!(state == OrderState::Paid, "demo order {order} is {state:?}");
        let lease = self.services.catalogue.lease_seconds;
        self.clock.advance(Duration::from_secs(lease + 1));
        self.marketplace.products.expire_reservations().await?;
        engine.stop().await;
        self.back_to(order, OrderState::Refunded).await
    }

    /// All services are up again: the backlog is processed.
    async fn back_to(&self, order: OrderId, state: OrderState) -> anyhow::Result<()> {
        let engine = self.at_work(Away::Nobody);
        self.until(order, state).await?;
        engine.stop().await;
        Ok(())
    }

    /// Waits until `order` is in `state`. The clock advances meanwhile, so that retries become due.
    pub(super) async fn until(&self, order: OrderId, state: OrderState) -> anyhow::Result<()> {
        let steps = PATIENCE.as_millis() / 50;
        for _ in 0..steps {
            if self.marketplace.orders.state(order).await? == Some(state) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            self.clock.advance(Duration::from_secs(6));
        }
        bail!("demo order {order} did not become {state:?}")
    }

    /// Releases the escrow of orders that are old enough, and pays out funds that were held long enough.
    pub(super) async fn payday(&self) -> anyhow::Result<()> {
        let engine = self.at_work(Away::Nobody);
        self.marketplace.orders.sweep().await?;
        for _ in 0..(PATIENCE.as_millis() / 50) {
            self.marketplace.wallet.release_earnings().await?;
            if self.marketplace.orders.sweep().await? == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        engine.stop().await;
        Ok(())
    }
}
