//! A week of orders. Most are paid, some are declined, one is cancelled because the wallet was down, and one is refunded because the
//! warehouse was down. By the end of the week the first sellers have been paid out.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use host::engine::Engine;
use host::service::Parts;
use kernel::{ManualClock, Money, OrderId, ProductId, Quantity, UserId};
use order_service::OrderState;

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
#[derive(Clone, Copy, PartialEq, Eq)]
enum Away {
    Nobody,
    Wallet,
    Products,
}

/// Runs the whole week.
pub(super) async fn live_through(
    services: &Services,
    marketplace: &Marketplace,
    clock: &ManualClock,
    people: &People,
    products: &[ProductId],
) -> anyhow::Result<()> {
    let week = Week {
        services,
        marketplace,
        clock,
        people,
        products,
    };
    for (buyer, funds) in people.buyers.iter().zip(FUNDS) {
        let money = Money::new(funds, marketplace.deps.currency);
        marketplace
            .wallet
            .credit(*buyer, money, "demo top-up")
            .await?;
    }
    for day in 0..7 {
        let engine = week.at_work(Away::Nobody);
        for number in 0..ORDERS_A_DAY {
            clock.advance(Duration::from_mins(35));
            week.ordinary_order(day * ORDERS_A_DAY + number).await?;
        }
        engine.stop().await;
        match day {
            2 => week.the_wallet_is_away().await?,
            4 => week.the_warehouse_is_away().await?,
            _ => {}
        }
        if day < 6 {
            clock.advance(DAY.saturating_sub(Duration::from_hours(4)));
        }
    }
    week.payday().await
}

struct Week<'a> {
    services: &'a Services,
    marketplace: &'a Marketplace,
    clock: &'a ManualClock,
    people: &'a People,
    products: &'a [ProductId],
}

impl Week<'_> {
    /// Starts the engine without the queues of the service that is down.
    fn at_work(&self, away: Away) -> Engine {
        let marketplace = self.marketplace;
        let deaf = |mut parts: Parts, is_away: bool| -> Parts {
            if is_away {
                parts.subscriptions.clear();
            }
            parts
        };
        let mut services = vec![
            deaf(marketplace.products.parts(), away == Away::Products),
            deaf(marketplace.orders.parts(), false),
            deaf(marketplace.wallet.parts(), away == Away::Wallet),
        ];
        let bus = Engine::bus_in_memory(&marketplace.deps, &mut services);
        Engine::start(Some(&bus), &marketplace.deps, services)
    }

    fn buyer(&self, number: usize) -> anyhow::Result<UserId> {
        let place = number.checked_rem(self.people.buyers.len()).unwrap_or(0);
        self.people
            .buyers
            .get(place)
            .copied()
            .context("the demo has no buyers")
    }

    fn lines(&self, number: usize) -> anyhow::Result<Vec<(ProductId, Quantity)>> {
        // Steps with no common divisor with the catalogue's size spread the orders over the whole catalogue.
        let first = number * 37;
        let lines = (0..=(number % 3))
            .filter_map(|line| {
                self.products
                    .get((first + line * 61) % self.products.len().max(1))
            })
            .map(|product| Ok((*product, Quantity::new(1)?)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        ensure!(!lines.is_empty(), "the demo has no products");
        Ok(lines)
    }

    async fn order(&self, number: usize, wait: Duration) -> anyhow::Result<(OrderId, OrderState)> {
        let placed = self
            .marketplace
            .orders
            .create(self.buyer(number)?, self.lines(number)?, wait)
            .await;
        placed
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("demo order {number}"))
    }

    async fn ordinary_order(&self, number: usize) -> anyhow::Result<()> {
        let (order, state) = self.order(number, PATIENCE).await?;
        ensure!(state.is_settled(), "demo order {order} did not settle");
        Ok(())
    }

    /// An order whose payment deadline passes while the wallet is down.
    async fn the_wallet_is_away(&self) -> anyhow::Result<()> {
        let engine = self.at_work(Away::Wallet);
        let (order, _) = self.order(100, Duration::ZERO).await?;
        self.clock.advance(Duration::from_secs(
            self.services.orders.payment_deadline_seconds + 1,
        ));
        self.until(order, OrderState::Cancelling).await?;
        engine.stop().await;
        self.back_to(order, OrderState::Cancelled).await
    }

    /// A paid order whose stock is confirmed only after its lease has expired.
    async fn the_warehouse_is_away(&self) -> anyhow::Result<()> {
        let engine = self.at_work(Away::Products);
        let (order, state) = self.order(101, PATIENCE).await?;
        ensure!(state == OrderState::Paid, "demo order {order} is {state:?}");
        self.clock.advance(Duration::from_secs(
            self.services.catalogue.lease_seconds + 1,
        ));
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

    /// Releases the escrow of orders that are old enough, and pays out funds that were held long enough.
    async fn payday(&self) -> anyhow::Result<()> {
        let engine = self.at_work(Away::Nobody);
        self.marketplace.orders.sweep().await?;
        for _ in 0..(PATIENCE.as_millis() / 50) {
            self.marketplace.wallet.release_payouts().await?;
            if self.marketplace.orders.sweep().await? == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        engine.stop().await;
        Ok(())
    }
}
