//! Collections as the services declare them: indexes, and validators that the server applies to every write. Set up at start; the setup
//! is idempotent.

use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{ValidationAction, ValidationLevel};
use mongodb::{Database, IndexModel};
use serde::Deserialize;

use super::codec::corrupt;
use store::StoreResult;

/// Server codes.
const NAMESPACE_EXISTS: i32 = 48;

/// A collection: its name, the `$jsonSchema` that every document must match, its indexes besides `_id`. The indexes have the server's
/// own form, `{"name": "by_age", "key": {"at": 1}, "unique": true}`.
#[derive(Debug, Clone, Deserialize)]
pub struct Collection {
    pub(super) name: String,
    pub(super) schema: Document,
    #[serde(default)]
    pub(super) indexes: Vec<IndexModel>,
}

impl Collection {
    /// Reads a JSON array of collections: a service's `migrations/mongo` file.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`](store::StoreError::Corrupt) if it is none.
    pub fn parse(json: &str) -> StoreResult<Vec<Self>> {
        serde_json::from_str(json)
            .map_err(|error| corrupt(format!("a collection's schema: {error}")))
    }
}

/// Creates what is missing, and updates validators.
pub(super) async fn ensure(db: &Database, collections: &[Collection]) -> StoreResult<()> {
    for collection in collections {
        let validator = doc! { "$jsonSchema": collection.schema.clone() };
        let made = db
            .create_collection(&collection.name)
            .validator(validator.clone())
            .validation_level(ValidationLevel::Strict)
            .validation_action(ValidationAction::Error)
            .await;
        match made {
            Ok(()) => {}
            Err(error) if code(&error) == Some(NAMESPACE_EXISTS) => {
                update_validator(db, &collection.name, validator).await?;
            }
            Err(error) => return Err(error.into()),
        }
        if !collection.indexes.is_empty() {
            db.collection::<Document>(&collection.name)
                .create_indexes(collection.indexes.clone())
                .await?;
        }
    }
    Ok(())
}

/// Sets the collection's validator unless it is already set, because the change locks the collection.
async fn update_validator(db: &Database, name: &str, validator: Document) -> StoreResult<()> {
    let mut found = db.list_collections().filter(doc! { "name": name }).await?;
    if found.advance().await? {
        let current = found.deserialize_current()?.options.validator;
        if current.as_ref() == Some(&validator) {
            return Ok(());
        }
    }
    db.run_command(doc! {
        "collMod": name,
        "validator": validator,
        "validationLevel": "strict",
        "validationAction": "error",
    })
    .await?;
    Ok(())
}

fn code(error: &Error) -> Option<i32> {
    if let ErrorKind::Command(command) = error.kind.as_ref() {
        Some(command.code)
    } else {
        None
    }
}
