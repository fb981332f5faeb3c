//! Forgets which messages were handled, long after any redelivery of them.

use std::time::Duration;

use store::StoreResult;

use super::App;

const AGE: Duration = Duration::from_hours(7 * 24);
/// Rows deleted in one transaction.
const BATCH: usize = 1000;

pub(crate) async fn forget_messages(app: &App) -> StoreResult<()> {
    let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
    loop {
        let before = app.clock.now().minus(AGE);
        if app.store.forget_messages(before, limit).await? < BATCH {
            return Ok(());
        }
    }
}
