//! Returns: what was sold to an order and is not, or no longer, the buyer's. It goes back into stock, or it is written off.

use contracts::reservations::Article;
use kernel::{Invalid, ProductId, VariantId};
use serde::{Deserialize, Serialize};

use super::{Reservation, ReservationState};

/// How much of an article came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// The product.
    pub product: ProductId,
    /// The variant, as in [`Article`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<VariantId>,
    /// How many can be ordered again.
    pub restocked: i64,
    /// How many cannot: they are lost or spoilt.
    pub written_off: i64,
}

/// More came back than was sold and had not come back before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more came back than was sold")]
pub struct ExceedsSold;

impl Returned {
    /// Accepts counts from a message.
    ///
    /// # Errors
    /// `out_of_range` if one is negative or both are zero.
    pub fn new(article: Article, restocked: i64, written_off: i64) -> Result<Self, Invalid> {
        if restocked < 0 || written_off < 0 || (restocked, written_off) == (0, 0) {
            let detail =
                format!("must return something of {article}, not {restocked} and {written_off}");
            return Err(Invalid::new("out_of_range", detail));
        }
        Ok(Self {
            product: article.product,
            variant: article.variant,
            restocked,
            written_off,
        })
    }

    /// What came back.
    #[must_use]
    pub fn article(&self) -> Article {
        Article::new(self.product, self.variant)
    }

    fn units(&self) -> Option<i64> {
        self.restocked.checked_add(self.written_off)
    }

    fn plus(&self, more: &Self) -> Option<Self> {
        Some(Self {
            product: self.product,
            variant: self.variant,
            restocked: self.restocked.checked_add(more.restocked)?,
            written_off: self.written_off.checked_add(more.written_off)?,
        })
    }
}

impl Reservation {
    /// The reservation after `lines` came back. What is still held is sold first. None if its stock was released or expired: there is
    /// nothing left that could come back.
    ///
    /// # Errors
    /// [`ExceedsSold`] if any article would then have come back more often than it was sold.
    pub fn with_returned(&self, lines: &[Returned]) -> Result<Option<Self>, ExceedsSold> {
        match self.state {
            ReservationState::Held | ReservationState::Sold => {}
            ReservationState::Released | ReservationState::Expired => return Ok(None),
        }
        let mut returned = self.returned.clone();
        for line in lines {
            match returned
                .iter_mut()
                .find(|sum| sum.article() == line.article())
            {
                Some(sum) => *sum = sum.plus(line).ok_or(ExceedsSold)?,
                None => returned.push(*line),
            }
        }
        let fits = |sum: &Returned| {
            sum.units()
                .is_some_and(|units| units <= self.quantity_of(sum.article()))
        };
        if !returned.iter().all(fits) {
            return Err(ExceedsSold);
        }
        Ok(Some(Self {
            state: ReservationState::Sold,
            returned,
            ..self.clone()
        }))
    }

    /// How many of `article` are held or sold.
    fn quantity_of(&self, article: Article) -> i64 {
        self.lines
            .iter()
            .filter(|line| line.article() == article)
            .fold(0, |sum: i64, line| sum.saturating_add(line.quantity.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use contracts::reservations::{Delivery, ReservedLine};
    use kernel::{Currency, Money, OrderId, Quantity, SystemIds, Timestamp, UserId};
    use proptest::prelude::*;

    use super::*;

    /// A reservation of these products and quantities.
    fn reservation(state: ReservationState, lines: &[(Article, i64)]) -> Reservation {
        let ids = SystemIds::default();
        Reservation {
            order: OrderId::new(&ids),
            buyer: UserId::new(&ids),
            lines: lines
                .iter()
                .map(|&(article, quantity)| ReservedLine {
                    returns: contracts::reservations::ReturnPolicy::default(),
                    product: article.product,
                    variant: article.variant,
                    options: BTreeMap::new(),
                    seller: UserId::new(&ids),
                    seller_name: None,
                    category: "Things".to_owned(),
                    delivery: Delivery::Shipped,
                    name: "A thing".to_owned(),
                    unit_price: Money::new(100, Currency::USD),
                    quantity: Quantity::new(quantity).unwrap(),
                })
                .collect(),
            state,
            lease_until: Timestamp::from_millis(1),
            created_at: Timestamp::from_millis(0),
            returned: Vec::new(),
        }
    }

    /// A product's default variant, and another variant of the same product.
    fn articles() -> [Article; 2] {
        let ids = SystemIds::default();
        let product = ProductId::new(&ids);
        let variant = Some(VariantId::new(&ids));
        [product.into(), Article { product, variant }]
    }

    #[test]
    fn what_comes_back_is_something() {
        let [product, _] = articles();
        for (restocked, written_off) in [(0, 0), (-1, 2), (2, -1), (i64::MIN, 0)] {
            let refused = Returned::new(product, restocked, written_off);
            assert_eq!(refused.unwrap_err().code, "out_of_range");
        }
        assert!(Returned::new(product, 0, 1).is_ok() && Returned::new(product, 1, 0).is_ok());
    }

    #[test]
    fn what_is_held_is_sold_before_it_comes_back_and_what_went_back_stays() {
        let [product, _] = articles();
        let lines = [Returned::new(product, 1, 0).unwrap()];
        let held = reservation(ReservationState::Held, &[(product, 2)]);
        let sold = held.with_returned(&lines).unwrap().unwrap();
        assert_eq!(sold.state, ReservationState::Sold);
        assert_eq!(sold.returned, lines);
        for state in [ReservationState::Released, ReservationState::Expired] {
            let over = reservation(state, &[(product, 2)]);
            assert_eq!(over.with_returned(&lines), Ok(None));
        }
    }

    #[test]
    fn lines_of_one_article_count_together_on_both_sides() {
        let [a, b] = articles();
        let sold = reservation(ReservationState::Sold, &[(a, 1), (b, 5), (a, 2)]);
        let back = |restocked, written_off| Returned::new(a, restocked, written_off).unwrap();
        let all = sold.with_returned(&[back(1, 1), back(1, 0)]).unwrap();
        assert_eq!(all.unwrap().returned, [back(2, 1)]);
        assert_eq!(
            sold.with_returned(&[back(1, 1), back(1, 1)]),
            Err(ExceedsSold)
        );
        let endless = [back(i64::MAX, 0), back(i64::MAX, 0)];
        assert_eq!(sold.with_returned(&endless), Err(ExceedsSold));
        assert_eq!(
            sold.with_returned(&[back(i64::MAX, i64::MAX)]),
            Err(ExceedsSold)
        );
    }

    #[test]
    fn a_variant_that_was_not_sold_cannot_come_back() {
        let [a, b] = articles();
        let sold = reservation(ReservationState::Sold, &[(a, 1)]);
        let foreign = Returned::new(b, 0, 1).unwrap();
        assert_eq!(sold.with_returned(&[foreign]), Err(ExceedsSold));
    }

    proptest! {
        #[test]
        fn however_much_is_tried_no_more_comes_back_than_was_sold(
            sold in proptest::collection::vec((0usize..2, 1i64..6), 1..4),
            tried in proptest::collection::vec((0usize..2, 0i64..4, 0i64..4), 0..12),
        ) {
            let articles = articles();
            let lines: Vec<_> = sold.iter().map(|&(at, quantity)| (articles[at], quantity)).collect();
            let mut now = reservation(ReservationState::Sold, &lines);
            let mut left = articles.map(|article| now.quantity_of(article));
            for (at, restocked, written_off) in tried {
                let Ok(line) = Returned::new(articles[at], restocked, written_off) else { continue };
                let fits = restocked + written_off <= left[at];
                match now.with_returned(&[line]) {
                    Ok(next) => {
                        prop_assert!(fits);
                        left[at] -= restocked + written_off;
                        now = next.unwrap();
                    }
                    Err(ExceedsSold) => prop_assert!(!fits),
                }
                for sum in &now.returned {
                    let place = articles.iter().position(|article| *article == sum.article()).unwrap();
                    prop_assert_eq!(sum.units().unwrap() + left[place], now.quantity_of(sum.article()));
                }
            }
        }
    }
}
