//! Debits a wallet, if it holds enough.

use store::StoreResult;
use store::idempotency::Answered;

use super::{App, Movement, Repeatable, transfer};
use crate::domain::Direction;
use crate::store::TransferOutcome;

pub(crate) async fn debit(
    app: &App,
    movement: Movement,
    repeatable: Option<Repeatable>,
) -> StoreResult<Answered<TransferOutcome>> {
    transfer(app, Direction::Debit, movement, repeatable).await
}
