//! Takes money and items out of a part: how much each line gives.

use kernel::{LineId, Quantity};

use crate::domain::draft::Taken;
use crate::domain::fact::FactItem;
use crate::domain::fulfilment::{Fulfilment, PartLine, RefundLine, ReturnedLine};
use crate::domain::line::OrderLine;
use crate::domain::part::{line_of, price_of};

/// The items, with the quantities of a line that is named more than once added.
pub(super) fn summed(items: &[(LineId, Quantity)]) -> Vec<FactItem> {
    let mut sums: Vec<FactItem> = Vec::with_capacity(items.len());
    for (line, quantity) in items {
        match sums.iter_mut().find(|item| item.line_id == *line) {
            Some(item) => item.quantity = item.quantity.saturating_add(quantity.get()),
            None => sums.push(FactItem {
                line_id: *line,
                quantity: quantity.get(),
            }),
        }
    }
    sums
}

impl Taken {
    /// Takes `count` items of a line, which has at least as many that are not refunded. Unshipped items go first and are cancelled. They
    /// yield their price, as far as that much is left of the line.
    ///
    /// Items that were not shipped go back into stock unless `restock` is false; they are written off then. Items that were shipped go back
    /// only if `restock` is true; else they stay with the buyer.
    pub(super) fn items_of(
        &mut self,
        line: &OrderLine,
        touched: &mut PartLine,
        count: u32,
        restock: Option<bool>,
    ) {
        let cancelled = count.min(touched.unshipped(line));
        let came_back = if restock == Some(true) {
            count.saturating_sub(cancelled)
        } else {
            0
        };
        touched.cancelled = touched.cancelled.saturating_add(cancelled);
        touched.returned = touched.returned.saturating_add(came_back);
        touched.refunded = touched.refunded.saturating_add(count);
        self.money_of(line, touched, price_of(line, count), count);
        let (restocked, written_off) = match restock {
            Some(false) => (0, cancelled),
            Some(true) | None => (cancelled.saturating_add(came_back), 0),
        };
        self.stock_of(line, restocked, written_off);
    }

    /// Takes items of a line that came back from the buyer and are not refunded. They give their price, as far as that much is left of the
    /// line.
    pub(super) fn came_back(
        &mut self,
        line: &OrderLine,
        touched: &mut PartLine,
        restocked: u32,
        written_off: u32,
    ) {
        let count = restocked.saturating_add(written_off);
        touched.returned = touched.returned.saturating_add(count);
        touched.refunded = touched.refunded.saturating_add(count);
        self.money_of(line, touched, price_of(line, count), count);
        self.stock_of(line, restocked, written_off);
    }

    /// Takes at most `amount` of what is left of a line, for `count` items.
    pub(in crate::domain) fn money_of(
        &mut self,
        line: &OrderLine,
        touched: &mut PartLine,
        amount: i64,
        count: u32,
    ) {
        let amount = amount.min(touched.left(line));
        if amount > 0 {
            touched.refunded_amount = touched.refunded_amount.saturating_add(amount);
            self.refund.push(RefundLine {
                line: line.id,
                quantity: count,
                amount,
            });
        }
    }

    /// Gives items of a line back to the stock.
    pub(in crate::domain) fn stock_of(
        &mut self,
        line: &OrderLine,
        restocked: u32,
        written_off: u32,
    ) {
        if restocked > 0 || written_off > 0 {
            self.back.push(ReturnedLine {
                line: line.id,
                restocked,
                written_off,
            });
        }
    }
}

/// Takes `amount`, which is at most what is left of the part, from its lines.
pub(super) fn take_amount(
    part: &mut Fulfilment,
    lines: &[OrderLine],
    amount: i64,
) -> Vec<RefundLine> {
    let lefts: Vec<i64> = part
        .lines
        .iter()
        .map(|touched| line_of(lines, touched.id).map_or(0, |line| touched.left(line)))
        .collect();
    let shares = spread(amount, &lefts);
    let touched = part.lines.iter_mut().zip(shares);
    touched
        .filter(|(_, share)| *share > 0)
        .map(|(touched, share)| {
            touched.refunded_amount = touched.refunded_amount.saturating_add(share);
            RefundLine {
                line: touched.id,
                quantity: 0,
                amount: share,
            }
        })
        .collect()
}

/// Spreads `amount` over what is left, in proportion to it: each share is rounded down, and the units that remain go to the largest
/// remainders, the first of equal ones first (largest remainder method). No share is above what is left there if the amount is not above
/// its sum.
fn spread(amount: i64, lefts: &[i64]) -> Vec<i64> {
    let whole: i128 = lefts.iter().copied().map(i128::from).sum();
    if whole <= 0 {
        return vec![0; lefts.len()];
    }
    let exact = |left: &i64| i128::from(amount) * i128::from(*left);
    let mut shares: Vec<i128> = lefts.iter().map(|left| exact(left) / whole).collect();
    let missing = i128::from(amount) - shares.iter().sum::<i128>();
    let mut by_remainder: Vec<(i128, &mut i128)> = lefts
        .iter()
        .map(|left| exact(left) % whole)
        .zip(&mut shares)
        .collect();
    by_remainder.sort_by(|(one, _), (other, _)| other.cmp(one));
    for ((_, share), _) in by_remainder.into_iter().zip(0..missing) {
        *share += 1;
    }
    shares
        .into_iter()
        .map(|share| i64::try_from(share).unwrap_or(i64::MAX))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::spread;

    #[test]
    fn an_amount_is_spread_in_proportion_and_what_remains_goes_to_the_largest_remainders() {
        assert_eq!(spread(100, &[300, 700]), [30, 70]);
        assert_eq!(spread(10, &[100, 100, 100]), [4, 3, 3]);
        assert_eq!(spread(5, &[0, 999, 1]), [0, 5, 0]);
        assert_eq!(spread(1000, &[300, 700]), [300, 700]);
        assert_eq!(spread(0, &[0, 0]), [0, 0]);
    }

    proptest! {
        #[test]
        fn the_shares_add_up_and_none_is_above_what_is_left(lefts in prop::collection::vec(0i64..9_007_199_254_740, 1..100), part in 0i64..=1000) {
            let whole: i64 = lefts.iter().sum();
            let amount = whole * part / 1000;
            let shares = spread(amount, &lefts);
            prop_assert_eq!(shares.iter().sum::<i64>(), amount);
            for (share, left) in shares.iter().zip(&lefts) {
                prop_assert!((0..=*left).contains(share), "{} of {}", share, left);
            }
        }
    }
}
