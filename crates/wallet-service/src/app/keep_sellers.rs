//! Keeps who is suspended, as the user service says.

use store::StoreResult;

use super::App;
use crate::domain::Seller;

/// Keeps what was said, in one transaction. Returns one result for each, in order. Messages come in any order and more than once: what is
/// of an earlier version is passed over.
pub(crate) async fn keep_sellers(
    app: &App,
    sellers: Vec<Seller>,
) -> StoreResult<Vec<StoreResult<()>>> {
    app.store
        .write(move |tx| {
            tx.want::<Seller>(sellers.iter().map(|seller| seller.user))?;
            tx.each(&sellers, |tx, seller| {
                let known = tx.get::<Seller>(&seller.user)?;
                if known.is_some_and(|known| known.version >= seller.version) {
                    tx.handled_before();
                    return Ok(());
                }
                tx.put(*seller)
            })
        })
        .await
}
