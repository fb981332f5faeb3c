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

/// The balances of `owner`. They are 0 for a user who has never held money.
pub(crate) async fn balance(app: &App, owner: UserId) -> StoreResult<Balance> {
    let (own, others): (Vec<Holding>, Vec<Holding>) = app
        .ledger
        .holdings(owner)
        .await?
        .into_iter()
        .partition(|holding| holding.currency == app.currency);
    let own = own.first().copied().unwrap_or(Holding::none(app.currency));
    let all = std::iter::once(own).chain(others).collect();
    Ok(Balance { own, all })
}
