//! The images of several products, and the blobs that images have.

use std::collections::HashSet;

use kernel::{BlobName, ProductId};
use serde::Deserialize;
use store::{Row as _, StoreResult};
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint};
use store_mongo::{Mongo, MongoRecord, bson_of, decode};
use telemetry::metrics::Read;

use crate::domain::ProductImages;
use crate::records::ImageFile;

pub(super) async fn of(store: &Mongo, products: &[ProductId]) -> StoreResult<Vec<ProductImages>> {
    let ids: Vec<Bson> = products.iter().map(bson_of).collect();
    let filter = doc! { "_id": { "$in": ids } };
    let options = FindOptions::builder()
        .limit(i64::try_from(products.len()).unwrap_or(i64::MAX))
        .build();
    let images = ProductImages::COLLECTION;
    let found = store.find_with(Read::List, images, filter, options, ProductImages::decode);
    found.await
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "_id")]
    id: NamedId,
}

#[derive(Deserialize)]
struct NamedId {
    blob: BlobName,
}

/// The filter for the files of these blobs.
pub(super) fn filter(names: &[BlobName]) -> Document {
    let names: Vec<&str> = names.iter().map(BlobName::as_str).collect();
    doc! { "_id.blob": { "$in": names } }
}

pub(super) async fn named(store: &Mongo, names: &[BlobName]) -> StoreResult<HashSet<BlobName>> {
    let options = FindOptions::builder()
        .hint(Hint::Name("by_blob".to_owned()))
        .projection(doc! { "_id.blob": 1 })
        .build();
    let files = ImageFile::TABLE;
    let found = store.find_with(Read::Sweep, files, filter(names), options, |document| {
        decode::<Named>(files, document)
    });
    Ok(found.await?.into_iter().map(|file| file.id.blob).collect())
}
