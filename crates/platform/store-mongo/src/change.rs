//! How a row that is there is changed: only the fields that differ are sent, as `$set` and `$unset`.
//!
//! To the server this is a third of the work of taking a whole document in its place: indexes that no changed field is in are not even
//! looked at, and what it writes to its log is the change. And a field that a newer release wrote, which this one does not know, stays.

use mongodb::bson::Bson;
use mongodb::bson::error::Result;
use mongodb::bson::raw::{RawDocument, RawDocumentBuf};
use serde::Serialize;

use super::codec::{corrupt, encode};
use super::locks;
use store::StoreResult;

/// What turns a document into another.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Change {
    #[serde(rename = "$set", skip_serializing_if = "is_nothing")]
    set: RawDocumentBuf,
    #[serde(rename = "$unset", skip_serializing_if = "is_nothing")]
    unset: RawDocumentBuf,
}

impl Change {
    /// What the row `before`, which is stored as `stored`, has to be told to become `after`. None if it is that already.
    ///
    /// # Errors
    /// None in practice: rows serialise.
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

    /// The statement that changes the document `id` so.
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

    /// Notes what is to be other than it is stored. What is stored may lack a field that this release has a default for.
    fn differ(&mut self, stored: &RawDocument, after: &RawDocument) -> Result<()> {
        for field in after {
            let (name, value) = field?;
            if stored.get(name)? != Some(value) {
                self.set.append(name, value);
            }
        }
        Ok(())
    }

    /// Notes that a lock is to go.
    fn unlock(&mut self, stored: &RawDocument) -> Result<()> {
        if stored.get(locks::FIELD)?.is_some() {
            self.unset.append(locks::FIELD, true);
        }
        Ok(())
    }

    /// Notes what the row had and is to have no more: not what is stored beside that, which is not this release's.
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

/// Whether what is to be lacks something of what is stored.
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
