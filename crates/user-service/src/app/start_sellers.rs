//! Makes sellers of users who listed their first product.

use contracts::sellers::SellersMode;
use kernel::{Timestamp, UserId};
use store::{Store, StoreResult};

use super::App;
use super::seller::save;
use crate::domain::{Seller, SellerProfile, User};

/// A user who listed their first product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Started {
    /// Who.
    pub(crate) user: UserId,
    /// When.
    pub(crate) at: Timestamp,
}

/// Makes them sellers, in one transaction. Returns one result for each, in order. A repeat changes nothing, nor does the first product of
/// a user who became a seller by their profile.
pub(crate) async fn start_sellers(
    app: &App,
    started: Vec<Started>,
) -> StoreResult<Vec<StoreResult<()>>> {
    start(&app.store, started, app.mode, app.clock.now()).await
}

/// Saves the sellers and tells the other services.
pub(crate) async fn start(
    store: &Store,
    started: Vec<Started>,
    mode: SellersMode,
    now: Timestamp,
) -> StoreResult<Vec<StoreResult<()>>> {
    store
        .write(move |tx| {
            tx.want::<User>(started.iter().map(|one| one.user))?;
            tx.want::<Seller>(started.iter().map(|one| one.user))?;
            tx.each(&started, |tx, one| {
                let is_known = tx.get::<Seller>(&one.user)?.is_some();
                if is_known || tx.get::<User>(&one.user)?.is_none() {
                    tx.handled_before();
                    return Ok(());
                }
                let seller = Seller::new(one.user, SellerProfile::default(), mode, one.at);
                save(tx, &seller, now)
            })
        })
        .await
}
