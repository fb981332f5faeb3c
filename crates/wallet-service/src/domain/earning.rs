//! Payouts: earnings that stay in a seller's pending account until their hold ends.

use kernel::{Money, OrderId, Timestamp, TransactionId, UserId};

use super::journal::negative;
use super::{AccountKey, Accounts, Header, Kind, LedgerError, OperationId, Posting, Recorded};

/// A seller's earnings from an order that they cannot spend yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Payout {
    /// The order.
    pub(crate) order: OrderId,
    /// The seller.
    pub(crate) seller: UserId,
    /// The amount after commission.
    pub(crate) money: Money,
    /// When it becomes available.
    pub(crate) available_at: Timestamp,
}

/// Moves a due payout from the seller's pending account to their available account.
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
    let opposite = negative(payout.money, seller)?;
    let header = Header {
        id,
        kind: Kind::Earning,
        operation: OperationId::of_earning(payout.order, seller),
        order: Some(payout.order),
        reference: None,
    };
    let postings = [
        Posting::User(AccountKey::pending(seller), opposite),
        Posting::User(AccountKey::available(seller), payout.money),
    ];
    Recorded::post(header, &postings, accounts, now)
}
