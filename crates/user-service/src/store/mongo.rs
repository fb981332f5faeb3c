//! Users and sessions in one MongoDB database: each record is a document. The server validates every document, maintains the indexes
//! that queries need, and deletes expired documents (TTL indexes).

use std::time::Duration;

use async_trait::async_trait;
use kernel::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Binary, Bson, DateTime, Uuid, doc};
use store_mongo::mongodb::options::IndexOptions;
use store_mongo::{
    Collection, Mongo, MongoRecord, Records, binary, corrupt, date, decode, encode, from_id, id,
    id_bson,
};

use super::{UserFields, Users};
use crate::domain::{Email, TokenDigest, User};
use crate::records::{EMAIL_KEY, Session, Token, UserRecord};

/// [`Users`] on MongoDB.
pub(crate) struct MongoUsers(pub(super) Mongo);

impl MongoUsers {
    /// The service's collections.
    pub(crate) fn collections() -> Vec<Collection> {
        vec![users(), sessions(), refresh_tokens()]
    }

    /// The service's records.
    pub(crate) fn records() -> Records {
        Records::default()
            .with::<UserRecord>()
            .with::<Session>()
            .with::<Token>()
    }

    /// Queries on `db`, which must have been opened with these collections and records.
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

    /// Does nothing: the server deletes expired documents.
    async fn forget(&self, _now: Timestamp) -> StoreResult<()> {
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct UserRow {
    #[serde(rename = "_id")]
    id: Uuid,
    name: String,
    email: String,
    email_key: String,
    password_hash: String,
    password_version: i64,
    roles: Vec<String>,
    created_at: i64,
}

impl UserRow {
    fn record(self) -> StoreResult<UserRecord> {
        let fields = UserFields {
            id: from_id(self.id),
            name: self.name,
            email: self.email,
            password_hash: self.password_hash,
            roles: self.roles,
            created_at: self.created_at,
        };
        Ok(UserRecord {
            user: fields.user()?,
            password_version: self.password_version,
        })
    }
}

impl MongoRecord for UserRecord {
    const COLLECTION: &'static str = "users";

    fn id(key: &UserId) -> Bson {
        id_bson(*key)
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        let user = &self.user;
        encode(&UserRow {
            id: id(user.id),
            name: user.name.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            email_key: user.email.key().to_owned(),
            password_hash: user.password_hash.as_str().to_owned(),
            password_version: self.password_version,
            roles: user.roles.iter().map(ToString::to_string).collect(),
            created_at: user.created_at.as_millis(),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        decode::<UserRow>(Self::COLLECTION, document)?.record()
    }
}

fn users() -> Collection {
    let one_of_each = IndexOptions::builder()
        .name("email_is_taken_once".to_owned())
        .unique(true)
        .build();
    Collection::new(
        UserRecord::COLLECTION,
        doc! {
            "bsonType": "object",
            "required": ["_id", "name", "email", "email_key", "password_hash", "password_version", "roles", "created_at"],
            "properties": {
                "_id": { "bsonType": "binData" },
                "name": { "bsonType": "string", "minLength": 1, "maxLength": 100 },
                "email": { "bsonType": "string", "minLength": 3, "maxLength": 254 },
                "email_key": { "bsonType": "string", "minLength": 3, "maxLength": 254 },
                "password_hash": { "bsonType": "string", "minLength": 60, "maxLength": 60 },
                "password_version": { "bsonType": "long", "minimum": 0 },
                "roles": { "bsonType": "array", "uniqueItems": true, "items": { "bsonType": "string" } },
                "created_at": { "bsonType": "long" },
            },
        },
    )
    .index_with(doc! { "email_key": 1 }, one_of_each)
}

#[derive(Serialize, Deserialize)]
struct SessionRow {
    #[serde(rename = "_id")]
    id: Uuid,
    user: Uuid,
    password_version: i64,
    token: Binary,
    created_at: i64,
    expires_at: DateTime,
}

impl MongoRecord for Session {
    const COLLECTION: &'static str = "sessions";

    fn id(key: &SessionId) -> Bson {
        id_bson(*key)
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&SessionRow {
            id: id(self.id),
            user: id(self.user),
            password_version: self.password_version,
            token: binary(self.token),
            created_at: self.created_at.as_millis(),
            expires_at: date(self.expires_at),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        let row: SessionRow = decode(Self::COLLECTION, document)?;
        Ok(Self {
            id: from_id(row.id),
            user: from_id(row.user),
            password_version: row.password_version,
            token: digest(row.token)?,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at.timestamp_millis()),
        })
    }
}

fn sessions() -> Collection {
    Collection::new(
        Session::COLLECTION,
        doc! {
            "bsonType": "object",
            "required": ["_id", "user", "password_version", "token", "created_at", "expires_at"],
            "properties": {
                "_id": { "bsonType": "binData" },
                "user": { "bsonType": "binData" },
                "password_version": { "bsonType": "long", "minimum": 0 },
                "token": { "bsonType": "binData" },
                "created_at": { "bsonType": "long" },
                "expires_at": { "bsonType": "date" },
            },
        },
    )
    .expires("forgotten_when_expired", "expires_at", Duration::ZERO)
}

#[derive(Serialize, Deserialize)]
struct TokenRow {
    #[serde(rename = "_id")]
    digest: Binary,
    session: Uuid,
    user: Uuid,
    expires_at: DateTime,
}

impl MongoRecord for Token {
    const COLLECTION: &'static str = "refresh_tokens";

    fn id(key: &TokenDigest) -> Bson {
        Bson::Binary(binary(*key))
    }

    fn encode(&self) -> StoreResult<RawDocumentBuf> {
        encode(&TokenRow {
            digest: binary(self.digest),
            session: id(self.session),
            user: id(self.user),
            expires_at: date(self.expires_at),
        })
    }

    fn decode(document: &RawDocument) -> StoreResult<Self> {
        let row: TokenRow = decode(Self::COLLECTION, document)?;
        Ok(Self {
            digest: digest(row.digest)?,
            session: from_id(row.session),
            user: from_id(row.user),
            expires_at: Timestamp::from_millis(row.expires_at.timestamp_millis()),
        })
    }
}

fn refresh_tokens() -> Collection {
    Collection::new(
        Token::COLLECTION,
        doc! {
            "bsonType": "object",
            "required": ["_id", "session", "user", "expires_at"],
            "properties": {
                "_id": { "bsonType": "binData" },
                "session": { "bsonType": "binData" },
                "user": { "bsonType": "binData" },
                "expires_at": { "bsonType": "date" },
            },
        },
    )
    .expires("forgotten_when_expired", "expires_at", Duration::ZERO)
}

fn digest(bytes: Binary) -> StoreResult<TokenDigest> {
    bytes
        .bytes
        .try_into()
        .map_err(|_| corrupt("a token's digest is not 32 bytes"))
}
