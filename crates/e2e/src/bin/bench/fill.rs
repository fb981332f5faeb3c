//! A directory with a very long catalogue and a very long statement. Creating them through the API would take most of an hour, so the
//! rows are written directly into the files, just as the services would write them. The audit verifies that.

#![expect(
    clippy::disallowed_methods,
    reason = "fills files that nobody serves; they need no durability"
)]

use std::path::Path;

use anyhow::{Context, Result, ensure};
use e2e::books::{START, id};
use e2e::{Launch, Person};
use rusqlite::{Connection, params};
use uuid::Uuid;

/// Fills a new directory with `rows` products and `rows` wallet transactions of one person.
pub(crate) async fn fill(launch: &Launch, data_dir: &Path, rows: u32) -> Result<Person> {
    let server = launch.serve();
    let owner = server.client().join("Owner").await;
    ensure!(server.terminate() == Some(0), "it did not end well");
    let id: Uuid = owner.id.parse()?;
    eprintln!("Writing {rows} products.");
    products(&data_dir.join("products.db"), id, rows)?;
    eprintln!("Writing {rows} wallet transactions.");
    transactions(&data_dir.join("wallet.db"), id, rows)?;
    Ok(owner)
}

fn open(path: &Path) -> Result<Connection> {
    ensure!(path.is_file(), "{} is not there", path.display());
    let database = Connection::open(path)?;
    database.pragma_update(None, "synchronous", "OFF")?;
    Ok(database)
}

/// Checkpoints the file, so that the next start has no write-ahead log to read.
fn close(database: &Connection) -> Result<()> {
    database
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .context("the checkpoint")
}

fn products(path: &Path, seller: Uuid, rows: u32) -> Result<()> {
    const CATEGORIES: u32 = 8;
    const COLOURS: [&str; 7] = ["red", "green", "blue", "grey", "white", "black", "brass"];
    const THINGS: [&str; 11] = [
        "lamp", "chair", "teapot", "vase", "bicycle", "shelf", "guitar", "kettle", "rug", "clock",
        "mirror",
    ];
    let mut database = open(path)?;
    let tx = database.transaction()?;
    {
        let mut product = tx.prepare(
            "INSERT INTO products (id, seller, price, currency, status, delivery, created_at, category, category_id, attributes, name, description)
             VALUES (?1, ?2, ?3, 'USD', 'active', 'none', ?4, ?5, ?8, ?9, ?6, ?7)",
        )?;
        let mut stock = tx.prepare(
            "INSERT INTO stock (id, available, sold, version, updated_at) VALUES (?1, 100, 0, 1, ?2)",
        )?;
        let mut entry = tx.prepare(
            "INSERT INTO stock_entries (product, version, variant, delta, at, actor) VALUES (?1, 1, ?1, 100, ?2, ?1)",
        )?;
        let mut words = tx.prepare(
            "INSERT INTO search (id, seller, category_id, price, name_words, words)
             SELECT id, seller, category_id, price, ?2, ?3 FROM products WHERE id = ?1",
        )?;
        let mut category = tx.prepare(
            "INSERT INTO categories (id, slug, names, attributes, retired, version) VALUES (?1, ?2, ?3, '[]', 0, 1)",
        )?;
        for number in 0..CATEGORIES {
            let name = format!("bench-{number}");
            let names = format!(r#"{{"und":"{name}"}}"#);
            category.execute(params![id(number, 9).as_bytes(), name, names])?;
        }
        tx.execute("INSERT INTO category_tree (id, version) VALUES (1, 1)", [])?;
        let names = COLOURS
            .iter()
            .flat_map(|colour| THINGS.iter().map(move |thing| (colour, thing)))
            .cycle();
        for (row, (colour, thing)) in (1..=rows).zip(names) {
            let at = START + i64::from(row);
            let price = 100 + row.wrapping_mul(2_654_435_761) % 100_000;
            let id = id(row, 1);
            let name = format!("{colour} {thing} {row}");
            let text = format!("A {colour} {thing}, number {row} of many, made to be found again.");
            product.execute(params![
                id.as_bytes(),
                seller.as_bytes(),
                price,
                at,
                format!("bench-{}", row % CATEGORIES),
                name,
                text,
                self::id(row % CATEGORIES, 9).as_bytes(),
                format!(
                    r#"{{"colour":"{colour}","size":{},"thing":"{thing}"}}"#,
                    row % 40
                ),
            ])?;
            stock.execute(params![id.as_bytes(), at])?;
            entry.execute(params![id.as_bytes(), at])?;
            let name_words = format!("[\"{row}\",\"{colour}\",\"{thing}\"]");
            let others = r#""a","again","be","found","made","many","number","of","to""#;
            let all = format!("[\"{row}\",\"{colour}\",\"{thing}\",{others}]");
            words.execute(params![id.as_bytes(), name_words, all])?;
        }
    }
    tx.commit()?;
    database.execute_batch("ANALYZE")?;
    close(&database)
}

/// Top-ups of 1, so that balance and sequence equal the row's number.
fn transactions(path: &Path, owner: Uuid, rows: u32) -> Result<()> {
    const AVAILABLE: u8 = 0;
    const CREDIT: u8 = 0;
    const TOPUP: u8 = 2;
    let mut database = open(path)?;
    let tx = database.transaction()?;
    {
        let mut journal = tx.prepare(
            "INSERT INTO journal (id, kind, operation_id, created_at, lines, system_from, system_to)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
        )?;
        let mut posting = tx.prepare(
            "INSERT INTO postings
             (owner, bucket, created_at, sequence, amount, currency, balance_after, kind, journal_id)
             VALUES (?1, ?2, ?3, ?4, 1, 'USD', ?4, ?5, ?6)",
        )?;
        let mut system = tx.prepare(
            "INSERT INTO system_postings (account, amount, currency, journal_id) VALUES (?1, -1, 'USD', ?2)",
        )?;
        for row in 1..=rows {
            let at = START + i64::from(row);
            let journal_id = id(row, 2);
            let system_posting = system.insert(params![TOPUP, journal_id.as_bytes()])?;
            journal.execute(params![
                journal_id.as_bytes(),
                CREDIT,
                id(row, 3).as_bytes(),
                at,
                format!("[[\"{}\",{AVAILABLE},{row}]]", owner.simple()),
                system_posting
            ])?;
            posting.execute(params![
                owner.as_bytes(),
                AVAILABLE,
                at,
                row,
                CREDIT,
                journal_id.as_bytes()
            ])?;
        }
        tx.execute(
            "INSERT INTO balances (owner, bucket, currency, balance, sequence, last_at)
             VALUES (?1, ?2, 'USD', ?3, ?3, ?4)",
            params![owner.as_bytes(), AVAILABLE, rows, START + i64::from(rows)],
        )?;
    }
    tx.commit()?;
    close(&database)
}
