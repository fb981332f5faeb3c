//! Forgets handled messages and stored answers whose time is over.

use store::StoreResult;

use super::App;

/// Forgets all whose time is over, in short transactions.
pub(crate) async fn forget(app: &App) -> StoreResult<()> {
    while app.store.forget(app.clock.now()).await? {}
    Ok(())
}
