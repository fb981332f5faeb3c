//! Lines: what a buyer wants, and what was ordered at which price.

use std::collections::BTreeMap;

use contracts::reservations::{Agreed, Article, Delivery, RequestedLine};
use kernel::{Invalid, LineId, Money, ProductId, Quantity, UserId, VariantId};
use serde::{Deserialize, Serialize};

/// What a create request asks for: 1 to 100 lines, one for each article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted {
    lines: Vec<RequestedLine>,
    expected_total: Option<Money>,
}

impl Wanted {
    /// Most lines that a request may have.
    pub const MAX_LINES: usize = 100;

    /// Takes the lines of a request, and the total that the buyer agreed to, if they named one. Lines for the same article, a variant
    /// of a product, are summed first.
    ///
    /// # Errors
    /// `too_short` or `too_long` for none or more than 100 lines, `out_of_range` if a sum is above what one line may ask for,
    /// `conflicting_terms` if lines for the same article name different terms.
    pub fn new(lines: Vec<RequestedLine>, expected_total: Option<Money>) -> Result<Self, Invalid> {
        if lines.is_empty() {
            return Err(Invalid::new("too_short", "must have at least one line"));
        }
        if lines.len() > Self::MAX_LINES {
            return Err(Invalid::new("too_long", "must have at most 100 lines"));
        }
        let mut places: BTreeMap<Article, usize> = BTreeMap::new();
        let mut sums: Vec<(RequestedLine, i64)> = Vec::with_capacity(lines.len());
        for line in lines {
            let place = *places.entry(line.article()).or_insert(sums.len());
            let quantity = i64::from(line.quantity);
            match sums.get_mut(place) {
                Some((first, sum)) => {
                    *sum = sum.saturating_add(quantity);
                    first.agreed = both(first.agreed, line.agreed)
                        .ok_or_else(|| conflicting_terms(line.article()))?;
                }
                None => sums.push((line, quantity)),
            }
        }
        let lines = sums.into_iter().map(|(line, sum)| {
            let quantity = Quantity::new(sum).map_err(|invalid| {
                let detail = format!(
                    "the lines of {} add up to {sum}: together they {}",
                    line.article(),
                    invalid.detail
                );
                Invalid::new(invalid.code, detail)
            })?;
            let variant = line.article().variant;
            Ok(RequestedLine {
                variant,
                quantity,
                ..line
            })
        });
        Ok(Self {
            lines: lines.collect::<Result<_, Invalid>>()?,
            expected_total,
        })
    }

    /// Its lines, in the order of the request.
    #[must_use]
    pub fn lines(&self) -> &[RequestedLine] {
        &self.lines
    }

    /// The total that the buyer agreed to.
    #[must_use]
    pub const fn expected_total(&self) -> Option<Money> {
        self.expected_total
    }
}

/// The terms of two lines for the same article. None if they conflict.
fn both(one: Agreed, other: Agreed) -> Option<Agreed> {
    fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
        one.zip(other).is_some_and(|(one, other)| one != other)
    }
    if differ(one.unit_price, other.unit_price) || differ(one.version, other.version) {
        return None;
    }
    Some(Agreed {
        unit_price: one.unit_price.or(other.unit_price),
        version: one.version.or(other.version),
    })
}

fn conflicting_terms(article: Article) -> Invalid {
    let detail = format!("the lines of {article} name different unitPrices or versions");
    Invalid::new("conflicting_terms", detail)
}

/// A line of an order: what was bought from whom, at the price of the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Its id.
    pub id: LineId,
    /// The product.
    pub product: ProductId,
    /// The variant. None for the product's default variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<VariantId>,
    /// The variant's options when it was ordered, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Who sells it.
    pub seller: UserId,
    /// Its name when it was ordered.
    pub name: String,
    /// Its category when it was ordered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// How the buyer gets it.
    #[serde(default, skip_serializing_if = "Delivery::is_none")]
    pub delivery: Delivery,
    /// Price of one.
    pub unit_price: Money,
    /// How many.
    pub quantity: Quantity,
}

impl OrderLine {
    /// What was ordered.
    #[must_use]
    pub fn article(&self) -> Article {
        Article::new(self.product, self.variant)
    }

    /// Unit price times quantity. None if that overflows, which the reservation has ruled out.
    #[must_use]
    pub fn total(&self) -> Option<Money> {
        self.unit_price.times(self.quantity).ok()
    }
}

/// The sum of `lines`. None if `lines` is empty or in several currencies, or if the sum is not an amount.
#[must_use]
pub fn total_of<'a>(lines: impl IntoIterator<Item = &'a OrderLine>) -> Option<Money> {
    let mut lines = lines.into_iter();
    let first = lines.next()?.total()?;
    lines
        .try_fold(first, |sum, line| sum.checked_add(line.total()?).ok())
        .filter(|total| total.amount > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;

    fn line(product: ProductId, quantity: i64) -> RequestedLine {
        agreed(product, quantity, Agreed::default())
    }

    fn agreed(product: ProductId, quantity: i64, agreed: Agreed) -> RequestedLine {
        RequestedLine {
            product,
            variant: None,
            quantity: Quantity::new(quantity).unwrap(),
            agreed,
        }
    }

    #[test]
    fn lines_for_the_same_product_are_summed_and_keep_the_first_place() {
        let ids = SystemIds::default();
        let (a, b) = (ProductId::new(&ids), ProductId::new(&ids));
        let lines = vec![line(b, 1), line(a, 2), line(b, 3)];
        let wanted = Wanted::new(lines, None).unwrap();
        assert_eq!(wanted.lines(), [line(b, 4), line(a, 2)]);
    }

    #[test]
    fn lines_for_different_variants_stay_apart_and_the_default_one_has_one_form() {
        let ids = SystemIds::default();
        let product = ProductId::new(&ids);
        let of = |variant, quantity| RequestedLine {
            variant,
            ..line(product, quantity)
        };
        let large = Some(VariantId::new(&ids));
        let spelt_out = Some(VariantId::default_of(product));
        let lines = vec![of(None, 1), of(large, 2), of(spelt_out, 3), of(large, 4)];
        let wanted = Wanted::new(lines, None).unwrap();
        assert_eq!(wanted.lines(), [of(None, 4), of(large, 6)]);
        let lines = vec![of(large, 10_000), of(None, 10_000)];
        assert!(Wanted::new(lines, None).is_ok());
        let first = Wanted::new(vec![of(spelt_out, 1)], None).unwrap();
        assert_eq!(first.lines(), [of(None, 1)]);
    }

    #[test]
    fn the_terms_of_lines_for_the_same_product_hold_for_their_sum() {
        let product = ProductId::new(&SystemIds::default());
        let price = |amount| Agreed {
            unit_price: Some(Money::new(amount, kernel::Currency::USD)),
            version: None,
        };
        let version = Agreed {
            unit_price: None,
            version: Some(3),
        };
        let together = |first, second| {
            let lines = vec![agreed(product, 1, first), agreed(product, 1, second)];
            Wanted::new(lines, None)
        };
        let both = Agreed {
            version: Some(3),
            ..price(5)
        };
        for (first, second) in [(price(5), version), (both, price(5)), (version, both)] {
            let wanted = together(first, second).unwrap();
            assert_eq!(wanted.lines(), [agreed(product, 2, both)]);
        }
        let refused = together(price(5), price(6)).unwrap_err();
        assert_eq!(refused.code, "conflicting_terms");
    }

    #[test]
    fn a_sum_above_what_one_line_may_ask_for_is_refused() {
        let product = ProductId::new(&SystemIds::default());
        let lines = vec![line(product, 10_000), line(product, 1)];
        assert_eq!(Wanted::new(lines, None).unwrap_err().code, "out_of_range");
    }

    #[test]
    fn an_order_has_one_to_a_hundred_lines() {
        let ids = SystemIds::default();
        assert_eq!(Wanted::new(vec![], None).unwrap_err().code, "too_short");
        let many = (0..101).map(|_| line(ProductId::new(&ids), 1)).collect();
        assert_eq!(Wanted::new(many, None).unwrap_err().code, "too_long");
    }
}
