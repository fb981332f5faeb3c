//! Puts back what is held for orders that came to nothing.

use store::StoreResult;

use super::App;
use crate::store::Command;

pub(crate) async fn release_reservations(app: &App, commands: Vec<Command>) -> StoreResult<()> {
    app.store.release(commands, app.clock.now()).await
}
