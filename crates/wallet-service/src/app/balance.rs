//! What a user has.

use kernel::UserId;
use store::StoreResult;

use super::App;
use crate::store::Holding;

/// A user's balances.
pub(crate) struct Balance {
    /// In the marketplace's currency.
    pub(crate) own: Holding,
    /// In every currency, the marketplace's first.
    pub(crate) all: Vec<Holding>,
}

/// The balances of `owner`; zero in the marketplace's currency for who never had any.
pub(crate) async fn balance(app: &App, owner: UserId) -> StoreResult<Balance> {
    let (own, others): (Vec<Holding>, Vec<Holding>) = app
        .store
        .holdings(owner)
        .await?
        .into_iter()
        .partition(|holding| holding.currency == app.currency);
    let own = own.first().copied().unwrap_or(Holding {
        currency: app.currency,
        available: 0,
        pending: 0,
    });
    let all = std::iter::once(own).chain(others).collect();
    Ok(Balance { own, all })
}
