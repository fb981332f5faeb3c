//! GET /api/audit-log: what operators did.

use actix_web::{HttpResponse, web};
use kernel::{AuditId, Cursor, Limit, Timestamp, UserId};
use platform_http::{Problem, Query, QueryParams, QueryReader};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::operator::Operator;
use crate::app::{self, App, audit_scope};
use crate::domain::{AuditAction, AuditEntry, AuditState};

/// The filter and the place of a page.
pub(super) struct AuditQuery {
    subject: Option<UserId>,
    limit: Limit,
    after: Option<Uuid>,
}

impl QueryReader for AuditQuery {
    fn read(params: &mut QueryParams) -> Option<Self> {
        let subject = params.optional("user", str::parse);
        let limit = params.limit();
        let after = params.cursor(audit_scope(subject.flatten()));
        Some(Self {
            subject: subject?,
            limit: limit?,
            after: after?,
        })
    }
}

/// An act of an operator.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
pub(super) struct AuditEntryJson<'a> {
    /// Its id.
    id: AuditId,
    /// When.
    at: Timestamp,
    /// What was done.
    action: AuditAction,
    /// The user or seller that it affected.
    user_id: UserId,
    /// Who did it. Left out for an act at the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    by: Option<UserId>,
    /// Why, if they said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Stolen cards")]
    reason: Option<&'a str>,
    /// What was before.
    before: &'a AuditState,
    /// What has been since.
    after: &'a AuditState,
}

impl<'a> From<&'a AuditEntry> for AuditEntryJson<'a> {
    fn from(entry: &'a AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            action: entry.action,
            user_id: entry.subject,
            by: entry.by,
            reason: entry.reason.as_deref(),
            before: &entry.before,
            after: &entry.after,
        }
    }
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditPage<'a> {
    /// The entries, the newest first.
    items: Vec<AuditEntryJson<'a>>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

/// List what operators did
///
/// With users and sellers: who, what, when and why, and what was before and after; and who turned their second factor on or off. The newest
/// first; nothing in it ever changes. Role `admin`.
#[utoipa::path(get, path = "/api/audit-log", tag = "users", operation_id = "listAuditLog", security(("bearer" = [])),
    params(
        ("user" = Option<UserId>, Query, description = "Only what was done to this user or seller"),
        ("limit" = inline(Option<Limit>), Query, description = "Most entries on the page"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the previous page, with the same user"),
    ),
    responses(
        (status = 200, description = "A page", body = AuditPage<'static>),
        (status = 403, description = "`forbidden`: not an administrator"),
    ))]
pub(super) async fn list(
    app: web::Data<App>,
    _: Operator,
    query: Query<AuditQuery>,
) -> Result<HttpResponse, Problem> {
    let Query(AuditQuery {
        subject,
        limit,
        after,
    }) = query;
    let page = app::audit_log(&app, subject, after, limit).await?;
    Ok(HttpResponse::Ok().json(AuditPage {
        items: page.items.iter().map(AuditEntryJson::from).collect(),
        next_cursor: page.next_cursor.clone(),
    }))
}
