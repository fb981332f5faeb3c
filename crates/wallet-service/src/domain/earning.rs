//! Earnings: what a seller got from a part and that stays in their pending account until its hold ends.

use kernel::{FulfilmentId, Money, OrderId, Timestamp, TransactionId, UserId};

use super::journal::negative;
use super::{
    AccountKey, Accounts, Credited, Header, Kind, LedgerError, OperationId, Posting, Recorded,
};

/// A seller's earnings from a part of an order that they cannot spend yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Earning {
    /// The order.
    pub(crate) order: OrderId,
    /// The part.
    pub(crate) fulfilment: FulfilmentId,
    /// The seller.
    pub(crate) seller: UserId,
    /// The amount after commission and repaid debt, less what was refunded since.
    pub(crate) money: Money,
    /// When it becomes available.
    pub(crate) available_at: Timestamp,
}

/// Moves due earnings from the seller's pending account to their available account, and from there to their debt if they have one.
///
/// # Errors
/// [`LedgerError`].
pub(crate) fn earn(
    earning: &Earning,
    ids: [TransactionId; 2],
    accounts: &mut Accounts,
    now: Timestamp,
) -> Result<Credited, LedgerError> {
    let (seller, [id, repayment]) = (earning.seller, ids);
    let header = Header {
        id,
        kind: Kind::Earning,
        operation: OperationId::of_earning(earning.order, earning.fulfilment),
        order: Some(earning.order),
        reference: None,
    };
    let postings = [
        Posting::User(
            AccountKey::pending(seller),
            negative(earning.money, seller)?,
        ),
        Posting::User(AccountKey::available(seller), earning.money),
    ];
    let recorded = Recorded::post(header, &postings, accounts, now)?;
    Credited::to(seller, recorded, repayment, accounts, now)
}
