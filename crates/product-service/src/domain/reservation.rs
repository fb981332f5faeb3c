//! Reservations of stock: pricing what an order asks for, and the reservation that results.

use contracts::reservations::{
    CurrentPrice, PriceChanged, Refusal, RequestedLine, ReserveRequest, ReservedLine, Shortage,
};
use kernel::{Money, OrderId, ProductId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{Product, ReservationState, Returned};

/// Stock held for, or sold to, an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The order. An order has one reservation.
    #[serde(rename = "_id")]
    pub order: OrderId,
    /// The buyer.
    pub buyer: UserId,
    /// What is held, in the order of the request, at the prices when it was made.
    pub lines: Vec<ReservedLine>,
    /// Its state.
    pub state: ReservationState,
    /// When a sweep may return the stock, if it is still held.
    pub lease_until: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// What came back of what was sold, each product once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returned: Vec<Returned>,
}

impl Reservation {
    /// The reservation after a repeated request for a lease until `lease_until`. A lease is never shortened.
    ///
    /// # Errors
    /// [`Refusal::Over`] if the stock was already returned.
    pub fn renewed(&self, lease_until: Timestamp) -> Result<Self, Refusal> {
        let lease_until = match self.state {
            ReservationState::Held => self.lease_until.max(lease_until),
            ReservationState::Sold => self.lease_until,
            ReservationState::Released | ReservationState::Expired => return Err(Refusal::Over),
        };
        Ok(Self {
            lease_until,
            ..self.clone()
        })
    }

    /// The reservation, ended as `state`.
    #[must_use]
    pub fn ended(&self, state: ReservationState) -> Self {
        Self {
            state,
            ..self.clone()
        }
    }

    /// Whether its stock is held under a lease that has run out at `now`.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == ReservationState::Held && self.lease_until <= now
    }
}

/// A request that can be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// What is held.
    pub lines: Vec<ReservedLine>,
    /// How much to take from the stock: each product once.
    pub takes: Vec<(ProductId, i64)>,
}

/// Prices `request` with the active products that `offer` finds, and checks that all of it can be held.
///
/// # Errors
/// [`Refusal`]: unknown products first, then the buyer's own, prices that the buyer did not agree to, more than one currency, too large a
/// total, another total than the buyer agreed to, too little stock.
pub fn price<'a>(
    request: &ReserveRequest,
    offer: impl Fn(ProductId) -> Option<&'a Product>,
) -> Result<Priced, Refusal> {
    let mut takes: Vec<(ProductId, i64)> = Vec::with_capacity(request.lines.len());
    let mut lines = Vec::with_capacity(request.lines.len());
    let (mut unknown, mut own) = (Vec::new(), Vec::new());
    for line in &request.lines {
        let is_first = add(&mut takes, *line);
        match offer(line.product) {
            None if is_first => unknown.push(line.product),
            None => {}
            Some(product) => {
                if is_first && product.seller == request.buyer {
                    own.push(line.product);
                }
                lines.push(ReservedLine {
                    product: line.product,
                    seller: product.seller,
                    // Not as of the reservation: the answer has it, see `app/reserve.rs`.
                    seller_name: None,
                    category: product.category.as_str().to_owned(),
                    delivery: product.delivery,
                    name: product.name.as_str().to_owned(),
                    unit_price: product.price,
                    quantity: line.quantity,
                });
            }
        }
    }
    if !unknown.is_empty() || lines.is_empty() {
        return Err(Refusal::UnknownProducts(unknown));
    }
    if !own.is_empty() {
        return Err(Refusal::OwnProducts(own));
    }
    check_prices(request, &takes, &lines, &offer)?;
    let short: Vec<Shortage> = takes
        .iter()
        .filter_map(|&(product, requested)| {
            let available = offer(product).map_or(0, |product| product.stock.get());
            (available < requested).then_some(Shortage {
                product,
                requested,
                available,
            })
        })
        .collect();
    if !short.is_empty() {
        return Err(Refusal::OutOfStock(short));
    }
    Ok(Priced { lines, takes })
}

/// Adds a line to its product's total quantity. Returns whether it is the product's first line.
fn add(takes: &mut Vec<(ProductId, i64)>, line: RequestedLine) -> bool {
    let quantity = i64::from(line.quantity);
    if let Some((_, sum)) = takes.iter_mut().find(|(id, _)| *id == line.product) {
        *sum = sum.saturating_add(quantity);
        return false;
    }
    takes.push((line.product, quantity));
    true
}

/// Checks that each product and the total are on the terms that the buyer agreed to.
fn check_prices<'a>(
    request: &ReserveRequest,
    takes: &[(ProductId, i64)],
    lines: &[ReservedLine],
    offer: &impl Fn(ProductId) -> Option<&'a Product>,
) -> Result<(), Refusal> {
    let total = total_of(lines);
    let prices_of = |is_meant: &dyn Fn(&Product) -> bool| -> Vec<CurrentPrice> {
        takes
            .iter()
            .filter_map(|(id, _)| offer(*id))
            .filter(|product| is_meant(product))
            .map(|product| CurrentPrice {
                product: product.id,
                unit_price: product.price,
                version: product.version,
            })
            .collect()
    };
    let changed = prices_of(&|product| {
        let mut lines = request.lines.iter();
        lines.any(|line| {
            line.product == product.id && !line.agreed.allows(product.price, product.version)
        })
    });
    if !changed.is_empty() {
        let (lines, total) = (changed, total.ok());
        return Err(Refusal::PriceChanged(PriceChanged { lines, total }));
    }
    let total = total?;
    if request.expected_total.is_some_and(|agreed| agreed != total) {
        let (lines, total) = (prices_of(&|_| true), Some(total));
        return Err(Refusal::PriceChanged(PriceChanged { lines, total }));
    }
    Ok(())
}

/// The total of `lines`, of which there is at least one.
fn total_of(lines: &[ReservedLine]) -> Result<Money, Refusal> {
    let mut currencies = lines.iter().map(|line| line.unit_price.currency);
    let currency = currencies
        .next()
        .ok_or_else(|| Refusal::UnknownProducts(Vec::new()))?;
    if currencies.any(|other| other != currency) {
        return Err(Refusal::MixedCurrencies);
    }
    lines
        .iter()
        .try_fold(Money::new(0, currency), |sum, line| {
            sum.checked_add(line.unit_price.times(line.quantity)?)
        })
        .map_err(|_| Refusal::TotalTooLarge)
}

#[cfg(test)]
mod tests;
