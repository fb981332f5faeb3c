//! A week of orders. Most are paid, some are declined, one is cancelled because the wallet was down, and one is refunded because the
//! warehouse was down. By the end of the week the first sellers have been paid out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use host::engine::Engine;
use kernel::{Clock as _, ManualClock, Money, OrderId, ProductId, Quantity, SystemClock};
use order_service::OrderState;

use super::examples::{DemoIds, to_order};
use super::people::People;
use crate::composition::Marketplace;
use crate::services::Services;

/// Orders on a normal day.
const ORDERS_A_DAY: usize = 6;
/// Each buyer's top-up on the first day, in minor units. The last buyer can afford little.
const FUNDS: [i64; 5] = [250_000, 180_000, 120_000, 90_000, 500];
/// Timeout for background work.
const PATIENCE: Duration = Duration::from_secs(20);
const DAY: Duration = Duration::from_hours(24);

/// Which service is down.
#[derive(Clone, Copy)]
enum Away {
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
    pub(super) products: Vec<ProductId>,
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
        for day in 0..7 {
            let engine = self.at_work(Away::Nobody);
            for number in 0..ORDERS_A_DAY {
                self.clock.advance(Duration::from_mins(35));
                let (order, state) = self.order(day * ORDERS_A_DAY + number, PATIENCE).await?;
                ensure!(state.is_settled(), "demo order {order} did not settle");
            }
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
        self.example().await
    }

    /// Starts the engine without the queues of the service that is down.
    fn at_work(&self, away: Away) -> Engine {
        let marketplace = &self.marketplace;
        let mut products = marketplace.products.parts();
        let mut wallet = marketplace.wallet.parts();
        match away {
            Away::Nobody => {}
            Away::Wallet => wallet.subscriptions.clear(),
            Away::Products => products.subscriptions.clear(),
        }
        let mut services = vec![products, marketplace.orders.parts(), wallet];
        let bus = Engine::bus_in_memory(&marketplace.deps, &mut services);
        Engine::start(Some(&bus), &marketplace.deps, services)
    }

    fn lines(&self, number: usize) -> anyhow::Result<Vec<(ProductId, Quantity)>> {
        // Steps with no common divisor with the catalogue's size spread the orders over the whole catalogue.
        let places = (0..=(number % 3)).map(|line| number * 37 + line * 61);
        places
            .map(|place| {
                let product = self.products.iter().cycle().nth(place);
                let product = *product.context("the demo has no products")?;
                Ok((product, Quantity::new(1)?))
            })
            .collect()
    }

    async fn order(&self, number: usize, wait: Duration) -> anyhow::Result<(OrderId, OrderState)> {
        let buyer = self.people.buyers.iter().cycle().nth(number);
        let buyer = *buyer.context("the demo has no buyers")?;
        let lines = self.lines(number)?;
        let placed = self.marketplace.orders.create(buyer, lines, wait).await;
        placed
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("demo order {number}"))
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
    async fn until(&self, order: OrderId, state: OrderState) -> anyhow::Result<()> {
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

    /// The order of the API document's examples. Its money is still in escrow, so an operator can undo it.
    async fn example(&self) -> anyhow::Result<()> {
        let behind = SystemClock.now().since(self.clock.now());
        self.clock
            .advance(behind.saturating_sub(Duration::from_hours(1)));
        let buyer = self.people.sellers.first();
        let buyer = *buyer.context("the demo has no sellers")?;
        let funds = Money::new(FUNDS[0], self.marketplace.deps.currency);
        let wallet = &self.marketplace.wallet;
        wallet.credit(buyer, funds, "demo top-up").await?;
        self.ids.give_own()?;
        let lines = vec![(to_order()?, Quantity::new(1)?)];
        let placed = self.marketplace.orders.create(buyer, lines, Duration::ZERO);
        let (order, _) = placed.await.map_err(anyhow::Error::msg)?;
        let engine = self.at_work(Away::Nobody);
        self.until(order, OrderState::Paid).await?;
        engine.stop().await;
        Ok(())
    }

    /// Releases the escrow of orders that are old enough, and pays out funds that were held long enough.
    async fn payday(&self) -> anyhow::Result<()> {
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
