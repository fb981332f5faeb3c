//! Returns and disputes of the demo: one in each state, and those of the API document's examples.

use anyhow::ensure;
use kernel::{DisputeId, Money, OrderId, Quantity, ReturnId};
use order_service::{
    DisputeReason, Fulfilment, Move, OrderState, Received, Resolution, ReturnReason, ReturnStatus,
};

use super::examples::{CASES, DISPUTES, DemoIds, RETURNS};
use super::week::{Away, Week};

/// What an operator gives the buyer in a dispute, in minor units.
const SETTLED: i64 = 500;

impl Week {
    /// An order of so many of the product `number` that the buyer has.
    pub(super) async fn delivered(
        &self,
        number: usize,
        quantity: i64,
    ) -> anyhow::Result<(OrderId, Fulfilment)> {
        let (order, part) = self.bought(0, number, quantity).await?;
        self.ship(order, &part, u32::MAX).await?;
        self.deliver(order, part.id).await?;
        Ok((order, part))
    }

    /// The buyer asks to send back one of each line.
    pub(super) async fn ask_back(
        &self,
        order: OrderId,
        part: &Fulfilment,
        id: ReturnId,
    ) -> anyhow::Result<()> {
        let one = Quantity::new(1)?;
        let request = Move::RequestReturn {
            id,
            items: part.lines.iter().map(|line| (line.id, one)).collect(),
            reason: ReturnReason::Damaged,
            comment: Some("It arrived with a crack".to_owned()),
        };
        let buyer = self.look(order).await?.buyer;
        self.make(order, part.id, request, buyer).await?;
        Ok(())
    }

    /// The seller agrees to a return.
    pub(super) async fn approve(
        &self,
        order: OrderId,
        part: &Fulfilment,
        id: ReturnId,
    ) -> anyhow::Result<()> {
        let comment = Some("Please send it back".to_owned());
        let approve = Move::ApproveReturn { id, comment };
        self.make(order, part.id, approve, part.seller).await?;
        Ok(())
    }

    async fn deny(&self, order: OrderId, part: &Fulfilment, id: ReturnId) -> anyhow::Result<()> {
        let comment = "It was whole when it left".to_owned();
        let deny = Move::DenyReturn { id, comment };
        self.make(order, part.id, deny, part.seller).await?;
        Ok(())
    }

    async fn withdraw(
        &self,
        order: OrderId,
        part: &Fulfilment,
        id: ReturnId,
    ) -> anyhow::Result<()> {
        let buyer = self.look(order).await?.buyer;
        let withdraw = Move::WithdrawReturn { id, note: None };
        self.make(order, part.id, withdraw, buyer).await?;
        Ok(())
    }

    /// The seller has what was to come back.
    async fn receive(&self, order: OrderId, part: &Fulfilment, id: ReturnId) -> anyhow::Result<()> {
        let quantity = Quantity::new(1)?;
        let items = part.lines.iter().map(|line| Received {
            line: line.id,
            quantity,
            restock: true,
        });
        let receive = Move::ReceiveReturn {
            id,
            items: items.collect(),
            note: None,
        };
        self.make(order, part.id, receive, part.seller).await?;
        self.until_refunded(order).await
    }

    async fn complain(
        &self,
        order: OrderId,
        part: &Fulfilment,
        id: DisputeId,
    ) -> anyhow::Result<()> {
        let open = Move::OpenDispute {
            id,
            reason: DisputeReason::NotAsDescribed,
            comment: "It is much darker than in the picture".to_owned(),
        };
        let buyer = self.look(order).await?.buyer;
        self.make(order, part.id, open, buyer).await?;
        Ok(())
    }

    async fn settle(&self, order: OrderId, part: &Fulfilment, id: DisputeId) -> anyhow::Result<()> {
        let amount = Money::new(SETTLED, self.marketplace.deps.currency);
        let resolve = Move::ResolveDispute {
            id,
            resolution: Resolution::Partial(amount),
            comment: "The picture is a little bright".to_owned(),
        };
        self.decide(order, part.id, resolve).await?;
        self.until_refunded(order).await
    }

    /// Before the week: a return that is approved, and that nothing follows for a fortnight. It expires then.
    pub(super) async fn never_sent_back(&self) -> anyhow::Result<OrderId> {
        let (order, part) = self.delivered(2, 1).await?;
        let id = ReturnId::new(&*self.ids);
        self.ask_back(order, &part, id).await?;
        self.approve(order, &part, id).await?;
        Ok(order)
    }

    /// Checks that it has expired.
    pub(super) async fn has_expired(&self, order: OrderId) -> anyhow::Result<()> {
        let part = self.part(order).await?;
        let mut returns = part.returns.iter();
        ensure!(
            returns.any(|back| back.status == ReturnStatus::Expired),
            "the return of demo order {order} has not expired"
        );
        Ok(())
    }

    /// Returns and disputes in each of the other states.
    pub(super) async fn cases_in_each_state(&self) -> anyhow::Result<()> {
        for (number, status) in (2..).zip(ReturnStatus::ALL) {
            let (order, part) = self.delivered(number, 2).await?;
            let id = ReturnId::new(&*self.ids);
            self.ask_back(order, &part, id).await?;
            match status {
                // One has expired before the week.
                ReturnStatus::Requested | ReturnStatus::Expired => {}
                ReturnStatus::Approved => self.approve(order, &part, id).await?,
                ReturnStatus::Denied => self.deny(order, &part, id).await?,
                ReturnStatus::Received => {
                    self.approve(order, &part, id).await?;
                    self.receive(order, &part, id).await?;
                }
                ReturnStatus::Withdrawn => self.withdraw(order, &part, id).await?,
                ReturnStatus::Superseded => {
                    let id = DisputeId::new(&*self.ids);
                    self.complain(order, &part, id).await?;
                }
            }
        }
        let (order, part) = self.delivered(9, 1).await?;
        let id = DisputeId::new(&*self.ids);
        self.complain(order, &part, id).await?;
        self.settle(order, &part, id).await?;
        let (order, part) = self.delivered(3, 1).await?;
        let id = DisputeId::new(&*self.ids);
        self.complain(order, &part, id).await?;
        let buyer = self.look(order).await?.buyer;
        let withdraw = Move::WithdrawDispute { id, note: None };
        self.make(order, part.id, withdraw, buyer).await?;
        Ok(())
    }

    /// The order of the examples of returns and disputes: each of its five parts has another one. Its buyer is the first seller.
    pub(super) async fn example_of_cases(&self) -> anyhow::Result<()> {
        let sellers = 1..=CASES;
        let lines = sellers.map(|seller| Ok((self.shipped_by(seller)?, 2)));
        let lines: Vec<_> = lines.collect::<anyhow::Result<_>>()?;
        let order = self
            .placed_by_the_first_seller(&lines, DemoIds::give_cases)
            .await?;
        let engine = self.at_work(Away::Nobody);
        self.until(order, OrderState::Paid).await?;
        let parts = self.look(order).await?.fulfilments;
        for part in &parts {
            self.ship(order, part, u32::MAX).await?;
            self.deliver(order, part.id).await?;
        }
        let [first, second, third, fourth, fifth] = parts.as_slice() else {
            anyhow::bail!("demo order {order} has {} parts", parts.len());
        };
        for (part, id) in [first, second, third].into_iter().zip(RETURNS) {
            self.ask_back(order, part, id.parse()?).await?;
        }
        let [_, _, to_receive] = RETURNS;
        self.approve(order, third, to_receive.parse()?).await?;
        for (part, id) in [fourth, fifth].into_iter().zip(DISPUTES) {
            self.complain(order, part, id.parse()?).await?;
        }
        engine.stop().await;
        Ok(())
    }
}
