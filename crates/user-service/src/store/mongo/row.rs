//! Records as documents.

use kernel::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::StoreResult;
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Binary, Bson, DateTime, Uuid};
use store_mongo::{MongoRecord, binary, corrupt, date, decode, encode, from_id, id, id_bson};

use crate::domain::TokenDigest;
use crate::records::{Session, Token, UserRecord};
use crate::store::UserFields;

#[derive(Serialize, Deserialize)]
pub(super) struct UserRow {
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
    pub(super) fn record(self) -> StoreResult<UserRecord> {
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

fn digest(bytes: Binary) -> StoreResult<TokenDigest> {
    bytes
        .bytes
        .try_into()
        .map_err(|_| corrupt("a token's digest is not 32 bytes"))
}
