//! Shows and changes the caller as a seller.

use std::sync::Arc;

use contracts::sellers::SellersMode;
use kernel::{Timestamp, UserId};
use store::{Store, StoreResult, Tx};

use super::{App, UserError, profile};
use crate::domain::{Seller, SellerProfile, SellerRefusal, User};
use crate::events;

/// The caller as a seller, and their user.
pub(crate) async fn my_seller(app: &App, user: UserId) -> Result<(Seller, User), UserError> {
    let seller = app.store.get::<Seller>(&user).await?;
    let seller = seller.ok_or(SellerRefusal::NotFound)?;
    Ok((Arc::unwrap_or_clone(seller), profile(app, user).await?))
}

/// Replaces the caller's seller profile. A user who is no seller yet becomes one.
pub(crate) async fn change_seller(
    app: &App,
    user: UserId,
    to: SellerProfile,
) -> Result<(Seller, User), UserError> {
    let owner = profile(app, user).await?;
    let changed = put_profile(&app.store, user, to, app.mode, app.clock.now()).await?;
    Ok((changed, owner))
}

/// Saves the profile and tells the other services. The profile that the seller has changes nothing.
pub(crate) async fn put_profile(
    store: &Store,
    user: UserId,
    to: SellerProfile,
    mode: SellersMode,
    now: Timestamp,
) -> StoreResult<Seller> {
    store
        .write(move |tx| {
            let changed = match tx.get::<Seller>(&user)? {
                None => Seller::new(user, to.clone(), mode, now),
                Some(found) => match found.with_profile(to.clone()) {
                    None => return Ok(Arc::unwrap_or_clone(found)),
                    Some(changed) => changed,
                },
            };
            save(tx, &changed, now)?;
            Ok(changed)
        })
        .await
}

/// Saves a changed seller and tells the other services.
pub(super) fn save(tx: &mut Tx<'_>, seller: &Seller, now: Timestamp) -> StoreResult<()> {
    tx.put(seller.clone())?;
    tx.send(events::seller_changed(seller, now))
}
