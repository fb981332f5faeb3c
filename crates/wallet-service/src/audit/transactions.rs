//! Invariant 1: every journal transaction has its postings, and they sum to zero in each currency.

use std::collections::BTreeMap;

use super::facts::{Id, Line, Subject};
use super::{AuditReport, Invariant, shown};

/// A transaction's journal row and lines.
#[derive(Default)]
pub(super) struct Transaction {
    kind: Option<i32>,
    lines: u64,
    /// Lines of another kind.
    strays: u64,
    sums: BTreeMap<String, i128>,
}

impl Transaction {
    pub(super) fn row(&mut self, kind: i32) {
        self.kind = Some(kind);
    }

    pub(super) fn line(&mut self, line: Line) {
        self.lines += 1;
        *self.sums.entry(line.currency).or_default() += i128::from(line.amount);
        let kinds = line.kind.zip(self.kind);
        let is_stray = kinds.is_some_and(|(line, row)| line != row);
        self.strays += u64::from(is_stray);
    }
}

impl Subject for Transaction {
    type Id = Id;

    fn close(self, id: Id, report: &mut AuditReport) {
        let (id, lines) = (shown(&id), self.lines);
        let mut found = |what: String| {
            let detail = format!("transaction {id}: {what}");
            report.found(Invariant::TransactionsBalance, detail);
        };
        for _ in 0..self.strays {
            found("a posting is of another kind".to_owned());
        }
        if self.kind.is_none() {
            found(format!("has {lines} postings and no row in the journal"));
        } else if lines < 2 {
            found(format!("has {lines} postings, not two or more"));
        }
        for (currency, sum) in self.sums.iter().filter(|(_, sum)| **sum != 0) {
            found(format!("its postings sum to {sum} {currency}, not to zero"));
        }
    }
}
