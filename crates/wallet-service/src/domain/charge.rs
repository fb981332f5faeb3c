//! What an order asks of its buyer: a total, and what each seller sells for how much of it.

use std::collections::BTreeSet;

use kernel::{FulfilmentId, LineId, Money, UserId};

/// The total of an order, split into parts and lines that add up to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Charge {
    total: Money,
    parts: Vec<ChargedPart>,
}

/// What one seller sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChargedPart {
    /// The fulfilment.
    pub(crate) fulfilment: FulfilmentId,
    /// The seller.
    pub(crate) seller: UserId,
    /// Its lines.
    pub(crate) lines: Vec<ChargedLine>,
}

/// A line: one product in some quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChargedLine {
    /// The line.
    pub(crate) line: LineId,
    /// Price times quantity.
    pub(crate) total: Money,
}

/// Why lines make no charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoCharge {
    /// An order without parts, or a part without lines.
    #[error("an order or a part of it has no lines")]
    Empty,
    /// Two parts or two lines have one id.
    #[error("two parts or lines have one id")]
    Repeated,
    /// The lines do not sum to the total, or are in another currency.
    #[error("the lines do not sum to the total")]
    Sum,
}

impl Charge {
    /// A charge of `total`, a positive amount, for `parts`, whose amounts are positive.
    ///
    /// # Errors
    /// [`NoCharge`].
    pub(crate) fn new(total: Money, parts: Vec<ChargedPart>) -> Result<Self, NoCharge> {
        if parts.is_empty() || parts.iter().any(|part| part.lines.is_empty()) {
            return Err(NoCharge::Empty);
        }
        let (mut fulfilments, mut lines) = (BTreeSet::new(), BTreeSet::new());
        let mut sum = Money::new(0, total.currency);
        for part in &parts {
            let mut is_new = fulfilments.insert(part.fulfilment);
            for line in &part.lines {
                is_new &= lines.insert(line.line);
                sum = sum.checked_add(line.total).map_err(|_| NoCharge::Sum)?;
            }
            if !is_new {
                return Err(NoCharge::Repeated);
            }
        }
        if sum != total {
            return Err(NoCharge::Sum);
        }
        Ok(Self { total, parts })
    }

    /// The total.
    pub(crate) const fn total(&self) -> Money {
        self.total
    }

    /// Its parts.
    pub(crate) fn parts(&self) -> &[ChargedPart] {
        &self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, SystemIds};

    #[test]
    fn a_charge_has_lines_of_its_own_that_sum_to_its_total() {
        let ids = SystemIds::default();
        let usd = |amount| Money::new(amount, Currency::USD);
        let line = |amount| ChargedLine {
            line: LineId::new(&ids),
            total: usd(amount),
        };
        let part = |lines| ChargedPart {
            fulfilment: FulfilmentId::new(&ids),
            seller: UserId::new(&ids),
            lines,
        };
        let good = vec![part(vec![line(5), line(6)]), part(vec![line(7)])];
        assert!(Charge::new(usd(18), good.clone()).is_ok());
        assert_eq!(Charge::new(usd(17), good.clone()), Err(NoCharge::Sum));
        let euro = Money::new(18, "EUR".parse().unwrap());
        assert_eq!(Charge::new(euro, good.clone()), Err(NoCharge::Sum));
        assert_eq!(Charge::new(usd(18), Vec::new()), Err(NoCharge::Empty));
        let hollow = vec![part(vec![line(18)]), part(Vec::new())];
        assert_eq!(Charge::new(usd(18), hollow), Err(NoCharge::Empty));
        let twice = vec![good[0].clone(), good[0].clone()];
        assert_eq!(Charge::new(usd(22), twice), Err(NoCharge::Repeated));
        let one = line(9);
        let repeated = vec![part(vec![one]), part(vec![one])];
        assert_eq!(Charge::new(usd(18), repeated), Err(NoCharge::Repeated));
    }
}
