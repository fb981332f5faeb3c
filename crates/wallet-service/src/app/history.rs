//! A user's statement, page by page.

use kernel::{CursorScope, Limit, Page, UserId};
use store::StoreResult;

use super::App;
use crate::domain::{Entry, StatementFilter};

/// The page of the statement of `owner` that `filter` names. Its cursors belong to `scope`.
pub(crate) async fn history(
    app: &App,
    owner: UserId,
    filter: StatementFilter,
    limit: Limit,
    scope: CursorScope,
) -> StoreResult<Page<Entry>> {
    let rows = app.ledger.statement(owner, filter, limit).await?;
    Ok(Page::cut(rows, limit, |last| {
        scope.cursor(&(last.at.as_millis(), last.sequence))
    }))
}
