//! What a user has still to settle: what they have, earn or owe.

use contracts::dealings::Dealings;
use kernel::{Money, UserId};
use store::StoreResult;

use super::{App, balance};

/// The money of `user` that is not zero.
pub(crate) async fn dealings(app: &App, user: UserId) -> StoreResult<Dealings> {
    let balance = balance(app, user).await?;
    let all = balance.all.into_iter().flat_map(|(currency, holding)| {
        let amounts = [
            holding.available,
            holding.pending,
            holding.debt.saturating_neg(),
        ];
        amounts.map(|amount| Money::new(amount, currency))
    });
    Ok(Dealings {
        balances: all.filter(|money| money.amount != 0).collect(),
        ..Dealings::default()
    })
}
