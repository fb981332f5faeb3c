//! How an existing row is changed: only the fields that differ are sent, as `$set` and `$unset`.
//!
//! This costs the server a third of what replacing the whole document does. Indexes that contain no changed field are not touched, and
//! only the change is written to the log. Fields that a newer release wrote, and this one does not know, are preserved.

use mongodb::bson::Bson;
use mongodb::bson::error::Result;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use serde::Serialize;

use super::codec::{corrupt, encode};
use super::locks;
use store::StoreResult;

/// The update that turns one document into another.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Change {
    #[serde(rename = "$set", skip_serializing_if = "is_nothing")]
    set: RawDocumentBuf,
    #[serde(rename = "$unset", skip_serializing_if = "is_nothing")]
    unset: RawDocumentBuf,
}

impl Change {
    /// The update that turns the row `before`, stored as `stored`, into `after`. None if nothing differs.
    ///
    /// # Errors
    /// None in practice: serialising rows does not fail.
    pub(super) fn between(
        stored: &RawDocument,
        before: &RawDocument,
        after: &RawDocument,
    ) -> StoreResult<Option<Self>> {
        let mut change = Self {
            set: RawDocumentBuf::new(),
            unset: RawDocumentBuf::new(),
        };
        readable(change.differ(stored, after))?;
        if readable(is_missing_some(stored, after))? {
            readable(change.lose(before, after))?;
            readable(change.unlock(stored))?;
        }
        let is_change = !change.set.is_empty() || !change.unset.is_empty();
        Ok(is_change.then_some(change))
    }

    /// The statement that applies this change to the document `id`.
    ///
    /// # Errors
    /// None in practice.
    pub(super) fn of(&self, id: Bson) -> StoreResult<RawDocumentBuf> {
        #[derive(Serialize)]
        struct ById {
            #[serde(rename = "_id")]
            id: Bson,
        }
        #[derive(Serialize)]
        struct Update<'a> {
            q: ById,
            u: &'a Change,
        }
        encode(&Update {
            q: ById { id },
            u: self,
        })
    }

    /// Records the fields of `after` that differ from what is stored. A stored row may lack a field for which this release has a default.
    fn differ(&mut self, stored: &RawDocument, after: &RawDocument) -> Result<()> {
        for field in after {
            let (name, value) = field?;
            if stored.get(name)? != Some(value) {
                self.set.append(name, value);
            }
        }
        Ok(())
    }

    /// Records that the lock must be removed.
    fn unlock(&mut self, stored: &RawDocument) -> Result<()> {
        if stored.get(locks::FIELD)?.is_some() {
            self.unset.append(locks::FIELD, true);
        }
        Ok(())
    }

    /// Records the fields to remove: those of the row before, but not stored fields that this release does not know.
    fn lose(&mut self, before: &RawDocument, after: &RawDocument) -> Result<()> {
        for field in before {
            let (name, _) = field?;
            if after.get(name)?.is_none() {
                self.unset.append(name, true);
            }
        }
        Ok(())
    }
}

/// Whether `after` lacks a field of what is stored.
fn is_missing_some(stored: &RawDocument, after: &RawDocument) -> Result<bool> {
    for field in stored {
        let (name, _) = field?;
        if after.get(name)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn readable<T>(result: Result<T>) -> StoreResult<T> {
    result.map_err(|error| corrupt(error.to_string()))
}

fn is_nothing(document: &RawDocumentBuf) -> bool {
    document.is_empty()
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Document, doc, rawdoc, serialize_to_document};
    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize, Clone)]
    struct Lamp {
        _id: i32,
        stock: i64,
        words: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        due: Option<i64>,
    }

    fn lamp() -> Lamp {
        Lamp {
            _id: 1,
            stock: 5,
            words: vec!["brass".to_owned()],
            due: Some(7),
        }
    }

    fn change(stored: &RawDocument, before: &Lamp, after: &Lamp) -> Option<Document> {
        let change =
            Change::between(stored, &encode(before).unwrap(), &encode(after).unwrap()).unwrap()?;
        Some(serialize_to_document(&change).unwrap())
    }

    #[test]
    fn only_what_differs_is_told() {
        let (stored, before) = (encode(&lamp()).unwrap(), lamp());
        assert_eq!(change(&stored, &before, &before), None);
        let after = Lamp { stock: 4, ..lamp() };
        let expected = doc! { "$set": { "stock": 4_i64 } };
        assert_eq!(change(&stored, &before, &after), Some(expected));
        let after = Lamp {
            words: vec!["oak".to_owned()],
            due: None,
            ..lamp()
        };
        let expected = doc! { "$set": { "words": ["oak"] }, "$unset": { "due": true } };
        assert_eq!(change(&stored, &before, &after), Some(expected));
    }

    #[test]
    fn a_lock_is_taken_away_by_the_change_it_was_for() {
        let before = lamp();
        let locked =
            rawdoc! { "_id": 1, "stock": 5_i64, "words": ["brass"], "due": 7_i64, "_lock": 3_i64 };
        let after = Lamp { stock: 4, ..lamp() };
        let expected = doc! { "$set": { "stock": 4_i64 }, "$unset": { "_lock": true } };
        assert_eq!(change(&locked, &before, &after), Some(expected));
    }

    #[test]
    fn what_another_release_wrote_stays_and_what_it_did_not_know_is_added() {
        let before = lamp();
        let newer =
            rawdoc! { "_id": 1, "stock": 5_i64, "words": ["brass"], "due": 7_i64, "colour": "red" };
        assert_eq!(change(&newer, &before, &before), None);
        let after = Lamp {
            due: None,
            ..lamp()
        };
        let expected = doc! { "$unset": { "due": true } };
        assert_eq!(change(&newer, &before, &after), Some(expected));
        let older = rawdoc! { "_id": 1, "stock": 5_i64, "due": 7_i64 };
        let expected = doc! { "$set": { "words": ["brass"] } };
        assert_eq!(change(&older, &before, &before), Some(expected));
    }
}
