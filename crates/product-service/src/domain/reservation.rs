//! Making a reservation: what an order asks for, priced by what is on offer, or why it cannot be held.

use kernel::{Money, OrderId, ProductId, Quantity, UserId};

use super::reservation_state::ReservationState;

/// What to hold, for which order. The order's id is the reservation's key: the same one again is the same reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReserveRequest {
    /// The order.
    pub order: OrderId,
    /// Who buys. Nobody buys from themselves.
    pub buyer: UserId,
    /// At least one line; several may name the same product.
    pub lines: Vec<LineRequest>,
}

/// How many of which product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRequest {
    /// The product.
    pub product: ProductId,
    /// How many.
    pub quantity: Quantity,
}

/// What the catalogue says of a product that someone wants to buy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Who sells it.
    pub seller: UserId,
    /// What it is called.
    pub name: String,
    /// Price of one.
    pub price: Money,
    /// How many can be held now.
    pub available: i64,
}

/// Stock held for an order, at the prices of the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The order.
    pub order: OrderId,
    /// What is held, in the order of the request.
    pub lines: Vec<ReservedLine>,
    /// What it costs.
    pub total: Money,
}

/// A line that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedLine {
    /// The product.
    pub product: ProductId,
    /// Who sells it.
    pub seller: UserId,
    /// What it was called when it was held.
    pub name: String,
    /// What one cost then.
    pub unit_price: Money,
    /// How many.
    pub quantity: Quantity,
}

/// A product of which there is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// The product.
    pub product: ProductId,
    /// How many were asked for, over all lines.
    pub requested: i64,
    /// How many there are.
    pub available: i64,
}

/// Why nothing was held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReserveRefusal {
    /// No such products, or removed ones. Empty if the request has no line at all.
    #[error("unknown products")]
    UnknownProducts(Vec<ProductId>),
    /// The buyer sells them.
    #[error("the buyer's own products")]
    OwnProducts(Vec<ProductId>),
    /// The products are priced in more than one currency.
    #[error("more than one currency")]
    MixedCurrencies,
    /// The total exceeds [`Money::MAX_AMOUNT`].
    #[error("the total is too large")]
    TotalTooLarge,
    /// Not enough stock.
    #[error("out of stock")]
    OutOfStock(Vec<Shortage>),
    /// The order's reservation was made before and is over: its stock went back.
    #[error("the reservation was {}", .0.as_str())]
    Over(ReservationState),
}

/// A reservation that can be made, and how much of each product it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The reservation.
    pub reservation: Reservation,
    /// What to take from the stock: each product once.
    pub takes: Vec<(ProductId, i64)>,
}

/// Prices `request` by what `offer` says of each product, and checks that all of it can be held.
///
/// # Errors
/// [`ReserveRefusal`], the first that applies in the order of its variants.
pub fn price<'a>(
    request: &ReserveRequest,
    offer: impl Fn(ProductId) -> Option<&'a Offer>,
) -> Result<Priced, ReserveRefusal> {
    let mut takes: Vec<(ProductId, i64)> = Vec::with_capacity(request.lines.len());
    let mut lines = Vec::with_capacity(request.lines.len());
    let (mut unknown, mut own) = (Vec::new(), Vec::new());
    for line in &request.lines {
        let first = add(&mut takes, *line);
        match offer(line.product) {
            None if first => unknown.push(line.product),
            None => {}
            Some(offer) => {
                if first && offer.seller == request.buyer {
                    own.push(line.product);
                }
                lines.push(ReservedLine {
                    product: line.product,
                    seller: offer.seller,
                    name: offer.name.clone(),
                    unit_price: offer.price,
                    quantity: line.quantity,
                });
            }
        }
    }
    if !unknown.is_empty() || lines.is_empty() {
        return Err(ReserveRefusal::UnknownProducts(unknown));
    }
    if !own.is_empty() {
        return Err(ReserveRefusal::OwnProducts(own));
    }
    let total = total(&lines)?;
    let short: Vec<Shortage> = takes
        .iter()
        .filter_map(|&(product, requested)| {
            let available = offer(product).map_or(0, |offer| offer.available);
            (available < requested).then_some(Shortage {
                product,
                requested,
                available,
            })
        })
        .collect();
    if !short.is_empty() {
        return Err(ReserveRefusal::OutOfStock(short));
    }
    Ok(Priced {
        reservation: Reservation {
            order: request.order,
            lines,
            total,
        },
        takes,
    })
}

/// Adds a line to what its product is asked for. Returns whether it is the product's first.
fn add(takes: &mut Vec<(ProductId, i64)>, line: LineRequest) -> bool {
    let quantity = i64::from(line.quantity);
    if let Some((_, sum)) = takes.iter_mut().find(|(id, _)| *id == line.product) {
        *sum = sum.saturating_add(quantity);
        return false;
    }
    takes.push((line.product, quantity));
    true
}

/// What `lines` cost together; None if there is none.
fn total(lines: &[ReservedLine]) -> Result<Money, ReserveRefusal> {
    let Some(first) = lines.first() else {
        return Err(ReserveRefusal::UnknownProducts(Vec::new()));
    };
    let currency = first.unit_price.currency;
    if lines
        .iter()
        .any(|line| line.unit_price.currency != currency)
    {
        return Err(ReserveRefusal::MixedCurrencies);
    }
    lines
        .iter()
        .try_fold(Money::new(0, currency), |sum, line| {
            sum.checked_add(line.unit_price.times(line.quantity)?)
        })
        .ok()
        .filter(|total| total.amount <= Money::MAX_AMOUNT)
        .ok_or(ReserveRefusal::TotalTooLarge)
}

impl Reservation {
    /// The reservation of `order` with `lines`, as they were stored. None if no total can be made of them.
    #[must_use]
    pub fn stored(order: OrderId, lines: Vec<ReservedLine>) -> Option<Self> {
        let total = total(&lines).ok()?;
        Some(Self {
            order,
            lines,
            total,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, SystemIds};
    use std::collections::HashMap;

    struct Market {
        ids: SystemIds,
        offers: HashMap<ProductId, Offer>,
    }

    impl Market {
        fn new() -> Self {
            Self {
                ids: SystemIds::default(),
                offers: HashMap::new(),
            }
        }

        fn offer(&mut self, amount: i64, available: i64) -> ProductId {
            self.offer_of(
                UserId::new(&self.ids),
                Money::new(amount, Currency::USD),
                available,
            )
        }

        fn offer_of(&mut self, seller: UserId, price: Money, available: i64) -> ProductId {
            let id = ProductId::new(&self.ids);
            let name = format!("product {id}");
            self.offers.insert(
                id,
                Offer {
                    seller,
                    name,
                    price,
                    available,
                },
            );
            id
        }

        fn price(&self, lines: &[(ProductId, i64)]) -> Result<Priced, ReserveRefusal> {
            self.price_for(UserId::new(&self.ids), lines)
        }

        fn price_for(
            &self,
            buyer: UserId,
            lines: &[(ProductId, i64)],
        ) -> Result<Priced, ReserveRefusal> {
            let lines = lines
                .iter()
                .map(|&(product, quantity)| LineRequest {
                    product,
                    quantity: Quantity::new(quantity).unwrap(),
                })
                .collect();
            let request = ReserveRequest {
                order: OrderId::new(&self.ids),
                buyer,
                lines,
            };
            price(&request, |id| self.offers.get(&id))
        }
    }

    #[test]
    fn lines_keep_their_order_and_the_total_is_their_sum() {
        let mut market = Market::new();
        let (a, b) = (market.offer(100, 9), market.offer(7, 9));
        let priced = market.price(&[(b, 2), (a, 1), (b, 3)]).unwrap();
        let quantities: Vec<u32> = priced
            .reservation
            .lines
            .iter()
            .map(|line| line.quantity.get())
            .collect();
        assert_eq!(quantities, [2, 1, 3]);
        assert_eq!(priced.reservation.total, Money::new(135, Currency::USD));
        assert_eq!(priced.takes, [(b, 5), (a, 1)]);
    }

    #[test]
    fn lines_of_one_product_are_summed_before_they_are_compared_with_the_stock() {
        let mut market = Market::new();
        let a = market.offer(100, 5);
        assert!(market.price(&[(a, 3), (a, 2)]).is_ok());
        let short = Shortage {
            product: a,
            requested: 6,
            available: 5,
        };
        assert_eq!(
            market.price(&[(a, 3), (a, 3)]),
            Err(ReserveRefusal::OutOfStock(vec![short]))
        );
    }

    #[test]
    fn a_refusal_names_every_product_that_it_is_about_once() {
        let mut market = Market::new();
        let nobody = ProductId::new(&market.ids);
        let known = market.offer(1, 0);
        assert_eq!(
            market.price(&[(nobody, 1), (known, 1), (nobody, 1)]),
            Err(ReserveRefusal::UnknownProducts(vec![nobody]))
        );
        let me = UserId::new(&market.ids);
        let mine = market.offer_of(me, Money::new(1, Currency::USD), 5);
        assert_eq!(
            market.price_for(me, &[(mine, 1), (mine, 1), (known, 1)]),
            Err(ReserveRefusal::OwnProducts(vec![mine]))
        );
        assert_eq!(
            market.price(&[]),
            Err(ReserveRefusal::UnknownProducts(vec![]))
        );
    }

    #[test]
    fn one_order_has_one_currency_and_a_total_that_fits() {
        let mut market = Market::new();
        let dollars = market.offer(1, 5);
        let seller = UserId::new(&market.ids);
        let euros = market.offer_of(seller, Money::new(1, "EUR".parse().unwrap()), 5);
        assert_eq!(
            market.price(&[(dollars, 1), (euros, 1)]),
            Err(ReserveRefusal::MixedCurrencies)
        );
        let dear = market.offer(Money::MAX_AMOUNT, 10_000);
        assert!(market.price(&[(dear, 1)]).is_ok());
        for lines in [
            vec![(dear, 2)],
            vec![(dear, 1), (dollars, 1)],
            vec![(dear, 10_000)],
        ] {
            assert_eq!(market.price(&lines), Err(ReserveRefusal::TotalTooLarge));
        }
    }
}
