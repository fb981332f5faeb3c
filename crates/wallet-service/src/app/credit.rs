//! Credits a wallet. Whether the caller may is decided before, by `Topups::payee`.

use store::StoreResult;
use store::idempotency::Answered;

use super::{App, Movement, Repeatable, transfer};
use crate::domain::Direction;
use crate::store::TransferOutcome;

pub(crate) async fn credit(
    app: &App,
    movement: Movement,
    repeatable: Option<Repeatable>,
) -> StoreResult<Answered<TransferOutcome>> {
    transfer(app, Direction::Credit, movement, repeatable).await
}
