//! Books in the files of a data directory.

#![expect(
    clippy::disallowed_methods,
    reason = "fills files that nobody serves; they need no durability"
)]

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, params};

use super::{CURRENCY, Deal, EARNED, History, PLENTY, PRICE, START, Transaction};

/// Rows in a transaction.
const BATCH: u32 = 20_000;

/// Fills a data directory that exists and is not being served.
///
/// # Errors
/// If a file is missing or cannot be written.
pub fn fill(data_dir: &Path, orders: u32) -> Result<()> {
    let open = |file| open(&data_dir.join(file));
    let files = [open("orders.db")?, open("wallet.db")?, open("products.db")?];
    let [orders_db, wallet, products] = &files;
    let mut history = History::new(orders);
    for file in &files {
        file.execute_batch("BEGIN")?;
    }
    for transaction in history.opening() {
        post(wallet, &transaction)?;
    }
    for deal in history.by_ref() {
        place(orders_db, &deal)?;
        pay(wallet, &deal)?;
        reserve(products, &deal)?;
        if deal.number % BATCH == 0 {
            for file in &files {
                file.execute_batch("COMMIT; BEGIN")?;
            }
        }
    }
    for account in history.accounts() {
        let sql = "INSERT INTO balances (owner, bucket, currency, balance, sequence, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        wallet.prepare_cached(sql)?.execute(params![
            account.owner.as_bytes(),
            account.bucket,
            CURRENCY,
            account.balance,
            account.sequence,
            account.last_at,
        ])?;
    }
    for (number, goods) in (0..).zip(&history.goods) {
        let (product, seller) = (goods.product.as_bytes(), goods.seller.as_bytes());
        let sql = "INSERT INTO products (id, seller, price, currency, status, delivery, created_at, category, category_key, name, description)
                   VALUES (?1, ?2, ?3, ?4, 'active', 'none', ?5, 'things', 'things', ?6, '')";
        let name = format!("Thing {number}");
        products
            .prepare_cached(sql)?
            .execute(params![product, seller, PRICE, CURRENCY, START, name])?;
        let sql = "INSERT INTO stock (id, available, version, updated_at) VALUES (?1, ?2, 1, ?3)";
        products
            .prepare_cached(sql)?
            .execute(params![product, goods.available, START])?;
        let sql = "INSERT INTO stock_entries (product, version, delta, at) VALUES (?1, 1, ?2, ?3)";
        products
            .prepare_cached(sql)?
            .execute(params![product, PLENTY, START])?;
        let sql = "INSERT INTO search (id, seller, category_key, price, name_words, words) VALUES (?1, ?2, 'things', ?3, ?4, ?4)";
        let words = format!(r#"["thing","{number}"]"#);
        products
            .prepare_cached(sql)?
            .execute(params![product, seller, PRICE, words])?;
    }
    for file in &files {
        file.execute_batch("COMMIT")?;
        let mode = |mode| file.pragma_update(None, "journal_mode", mode);
        mode("WAL").context("the files are left as the services keep them")?;
    }
    Ok(())
}

fn open(path: &Path) -> Result<Connection> {
    ensure!(path.is_file(), "{} is not there", path.display());
    let file = Connection::open(path)?;
    file.set_prepared_statement_cache_capacity(64);
    file.execute_batch(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF;",
    )?;
    Ok(file)
}

fn place(orders: &Connection, deal: &Deal) -> Result<()> {
    let (order, state) = (deal.order, deal.fate.state());
    let lines = format!(
        r#"[{{"product":"{}","seller":"{}","name":"{}","unit_price":{{"amount":{PRICE},"currency":"{CURRENCY}"}},"quantity":1}}]"#,
        deal.product, deal.seller, deal.name
    );
    let total = format!(r#"{{"amount":{PRICE},"currency":"{CURRENCY}"}}"#);
    let is_released = deal.transaction(4).is_some();
    let handled = deal.handled().map(|message| format!("\"{message}\""));
    let sql = "INSERT INTO orders (id, buyer, lines, total, state, escrow, confirmed, needs_review, handled, resends, version,
                   created_at, updated_at, state_since)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, 0, 3, ?9, ?9, ?9)";
    orders.prepare_cached(sql)?.execute(params![
        order.as_bytes(),
        deal.buyer.as_bytes(),
        lines,
        total,
        state,
        if is_released { "released" } else { "held" },
        state == "paid",
        format!("[{}]", handled.join(",")),
        deal.at,
    ])?;
    Ok(())
}

fn post(wallet: &Connection, transaction: &Transaction) -> Result<()> {
    let order = transaction.order.map(uuid::Uuid::into_bytes);
    let id = transaction.id.as_bytes();
    let mut system = Vec::new();
    for (account, amount) in &transaction.system {
        let sql = "INSERT INTO system_postings (account, amount, currency, journal_id) VALUES (?1, ?2, ?3, ?4)";
        let mut insert = wallet.prepare_cached(sql)?;
        system.push(insert.insert(params![account, amount, CURRENCY, id])?);
    }
    let mut lines = Vec::new();
    for line in &transaction.lines {
        let sql = "INSERT INTO postings (owner, bucket, created_at, sequence, amount, currency, balance_after, kind, journal_id, order_id)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        wallet.prepare_cached(sql)?.execute(params![
            line.owner.as_bytes(),
            line.bucket,
            transaction.at,
            line.sequence,
            line.amount,
            CURRENCY,
            line.after,
            transaction.kind,
            id,
            order,
        ])?;
        let (owner, bucket, sequence) = (line.owner.simple(), line.bucket, line.sequence);
        lines.push(format!("[\"{owner}\",{bucket},{sequence}]"));
    }
    let sql = "INSERT INTO journal (operation_id, id, kind, order_id, created_at, lines, system_from, system_to)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    wallet.prepare_cached(sql)?.execute(params![
        transaction.operation.as_bytes(),
        id,
        transaction.kind,
        order,
        transaction.at,
        format!("[{}]", lines.join(",")),
        system.first(),
        system.last(),
    ])?;
    Ok(())
}

fn pay(wallet: &Connection, deal: &Deal) -> Result<()> {
    for transaction in &deal.transactions {
        post(wallet, transaction)?;
    }
    let order = deal.order.as_bytes();
    if let Some(state) = deal.fate.payment() {
        let [debit, settlement] = deal.debit_and_settlement();
        let bytes = |id: Option<uuid::Uuid>| id.map(uuid::Uuid::into_bytes);
        let is_requested = state != 1;
        let sql = "INSERT INTO payments (id, buyer, state, amount, currency, debit, settlement) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        wallet.prepare_cached(sql)?.execute(params![
            order,
            deal.buyer.as_bytes(),
            state,
            is_requested.then_some(PRICE),
            is_requested.then_some(CURRENCY),
            bytes(debit),
            bytes(settlement),
        ])?;
    }
    if deal.waits {
        let sql = "INSERT INTO payouts (order_id, seller, amount, currency, available_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        wallet.prepare_cached(sql)?.execute(params![
            order,
            deal.seller.as_bytes(),
            EARNED,
            CURRENCY,
            i64::MAX,
        ])?;
    }
    Ok(())
}

fn reserve(products: &Connection, deal: &Deal) -> Result<()> {
    let lines = format!(
        r#"[{{"product":"{}","seller":"{}","category":"things","name":"{}","unitPrice":{{"amount":{PRICE},"currency":"{CURRENCY}"}},"quantity":1}}]"#,
        deal.product, deal.seller, deal.name
    );
    let sql = "INSERT INTO reservations (id, buyer, state, lease_until, created_at, lines) VALUES (?1, ?2, ?3, ?4, ?4, ?5)";
    products.prepare_cached(sql)?.execute(params![
        deal.order.as_bytes(),
        deal.buyer.as_bytes(),
        deal.fate.reservation(),
        deal.at,
        lines,
    ])?;
    Ok(())
}
