//! The records of one kind that a write has read or changed.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use store::{AnyKey, AnyRecord, StoreResult, Value, key_of, record_of};

use super::record::SqliteRecord;

/// What a write knows of the records of one kind.
pub(super) trait AnyTable {
    fn get(&mut self, db: &Connection, key: &AnyKey) -> StoreResult<Option<AnyRecord>>;
    fn find_by(
        &mut self,
        db: &Connection,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>>;
    fn insert(&mut self, db: &Connection, record: AnyRecord) -> StoreResult<()>;
    fn put(&mut self, db: &Connection, record: AnyRecord) -> StoreResult<()>;
    fn delete(&mut self, db: &Connection, key: &AnyKey) -> StoreResult<()>;
}

/// The records of one kind that a write has read or changed, in their current state.
pub(super) struct Table<R: SqliteRecord>(HashMap<R::Key, Option<Arc<R>>>);

impl<R: SqliteRecord> Default for Table<R> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<R: SqliteRecord> Table<R> {
    fn load(&mut self, db: &Connection, key: &R::Key) -> StoreResult<Option<Arc<R>>> {
        if let Some(known) = self.0.get(key) {
            return Ok(known.clone());
        }
        let found = R::load(db, key)?.map(Arc::new);
        self.0.insert(key.clone(), found.clone());
        Ok(found)
    }
}

impl<R: SqliteRecord> AnyTable for Table<R> {
    fn get(&mut self, db: &Connection, key: &AnyKey) -> StoreResult<Option<AnyRecord>> {
        let found = self.load(db, key_of::<R>(key)?)?;
        Ok(found.map(|record| {
            let record: AnyRecord = record;
            record
        }))
    }

    fn find_by(
        &mut self,
        db: &Connection,
        field: &'static str,
        value: &Value,
        limit: usize,
    ) -> StoreResult<Vec<AnyRecord>> {
        let found = R::find_by(db, field, value, limit)?;
        Ok(found
            .into_iter()
            .map(|record| {
                let record = Arc::new(record);
                self.0.insert(record.key(), Some(record.clone()));
                let record: AnyRecord = record;
                record
            })
            .collect())
    }

    fn insert(&mut self, db: &Connection, record: AnyRecord) -> StoreResult<()> {
        let record = record_of::<R>(record)?;
        record.insert(db)?;
        self.0.insert(record.key(), Some(record));
        Ok(())
    }

    fn put(&mut self, db: &Connection, record: AnyRecord) -> StoreResult<()> {
        let record = record_of::<R>(record)?;
        match self.load(db, &record.key())? {
            Some(before) => record.update(&before, db)?,
            None => record.insert(db)?,
        }
        self.0.insert(record.key(), Some(record));
        Ok(())
    }

    fn delete(&mut self, db: &Connection, key: &AnyKey) -> StoreResult<()> {
        let key = key_of::<R>(key)?;
        if let Some(before) = self.load(db, key)? {
            before.delete(db)?;
            self.0.insert(key.clone(), None);
        }
        Ok(())
    }
}
