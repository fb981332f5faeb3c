//! Users and sessions in one MongoDB database. The server deletes what has expired (TTL indexes).

mod row;
mod schema;

use async_trait::async_trait;
use kernel::Timestamp;
use store::StoreResult;
use store_mongo::bson::doc;
use store_mongo::{Mongo, MongoRecord as _, Records};

use self::row::UserRow;
use super::Users;
use crate::domain::{Email, User};
use crate::records::{EMAIL_KEY, Session, Token, UserRecord};

pub(crate) use schema::collections;

/// [`Users`] on MongoDB.
pub(crate) struct MongoUsers(pub(super) Mongo);

impl MongoUsers {
    /// The service's records.
    pub(crate) fn records() -> Records {
        Records::default()
            .with::<UserRecord>()
            .with::<Session>()
            .with::<Token>()
    }

    /// Queries on `db`, which has [`collections`].
    pub(crate) const fn new(db: Mongo) -> Self {
        Self(db)
    }
}

#[async_trait]
impl Users for MongoUsers {
    async fn by_email(&self, email: &Email) -> StoreResult<Option<User>> {
        let filter = doc! { EMAIL_KEY: email.key() };
        let found = self
            .0
            .find::<UserRow>(UserRecord::COLLECTION, filter, doc! {}, 1)
            .await?;
        let record = found.into_iter().next().map(UserRow::record).transpose()?;
        Ok(record.map(|record| record.user))
    }

    /// Nothing to do: the server does.
    async fn forget(&self, _now: Timestamp) -> StoreResult<()> {
        Ok(())
    }
}
