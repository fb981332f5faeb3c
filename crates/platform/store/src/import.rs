//! Marks a database that records are brought into, from another engine or from a backup.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Plain, Record};

/// How far the records have come. It is saved with each batch of them, so that an import that was killed goes on where it stopped.
/// A service does not start on a MongoDB database with an unfinished import; files are brought into a directory that gets its name
/// last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    #[serde(rename = "_id")]
    id: String,
    /// Where the records come from.
    pub source: String,
    /// The kind that is being brought in. Those before it are complete.
    pub kind: String,
    /// How many records of that kind are there.
    pub records: i64,
    /// When everything was there and had been verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

impl Import {
    /// A database has one.
    pub const ID: &'static str = "import";

    /// An import from `source` that begins.
    #[must_use]
    pub fn begin(source: &str) -> Self {
        Self {
            id: Self::ID.to_owned(),
            source: source.to_owned(),
            kind: String::new(),
            records: 0,
            finished_at: None,
        }
    }
}

impl Record for Import {
    const NAME: &'static str = "import";
    type Key = String;

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Plain for Import {
    const TABLE: &'static str = "imports";
}
