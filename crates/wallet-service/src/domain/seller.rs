//! What the wallet knows of a seller.

use kernel::UserId;
use serde::{Deserialize, Serialize};

/// A seller, as the user service said last. The earnings of a suspended one stay pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seller {
    /// Who.
    #[serde(rename = "_id")]
    pub(crate) user: UserId,
    /// Whether they are suspended.
    pub(crate) is_suspended: bool,
    /// Rises with every change.
    pub(crate) version: i64,
}
