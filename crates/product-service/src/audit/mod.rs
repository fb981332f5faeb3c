//! The audit of the stock book (invariant 6): for each product, available + held + sold = the sum of its entries. It adds up rows that
//! were written independently of each other: stock, reservation lines, entries. The audit of the whole marketplace also reads here the
//! states of reservations.

#[cfg(feature = "mongo")]
pub(crate) mod mongo;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use kernel::ProductId;

/// The result of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockAudit {
    /// Products checked.
    pub products: u64,
    /// A sentence for each violation.
    pub violations: Vec<String>,
}

/// One product's sums.
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

    /// Adds a violation if `count` is not 0.
    fn note(&mut self, count: i64, what: &str) {
        if count > 0 {
            self.violations.push(format!("{count} {what}"));
        }
    }
}
