//! Collections as the services declare them: indexes, and validators that the server applies to every write. Set up at start; the setup
//! is idempotent.

use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{IndexOptions, ValidationAction, ValidationLevel};
use mongodb::{Database, IndexModel};

use store::StoreResult;

/// Server codes.
const NAMESPACE_EXISTS: i32 = 48;

/// A collection: its name, the `$jsonSchema` of its documents, its indexes besides `_id`.
#[derive(Debug, Clone)]
pub struct Collection {
    pub(super) name: &'static str,
    pub(super) schema: Document,
    pub(super) indexes: Vec<IndexModel>,
}

impl Collection {
    /// A collection whose documents match `schema`.
    #[must_use]
    pub fn new(name: &'static str, schema: Document) -> Self {
        Self {
            name,
            schema,
            indexes: Vec::new(),
        }
    }

    /// Adds an index on `keys`, called `name`.
    #[must_use]
    pub fn index(self, name: &str, keys: Document) -> Self {
        self.index_with(keys, IndexOptions::builder().name(name.to_owned()).build())
    }

    /// Adds an index with options: unique, partial, text weights.
    #[must_use]
    pub fn index_with(mut self, keys: Document, options: IndexOptions) -> Self {
        self.indexes
            .push(IndexModel::builder().keys(keys).options(options).build());
        self
    }

    /// Has the server delete documents `after` the date in `field`.
    #[must_use]
    pub fn expires(self, name: &str, field: &str, after: std::time::Duration) -> Self {
        let options = IndexOptions::builder()
            .name(name.to_owned())
            .expire_after(after)
            .build();
        self.index_with(doc! { field: 1 }, options)
    }
}

/// Creates what is missing, and updates validators.
pub(super) async fn ensure(db: &Database, collections: &[Collection]) -> StoreResult<()> {
    for collection in collections {
        let validator = doc! { "$jsonSchema": collection.schema.clone() };
        let made = db
            .create_collection(collection.name)
            .validator(validator.clone())
            .validation_level(ValidationLevel::Strict)
            .validation_action(ValidationAction::Error)
            .await;
        match made {
            Ok(()) => {}
            Err(error) if code(&error) == Some(NAMESPACE_EXISTS) => {
                update_validator(db, collection.name, validator).await?;
            }
            Err(error) => return Err(error.into()),
        }
        if !collection.indexes.is_empty() {
            db.collection::<Document>(collection.name)
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
