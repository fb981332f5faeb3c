//! Credits and debits: money that enters the marketplace from outside or leaves it.

use kernel::{Money, Timestamp, TransactionId, UserId};

use super::{
    AccountKey, Accounts, Header, Kind, LedgerError, OperationId, Posting, Recorded, Reference,
    SystemAccount, Transaction,
};

/// The direction of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Into the wallet.
    Credit,
    /// Out of it.
    Debit,
}

/// A requested credit or debit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// Id of the resulting transaction.
    pub(crate) id: TransactionId,
    /// The operation's id. A repeated request has the same one.
    pub(crate) operation: OperationId,
    /// Credit or debit.
    pub(crate) direction: Direction,
    /// The wallet's owner.
    pub(crate) owner: UserId,
    /// The amount, positive in both directions.
    pub(crate) money: Money,
    /// The client's reference.
    pub(crate) reference: Option<Reference>,
}

impl Transfer {
    /// The kind of the resulting transaction.
    pub(crate) const fn kind(&self) -> Kind {
        match self.direction {
            Direction::Credit => Kind::Credit,
            Direction::Debit => Kind::Debit,
        }
    }

    /// The change in the wallet's balance: negative for a debit.
    ///
    /// # Errors
    /// [`LedgerError::Overflow`], which a positive amount never causes.
    pub(crate) fn signed(&self) -> Result<Money, LedgerError> {
        match self.direction {
            Direction::Credit => Ok(self.money),
            Direction::Debit => self
                .money
                .checked_neg()
                .map_err(|_| LedgerError::Overflow { owner: self.owner }),
        }
    }
}

/// Why a wallet refuses a transfer. Nothing is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransferRefusal {
    /// The balance is less than the amount.
    InsufficientFunds {
        /// The current balance.
        available: Money,
    },
    /// The wallet would hold more than [`Money::MAX_AMOUNT`].
    BalanceLimit,
}

/// Why a transfer was not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransferError {
    /// The wallet's rules refused it.
    Refused(TransferRefusal),
    /// The ledger rejected it, which is a defect.
    Ledger(LedgerError),
}

impl From<LedgerError> for TransferError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// Records `transfer` on its owner's available account.
///
/// # Errors
/// [`TransferError::Refused`] if the balance does not allow it.
pub(crate) fn transfer(
    transfer: &Transfer,
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Recorded, TransferError> {
    let account = AccountKey::available(transfer.owner);
    let signed = transfer.signed()?;
    let held = accounts
        .get(account)
        .map_or(0, |account| account.balance(signed.currency));
    let after = i128::from(held) + i128::from(signed.amount);
    if after < 0 {
        let available = Money::new(held, signed.currency);
        return Err(TransferError::Refused(TransferRefusal::InsufficientFunds {
            available,
        }));
    }
    if transfer.direction == Direction::Credit && after > i128::from(Money::MAX_AMOUNT) {
        return Err(TransferError::Refused(TransferRefusal::BalanceLimit));
    }
    let outside = match transfer.direction {
        Direction::Credit => SystemAccount::ExternalTopup,
        Direction::Debit => SystemAccount::ExternalWithdrawal,
    };
    let opposite = signed.checked_neg().map_err(|_| LedgerError::Overflow {
        owner: transfer.owner,
    })?;
    let header = Header {
        id: transfer.id,
        kind: transfer.kind(),
        operation: transfer.operation,
        order: None,
        reference: transfer.reference.clone(),
    };
    let postings = vec![
        Posting::user(account, signed),
        Posting::system(outside, opposite),
    ];
    Ok(Transaction::new(header, postings)?.record(accounts, now)?)
}
