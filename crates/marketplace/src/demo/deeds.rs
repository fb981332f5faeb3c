//! What the demo's people do with their orders: ship, deliver, cancel, refund. Each is a move of the API, by the one who may make it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use kernel::{FulfilmentId, LineId, OrderId, Quantity, RefundId, ShipmentId, UserId};
use order_service::{Fulfilment, FulfilmentStatus, Move, Order, Parcel, RefundOf};

use super::week::{PATIENCE, Week};

impl Week {
    /// An order that there must be.
    pub(super) async fn look(&self, order: OrderId) -> anyhow::Result<Order> {
        let found = self.marketplace.orders.order(order).await?;
        found.with_context(|| format!("demo order {order} is gone"))
    }

    /// Its only part, or the first.
    pub(super) async fn part(&self, order: OrderId) -> anyhow::Result<Fulfilment> {
        let parts = self.look(order).await?.fulfilments;
        let first = parts.into_iter().next();
        first.with_context(|| format!("demo order {order} has no part"))
    }

    pub(super) async fn make(
        &self,
        order: OrderId,
        part: FulfilmentId,
        wanted: Move,
        by: UserId,
    ) -> anyhow::Result<Order> {
        let orders = &self.marketplace.orders;
        let made = orders.make_move(order, part, wanted, by, PATIENCE).await;
        made.map_err(anyhow::Error::msg)
            .with_context(|| format!("a move of demo order {order}"))
    }

    /// A move that an operator makes.
    pub(super) async fn decide(
        &self,
        order: OrderId,
        part: FulfilmentId,
        wanted: Move,
    ) -> anyhow::Result<Order> {
        let (orders, operator) = (&self.marketplace.orders, self.people.operator);
        let made = orders
            .operate(order, part, wanted, operator, PATIENCE)
            .await;
        made.map_err(anyhow::Error::msg)
            .with_context(|| format!("a decision about demo order {order}"))
    }

    /// The seller sends at most `most` of each line that is not sent yet. Returns the package.
    pub(super) async fn ship(
        &self,
        order: OrderId,
        part: &Fulfilment,
        most: u32,
    ) -> anyhow::Result<ShipmentId> {
        let id = ShipmentId::new(&*self.ids);
        let items = unshipped(&self.look(order).await?, part.id, most)?;
        let number = id.to_string();
        let parcel = Parcel {
            carrier: "Post".to_owned(),
            tracking_number: number.chars().filter(char::is_ascii_alphanumeric).collect(),
            tracking_url: None,
        };
        let ship = Move::Ship {
            id,
            items,
            parcel,
            note: None,
        };
        self.make(order, part.id, ship, part.seller).await?;
        Ok(id)
    }

    /// The buyer has all packages of the part.
    pub(super) async fn deliver(&self, order: OrderId, part: FulfilmentId) -> anyhow::Result<()> {
        let found = self.look(order).await?;
        let packages = found.fulfilment(part).context("a part")?.shipments.iter();
        for package in packages.filter(|package| package.delivered_at.is_none()) {
            let deliver = Move::Deliver {
                shipment: package.id,
                note: None,
            };
            self.make(order, part, deliver, found.buyer).await?;
        }
        Ok(())
    }

    /// The buyer cancels what is not shipped of the part.
    pub(super) async fn cancel(&self, order: OrderId, part: FulfilmentId) -> anyhow::Result<()> {
        let cancel = Move::Cancel {
            items: None,
            reason: Some("Ordered by mistake".to_owned()),
            refund: RefundId::new(&*self.ids),
        };
        let buyer = self.look(order).await?.buyer;
        self.make(order, part, cancel, buyer).await?;
        self.until_refunded(order).await
    }

    /// The seller refunds something of the part.
    pub(super) async fn refund(
        &self,
        order: OrderId,
        part: &Fulfilment,
        what: RefundOf,
        reason: &str,
    ) -> anyhow::Result<()> {
        let refund = Move::Refund {
            id: RefundId::new(&*self.ids),
            what,
            reason: Some(reason.to_owned()),
            restock: None,
        };
        self.make(order, part.id, refund, part.seller).await?;
        self.until_refunded(order).await
    }

    /// Waits until no refund of the order is under way.
    pub(super) async fn until_refunded(&self, order: OrderId) -> anyhow::Result<()> {
        self.until_parts(order, "have their refunds", |part| part.refunds.is_empty())
            .await
    }

    /// Waits until all parts of an order are as wanted.
    pub(super) async fn until_parts(
        &self,
        order: OrderId,
        what: &str,
        wanted: impl Fn(&Fulfilment) -> bool,
    ) -> anyhow::Result<()> {
        for _ in 0..(PATIENCE.as_millis() / 50) {
            if self.look(order).await?.fulfilments.iter().all(&wanted) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the parts of demo order {order} do not {what}")
    }

    /// Sellers ship what was ordered the day before, and buyers have what was sent the day before that.
    pub(super) async fn parcels(&self, days: &[Vec<OrderId>]) -> anyhow::Result<()> {
        let mut days = days.iter().rev();
        for order in days.next().into_iter().flatten() {
            for part in self.look(*order).await?.fulfilments {
                if part.status == FulfilmentStatus::Open {
                    self.ship(*order, &part, u32::MAX).await?;
                }
            }
        }
        for order in days.next().into_iter().flatten() {
            for part in self.look(*order).await?.fulfilments {
                if part.status == FulfilmentStatus::Shipped {
                    self.deliver(*order, part.id).await?;
                }
            }
        }
        Ok(())
    }
}

/// At most `most` of each line that is not in a package yet.
fn unshipped(
    order: &Order,
    part: FulfilmentId,
    most: u32,
) -> anyhow::Result<Vec<(LineId, Quantity)>> {
    let part = order.fulfilment(part).context("a part")?;
    let mut items = Vec::new();
    for (line, touched) in order.lines_of(part) {
        let gone = i64::from(touched.shipped) + i64::from(touched.cancelled);
        let left = (i64::from(line.quantity) - gone).min(i64::from(most));
        if left > 0 && !line.delivery.is_none() {
            items.push((line.id, Quantity::new(left)?));
        }
    }
    Ok(items)
}
