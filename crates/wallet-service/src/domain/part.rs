//! A part of a payment: what one seller's lines captured of it, the commission that was fixed for each line at the debit, and what has gone
//! back or been paid out since.

use kernel::{Currency, FulfilmentId, LineId, Money, TransactionId, UserId};
use serde::{Deserialize, Serialize};

use super::{ChargedPart, Refusal};

/// What a payment captured for one seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PaymentPart {
    /// The fulfilment.
    pub(crate) fulfilment: FulfilmentId,
    /// The seller.
    pub(crate) seller: UserId,
    /// Its lines.
    pub(crate) lines: Vec<PartLine>,
    /// Its release, once it was released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) released: Option<Release>,
}

/// A line of a part. Amounts are minor units of the payment's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartLine {
    /// The line.
    pub(crate) line: LineId,
    /// What it captured.
    pub(crate) total: i64,
    /// The platform's commission on it, at most the total.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) commission: i64,
    /// What the buyer has back, at most the total.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) refunded: i64,
    /// What the platform gave back of the commission: the proportion of it that was refunded, so all of it when all is refunded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) reversed: i64,
}

/// How a part left escrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Release {
    /// What left escrow: what was captured less what had been refunded by then.
    pub(crate) amount: i64,
    /// The transaction. None if nothing was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) transaction: Option<TransactionId>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(amount: &i64) -> bool {
    *amount == 0
}

/// What to give back of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefundLine {
    /// The line.
    pub(crate) line: LineId,
    /// The amount, 0 or more minor units.
    pub(crate) amount: i64,
}

/// What was given back of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefundedLine {
    /// The line.
    pub(crate) line: LineId,
    /// To the buyer.
    pub(crate) amount: i64,
    /// Of that, what was the platform's commission.
    pub(crate) reversed: i64,
}

impl PaymentPart {
    /// The part as the debit makes it. The commission of each line is `basis_points` of its total, rounded half to even.
    ///
    /// # Errors
    /// [`kernel::MoneyError::Overflow`], which no commission up to 100 % causes.
    pub(super) fn captured_from(
        charged: &ChargedPart,
        basis_points: u16,
    ) -> Result<Self, kernel::MoneyError> {
        let lines = charged.lines.iter().map(|line| {
            let commission = line.total.proportion(i64::from(basis_points), 10_000)?;
            Ok(PartLine {
                line: line.line,
                total: line.total.amount,
                commission: commission.amount,
                refunded: 0,
                reversed: 0,
            })
        });
        Ok(Self {
            fulfilment: charged.fulfilment,
            seller: charged.seller,
            lines: lines.collect::<Result<_, _>>()?,
            released: None,
        })
    }

    /// Whether the debit made it of `charged`.
    pub(super) fn is_of(&self, charged: &ChargedPart) -> bool {
        let totals = self.lines.iter().map(|line| (line.line, line.total));
        self.fulfilment == charged.fulfilment
            && self.seller == charged.seller
            && totals.eq(charged
                .lines
                .iter()
                .map(|line| (line.line, line.total.amount)))
    }

    /// The sum of something over the lines. It has 128 bits, so it cannot overflow.
    pub(crate) fn sum(&self, of: impl Fn(&PartLine) -> i64) -> i128 {
        self.lines.iter().map(|line| i128::from(of(line))).sum()
    }

    /// What was captured and not refunded.
    pub(crate) fn left(&self) -> i128 {
        self.sum(|line| line.total) - self.sum(|line| line.refunded)
    }

    /// What is left of the platform's commission.
    pub(crate) fn commission_left(&self) -> i128 {
        self.sum(|line| line.commission) - self.sum(|line| line.reversed)
    }

    /// The part after a refund of `wanted`, and what is given back of each line.
    ///
    /// # Errors
    /// [`Refusal::UnknownLine`], [`Refusal::ExceedsPart`].
    pub(super) fn refund(
        &self,
        wanted: &[RefundLine],
        currency: Currency,
    ) -> Result<(Self, Vec<RefundedLine>), Refusal> {
        let mut part = self.clone();
        let refunded = wanted.iter().map(|wanted| {
            let mut lines = part.lines.iter_mut();
            let line = lines.find(|line| line.line == wanted.line);
            let line = line.ok_or(Refusal::UnknownLine)?;
            line.refund(wanted.amount, currency)
                .ok_or(Refusal::ExceedsPart)
        });
        let refunded = refunded.collect::<Result<_, _>>()?;
        Ok((part, refunded))
    }

    /// The part when everything that was left of it has gone back to the buyer.
    pub(super) fn refunded_whole(&self) -> Self {
        let lines = self.lines.iter().map(|line| PartLine {
            refunded: line.total,
            reversed: line.commission,
            ..*line
        });
        Self {
            lines: lines.collect(),
            ..self.clone()
        }
    }
}

impl PartLine {
    /// Whether its amounts are possible.
    pub(crate) const fn is_sound(&self) -> bool {
        0 < self.total
            && self.total <= Money::MAX_AMOUNT
            && 0 <= self.commission
            && self.commission <= self.total
            && 0 <= self.refunded
            && self.refunded <= self.total
            && 0 <= self.reversed
            && self.reversed <= self.commission
    }

    /// What is to be reversed of the commission, all in all, once `refunded` is refunded. Because it depends on nothing else, refunds in
    /// any partition reverse the same.
    pub(crate) fn reversed_at(&self, refunded: i64, currency: Currency) -> Option<i64> {
        let commission = Money::new(self.commission, currency);
        let reversed = commission.proportion(refunded, self.total).ok()?;
        Some(reversed.amount)
    }

    /// Gives back `amount`. None, and no change, if it is more than what is left.
    fn refund(&mut self, amount: i64, currency: Currency) -> Option<RefundedLine> {
        let refunded = self.refunded.checked_add(amount)?;
        if amount < 0 || refunded > self.total {
            return None;
        }
        let reversed = self.reversed_at(refunded, currency)?;
        let line = RefundedLine {
            line: self.line,
            amount,
            reversed: reversed.checked_sub(self.reversed)?,
        };
        (self.refunded, self.reversed) = (refunded, reversed);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::SystemIds;
    use proptest::prelude::*;

    fn line(total: i64, commission: i64) -> PartLine {
        PartLine {
            line: LineId::new(&SystemIds::default()),
            total,
            commission,
            refunded: 0,
            reversed: 0,
        }
    }

    fn part(lines: Vec<PartLine>) -> PaymentPart {
        let ids = SystemIds::default();
        PaymentPart {
            fulfilment: FulfilmentId::new(&ids),
            seller: UserId::new(&ids),
            lines,
            released: None,
        }
    }

    #[test]
    fn a_refund_of_an_unknown_line_or_of_more_than_is_left_changes_nothing() {
        let part = part(vec![line(10, 1), line(5, 5)]);
        let give = |at: usize, amount| RefundLine {
            line: part.lines[at].line,
            amount,
        };
        let unknown = RefundLine {
            line: LineId::new(&SystemIds::default()),
            amount: 1,
        };
        let refund = |wanted: &[RefundLine]| part.refund(wanted, Currency::USD);
        assert_eq!(refund(&[unknown]), Err(Refusal::UnknownLine));
        assert_eq!(
            refund(&[give(0, 10), give(1, 6)]),
            Err(Refusal::ExceedsPart)
        );
        assert_eq!(refund(&[give(0, -1)]), Err(Refusal::ExceedsPart));
        let (after, given) = refund(&[give(0, 4), give(1, 5)]).unwrap();
        assert_eq!(after.left(), 6);
        // 4/10 of 1 is nearer to 0, and all of 5 is 5.
        let reversed: Vec<i64> = given.iter().map(|line| line.reversed).collect();
        assert_eq!((reversed, after.commission_left()), (vec![0, 5], 1));
        assert_eq!(
            after.refund(&[give(0, 7)], Currency::USD),
            Err(Refusal::ExceedsPart)
        );
    }

    #[test]
    fn a_part_is_stored_without_its_zeros_and_read_back_whole() {
        let mut part = part(vec![line(10, 0)]);
        let text = serde_json::to_string(&part).unwrap();
        assert!(!text.contains("commission") && !text.contains("released"));
        assert_eq!(serde_json::from_str::<PaymentPart>(&text).unwrap(), part);
        part.lines = vec![line(10, 2)];
        part.released = Some(Release {
            amount: 0,
            transaction: None,
        });
        let text = serde_json::to_string(&part).unwrap();
        assert_eq!(serde_json::from_str::<PaymentPart>(&text).unwrap(), part);
    }

    fn total_and_commission() -> impl Strategy<Value = (i64, i64)> {
        let total = prop_oneof![1i64..50, 1i64..=Money::MAX_AMOUNT];
        total.prop_flat_map(|total| (Just(total), 0..=total))
    }

    proptest! {
        #[test]
        fn refunds_in_any_partition_reverse_exactly_the_whole_commission(
            (total, commission) in total_and_commission(),
            shares in proptest::collection::vec(0u32..1000, 1..30),
        ) {
            let mut line = line(total, commission);
            let mut given = 0;
            for (place, share) in shares.iter().enumerate() {
                let left = total - line.refunded;
                let is_last = place + 1 == shares.len();
                let amount = if is_last { left } else { i64::try_from(i128::from(left) * i128::from(*share) / 1000).unwrap() };
                let before = line;
                let back = line.refund(amount, Currency::USD).unwrap();
                given += back.reversed;
                prop_assert!(line.is_sound());
                // The seller never gives more than the refund, nor gets anything by it.
                prop_assert!((0..=amount).contains(&back.reversed), "{:?} of {:?}", back, before);
                // What is left covers the commission that is left.
                prop_assert!(line.commission - line.reversed <= line.total - line.refunded);
                prop_assert_eq!(line.reversed, given);
            }
            prop_assert_eq!((line.refunded, line.reversed), (total, commission));
        }

        #[test]
        fn the_commission_of_a_line_is_at_most_its_total(total in 1i64..=Money::MAX_AMOUNT, rate in 0u16..=10_000) {
            let charged = ChargedPart {
                fulfilment: FulfilmentId::new(&SystemIds::default()),
                seller: UserId::new(&SystemIds::default()),
                lines: vec![super::super::ChargedLine { line: LineId::new(&SystemIds::default()), total: Money::new(total, Currency::USD) }],
            };
            let part = PaymentPart::captured_from(&charged, rate).unwrap();
            prop_assert!(part.lines.iter().all(PartLine::is_sound));
            prop_assert!(part.is_of(&charged));
            let off = (i128::from(part.lines[0].commission) * 10_000 - i128::from(total) * i128::from(rate)).abs();
            prop_assert!(off <= 5_000);
        }
    }
}
