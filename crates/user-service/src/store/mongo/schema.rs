//! The collections: what the server holds every document to, whoever writes it, and the indexes that the adapter's queries need.

use std::time::Duration;

use store_mongo::bson::doc;
use store_mongo::mongodb::options::IndexOptions;
use store_mongo::{Collection, MongoRecord as _};

use crate::records::{Session, Token, UserRecord};

/// The service's collections. Sessions and tokens are deleted by the server once they have expired.
pub(crate) fn collections() -> Vec<Collection> {
    vec![users(), sessions(), refresh_tokens()]
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
