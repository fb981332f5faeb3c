//! Decides what a command does to an order's payment. Each step is decided once, from what is recorded, so a repeated command gets the
//! first one's answer. A step has a file of its own.
//!
//! ```text
//! nothing known --debit--> debited --cancel--> reversed
//!       |   \                each part: refund*, release, refund*
//!       |    \--> declined
//!       \--cancel--> cancelled (refuses any debit that comes later)
//! ```

mod cancel;
mod debit;
mod refund;
mod release;
#[cfg(test)]
mod tests;

use kernel::{Currency, Money, Timestamp, TransactionId, UserId};

use super::command::{Decision, Known, Refusal, Refused};
use super::{
    Accounts, Action, Header, Kind, LedgerError, OperationId, OrderCommand, Posting, Recorded,
    Reply, Terms,
};

/// Decides `command` from what is known and the accounts that it touches.
///
/// # Errors
/// [`LedgerError`] if the ledger is inconsistent. That is a defect, not a refusal.
pub(crate) fn decide(
    command: &OrderCommand,
    known: &Known<'_>,
    accounts: &mut Accounts,
    terms: &Terms,
    now: Timestamp,
) -> Result<Decision, LedgerError> {
    let step = Step { command, now };
    let decided = match &command.action {
        Action::Debit { buyer, charge } => {
            debit::debit(step, known.payment, *buyer, charge, accounts, terms)
        }
        Action::Cancel { buyer } => cancel::cancel(step, known.payment, *buyer, accounts),
        Action::Refund {
            fulfilment,
            refund,
            lines,
        } => {
            let wanted = refund::Wanted {
                fulfilment: *fulfilment,
                refund: *refund,
                lines,
            };
            refund::refund(step, known, &wanted, accounts)
        }
        Action::Release { fulfilment } => {
            release::release(step, known.payment, *fulfilment, accounts, terms)
        }
    };
    match decided {
        Err(LedgerError::Overflow { .. }) => Ok(step.refused(Refusal::BalanceLimit)),
        other => other,
    }
}

/// The command that is decided, and when.
#[derive(Clone, Copy)]
struct Step<'a> {
    command: &'a OrderCommand,
    now: Timestamp,
}

impl Step<'_> {
    fn refused(self, reason: Refusal) -> Decision {
        Decision::unchanged(Reply::Refused {
            what: Refused::from(&self.command.action),
            reason,
        })
    }

    /// Posts a transaction of the command's order.
    fn post(
        self,
        id: TransactionId,
        kind: Kind,
        operation: OperationId,
        postings: &[Posting],
        accounts: &mut Accounts,
    ) -> Result<Recorded, LedgerError> {
        let header = Header {
            id,
            kind,
            operation,
            order: Some(self.command.order),
            reference: None,
        };
        Recorded::post(header, postings, accounts, self.now)
    }
}

/// A sum of a payment's amounts. It fits unless a record is damaged; the error then names `owner`.
fn money(amount: i128, currency: Currency, owner: UserId) -> Result<Money, LedgerError> {
    let amount = i64::try_from(amount).map_err(|_| LedgerError::Overflow { owner })?;
    Ok(Money::new(amount, currency))
}
