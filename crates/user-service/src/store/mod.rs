//! The databases of users and sessions, on each engine, and the queries that a key cannot answer.

#[cfg(test)]
mod contract;
#[cfg(feature = "mongo")]
mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
use std::path::Path;

use async_trait::async_trait;
use auth::{RevocationPlace, Role};
use contracts::sellers::SellerStatus;
use kernel::{Timestamp, UserId};
use store::StoreResult;
#[cfg(feature = "sqlite")]
use telemetry::metrics::StoreMetrics;

use uuid::Uuid;

use crate::domain::{AuditEntry, Seller, Session, User};
use crate::records::{KeptRevocation, rows};

/// A place in the list of sellers: since when they are one, in milliseconds, and who.
pub(crate) type SellerPlace = (i64, Uuid);

/// Which users a list has, and after which place it goes on. Each is a walk of one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UsersQuery {
    /// All, the newest first, after one.
    All(Option<UserId>),
    /// Those with a role whose compared emails begin so, the newest first, after one. Few users have a role.
    WithRole(Role, String, Option<UserId>),
    /// The same of the suspended, with a role or any. Few users are.
    Suspended(Option<Role>, String, Option<UserId>),
    /// Those whose compared emails begin so, in the order of these, after one.
    ByEmail(String, Option<String>),
}

/// The end of the texts that begin with `beginning`, in the order of their bytes. Compared emails are ASCII.
fn end_of(beginning: &str) -> String {
    format!("{beginning}{}", char::MAX)
}

/// A place in a list whose order is that of ids, the newest first: the id of the last row before it. None: the beginning.
pub(crate) type Place = Option<Uuid>;

/// Answers the lists.
#[async_trait]
pub(crate) trait Queries: Send + Sync {
    /// At most `most` sellers, with a status or any, from the one after `after` on: the newest first, and of those of one millisecond the
    /// one with the highest id.
    async fn sellers(
        &self,
        status: Option<SellerStatus>,
        after: Option<SellerPlace>,
        most: i64,
    ) -> StoreResult<Vec<Seller>>;

    /// At most `most` users of a list.
    async fn users(&self, query: UsersQuery, most: i64) -> StoreResult<Vec<User>>;
    /// At most `most` sessions of a user with this password version that have not expired `now`, from the one after a place on.
    async fn sessions(
        &self,
        user: UserId,
        password_version: i64,
        now: Timestamp,
        after: Place,
        most: i64,
    ) -> StoreResult<Vec<Session>>;

    /// At most `most` revocations after a place, in the order of time.
    async fn revocations(
        &self,
        after: RevocationPlace,
        most: i64,
    ) -> StoreResult<Vec<KeptRevocation>>;

    /// At most `most` entries of the audit log, about a user or all, from the one after a place on.
    async fn audit_log(
        &self,
        subject: Option<UserId>,
        after: Place,
        most: i64,
    ) -> StoreResult<Vec<AuditEntry>>;
}

/// Opens the file at `path`.
#[cfg(feature = "sqlite")]
pub(crate) fn open_sqlite(
    path: &Path,
    metrics: &StoreMetrics,
) -> StoreResult<store_sqlite::Sqlite> {
    let migrations = [include_str!("../../migrations/sqlite/0001_init.sql")];
    store_sqlite::Sqlite::open(
        path,
        &migrations,
        rows(store_sqlite::Records::default()),
        metrics,
    )
}

/// Opens a database by `open`, which is given the service's collections and records.
#[cfg(feature = "mongo")]
pub(crate) fn open_mongo(
    open: impl FnOnce(
        Vec<store_mongo::Collection>,
        store_mongo::Records,
    ) -> StoreResult<store_mongo::Mongo>,
) -> StoreResult<store_mongo::Mongo> {
    let collections = include_str!("../../migrations/mongo/0001_init.json");
    open(
        store_mongo::Collection::parse(collections)?,
        rows(store_mongo::Records::default()),
    )
}
