//! The lists in MongoDB.

use async_trait::async_trait;
use auth::RevocationPlace;
use contracts::sellers::SellerStatus;
use kernel::{Timestamp, UserId};
use store::{Row, StoreResult};
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::FindOptions;
use store_mongo::{Mongo, MongoRecord as _, bson_of};
use telemetry::metrics::Read;

use super::{Place, Queries, SellerPlace, UsersQuery, end_of};
use crate::domain::{AuditEntry, Seller, Session, User};
use crate::records::{EMAIL_KEY, KeptRevocation};

/// The filter of the list.
pub(super) fn sellers_filter(status: Option<SellerStatus>, after: Option<SellerPlace>) -> Document {
    let of_status = || status.map_or_else(Document::new, |one| doc! { "status": one.as_str() });
    let Some((since, id)) = after else {
        return of_status();
    };
    let (mut within, mut beyond) = (of_status(), of_status());
    within.extend(doc! { "since": since, "_id": { "$lt": bson_of(&id) } });
    beyond.insert("since", doc! { "$lt": since });
    doc! { "$or": [within, beyond] }
}

pub(super) fn sellers_sort() -> Document {
    doc! { "since": -1, "_id": -1 }
}

/// The filter and the sort of a list of users.
pub(super) fn users_filter(query: &UsersQuery) -> (Document, Document) {
    let beginning = |email: &str| doc! { "$gte": email, "$lt": end_of(email) };
    let few = |mut filter: Document, email: &str, after: Option<&UserId>| {
        if !email.is_empty() {
            filter.insert(EMAIL_KEY, beginning(email));
        }
        if let Some(user) = after {
            filter.insert("_id", doc! { "$lt": bson_of(user) });
        }
        (filter, doc! { "_id": -1 })
    };
    match query {
        UsersQuery::All(after) => {
            let before = after.map(|user| doc! { "_id": { "$lt": bson_of(&user) } });
            (before.unwrap_or_default(), doc! { "_id": -1 })
        }
        UsersQuery::WithRole(role, email, after) => {
            few(doc! { "roles": role.as_str() }, email, after.as_ref())
        }
        UsersQuery::Suspended(role, email, after) => {
            let mut filter = doc! { "suspension": { "$exists": true } };
            if let Some(role) = role {
                filter.insert("roles", role.as_str());
            }
            few(filter, email, after.as_ref())
        }
        UsersQuery::ByEmail(email, after) => {
            let mut within = beginning(email);
            if let Some(after) = after {
                within.insert("$gt", after);
            }
            (doc! { EMAIL_KEY: within }, doc! { EMAIL_KEY: 1 })
        }
    }
}

/// The order of lists by id.
pub(super) fn newest() -> Document {
    doc! { "_id": -1 }
}

fn below(after: Place) -> Document {
    after.map_or_else(Document::new, |id| {
        doc! { "_id": { "$lt": bson_of(&id) } }
    })
}

pub(super) fn sessions_filter(
    user: UserId,
    password_version: i64,
    now: Timestamp,
    after: Place,
) -> Document {
    let mut filter = doc! {
        "user": bson_of(&user),
        "password_version": password_version,
        "expires_at": { "$gt": now.as_millis() },
    };
    filter.extend(below(after));
    filter
}

pub(super) fn revocations_filter(RevocationPlace { at, id }: RevocationPlace) -> Document {
    let at = at.as_millis();
    let within = doc! { "at": at, "_id": { "$gt": bson_of(&id) } };
    doc! { "$or": [within, { "at": { "$gt": at } }] }
}

pub(super) fn audit_filter(subject: Option<UserId>, after: Place) -> Document {
    let mut filter = below(after);
    if let Some(subject) = subject {
        filter.insert("subject", bson_of(&subject));
    }
    filter
}

#[async_trait]
impl Queries for Mongo {
    async fn sellers(
        &self,
        status: Option<SellerStatus>,
        after: Option<SellerPlace>,
        most: i64,
    ) -> StoreResult<Vec<Seller>> {
        let filter = sellers_filter(status, after);
        self.find(<Seller as Row>::TABLE, filter, sellers_sort(), most)
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
        let filter = sessions_filter(user, password_version, now, after);
        self.find(<Session as Row>::TABLE, filter, newest(), most)
            .await
    }

    async fn revocations(
        &self,
        after: RevocationPlace,
        most: i64,
    ) -> StoreResult<Vec<KeptRevocation>> {
        let table = <KeptRevocation as Row>::TABLE;
        let sort = doc! { "at": 1, "_id": 1 };
        self.find(table, revocations_filter(after), sort, most)
            .await
    }

    async fn audit_log(
        &self,
        subject: Option<UserId>,
        after: Place,
        most: i64,
    ) -> StoreResult<Vec<AuditEntry>> {
        let filter = audit_filter(subject, after);
        self.find(<AuditEntry as Row>::TABLE, filter, newest(), most)
            .await
    }

    async fn users(&self, query: UsersQuery, most: i64) -> StoreResult<Vec<User>> {
        let (filter, sort) = users_filter(&query);
        let options = FindOptions::builder().sort(sort).limit(most).build();
        self.find_with(
            Read::List,
            <User as Row>::TABLE,
            filter,
            options,
            User::decode,
        )
        .await
    }
}
