//! The ledger's words as small integers and text: the same in every store.

use kernel::{Currency, Money};
use store::{StoreError, StoreResult};

#[cfg(feature = "sqlite")]
use crate::domain::Bucket;
use crate::domain::{Kind, LedgerError, Reference, SystemAccount};

/// The field `bucket`.
#[cfg(feature = "sqlite")]
pub(crate) const fn bucket_code(bucket: Bucket) -> i32 {
    match bucket {
        Bucket::Available => 0,
        Bucket::Pending => 1,
    }
}

/// The field `kind`.
pub(crate) const fn kind_code(kind: Kind) -> i32 {
    match kind {
        Kind::Credit => 0,
        Kind::Debit => 1,
        Kind::OrderPayment => 2,
        Kind::OrderRefund => 3,
        Kind::OrderRelease => 4,
        Kind::Earning => 5,
    }
}

/// Reads the field `kind`.
///
/// # Errors
/// [`StoreError::Corrupt`] if it is none; likewise for those below.
pub(crate) fn kind(code: i32) -> StoreResult<Kind> {
    match code {
        0 => Ok(Kind::Credit),
        1 => Ok(Kind::Debit),
        2 => Ok(Kind::OrderPayment),
        3 => Ok(Kind::OrderRefund),
        4 => Ok(Kind::OrderRelease),
        5 => Ok(Kind::Earning),
        other => Err(corrupt(format!("{other} is no kind of transaction"))),
    }
}

/// The field `account` of the system's postings.
pub(crate) const fn system_code(account: SystemAccount) -> i32 {
    match account {
        SystemAccount::Escrow => 0,
        SystemAccount::PlatformFees => 1,
        SystemAccount::ExternalTopup => 2,
        SystemAccount::ExternalWithdrawal => 3,
    }
}

/// Reads a currency.
pub(crate) fn currency(text: &str) -> StoreResult<Currency> {
    text.parse()
        .map_err(|_| corrupt(format!("{text:?} is no currency")))
}

/// Reads an amount and its currency.
pub(crate) fn money(amount: i64, text: &str) -> StoreResult<Money> {
    Ok(Money::new(amount, currency(text)?))
}

/// Reads a reference.
pub(crate) fn reference(text: Option<&str>) -> StoreResult<Option<Reference>> {
    text.map(|text| Reference::parse(text).map_err(|_| corrupt("a reference breaks its rule")))
        .transpose()
}

/// A row that does not say what it must.
pub(crate) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt(what.into())
}

impl From<LedgerError> for StoreError {
    /// Refusals are decided before; what the ledger itself does not accept is a defect or a damaged row.
    fn from(error: LedgerError) -> Self {
        corrupt(error.to_string())
    }
}
