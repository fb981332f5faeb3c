//! Credits and debits: money that enters the marketplace from outside or leaves it.

use kernel::{Money, Timestamp, TransactionId, UserId};

use super::journal::negative;
use super::{
    AccountKey, Accounts, Credited, Header, Kind, LedgerError, OperationId, Posting, Recorded,
    Reference, SystemAccount,
};

/// The direction of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Into the wallet.
    Credit,
    /// Out of it.
    Debit,
}

/// What is to be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Movement {
    /// Credit or debit.
    pub(crate) direction: Direction,
    /// The wallet's owner.
    pub(crate) owner: UserId,
    /// The amount, positive in both directions.
    pub(crate) money: Money,
    /// The client's reference.
    pub(crate) reference: Option<Reference>,
}

impl Movement {
    /// The change in the wallet's balance: negative for a debit.
    ///
    /// # Errors
    /// [`LedgerError::Overflow`], which a positive amount never causes.
    pub(crate) fn signed(&self) -> Result<Money, LedgerError> {
        match self.direction {
            Direction::Credit => Ok(self.money),
            Direction::Debit => negative(self.money, self.owner),
        }
    }
}

/// A requested credit or debit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// Id of the resulting transaction.
    pub(crate) id: TransactionId,
    /// Id of the one in which a credit repays a debt.
    pub(crate) repayment: TransactionId,
    /// The operation's id. A repeated request has the same one.
    pub(crate) operation: OperationId,
    /// What is to be moved.
    pub(crate) movement: Movement,
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

/// Records `transfer` on its owner's available account, or refuses it if the balance does not allow it. A credit repays a debt.
///
/// # Errors
/// [`LedgerError`] if the ledger rejects it, which is a defect.
pub(crate) fn transfer(
    transfer: &Transfer,
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Result<Credited, TransferRefusal>, LedgerError> {
    let movement = &transfer.movement;
    let account = AccountKey::available(movement.owner);
    let signed = movement.signed()?;
    let held = accounts
        .get(&account)
        .map_or(0, |account| account.balance(signed.currency));
    if signed.amount < -held {
        let available = Money::new(held, signed.currency);
        return Ok(Err(TransferRefusal::InsufficientFunds { available }));
    }
    let (kind, outside) = match movement.direction {
        Direction::Credit => (Kind::Credit, SystemAccount::ExternalTopup),
        Direction::Debit => (Kind::Debit, SystemAccount::ExternalWithdrawal),
    };
    let header = Header {
        id: transfer.id,
        kind,
        operation: transfer.operation,
        order: None,
        reference: movement.reference.clone(),
    };
    let postings = [
        Posting::User(account, signed),
        Posting::System(outside, negative(signed, movement.owner)?),
    ];
    let recorded = match Recorded::post(header, &postings, accounts, now) {
        Err(LedgerError::Overflow { .. }) => return Ok(Err(TransferRefusal::BalanceLimit)),
        posted => posted?,
    };
    match movement.direction {
        Direction::Credit => {
            let (owner, repayment) = (movement.owner, transfer.repayment);
            Credited::to(owner, recorded, repayment, accounts, now).map(Ok)
        }
        Direction::Debit => Ok(Ok(Credited {
            recorded,
            repaid: None,
        })),
    }
}
