//! What there is of a kind of record: how many, and a sum over their contents.

use sha2::{Digest as _, Sha256};
use store::{AnyRecord, Codec, Kind, StoreResult};

/// See the module. Two sets of records with the same tally are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) kind: Kind,
    pub(crate) records: u64,
    /// Of the records' hashes. It does not depend on their order.
    sum: u128,
}

impl Tally {
    pub(crate) const fn of(kind: Kind) -> Self {
        Self {
            kind,
            records: 0,
            sum: 0,
        }
    }

    pub(crate) fn add(&mut self, codec: &dyn Codec, record: &AnyRecord) -> StoreResult<()> {
        let hash = Sha256::digest(codec.encode(self.kind, record)?);
        let half = hash.iter().take(16);
        let number = half.fold(0, |number, byte| (number << 8) | u128::from(*byte));
        self.sum = self.sum.wrapping_add(number);
        self.records += 1;
        Ok(())
    }
}
