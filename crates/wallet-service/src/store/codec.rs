//! The ledger's words as small integers and text. Both engines store the same.

use kernel::{Currency, Money};
use store::{StoreError, StoreResult};

use crate::domain::{Bucket, Kind, PaymentStatus, Reference, SystemAccount};

/// Declares the code of each word of a type: a function that writes it and one that reads it.
macro_rules! codes {
    ($type:ident: $write:ident, $read:ident { $($word:ident = $code:literal),+ }) => {
        /// The word's code.
        pub(crate) const fn $write(word: $type) -> i32 {
            match word {
                $($type::$word => $code,)+
            }
        }

        /// Reads a code.
        ///
        /// # Errors
        /// [`StoreError::Corrupt`] if no word has it.
        pub(crate) fn $read(code: i32) -> StoreResult<$type> {
            match code {
                $($code => Ok($type::$word),)+
                other => Err(corrupt(format!("{other} is not a code of {}", stringify!($type)))),
            }
        }
    };
}

codes!(Bucket: bucket_code, bucket { Available = 0, Pending = 1, Debt = 2 });
codes!(Kind: kind_code, kind {
    Credit = 0, Debit = 1, OrderPayment = 2, OrderRefund = 3, OrderRelease = 4, Earning = 5,
    EarningReversal = 6, DebtRepayment = 7
});
codes!(SystemAccount: system_code, system {
    Escrow = 0, PlatformFees = 1, ExternalTopup = 2, ExternalWithdrawal = 3
});
codes!(PaymentStatus: status_code, status {
    Declined = 0, Cancelled = 1, Debited = 2, Reversed = 3
});

/// Reads a currency.
///
/// # Errors
/// [`StoreError::Corrupt`] for an invalid value; likewise below.
pub(crate) fn currency(text: &str) -> StoreResult<Currency> {
    text.parse()
        .map_err(|_| corrupt(format!("{text:?} is not a currency")))
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

/// The error of a row that does not decode.
pub(crate) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt(what.into())
}
