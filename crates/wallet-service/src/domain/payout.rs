//! Payouts: earnings that wait in a seller's pending bucket until their time has come.

use kernel::{Money, OrderId, Timestamp, TransactionId, UserId};

use super::{
    AccountKey, Accounts, Header, Kind, LedgerError, OperationId, Posting, Recorded, Transaction,
};

/// What a seller earned with an order and cannot spend yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Payout {
    /// The order.
    pub(crate) order: OrderId,
    /// Who earned it.
    pub(crate) seller: UserId,
    /// How much, after commission.
    pub(crate) money: Money,
    /// When it becomes available.
    pub(crate) available_at: Timestamp,
}

/// Moves a payout that is due from the seller's pending to their available account.
///
/// # Errors
/// [`LedgerError`].
pub(crate) fn earn(
    payout: &Payout,
    id: TransactionId,
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Recorded, LedgerError> {
    let seller = payout.seller;
    let opposite = payout
        .money
        .checked_neg()
        .map_err(|_| LedgerError::Overflow { owner: seller })?;
    let header = Header {
        id,
        kind: Kind::Earning,
        operation: OperationId::of_earning(payout.order, seller),
        order: Some(payout.order),
        reference: None,
    };
    let postings = vec![
        Posting::user(AccountKey::pending(seller), opposite),
        Posting::user(AccountKey::available(seller), payout.money),
    ];
    Transaction::new(header, postings)?.record(accounts, now)
}
