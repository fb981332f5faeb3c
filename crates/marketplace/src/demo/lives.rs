//! Orders whose parts are in each state of the table of moves, to look at or to build pages on.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use kernel::{Clock as _, Invalid, Money, OrderId, SystemClock, UserId};
use order_service::{Fulfilment, FulfilmentStatus, OrderState, RefundOf};
use product_service::Delivery;

use super::catalogue::Listed;
use super::examples::DemoIds;
use super::week::{Away, DAY, PATIENCE, Week};

/// What a buyer needs for these orders.
const FUNDS: i64 = 500_000;

impl Week {
    /// Before the week: an order that was shipped, delivered and not returned, so that its part is completed and its seller paid out.
    pub(super) async fn first_of_all(&self) -> anyhow::Result<()> {
        let engine = self.at_work(Away::Nobody);
        self.names_are_known().await?;
        let (order, part) = self.bought(0, 0, 1).await?;
        self.clock.advance(DAY);
        self.ship(order, &part, u32::MAX).await?;
        self.clock.advance(2 * DAY);
        self.deliver(order, part.id).await?;
        let idle = self.never_sent_back().await?;
        let window = Duration::from_secs(self.services.orders.return_window_seconds);
        self.clock
            .advance(window.saturating_add(Duration::from_hours(1)));
        self.until_parts(order, "end", |part| {
            part.status == FulfilmentStatus::Completed
        })
        .await?;
        self.until_parts(idle, "end", |part| {
            part.status == FulfilmentStatus::Completed
        })
        .await?;
        self.has_expired(idle).await?;
        // Until the week begins, the seller's money is held.
        let week = SystemClock.now().minus(8 * DAY);
        self.clock.advance(week.since(self.clock.now()));
        engine.stop().await;
        self.payday().await
    }

    /// Names travel by message: waits until the last registered user's name has arrived.
    async fn names_are_known(&self) -> anyhow::Result<()> {
        let (_, last) = self.buyer(self.people.buyers.len().saturating_sub(1))?;
        for _ in 0..(PATIENCE.as_millis() / 50) {
            if self.marketplace.orders.knows_name_of(last).await? {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the order service does not hear what the demo's people are called")
    }

    /// A part, a return and a dispute in each state that one can rest in.
    pub(super) async fn each_in_its_state(&self) -> anyhow::Result<()> {
        let (_, buyer) = self.buyer(0)?;
        let funds = Money::new(FUNDS, self.marketplace.deps.currency);
        let wallet = &self.marketplace.wallet;
        wallet.credit(buyer, funds, "demo top-up").await?;
        let engine = self.at_work(Away::Nobody);
        self.open_ones().await?;
        self.ended_ones().await?;
        self.cases_in_each_state().await?;
        engine.stop().await;
        Ok(())
    }

    async fn open_ones(&self) -> anyhow::Result<()> {
        self.bought(0, 1, 2).await?;
        let (order, part) = self.bought(0, 2, 3).await?;
        self.ship(order, &part, 1).await?;
        let (order, part) = self.bought(0, 3, 2).await?;
        self.ship(order, &part, u32::MAX).await?;
        let (order, part) = self.bought(0, 4, 2).await?;
        self.ship(order, &part, u32::MAX).await?;
        self.deliver(order, part.id).await
    }

    async fn ended_ones(&self) -> anyhow::Result<()> {
        let (order, part) = self.bought(0, 5, 2).await?;
        self.cancel(order, part.id).await?;
        let (order, part) = self.bought(0, 6, 2).await?;
        self.ship(order, &part, u32::MAX).await?;
        self.deliver(order, part.id).await?;
        let amount = Money::new(500, self.marketplace.deps.currency);
        self.refund(order, &part, RefundOf::Amount(amount), "A scratch")
            .await?;
        let (order, part) = self.bought(0, 7, 1).await?;
        self.ship(order, &part, u32::MAX).await?;
        let found = self.look(order).await?;
        let items = found.lines.iter().map(|line| (line.id, line.quantity));
        let items = RefundOf::Items(items.collect());
        self.refund(order, &part, items, "Lost on its way").await?;
        self.until(order, OrderState::Refunded).await
    }

    /// A paid order of so many of the shipped product `number`.
    pub(super) async fn bought(
        &self,
        buyer: usize,
        number: usize,
        quantity: i64,
    ) -> anyhow::Result<(OrderId, Fulfilment)> {
        let shipped = self.products.iter();
        let mut shipped = shipped.filter(|product| product.delivery == Delivery::Shipped);
        let product = shipped
            .nth(number * 17)
            .context("the demo has too few products")?;
        let buyer = self.buyer(buyer)?;
        let (order, state) = self.place(buyer, &[(*product, quantity)], PATIENCE).await?;
        ensure!(state == OrderState::Paid, "demo order {order} is {state:?}");
        Ok((order, self.part(order).await?))
    }

    /// The order of the API document's examples: its buyer is the first seller, one package of its first part is on its way, its second part
    /// has arrived, its third part is not shipped, and its money is still in escrow, so that an operator can undo it.
    pub(super) async fn example(&self) -> anyhow::Result<()> {
        let behind = SystemClock.now().since(self.clock.now());
        self.clock
            .advance(behind.saturating_sub(Duration::from_hours(1)));
        self.example_of_cases().await?;
        let lines = [
            (self.shipped_by(1)?, 5),
            (self.shipped_by(2)?, 2),
            (self.shipped_by(3)?, 1),
        ];
        let order = self
            .placed_by_the_first_seller(&lines, DemoIds::give_order)
            .await?;
        let engine = self.at_work(Away::Nobody);
        self.until(order, OrderState::Paid).await?;
        let parts = self.look(order).await?.fulfilments;
        let [first, second, _] = parts.as_slice() else {
            bail!("demo order {order} has {} parts", parts.len());
        };
        self.ids.give_own()?;
        self.ship(order, first, 1).await?;
        self.ship(order, second, u32::MAX).await?;
        self.deliver(order, second.id).await?;
        engine.stop().await;
        Ok(())
    }

    /// An order by the first seller, placed while nothing else runs, so that `give` can name its ids.
    pub(super) async fn placed_by_the_first_seller(
        &self,
        lines: &[(Listed, i64)],
        give: impl FnOnce(&DemoIds) -> Result<(), Invalid>,
    ) -> anyhow::Result<OrderId> {
        let buyer = self.people.sellers.first();
        let buyer = *buyer.context("the demo has no sellers")?;
        let funds = Money::new(FUNDS, self.marketplace.deps.currency);
        let wallet = &self.marketplace.wallet;
        wallet.credit(buyer, funds, "demo top-up").await?;
        give(&self.ids)?;
        let buyer = (self.people.buyers.len(), buyer);
        let (order, _) = self.place(buyer, lines, Duration::ZERO).await?;
        Ok(order)
    }

    /// A product that the seller `number` ships.
    pub(super) fn shipped_by(&self, number: usize) -> anyhow::Result<Listed> {
        let seller: &UserId = self.people.sellers.get(number).context("a seller")?;
        let mut products = self.products.iter();
        let found = products
            .find(|product| product.seller == *seller && product.delivery == Delivery::Shipped);
        Ok(*found.context("the seller ships nothing")?)
    }
}
