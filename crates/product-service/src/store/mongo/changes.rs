//! Which products are saved, by any replica: a change stream. It costs the server no index and orders no write.

use std::time::Duration;

use async_trait::async_trait;
use kernel::ProductId;
use serde::Deserialize;
use store::{Row as _, StoreError, StoreResult};
use store_mongo::Mongo;
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::change_stream::ChangeStream;

use crate::domain::Product;
use crate::store::Changes;

/// How long the server waits for a change before it answers with an empty batch.
const AWAIT: Duration = Duration::from_millis(1);

/// Most changes that are taken at once.
const MOST: usize = 10_000;

pub(super) struct Watch(ChangeStream<Saved>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Saved {
    document_key: Key,
}

#[derive(Deserialize)]
struct Key {
    #[serde(rename = "_id")]
    product: ProductId,
}

impl Watch {
    pub(super) async fn begin(store: &Mongo) -> StoreResult<Self> {
        let products = store
            .database()
            .await?
            .collection::<Document>(Product::TABLE);
        let stream = products
            .watch()
            .pipeline([doc! { "$project": { "documentKey": 1 } }])
            .max_await_time(AWAIT)
            .await?;
        Ok(Self(stream.with_type()))
    }
}

#[async_trait]
impl Changes for Watch {
    async fn next(&mut self) -> StoreResult<Vec<ProductId>> {
        let mut changed = Vec::new();
        while changed.len() < MOST {
            match self.0.next_if_any().await? {
                Some(saved) => changed.push(saved.document_key.product),
                None if self.0.is_alive() => break,
                None => {
                    let what = "the stream of changes has ended".to_owned();
                    return Err(StoreError::Unavailable(what));
                }
            }
        }
        Ok(changed)
    }
}
