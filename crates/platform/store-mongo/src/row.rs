//! What a document has to be so that a [`Unit`](super::Unit) can keep it.

use std::fmt::Debug;
use std::hash::Hash;

use mongodb::bson::Bson;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A document of one collection. Its `_id` is [`Row::Key`].
pub trait Row: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The collection's name.
    const COLLECTION: &'static str;
    /// What `_id` is.
    type Key: Serialize + Clone + Eq + Hash + Debug + Send + Sync + 'static;

    /// Its `_id`.
    fn key(&self) -> Self::Key;

    /// The value of a field that rows are looked up by, see [`Unit::find_by`](super::Unit::find_by); None if it has none. Needed of
    /// collections that have such a field.
    fn looked_up_by(&self, _field: &'static str) -> Option<Bson> {
        None
    }
}
