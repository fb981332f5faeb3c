//! A user's statement, page by page.

use kernel::{CursorScope, Limit, Page};
use store::StoreResult;

use super::App;
use crate::domain::{Entry, StatementFilter};

/// The page of the statement that `filter` names. Its cursors belong to `scope`.
pub(crate) async fn history(
    app: &App,
    filter: StatementFilter,
    limit: Limit,
    scope: CursorScope,
) -> StoreResult<Page<Entry>> {
    let rows = app.ledger.statement(filter, limit).await?;
    Ok(Page::cut(rows, limit, |last| {
        scope.cursor(&(last.at.as_millis(), last.sequence))
    }))
}
