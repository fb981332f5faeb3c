//! The audit of the stock book (invariant 6): for each variant of each product, available + held + sold - restocked = the sum of its
//! entries. Items that were written off still count as sold. It adds up rows that were written independently of each other: stock,
//! reservation lines, entries, returns.
//! Each engine gives their sums, variant by variant, as of one moment. The audit of the whole marketplace also reads here the
//! reservations, to compare them with their orders.

#[cfg(feature = "mongo")]
pub(crate) mod mongo;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use contracts::reservations::Article;
use kernel::{Findings, OrderId, ProductId, VariantId};
use serde::Deserialize;

use crate::domain::{ReservationState, Returned};

/// The result of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockAudit {
    /// Products checked.
    pub products: u64,
    /// Their units, added up.
    pub figures: StockFigures,
    /// What is wrong.
    pub violations: Findings,
}

/// Where the units are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StockFigures {
    /// Can be ordered.
    pub available: i128,
    /// Set aside for orders that are not paid yet.
    pub held: i128,
    /// Sold, with what came back later.
    pub sold: i128,
    /// Of those sold: came back into stock.
    pub returned: i128,
    /// Of those sold: came back and are lost.
    pub written_off: i128,
}

impl StockFigures {
    fn add(&mut self, sums: &Sums, available: i64) {
        for (total, units) in [
            (&mut self.available, available),
            (&mut self.held, sums.held),
            (&mut self.sold, sums.sold),
            (&mut self.returned, sums.restocked),
            (&mut self.written_off, sums.written_off),
        ] {
            *total = total.saturating_add(units.into());
        }
    }
}

/// The sums of what refers to one variant, or to none.
#[derive(Deserialize)]
struct Sums {
    #[serde(rename = "_id")]
    of: SumsKey,
    /// 1 if the variant exists, else 0.
    known: i64,
    /// None if the variant has no stock row.
    available: Option<i64>,
    /// Entries of the stock book, and their sum.
    entries: i64,
    booked: i64,
    /// Lines of reservations, and the sums of those that are held or sold.
    lines: i64,
    held: i64,
    sold: i64,
    /// Reservations without lines.
    empty: i64,
    /// What came back, as the reservations say.
    restocked: i64,
    written_off: i64,
    /// The same, as the returns say.
    restocked_by_returns: i64,
    written_off_by_returns: i64,
    /// Reservations with more returned than sold.
    exceeded: i64,
}

/// What sums are about. A reservation without lines names neither.
#[derive(Deserialize)]
struct SumsKey {
    #[serde(default)]
    product: Option<ProductId>,
    /// The default variant has the product's id here.
    #[serde(default)]
    variant: Option<VariantId>,
}

impl Sums {
    /// The article that they are about, if it exists.
    fn article(&self) -> Option<Article> {
        let product = self.of.product.filter(|_| self.known > 0)?;
        Some(Article::new(product, self.of.variant))
    }
}

/// An audit under way.
#[derive(Default)]
struct Auditor {
    audit: StockAudit,
    lost_lines: i64,
    empty: i64,
    lost_entries: i64,
}

impl Auditor {
    fn check(&mut self, sums: &Sums) {
        self.empty += sums.empty;
        let Some(article) = sums.article() else {
            self.lost_lines += sums.lines;
            self.lost_entries += sums.entries;
            return;
        };
        let (booked, held, sold, returned) = (sums.booked, sums.held, sums.sold, sums.restocked);
        let Some(available) = sums.available else {
            let finding = format!("{article} has no stock row");
            self.audit.violations.add(finding);
            return;
        };
        if article.variant.is_none() {
            self.audit.products = self.audit.products.saturating_add(1);
        }
        self.audit.figures.add(sums, available);
        let there =
            i128::from(available) + i128::from(held) + i128::from(sold) - i128::from(returned);
        if available < 0 {
            let finding = format!("{article}: available is {available}");
            self.audit.violations.add(finding);
        } else if there != i128::from(booked) {
            self.audit.violations.add(format!(
                "{article}: available {available} + held {held} + sold {sold} - returned {returned} = {there}, but {booked} were put in"
            ));
        }
        self.check_returns(article, sums);
    }

    fn check_returns(&mut self, article: Article, sums: &Sums) {
        let (returned, written_off) = (sums.restocked, sums.written_off);
        let (by_returns, off_by_returns) = (sums.restocked_by_returns, sums.written_off_by_returns);
        if (returned, written_off) != (by_returns, off_by_returns) {
            self.audit.violations.add(format!(
                "{article}: reservations have {returned} returned and {written_off} written off, the returns {by_returns} and {off_by_returns}"
            ));
        }
        let exceeded = sums.exceeded;
        if exceeded > 0 {
            self.audit.violations.add(format!(
                "{article}: of {exceeded} reservations more came back than was sold"
            ));
        }
    }

    fn end(mut self) -> StockAudit {
        for (count, what) in [
            (self.lost_lines, "reservation lines without a product"),
            (self.empty, "reservations without lines"),
            (self.lost_entries, "stock book entries without a product"),
        ] {
            if count > 0 {
                self.audit.violations.add(format!("{count} {what}"));
            }
        }
        self.audit
    }
}

/// A reservation, as far as the audit of the whole marketplace compares it with its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedReservation {
    /// The order.
    pub order: OrderId,
    /// Its state.
    pub state: ReservationState,
    /// The quantity of each article that is or was held.
    pub lines: Vec<(Article, i64)>,
    /// The quantity of each article that came back, into stock or not.
    pub returned: Vec<(Article, i64)>,
}

/// The fields of a reservation that [`AuditedReservation`] is made of.
#[derive(Deserialize)]
struct ReservationRow {
    #[serde(rename = "_id")]
    order: OrderId,
    state: ReservationState,
    lines: Vec<LineRow>,
    #[serde(default)]
    returned: Vec<Returned>,
}

#[derive(Deserialize)]
struct LineRow {
    product: ProductId,
    #[serde(default)]
    variant: Option<VariantId>,
    quantity: i64,
}

impl From<ReservationRow> for AuditedReservation {
    fn from(row: ReservationRow) -> Self {
        let lines = row.lines.iter();
        let returned = row.returned.iter();
        let units = |line: &Returned| line.restocked.saturating_add(line.written_off);
        Self {
            order: row.order,
            state: row.state,
            lines: lines
                .map(|line| (Article::new(line.product, line.variant), line.quantity))
                .collect(),
            returned: returned.map(|line| (line.article(), units(line))).collect(),
        }
    }
}
