//! The lists in SQLite.

use async_trait::async_trait;
use auth::RevocationPlace;
use contracts::sellers::SellerStatus;
use kernel::{Timestamp, UserId};
use store::StoreResult;
use store_sqlite::{Sqlite, rows};
use telemetry::metrics::Read;

use super::{Place, Queries, SellerPlace, UsersQuery, end_of};
use crate::domain::{AuditEntry, Seller, Session, User};
use crate::records::KeptRevocation;

/// The query, which walks one index.
pub(super) fn sellers_sql(status: Option<SellerStatus>) -> String {
    let (index, whose) = match status {
        None => ("sellers_newest", String::new()),
        Some(status) => (
            "sellers_by_status",
            format!("status = '{}' AND", status.as_str()),
        ),
    };
    format!(
        "SELECT * FROM sellers INDEXED BY {index} WHERE {whose} (since, id) < (?1, ?2) ORDER BY since DESC, id DESC LIMIT ?3"
    )
}

/// All users.
pub(super) const USERS_SQL: &str =
    "SELECT * FROM users NOT INDEXED WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

/// Those with a role: a walk of the users who have any, since few do.
pub(super) const WITH_ROLE_SQL: &str = "SELECT * FROM users INDEXED BY users_with_roles
     WHERE roles <> '[]' AND id < ?1 AND instr(roles, ?3) > 0 AND email_key >= ?4 AND email_key < ?5
     ORDER BY id DESC LIMIT ?2";

/// The suspended, in the same way.
pub(super) const SUSPENDED_SQL: &str = "SELECT * FROM users INDEXED BY users_suspended
     WHERE suspension IS NOT NULL AND id < ?1 AND instr(roles, ?3) > 0 AND email_key >= ?4 AND email_key < ?5
     ORDER BY id DESC LIMIT ?2";

/// Those whose emails begin so.
pub(super) const BY_EMAIL_SQL: &str = "SELECT * FROM users
     WHERE email_key >= ?1 AND email_key > ?2 AND email_key < ?3 ORDER BY email_key LIMIT ?4";
/// The sessions of a user.
pub(super) const SESSIONS: &str = "SELECT * FROM sessions INDEXED BY sessions_by_user WHERE user = ?1 AND id < ?2 AND password_version = ?3 AND expires_at > ?4 ORDER BY id DESC LIMIT ?5";
/// The revocations after a place.
pub(super) const REVOCATIONS: &str = "SELECT * FROM revocations INDEXED BY revocations_by_time WHERE (at, id) > (?1, ?2) ORDER BY at, id LIMIT ?3";
/// The whole audit log.
pub(super) const AUDIT_LOG: &str =
    "SELECT * FROM audit_log WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
/// The audit log about one user.
pub(super) const AUDIT_LOG_OF: &str = "SELECT * FROM audit_log INDEXED BY audit_log_by_subject WHERE subject = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

#[async_trait]
impl Queries for Sqlite {
    async fn sellers(
        &self,
        status: Option<SellerStatus>,
        after: Option<SellerPlace>,
        most: i64,
    ) -> StoreResult<Vec<Seller>> {
        let since = after.map_or(i64::MAX, |(since, _)| since);
        let id = after.map_or([0xff; 16], |(_, id)| *id.as_bytes());
        self.read(Read::List, move |db| {
            rows(db, &sellers_sql(status), (since, id, most))
        })
        .await
    }

    async fn users(&self, query: UsersQuery, most: i64) -> StoreResult<Vec<User>> {
        let before = |after: Option<UserId>| after.map_or([0xff; 16], |user| *user.as_bytes());
        self.read(Read::List, move |db| match query {
            UsersQuery::All(after) => rows(db, USERS_SQL, (before(after), most)),
            UsersQuery::WithRole(role, email, after) => {
                let (role, end) = (format!("\"{role}\""), end_of(&email));
                rows(db, WITH_ROLE_SQL, (before(after), most, role, email, end))
            }
            UsersQuery::Suspended(role, email, after) => {
                // Each array of roles has its bracket.
                let role = role.map_or_else(|| "[".to_owned(), |role| format!("\"{role}\""));
                let end = end_of(&email);
                rows(db, SUSPENDED_SQL, (before(after), most, role, email, end))
            }
            UsersQuery::ByEmail(email, after) => {
                let end = end_of(&email);
                let after = after.unwrap_or_default();
                rows(db, BY_EMAIL_SQL, (email, after, end, most))
            }
        })
        .await
    }
    async fn sessions(
        &self,
        user: UserId,
        password_version: i64,
        now: Timestamp,
        after: Place,
        most: i64,
    ) -> StoreResult<Vec<Session>> {
        let (user, now) = (*user.as_bytes(), now.as_millis());
        let id = before(after);
        self.read(Read::List, move |db| {
            rows(db, SESSIONS, (user, id, password_version, now, most))
        })
        .await
    }

    async fn revocations(
        &self,
        after: RevocationPlace,
        most: i64,
    ) -> StoreResult<Vec<KeptRevocation>> {
        let (at, id) = (after.at.as_millis(), *after.id.as_bytes());
        self.read(Read::Sweep, move |db| rows(db, REVOCATIONS, (at, id, most)))
            .await
    }

    async fn audit_log(
        &self,
        subject: Option<UserId>,
        after: Place,
        most: i64,
    ) -> StoreResult<Vec<AuditEntry>> {
        let id = before(after);
        self.read(Read::List, move |db| match subject {
            None => rows(db, AUDIT_LOG, (id, most)),
            Some(subject) => rows(db, AUDIT_LOG_OF, (*subject.as_bytes(), id, most)),
        })
        .await
    }
}

/// The id below which a list from the newest goes on.
fn before(after: Place) -> [u8; 16] {
    after.map_or([0xff; 16], |id| *id.as_bytes())
}
