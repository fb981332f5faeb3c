//! Invariant 1: every journal transaction has its postings, and they sum to zero in each currency.

use std::collections::BTreeMap;

use super::{AuditReport, Invariant, shown};

/// A transaction's journal row and lines, collected while they are read.
#[derive(Default)]
pub(super) struct Group {
    id: Vec<u8>,
    kind: Option<i32>,
    lines: u64,
    sums: BTreeMap<String, i128>,
}

impl Group {
    /// The transaction `id`, before anything of it is read.
    pub(super) fn new(id: Vec<u8>) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }

    /// The transaction's id.
    #[cfg(feature = "sqlite")]
    pub(super) fn id(&self) -> &[u8] {
        &self.id
    }

    /// Takes the journal row, which comes before its lines.
    pub(super) fn row(&mut self, kind: i32, report: &mut AuditReport) {
        self.kind = Some(kind);
        report.transactions += 1;
    }

    /// Takes a line. `kind` is given if the store repeats the transaction's kind in it.
    pub(super) fn line(
        &mut self,
        kind: Option<i32>,
        currency: String,
        amount: i64,
        report: &mut AuditReport,
    ) {
        report.postings += 1;
        self.lines += 1;
        *self.sums.entry(currency).or_default() += i128::from(amount);
        if kind.is_some() && self.kind.is_some() && kind != self.kind {
            let id = shown(&self.id);
            report.found(
                Invariant::TransactionsBalance,
                format!("transaction {id}: a posting is of another kind"),
            );
        }
    }

    /// Checks what was read.
    pub(super) fn close(self, report: &mut AuditReport) {
        let (id, lines) = (shown(&self.id), self.lines);
        if self.kind.is_none() {
            report.found(
                Invariant::TransactionsBalance,
                format!("transaction {id}: has {lines} postings and no row in the journal"),
            );
        } else if lines < 2 {
            report.found(
                Invariant::TransactionsBalance,
                format!("transaction {id}: has {lines} postings, not two or more"),
            );
        }
        for (currency, sum) in self.sums.iter().filter(|(_, sum)| **sum != 0) {
            report.found(
                Invariant::TransactionsBalance,
                format!("transaction {id}: its postings sum to {sum} {currency}, not to zero"),
            );
        }
    }
}
