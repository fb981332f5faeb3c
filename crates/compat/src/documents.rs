//! MongoDB databases as text: of each collection its validator, its indexes and its documents, one a line.

use std::fmt::Write as _;
use std::sync::Arc;

use chassis::connections::MongoConfig;
use chassis::mongo::bson::{Document, doc};
use chassis::mongo::mongodb::error::Error;
use chassis::mongo::mongodb::{Client, Database};
use chassis::mongo::testing::TestDatabase;
use chassis::service::StoreConfig;
use futures_util::TryStreamExt as _;
use kernel::ManualClock;

use crate::extjson::{from_text, to_text};
use crate::world::SERVICES;

/// The databases of the services on the test server, gone when this is dropped.
pub struct Databases {
    of: Vec<(&'static str, TestDatabase)>,
    prefix: String,
}

impl Databases {
    /// New ones.
    #[must_use]
    pub fn new() -> Self {
        let prefix = format!("test_{}", uuid::Uuid::new_v4().simple());
        let of = SERVICES.map(|service| {
            let mut database = TestDatabase::new();
            database.name = format!("{prefix}_{service}");
            (service, database)
        });
        Self {
            of: of.into(),
            prefix,
        }
    }

    fn of(&self, service: &str) -> &TestDatabase {
        let mut all = self.of.iter();
        let found = all.find(|(name, _)| *name == service);
        &found.expect("a service").1
    }

    /// As a service is told.
    #[must_use]
    pub fn store(&self, service: &str) -> StoreConfig {
        let database = self.of(service);
        StoreConfig::Mongo {
            uri: database.uri(),
            database: database.name.clone(),
        }
    }

    /// As an operator's command is told.
    #[must_use]
    pub fn config(&self) -> MongoConfig {
        MongoConfig {
            uri: std::env::var(chassis::mongo::testing::VARIABLE)
                .expect("a test server")
                .into(),
            uri_file: None,
            database_prefix: self.prefix.clone(),
        }
    }

    /// A connection of its own.
    pub async fn open(&self, service: &str) -> Database {
        let client = Client::with_uri_str(self.config().uri.expose()).await;
        client
            .expect("a test server")
            .database(&self.of(service).name)
    }
}

impl Databases {
    /// Puts what `service` gave up back into its outbox. Returns how many that were.
    pub async fn replay_dead_letters(&self, service: &str, clock: Arc<ManualClock>) -> usize {
        let store = self.of(service).open(Vec::new(), clock);
        let replayed = chassis::mongo::replay_dead_letters(&store, None).await;
        replayed.expect("dead letters")
    }
}

impl Default for Databases {
    fn default() -> Self {
        Self::new()
    }
}

/// A collection as it lies in a database.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedCollection {
    /// Its name.
    pub name: String,
    /// What the server holds its documents to.
    pub validator: Document,
    /// Beside the one on `_id`.
    pub indexes: Vec<Document>,
    /// By `_id`.
    pub documents: Vec<Document>,
}

/// All collections of `database`.
pub async fn dump(database: &Database) -> Vec<RecordedCollection> {
    let mut names = database.list_collection_names().await.unwrap();
    names.sort_unstable();
    let mut all = Vec::new();
    for name in names {
        all.push(dump_collection(database, name).await);
    }
    all
}

async fn dump_collection(database: &Database, name: String) -> RecordedCollection {
    let listed = database
        .list_collections()
        .filter(doc! { "name": &name })
        .await
        .unwrap();
    let listed: Vec<_> = listed.try_collect().await.unwrap();
    let documents = database
        .collection::<Document>(&name)
        .find(doc! {})
        .sort(doc! { "_id": 1 })
        .await
        .unwrap();
    let indexes = database
        .run_command(doc! { "listIndexes": &name })
        .await
        .unwrap();
    let indexes = indexes.get_document("cursor").unwrap();
    let indexes = indexes.get_array("firstBatch").unwrap().iter();
    let mut indexes: Vec<Document> = indexes
        .map(|index| index.as_document().unwrap().clone())
        .filter(|index| index.get_str("name").unwrap() != "_id_")
        .collect();
    indexes.sort_by_key(|index| index.get_str("name").unwrap().to_owned());
    RecordedCollection {
        validator: listed[0].options.validator.clone().unwrap_or_default(),
        indexes,
        documents: documents.try_collect().await.unwrap(),
        name,
    }
}

impl RecordedCollection {
    /// Makes it in `database`, without documents.
    pub async fn create(&self, database: &Database) {
        let made = database.create_collection(&self.name);
        made.validator(self.validator.clone()).await.unwrap();
        if !self.indexes.is_empty() {
            let indexes = doc! { "createIndexes": &self.name, "indexes": self.indexes.clone() };
            database.run_command(indexes).await.unwrap();
        }
    }

    /// Puts its documents into the collection of this name.
    ///
    /// # Errors
    /// What the server says against one, such as that its validator does not let it in.
    pub async fn insert(&self, database: &Database) -> Result<(), Error> {
        if self.documents.is_empty() {
            return Ok(());
        }
        let collection = database.collection::<Document>(&self.name);
        collection.insert_many(&self.documents).await.map(drop)
    }
}

/// Writes collections as JSON that a person can read.
#[must_use]
pub fn to_json(collections: &[RecordedCollection]) -> String {
    let mut json = "{\"collections\": [".to_owned();
    for (nth, collection) in collections.iter().enumerate() {
        let comma = if nth > 0 { "," } else { "" };
        write!(
            json,
            "{comma}\n{{\"name\": \"{}\",\n \"validator\": {},\n \"indexes\": [{}],\n \"documents\": [{}]}}",
            collection.name,
            to_text(&collection.validator),
            lines(&collection.indexes),
            lines(&collection.documents),
        )
        .unwrap();
    }
    json.push_str("\n]}\n");
    json
}

fn lines(documents: &[Document]) -> String {
    let lines = documents.iter().map(|one| format!("\n  {}", to_text(one)));
    lines.collect::<Vec<_>>().join(",")
}

/// Reads what [`to_json`] wrote.
#[must_use]
pub fn from_json(json: &str) -> Vec<RecordedCollection> {
    let file = from_text(json);
    let documents = |of: &Document, field: &str| {
        let all = of.get_array(field).unwrap().iter();
        all.map(|one| one.as_document().unwrap().clone())
            .collect::<Vec<_>>()
    };
    documents(&file, "collections")
        .iter()
        .map(|collection| RecordedCollection {
            name: collection.get_str("name").unwrap().to_owned(),
            validator: collection.get_document("validator").unwrap().clone(),
            indexes: documents(collection, "indexes"),
            documents: documents(collection, "documents"),
        })
        .collect()
}
