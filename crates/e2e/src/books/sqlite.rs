//! Books in the files of a data directory.

#![expect(
    clippy::disallowed_methods,
    reason = "fills files that nobody serves; they need no durability"
)]

use std::path::Path;

use anyhow::{Context, Result, ensure};
use kernel::Timestamp;
use rusqlite::{Connection, params};

use super::{CURRENCY, Deal, EARNED, Fate, History, PLENTY, PRICE, START, Size, Transaction};

/// Rows in a transaction.
const BATCH: u32 = 20_000;

/// Fills a data directory that exists and is not being served.
///
/// # Errors
/// If a file is missing or cannot be written.
pub fn fill(data_dir: &Path, size: &Size) -> Result<()> {
    let open = |file| open(&data_dir.join(file));
    let files = [open("orders.db")?, open("wallet.db")?, open("products.db")?];
    let [orders_db, wallet, products] = &files;
    let mut history = History::new(size);
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
    let category = super::id(0, 9);
    let sql = r#"INSERT INTO categories (id, slug, names, attributes, retired, version) VALUES (?1, 'things', '{"und":"things"}', '[]', 0, 1)"#;
    products.execute(sql, [category.as_bytes()])?;
    products.execute("INSERT INTO category_tree (id, version) VALUES (1, 1)", [])?;
    for (number, goods) in (0..).zip(&history.goods) {
        let (product, seller) = (goods.product.as_bytes(), goods.seller.as_bytes());
        let sql = "INSERT INTO products (id, seller, price, currency, status, delivery, created_at, category, category_id, name, description)
                   VALUES (?1, ?2, ?3, ?4, 'active', 'none', ?5, 'things', ?7, ?6, '')";
        let name = format!("Thing {number}");
        products.prepare_cached(sql)?.execute(params![
            product,
            seller,
            PRICE,
            CURRENCY,
            START,
            name,
            category.as_bytes()
        ])?;
        let sql = "INSERT INTO stock (id, available, sold, version, updated_at) VALUES (?1, ?2, 0, 1, ?3)";
        products
            .prepare_cached(sql)?
            .execute(params![product, goods.available, START])?;
        let sql = "INSERT INTO stock_entries (product, version, variant, delta, at, actor) VALUES (?1, 1, ?1, ?2, ?3, ?4)";
        products
            .prepare_cached(sql)?
            .execute(params![product, PLENTY, START, seller])?;
        let sql = "INSERT INTO search (id, seller, category_id, price, name_words, words) VALUES (?1, ?2, ?5, ?3, ?4, ?4)";
        let words = format!(r#"["thing","{number}"]"#);
        products.prepare_cached(sql)?.execute(params![
            product,
            seller,
            PRICE,
            words,
            category.as_bytes()
        ])?;
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
    let Deal { order, fate, .. } = deal;
    let lines = format!(
        r#"[{{"id":"{}","product":"{}","seller":"{}","name":"{}","category":"things","unit_price":{{"amount":{PRICE},"currency":"{CURRENCY}"}},"quantity":1}}]"#,
        deal.line(),
        deal.product,
        deal.seller,
        deal.name
    );
    let total = format!(r#"{{"amount":{PRICE},"currency":"{CURRENCY}"}}"#);
    let handled = deal.handled().map(|message| format!("\"{message}\""));
    let sql = "INSERT INTO orders (id, buyer, lines, fulfilments, total, state, reason, paid_at, confirmed, needs_review, handled, resends,
                   facts, version, created_at, updated_at, state_since)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10, 0, ?11, 3, ?12, ?12, ?12)";
    orders.prepare_cached(sql)?.execute(params![
        order.as_bytes(),
        deal.buyer.as_bytes(),
        lines,
        part(deal),
        total,
        fate.state(),
        (*fate == Fate::Refunded).then_some("reservation_expired"),
        fate.is_paid().then_some(deal.at),
        fate.is_sale(),
        format!("[{}]", handled.join(",")),
        fate.facts(),
        deal.at,
    ])?;
    if fate.is_sale() {
        let sql = "INSERT INTO sales (seller, status, paid_at, order_id, currency, sold, refunded, fees) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)";
        let (fees, _) = fate.fees();
        orders.prepare_cached(sql)?.execute(params![
            deal.seller.as_bytes(),
            fate.part(),
            deal.at,
            order.as_bytes(),
            CURRENCY,
            PRICE,
            fees,
        ])?;
    }
    if let Some((refund, _)) = deal.refund() {
        let sql = "INSERT INTO facts (order_id, number, at, actor, what, fulfilment, details) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        for (number, what) in [(2, "reservation_expired"), (3, "refunded")] {
            orders.prepare_cached(sql)?.execute(params![
                order.as_bytes(),
                number,
                deal.at,
                r#"{"role":"system"}"#,
                what,
                deal.part().as_bytes(),
                format!(r#"{{"refundId":"{refund}","amount":{PRICE}}}"#),
            ])?;
        }
    }
    Ok(())
}

/// The order's parts: one. What has its usual value is left out.
fn part(deal: &Deal) -> String {
    // In JSON a time is a text.
    let (fate, at) = (deal.fate, Timestamp::from_millis(deal.at));
    let line = match fate.fees() {
        _ if fate == Fate::Refunded => {
            let (fee, reversed) = fate.fees();
            format!(
                r#","cancelled":1,"refunded":1,"refunded_amount":{PRICE},"commission":{fee},"reversed":{reversed}"#
            )
        }
        (0, _) => String::new(),
        (fee, _) => format!(r#","commission":{fee}"#),
    };
    let more = match fate {
        Fate::Released => format!(
            r#","version":3,"money":"released","delivered_at":"{at}","completed":{{"at":"{at}","fact":2}}"#
        ),
        Fate::Held => format!(r#","version":2,"delivered_at":"{at}""#),
        Fate::Refunded => r#","version":2"#.to_owned(),
        Fate::Declined | Fate::Cancelled | Fate::Pending => String::new(),
    };
    format!(
        r#"[{{"id":"{}","seller":"{}","status":"{}","lines":[{{"id":"{}"{line}}}]{more}}}]"#,
        deal.part(),
        deal.seller,
        fate.part(),
        deal.line()
    )
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
        let debit = deal.transaction(2).map(uuid::Uuid::into_bytes);
        let is_requested = state != 1;
        let sql = "INSERT INTO payments (id, buyer, state, amount, currency, debit, parts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        wallet.prepare_cached(sql)?.execute(params![
            order,
            deal.buyer.as_bytes(),
            state,
            is_requested.then_some(PRICE),
            is_requested.then_some(CURRENCY),
            debit,
            debit.map(|_| captured(deal)),
        ])?;
    }
    if let Some((refund, transaction)) = deal.refund() {
        let sql = "INSERT INTO refunds (id, order_id, fulfilment, amount, currency, lines, journal_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (_, reversed) = deal.fate.fees();
        wallet.prepare_cached(sql)?.execute(params![
            refund.as_bytes(),
            order,
            deal.part().as_bytes(),
            PRICE,
            CURRENCY,
            format!(
                r#"[{{"line":"{}","amount":{PRICE},"reversed":{reversed}}}]"#,
                deal.line()
            ),
            transaction.as_bytes(),
        ])?;
    }
    if deal.waits {
        let sql = "INSERT INTO earnings (order_id, fulfilment, seller, amount, currency, available_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        wallet.prepare_cached(sql)?.execute(params![
            order,
            deal.part().as_bytes(),
            deal.seller.as_bytes(),
            EARNED,
            CURRENCY,
            i64::MAX,
        ])?;
    }
    Ok(())
}

/// The parts of the order's payment: one.
fn captured(deal: &Deal) -> String {
    let (fee, reversed) = deal.fate.fees();
    let refunded = if deal.fate == Fate::Refunded {
        format!(r#","refunded":{PRICE},"reversed":{reversed}"#)
    } else {
        String::new()
    };
    let released = deal.transaction(4).map_or_else(String::new, |transaction| {
        format!(r#","released":{{"amount":{PRICE},"transaction":"{transaction}"}}"#)
    });
    format!(
        r#"[{{"fulfilment":"{}","seller":"{}","lines":[{{"line":"{}","total":{PRICE},"commission":{fee}{refunded}}}]{released}}}]"#,
        deal.part(),
        deal.seller,
        deal.line()
    )
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
