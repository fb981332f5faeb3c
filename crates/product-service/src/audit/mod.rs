//! The check of the stock book (invariant 6): for each product, available + held + sold = what was put in. It adds up rows that were
//! written independently of each other: the stock, the lines of reservations, the entries of the book. The audit of the whole
//! marketplace reads here, too, what became of reservations.

#[cfg(feature = "mongo")]
pub(crate) mod mongo;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use kernel::ProductId;

/// What the check of the stock book found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockAudit {
    /// Products checked.
    pub products: u64,
    /// A sentence for each thing that is not right.
    pub violations: Vec<String>,
}

/// The sums that the stock book is checked by.
struct Sums {
    product: ProductId,
    available: i64,
    booked: i64,
    held: i64,
    sold: i64,
}

impl StockAudit {
    /// Checks one product.
    fn check(&mut self, sums: &Sums) {
        let Sums {
            product,
            available,
            booked,
            held,
            sold,
        } = *sums;
        self.products = self.products.saturating_add(1);
        let there = i128::from(available) + i128::from(held) + i128::from(sold);
        if available < 0 {
            let finding = format!("product {product}: available is {available}");
            self.violations.push(finding);
        } else if there != i128::from(booked) {
            self.violations.push(format!(
                "product {product}: available {available} + held {held} + sold {sold} = {there}, but {booked} were put in"
            ));
        }
    }

    /// Notes how many of `what` there are, which should be none.
    fn note(&mut self, count: i64, what: &str) {
        if count > 0 {
            self.violations.push(format!("{count} {what}"));
        }
    }
}
