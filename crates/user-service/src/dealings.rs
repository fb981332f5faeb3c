//! Asks the order and the wallet service what a user has still to settle, before the user is erased.

#[cfg(feature = "distributed")]
mod http;

use async_trait::async_trait;
use contracts::dealings::Dealings;
use kernel::UserId;

#[cfg(feature = "distributed")]
pub use http::HttpSettlements;

/// What users have still to settle, as the other services know it.
#[async_trait]
pub trait Settlements: Send + Sync {
    /// What `user` has still to settle.
    ///
    /// # Errors
    /// A sentence for the log, if a service does not answer. Then it is unknown.
    async fn left_of(&self, user: UserId) -> Result<Dealings, String>;
}
