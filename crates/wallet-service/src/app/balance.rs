//! What a user has.

use std::collections::BTreeMap;

use kernel::{Currency, UserId};
use store::StoreResult;

use super::App;
use crate::domain::Bucket;

/// What a user has of one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Holding {
    /// Can be spent.
    pub(crate) available: i64,
    /// Earned, not yet available.
    pub(crate) pending: i64,
    /// Owed to the marketplace: 0 or more.
    pub(crate) debt: i64,
}

/// A user's balances.
pub(crate) struct Balance {
    /// In the marketplace's currency.
    pub(crate) own: Holding,
    /// In every currency: the marketplace's first, the others in alphabetical order.
    pub(crate) all: Vec<(Currency, Holding)>,
}

/// The balances of `owner`. They are 0 for a user who has never held money.
pub(crate) async fn balance(app: &App, owner: UserId) -> StoreResult<Balance> {
    let mut others: BTreeMap<Currency, Holding> = BTreeMap::new();
    for account in app.ledger.accounts(owner).await? {
        for line in account.lines {
            let holding = others.entry(line.currency).or_default();
            match account.key.bucket {
                Bucket::Available => holding.available = line.balance,
                Bucket::Pending => holding.pending = line.balance,
                Bucket::Debt => holding.debt = line.balance.saturating_neg(),
            }
        }
    }
    let own = others.remove(&app.currency).unwrap_or_default();
    let all = std::iter::once((app.currency, own)).chain(others);
    Ok(Balance {
        own,
        all: all.collect(),
    })
}
