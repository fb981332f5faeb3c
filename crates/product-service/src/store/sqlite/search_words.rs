//! Search words: a row of the full-text index, whose rowid is the product's number. The words are made in Rust; the tokenizer only
//! splits at spaces.

use std::collections::BTreeSet;

use kernel::ProductId;
use rusqlite::{Connection, OptionalExtension, params};
use store::StoreResult;
use store_sqlite::{SqliteRecord, id};

use crate::domain::Category;
use crate::records::SearchWords;

impl SearchWords {
    /// The two columns: the words of the name, and all others.
    fn columns(&self) -> (String, String) {
        let join = |words: Vec<&str>| words.join(" ");
        (
            join(self.name_words.iter().map(String::as_str).collect()),
            join(
                self.words
                    .difference(&self.name_words)
                    .map(String::as_str)
                    .collect(),
            ),
        )
    }
}

impl SqliteRecord for SearchWords {
    fn load(db: &Connection, key: &ProductId) -> StoreResult<Option<Self>> {
        let words = |text: String| -> BTreeSet<String> {
            text.split_whitespace().map(str::to_owned).collect()
        };
        let found = db
            .prepare_cached(
                "SELECT p.id, p.seller, p.category, p.price, f.name, f.description
                 FROM products p JOIN products_fts f ON f.rowid = p.seq WHERE p.id = ?1",
            )?
            .query_row([key.as_bytes()], |row| {
                let name_words = words(row.get(4)?);
                let mut all = words(row.get(5)?);
                all.extend(name_words.iter().cloned());
                Ok(Self {
                    product: id(row, 0)?,
                    seller: id(row, 1)?,
                    category: Category::stored(row.get(2)?),
                    price: row.get(3)?,
                    name_words,
                    words: all,
                })
            });
        Ok(found.optional()?)
    }

    fn insert(&self, db: &Connection) -> StoreResult<()> {
        let (name, others) = self.columns();
        db.prepare_cached(
            "INSERT INTO products_fts (rowid, name, description) SELECT seq, ?2, ?3 FROM products WHERE id = ?1",
        )?
        .execute(params![self.product.as_bytes(), name, others])?;
        Ok(())
    }

    fn update(&self, before: &Self, db: &Connection) -> StoreResult<()> {
        if self.columns() != before.columns() {
            let (name, others) = self.columns();
            db.prepare_cached(
                "UPDATE products_fts SET name = ?2, description = ?3
                 WHERE rowid = (SELECT seq FROM products WHERE id = ?1)",
            )?
            .execute(params![self.product.as_bytes(), name, others])?;
        }
        Ok(())
    }

    fn delete(&self, db: &Connection) -> StoreResult<()> {
        db.prepare_cached(
            "DELETE FROM products_fts WHERE rowid = (SELECT seq FROM products WHERE id = ?1)",
        )?
        .execute([self.product.as_bytes()])?;
        Ok(())
    }
}
