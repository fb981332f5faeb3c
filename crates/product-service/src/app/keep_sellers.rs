//! Keeps what users are called and what they are as sellers: as the user service says, and from their first product on.

use std::sync::Arc;

use contracts::sellers::SellersMode;
use kernel::{Timestamp, UserId};
use store::{StoreResult, Tx};

use super::App;
use crate::domain::{Said, Seller};
use crate::events;

/// Keeps what was said, in one transaction. Returns one result for each, in order. Messages come in any order and more than once: what is
/// of an earlier version is passed over.
pub(crate) async fn keep_sellers(
    app: &App,
    said: Vec<(UserId, Said)>,
) -> StoreResult<Vec<StoreResult<()>>> {
    let users: Vec<UserId> = said.iter().map(|(user, _)| *user).collect();
    let kept = app
        .store
        .write(move |tx| {
            tx.want::<Seller>(said.iter().map(|(user, _)| *user))?;
            tx.each(&said, |tx, (user, said)| {
                let Some(after) = known(tx, *user)?.after(said) else {
                    tx.handled_before();
                    return Ok(());
                };
                tx.put(after)
            })
        })
        .await?;
    app.sellers.forget(users);
    Ok(kept)
}

/// Makes a seller of a user who lists a product and tells the user service, unless they are one. Returns whether they were none.
pub(super) fn start_seller(
    tx: &mut Tx<'_>,
    user: UserId,
    mode: SellersMode,
    now: Timestamp,
) -> StoreResult<bool> {
    let Some(started) = known(tx, user)?.started(mode, now) else {
        return Ok(false);
    };
    tx.put(started)?;
    tx.send(events::seller_started(user, now))?;
    Ok(true)
}

fn known(tx: &mut Tx<'_>, user: UserId) -> StoreResult<Seller> {
    let found = tx.get::<Seller>(&user)?;
    Ok(found.map_or_else(|| Seller::unknown(user), Arc::unwrap_or_clone))
}
