//! Sales: the parts of orders as their sellers list and sum them, and as operators sum those of all sellers. A part counts as a sale once
//! its stock is sold: before that, the order may still fail.

use std::collections::BTreeMap;

use kernel::{Currency, Money, OrderId, Timestamp, UserId};
use store::{StoreError, StoreResult};

use crate::domain::{Fulfilment, FulfilmentStatus, Order};

/// A span of time: from its start on, up to but without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its start. None: no earliest time.
    pub(crate) from: Option<Timestamp>,
    /// Its end. None: no latest time.
    pub(crate) to: Option<Timestamp>,
}

impl Span {
    /// The earliest and the latest millisecond in it.
    pub(crate) fn bounds(self) -> (i64, i64) {
        let from = self.from.map_or(i64::MIN, Timestamp::as_millis);
        let to = self
            .to
            .map_or(i64::MAX, |to| to.as_millis().saturating_sub(1));
        (from, to)
    }
}

/// Which sales of a seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SalesQuery {
    /// Whose.
    pub(crate) seller: UserId,
    /// In which status. None for all.
    pub(crate) status: Option<FulfilmentStatus>,
    /// Paid when.
    pub(crate) span: Span,
}

impl SalesQuery {
    /// The statuses that it asks for. Each is a range of the index.
    pub(crate) fn statuses(&self) -> Vec<FulfilmentStatus> {
        match self.status {
            Some(status) => vec![status],
            None => FulfilmentStatus::ALL.to_vec(),
        }
    }
}

/// A place in a list of sales: after the sale of this order, which was paid then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SalePlace {
    /// When the order was paid.
    pub(crate) paid_at: Timestamp,
    /// The order.
    pub(crate) order: OrderId,
}

impl SalePlace {
    /// The place of `order`.
    ///
    /// # Errors
    /// Corrupt if the order is not paid, so that it cannot be in a list of sales.
    pub(crate) fn of(order: &Order) -> StoreResult<Self> {
        let unpaid = || StoreError::Corrupt(format!("order {} is sold and not paid", order.id));
        Ok(Self {
            paid_at: order.paid_at.ok_or_else(unpaid)?,
            order: order.id,
        })
    }
}

/// The money of a sale, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SaleMoney {
    /// Of which currency.
    pub(crate) currency: Currency,
    /// What the part costs.
    pub(crate) sold: i64,
    /// What of that was refunded, refunds under way included.
    pub(crate) refunded: i64,
    /// The commission, less what refunds gave back of it.
    pub(crate) fees: i64,
}

impl SaleMoney {
    /// The money of a part of `order`.
    ///
    /// # Errors
    /// Corrupt if its lines overflow, which the order's total has ruled out.
    pub(crate) fn of(order: &Order, part: &Fulfilment) -> StoreResult<Self> {
        let overflow = || StoreError::Corrupt(format!("the lines of order {} overflow", order.id));
        Ok(Self {
            currency: order.total.currency,
            sold: order.subtotal(part).ok_or_else(overflow)?.amount,
            refunded: part.refunded(),
            fees: part.commission(),
        })
    }

    /// What the seller will still get of a part in `status`: all that is left, until it is over. Zero if that is less than the commission,
    /// which happens while a pending refund has not reversed its share yet.
    fn pending(&self, status: FulfilmentStatus) -> i64 {
        (self.held(status) - self.fees).max(0)
    }

    /// What of a part in `status` is in escrow: all that is left of it, until it is over.
    fn held(&self, status: FulfilmentStatus) -> i64 {
        match status {
            FulfilmentStatus::Open | FulfilmentStatus::Shipped | FulfilmentStatus::Delivered => {
                self.sold - self.refunded
            }
            FulfilmentStatus::Completed | FulfilmentStatus::Cancelled => 0,
        }
    }
}

/// What was sold on a day, of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SalesDay {
    /// The start of the day, in UTC.
    pub(crate) day: Timestamp,
    /// How many orders were paid on it.
    pub(crate) orders: u32,
    /// How many sales were paid on it.
    pub(crate) sales: u32,
    /// What those cost.
    pub(crate) sold: Money,
    /// What of that was refunded, whenever that was.
    pub(crate) refunded: Money,
    /// The commission on the rest.
    pub(crate) fees: Money,
    /// What of the rest is still to be paid to the seller.
    pub(crate) pending: Money,
    /// What is in escrow, the commission included.
    pub(crate) held: Money,
}

/// Sums sales by day and currency.
#[derive(Default)]
pub(crate) struct Summary {
    days: BTreeMap<(i64, Currency), Sums>,
    /// The order of the sale that was added last.
    last: Option<OrderId>,
}

#[derive(Default)]
struct Sums {
    orders: u32,
    sales: u32,
    sold: i64,
    refunded: i64,
    fees: i64,
    pending: i64,
    held: i64,
}

impl Summary {
    /// Most sales that are summed at once.
    pub(crate) const MOST: usize = 100_000;

    const DAY: i64 = 24 * 60 * 60 * 1000;

    /// Adds a sale that is in `status`. The sales of one order have to follow each other.
    pub(crate) fn add(&mut self, place: SalePlace, status: FulfilmentStatus, money: &SaleMoney) {
        let day = place.paid_at.as_millis().div_euclid(Self::DAY);
        let is_another = self.last.replace(place.order) != Some(place.order);
        let sums = self.days.entry((day, money.currency)).or_default();
        sums.orders = sums.orders.saturating_add(u32::from(is_another));
        sums.sales = sums.sales.saturating_add(1);
        sums.sold = sums.sold.saturating_add(money.sold);
        sums.refunded = sums.refunded.saturating_add(money.refunded);
        sums.fees = sums.fees.saturating_add(money.fees);
        sums.pending = sums.pending.saturating_add(money.pending(status));
        sums.held = sums.held.saturating_add(money.held(status));
    }

    /// The days that have sales, the earliest first. None if the sales of a day come to more than an amount can be.
    pub(crate) fn days(self) -> Option<Vec<SalesDay>> {
        let days = self.days.into_iter().map(|((day, currency), sums)| {
            let money = |amount: i64| {
                let is_amount = (0..=Money::MAX_AMOUNT).contains(&amount);
                is_amount.then_some(Money::new(amount, currency))
            };
            Some(SalesDay {
                day: Timestamp::from_millis(day.saturating_mul(Self::DAY)),
                orders: sums.orders,
                sales: sums.sales,
                sold: money(sums.sold)?,
                refunded: money(sums.refunded)?,
                fees: money(sums.fees)?,
                pending: money(sums.pending)?,
                held: money(sums.held)?,
            })
        });
        days.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn money(sold: i64, refunded: i64, fees: i64) -> SaleMoney {
        SaleMoney {
            currency: Currency::USD,
            sold,
            refunded,
            fees,
        }
    }

    fn place(paid_at: i64, order: u128) -> SalePlace {
        SalePlace {
            paid_at: Timestamp::from_millis(paid_at),
            order: OrderId::from_uuid(uuid::Uuid::from_u128(order)),
        }
    }

    #[test]
    fn a_day_sums_what_was_paid_on_it_and_what_is_over_is_not_pending() {
        let mut summary = Summary::default();
        let noon = place(Summary::DAY / 2, 1);
        summary.add(noon, FulfilmentStatus::Open, &money(1000, 100, 90));
        summary.add(noon, FulfilmentStatus::Completed, &money(500, 0, 50));
        let next = place(Summary::DAY, 2);
        summary.add(next, FulfilmentStatus::Cancelled, &money(70, 70, 0));
        let usd = |amount| Money::new(amount, Currency::USD);
        let first = SalesDay {
            day: Timestamp::from_millis(0),
            orders: 1,
            sales: 2,
            sold: usd(1500),
            refunded: usd(100),
            fees: usd(140),
            pending: usd(810),
            held: usd(900),
        };
        let second = SalesDay {
            day: Timestamp::from_millis(Summary::DAY),
            orders: 1,
            sales: 1,
            sold: usd(70),
            refunded: usd(70),
            fees: usd(0),
            pending: usd(0),
            held: usd(0),
        };
        assert_eq!(summary.days().unwrap(), [first, second]);
    }

    #[test]
    fn days_have_a_row_for_each_currency() {
        let mut summary = Summary::default();
        let euro = SaleMoney {
            currency: "EUR".parse().unwrap(),
            ..money(5, 0, 0)
        };
        summary.add(place(1, 1), FulfilmentStatus::Open, &money(7, 0, 0));
        summary.add(place(2, 2), FulfilmentStatus::Open, &euro);
        assert_eq!(summary.days().unwrap().len(), 2);
    }

    #[test]
    fn a_sum_that_is_no_amount_is_refused_and_no_other_stands_in_for_it() {
        let mut summary = Summary::default();
        let most = money(Money::MAX_AMOUNT, 0, 0);
        summary.add(place(1, 1), FulfilmentStatus::Open, &most);
        summary.add(place(1, 2), FulfilmentStatus::Open, &most);
        assert_eq!(summary.days(), None);
    }
}
