//! Reservations of stock: pricing what an order asks for, and the reservation that results.

use contracts::reservations::{
    Article, CurrentPrice, PriceChanged, Refusal, RequestedLine, ReserveRequest, ReservedLine,
    Shortage,
};
use kernel::{Money, OrderId, ProductId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{Offer, Product, ReservationState, Returned};

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
    /// What came back of what was sold, each article once.
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
    /// How much to take from the stock: each article once.
    pub takes: Vec<(Article, i64)>,
}

/// Prices `request` with the listed products that `listed` finds, and checks that all of it can be held.
///
/// # Errors
/// [`Refusal`]: unknown products first, then unknown variants, the buyer's own, prices that the buyer did not agree to, more than one
/// currency, too large a total, another total than the buyer agreed to, too little stock.
pub fn price<'a>(
    request: &ReserveRequest,
    listed: impl Fn(ProductId) -> Option<&'a Product>,
) -> Result<Priced, Refusal> {
    let mut takes: Vec<(Article, i64)> = Vec::with_capacity(request.lines.len());
    let mut lines = Vec::with_capacity(request.lines.len());
    let (mut unknown, mut lost, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for line in &request.lines {
        let is_first = add(&mut takes, line);
        let Some(product) = listed(line.product) else {
            note(&mut unknown, line.product);
            continue;
        };
        if product.seller == request.buyer {
            note(&mut own, line.product);
        }
        match product.offer(line.article().variant) {
            Some(offer) => lines.push(reserved(line, &offer)),
            None if is_first => lost.push(line.article()),
            None => {}
        }
    }
    if !unknown.is_empty() || takes.is_empty() {
        return Err(Refusal::UnknownProducts(unknown));
    }
    if !lost.is_empty() {
        return Err(Refusal::UnknownVariants(lost));
    }
    if !own.is_empty() {
        return Err(Refusal::OwnProducts(own));
    }
    let offer = |article: Article| listed(article.product)?.offer(article.variant);
    check_prices(request, &takes, &lines, &offer)?;
    let short: Vec<Shortage> = takes
        .iter()
        .filter_map(|&(article, requested)| {
            let available = offer(article).map_or(0, |offer| offer.stock.get());
            (available < requested).then_some(Shortage {
                product: article.product,
                variant: article.variant,
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

/// The line as it is held.
fn reserved(line: &RequestedLine, offer: &Offer<'_>) -> ReservedLine {
    let product = offer.product;
    ReservedLine {
        product: line.product,
        variant: line.article().variant,
        options: offer.traits.options.values().clone(),
        seller: product.seller,
        // Not as of the reservation: the answer has it, see `app/reserve.rs`.
        seller_name: None,
        category: product.category.as_str().to_owned(),
        delivery: product.delivery,
        returns: contracts::reservations::ReturnPolicy::default(),
        name: product.name.as_str().to_owned(),
        unit_price: offer.price,
        quantity: line.quantity,
    }
}

/// Adds `product` unless it is there already.
fn note(products: &mut Vec<ProductId>, product: ProductId) {
    if !products.contains(&product) {
        products.push(product);
    }
}

/// Adds a line to its article's total quantity. Returns whether it is the article's first line.
fn add(takes: &mut Vec<(Article, i64)>, line: &RequestedLine) -> bool {
    let quantity = i64::from(line.quantity);
    if let Some((_, sum)) = takes.iter_mut().find(|(of, _)| *of == line.article()) {
        *sum = sum.saturating_add(quantity);
        return false;
    }
    takes.push((line.article(), quantity));
    true
}

/// Checks that each article and the total are on the terms that the buyer agreed to.
fn check_prices<'a>(
    request: &ReserveRequest,
    takes: &[(Article, i64)],
    lines: &[ReservedLine],
    offer: &impl Fn(Article) -> Option<Offer<'a>>,
) -> Result<(), Refusal> {
    let total = total_of(lines);
    let prices_of = |is_meant: &dyn Fn(Article, &Offer<'_>) -> bool| -> Vec<CurrentPrice> {
        let offers = takes.iter().filter_map(|(of, _)| Some((*of, offer(*of)?)));
        offers
            .filter(|(article, offer)| is_meant(*article, offer))
            .map(|(article, offer)| CurrentPrice {
                product: article.product,
                variant: article.variant,
                unit_price: offer.price,
                version: offer.product.version,
            })
            .collect()
    };
    let changed = prices_of(&|article, offer| {
        let mut lines = request.lines.iter();
        lines.any(|line| {
            line.article() == article && !line.agreed.allows(offer.price, offer.product.version)
        })
    });
    if !changed.is_empty() {
        let (lines, total) = (changed, total.ok());
        return Err(Refusal::PriceChanged(PriceChanged { lines, total }));
    }
    let total = total?;
    if request.expected_total.is_some_and(|agreed| agreed != total) {
        let (lines, total) = (prices_of(&|_, _| true), Some(total));
        return Err(Refusal::PriceChanged(PriceChanged { lines, total }));
    }
    Ok(())
}

/// The total of `lines`, which are not empty.
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
