//! What operators do with sellers: list them, approve, suspend and reinstate them.

use std::collections::HashMap;
use std::sync::Arc;

use contracts::sellers::SellerStatus;
use kernel::{AuditId, CursorScope, Limit, Page, UserId};
use store::{Store, StoreResult};

use super::seller::save;
use super::{App, UserError, profile};
use crate::domain::{AuditEntry, AuditState, Decision, Seller, SellerMove, SellerRefusal, User};
use crate::security;
use crate::store::SellerPlace;

/// The scope of the list's cursors.
pub(crate) fn sellers_scope(status: Option<SellerStatus>) -> CursorScope {
    CursorScope::new("sellers", status.map_or("", SellerStatus::as_str))
}

/// A page of sellers, with a status or any, the newest first, with their users.
pub(crate) async fn list_sellers(
    app: &App,
    status: Option<SellerStatus>,
    after: Option<SellerPlace>,
    limit: Limit,
) -> StoreResult<Page<(Seller, Option<Arc<User>>)>> {
    let found = app.queries.sellers(status, after, limit.and_one()).await?;
    let page = Page::cut(found, limit, |last| {
        sellers_scope(status).cursor(&(last.since.as_millis(), last.user.as_uuid()))
    });
    let users: Vec<UserId> = page.items.iter().map(|seller| seller.user).collect();
    let users = app.store.get_many::<User>(&users).await?;
    let users: HashMap<UserId, Arc<User>> = users.into_iter().map(|one| (one.id, one)).collect();
    Ok(page.map(|seller| {
        let user = users.get(&seller.user).cloned();
        (seller, user)
    }))
}

/// Makes an operator's decision about a seller.
pub(crate) async fn decide_seller(
    app: &App,
    seller: UserId,
    step: SellerMove,
    reason: String,
    by: UserId,
) -> Result<(Seller, User), UserError> {
    let at = app.clock.now();
    let decision = Decision { reason, by, at };
    let audit = AuditId::new(&*app.ids);
    let (decided, entry) = decide(&app.store, seller, step, decision, audit).await??;
    security::operated(&entry);
    Ok((decided, profile(app, seller).await?))
}

/// Saves the decision with its entry in the audit log, and tells the other services.
pub(crate) async fn decide(
    store: &Store,
    seller: UserId,
    step: SellerMove,
    decision: Decision,
    audit: AuditId,
) -> StoreResult<Result<(Seller, AuditEntry), SellerRefusal>> {
    store
        .write(move |tx| {
            let Some(found) = tx.get::<Seller>(&seller)? else {
                return Ok(Err(SellerRefusal::NotFound));
            };
            let decided = match found.decided(step, decision.clone()) {
                Ok(decided) => decided,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let entry = AuditEntry {
                id: audit,
                subject: seller,
                action: step.into(),
                by: Some(decision.by),
                reason: Some(decision.reason.clone()),
                before: AuditState::from(&*found),
                after: AuditState::from(&decided),
                at: decision.at,
            };
            save(tx, &decided, decision.at)?;
            tx.insert(entry.clone())?;
            Ok(Ok((decided, entry)))
        })
        .await
}
