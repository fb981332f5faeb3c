//! Lines: what a buyer wants, and what was ordered at which price.

use std::collections::BTreeMap;

use kernel::{Invalid, Money, ProductId, Quantity, UserId};
use serde::{Deserialize, Serialize};

/// Lines of a create request: 1 to 100, one for each product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted(Vec<(ProductId, Quantity)>);

impl Wanted {
    /// Most lines that a request may have.
    pub const MAX_LINES: usize = 100;

    /// Takes the lines of a request. Lines for the same product are summed first.
    ///
    /// # Errors
    /// `too_short` or `too_long` for none or more than 100 lines, `out_of_range` if a sum is above what one line may ask for.
    pub fn new(lines: Vec<(ProductId, Quantity)>) -> Result<Self, Invalid> {
        if lines.is_empty() {
            return Err(Invalid::new("too_short", "must have at least one line"));
        }
        if lines.len() > Self::MAX_LINES {
            return Err(Invalid::new("too_long", "must have at most 100 lines"));
        }
        let mut places: BTreeMap<ProductId, usize> = BTreeMap::new();
        let mut sums: Vec<(ProductId, i64)> = Vec::with_capacity(lines.len());
        for (product, quantity) in lines {
            let place = *places.entry(product).or_insert(sums.len());
            match sums.get_mut(place) {
                Some((_, sum)) => *sum = sum.saturating_add(i64::from(quantity)),
                None => sums.push((product, i64::from(quantity))),
            }
        }
        sums.into_iter()
            .map(|(product, sum)| {
                let quantity = Quantity::new(sum).map_err(|invalid| {
                    let detail = format!(
                        "the lines of product {product} add up to {sum}: together they {}",
                        invalid.detail
                    );
                    Invalid::new(invalid.code, detail)
                })?;
                Ok((product, quantity))
            })
            .collect::<Result<_, Invalid>>()
            .map(Self)
    }

    /// Product and quantity of each line, in the order of the request.
    #[must_use]
    pub fn lines(&self) -> &[(ProductId, Quantity)] {
        &self.0
    }
}

/// A line of an order: what was bought from whom, at the price of the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The product.
    pub product: ProductId,
    /// Who sells it.
    pub seller: UserId,
    /// Its name when it was ordered.
    pub name: String,
    /// Price of one.
    pub unit_price: Money,
    /// How many.
    pub quantity: Quantity,
}

impl OrderLine {
    /// Unit price times quantity. None if that overflows, which the reservation has ruled out.
    #[must_use]
    pub fn total(&self) -> Option<Money> {
        self.unit_price.times(self.quantity).ok()
    }
}

/// The sum of `lines`. None if `lines` is empty or in several currencies, or if the sum is above [`Money::MAX_AMOUNT`].
#[must_use]
pub fn total_of<'a>(lines: impl IntoIterator<Item = &'a OrderLine>) -> Option<Money> {
    let mut lines = lines.into_iter();
    let first = lines.next()?.total()?;
    lines
        .try_fold(first, |sum, line| sum.checked_add(line.total()?).ok())
        .filter(|total| (1..=Money::MAX_AMOUNT).contains(&total.amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;

    fn quantity(n: i64) -> Quantity {
        Quantity::new(n).unwrap()
    }

    #[test]
    fn lines_for_the_same_product_are_summed_and_keep_the_first_place() {
        let ids = SystemIds::default();
        let (a, b) = (ProductId::new(&ids), ProductId::new(&ids));
        let wanted =
            Wanted::new(vec![(b, quantity(1)), (a, quantity(2)), (b, quantity(3))]).unwrap();
        assert_eq!(wanted.lines(), [(b, quantity(4)), (a, quantity(2))]);
    }

    #[test]
    fn a_sum_above_what_one_line_may_ask_for_is_refused() {
        let product = ProductId::new(&SystemIds::default());
        let lines = vec![(product, quantity(10_000)), (product, quantity(1))];
        assert_eq!(Wanted::new(lines).unwrap_err().code, "out_of_range");
    }

    #[test]
    fn an_order_has_one_to_a_hundred_lines() {
        let ids = SystemIds::default();
        assert_eq!(Wanted::new(vec![]).unwrap_err().code, "too_short");
        let many = (0..101)
            .map(|_| (ProductId::new(&ids), quantity(1)))
            .collect();
        assert_eq!(Wanted::new(many).unwrap_err().code, "too_long");
    }
}
