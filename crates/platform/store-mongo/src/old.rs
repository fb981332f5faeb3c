//! What the services' own mappings still use. To be replaced by [`store::Row`] and JSON schemas.

#![expect(missing_docs, reason = "to be removed")]

use kernel::Timestamp;
use mongodb::IndexModel;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, Uuid as BsonUuid, doc};
use mongodb::options::IndexOptions;
use uuid::Uuid;

use super::schema::Collection;

#[must_use]
pub fn id(id: impl Into<Uuid>) -> BsonUuid {
    BsonUuid::from_bytes(id.into().into_bytes())
}

#[must_use]
pub fn from_id<T: From<Uuid>>(id: BsonUuid) -> T {
    T::from(Uuid::from_bytes(id.bytes()))
}

#[must_use]
pub fn date(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millis())
}

#[must_use]
pub fn id_bson(value: impl Into<Uuid>) -> Bson {
    Bson::Binary(Binary {
        subtype: BinarySubtype::Uuid,
        bytes: value.into().into_bytes().to_vec(),
    })
}

impl Collection {
    #[must_use]
    pub fn new(name: &'static str, schema: Document) -> Self {
        Self {
            name: name.to_owned(),
            schema,
            indexes: Vec::new(),
        }
    }

    #[must_use]
    pub fn index(self, name: &str, keys: Document) -> Self {
        self.index_with(keys, IndexOptions::builder().name(name.to_owned()).build())
    }

    #[must_use]
    pub fn index_with(mut self, keys: Document, options: IndexOptions) -> Self {
        self.indexes
            .push(IndexModel::builder().keys(keys).options(options).build());
        self
    }

    #[must_use]
    pub fn expires(self, name: &str, field: &str, after: std::time::Duration) -> Self {
        let options = IndexOptions::builder()
            .name(name.to_owned())
            .expire_after(after)
            .build();
        self.index_with(doc! { field: 1 }, options)
    }
}
