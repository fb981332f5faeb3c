//! Forgets which messages were handled, long after any redelivery of them.

use store::StoreResult;

use super::App;

pub(crate) async fn forget_messages(app: &App) -> StoreResult<()> {
    while app.store.forget(app.clock.now()).await? {}
    Ok(())
}
