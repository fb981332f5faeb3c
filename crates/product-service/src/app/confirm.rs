//! Sells what is held for orders that are paid.

use store::StoreResult;

use super::App;
use crate::store::Command;

pub(crate) async fn confirm_reservations(app: &App, commands: Vec<Command>) -> StoreResult<()> {
    app.store.confirm(commands, app.clock.now()).await
}
