//! What a user has.

use std::collections::BTreeMap;

use kernel::{Currency, UserId};
use store::StoreResult;

use super::App;
use crate::domain::Bucket;

/// What a user has of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holding {
    /// The currency.
    pub(crate) currency: Currency,
    /// Can be spent.
    pub(crate) available: i64,
    /// Earned, not yet released.
    pub(crate) pending: i64,
}

impl Holding {
    const fn none(currency: Currency) -> Self {
        Self {
            currency,
            available: 0,
            pending: 0,
        }
    }
}

/// A user's balances.
pub(crate) struct Balance {
    /// In the marketplace's currency.
    pub(crate) own: Holding,
    /// In every currency: the marketplace's first, the others in alphabetical order.
    pub(crate) all: Vec<Holding>,
}

/// The balances of `owner`. They are 0 for a user who has never held money.
pub(crate) async fn balance(app: &App, owner: UserId) -> StoreResult<Balance> {
    let mut others: BTreeMap<Currency, Holding> = BTreeMap::new();
    for account in app.ledger.accounts(owner).await? {
        for line in account.lines {
            let none = Holding::none(line.currency);
            let holding = others.entry(line.currency).or_insert(none);
            match account.key.bucket {
                Bucket::Available => holding.available = line.balance,
                Bucket::Pending => holding.pending = line.balance,
            }
        }
    }
    let own = others.remove(&app.currency);
    let own = own.unwrap_or(Holding::none(app.currency));
    let all = std::iter::once(own).chain(others.into_values()).collect();
    Ok(Balance { own, all })
}
