//! Lists what operators did.

use kernel::{CursorScope, Limit, Page, UserId};
use store::StoreResult;

use super::App;
use crate::domain::AuditEntry;
use crate::store::Place;

/// The scope of the list's cursors.
pub(crate) fn audit_scope(subject: Option<UserId>) -> CursorScope {
    let filter = subject.map(|subject| subject.to_string());
    CursorScope::new("audit-log", &filter.unwrap_or_default())
}

/// A page of the audit log, about one user or all, the newest first.
pub(crate) async fn audit_log(
    app: &App,
    subject: Option<UserId>,
    after: Place,
    limit: Limit,
) -> StoreResult<Page<AuditEntry>> {
    let found = app
        .queries
        .audit_log(subject, after, limit.and_one())
        .await?;
    Ok(Page::cut(found, limit, |last| {
        audit_scope(subject).cursor(&last.id.as_uuid())
    }))
}
