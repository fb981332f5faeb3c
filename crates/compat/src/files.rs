//! SQLite files as SQL text: every table with its rows, in an order that does not change from dump to dump. Full-text indexes are
//! dumped as they lie on the disk, not built anew: another release has to be able to read those bytes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chassis::metrics::StoreMetrics;
use chassis::sqlite::Sqlite;
use marketplace::DataDir;
use rusqlite::Connection;

/// The file of `service`.
///
/// # Panics
/// If there is no such service.
#[must_use]
pub fn path(dir: &DataDir, service: &str) -> PathBuf {
    match service {
        "users" => dir.users(),
        "products" => dir.products(),
        "orders" => dir.orders(),
        "wallet" => dir.wallet(),
        other => panic!("{other} is no service"),
    }
}

/// The file at `path` as SQL.
#[must_use]
pub fn dump(path: &Path) -> String {
    let mut connection = chassis::sqlite::open_read_only(path).expect("a file");
    // One snapshot.
    let file = connection.transaction().unwrap();
    let version: i64 = file
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    let mut sql = format!("PRAGMA foreign_keys = OFF;\nPRAGMA user_version = {version};\nBEGIN;\n");
    let tables = tables(&file);
    let of_kind = |kind: &'static str| {
        let tables = tables.iter();
        tables.filter(move |table| table.kind == kind)
    };
    for table in of_kind("table").chain(of_kind("virtual")) {
        writeln!(sql, "{};", table.sql).unwrap();
    }
    for table in of_kind("table") {
        rows(&file, &table.name, &mut sql);
    }
    if tables
        .iter()
        .any(|table| table.sql.contains("AUTOINCREMENT"))
    {
        writeln!(sql, "DELETE FROM sqlite_sequence;").unwrap();
        rows(&file, "sqlite_sequence", &mut sql);
    }
    for table in of_kind("shadow") {
        writeln!(sql, "DELETE FROM \"{}\";", table.name).unwrap();
        rows(&file, &table.name, &mut sql);
    }
    // After the rows, or triggers would fire for them.
    for statement in strings(
        &file,
        "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, name",
    ) {
        writeln!(sql, "{statement};").unwrap();
    }
    sql.push_str("COMMIT;\n");
    sql
}

/// Makes the file at `path` out of what [`dump`] wrote.
///
/// # Panics
/// If it cannot.
#[expect(
    clippy::disallowed_methods,
    reason = "no service serves from this connection: it only writes the file"
)]
pub fn restore(path: &Path, sql: &str) {
    let file = Connection::open(path).expect("a file");
    file.execute_batch(sql)
        .unwrap_or_else(|error| panic!("{} cannot be restored: {error}", path.display()));
    file.close().unwrap();
}

/// Puts what `service` gave up back into its outbox. Returns how many that were.
pub async fn replay_dead_letters(dir: &DataDir, service: &str) -> usize {
    let store = Sqlite::open_existing(&path(dir, service), &StoreMetrics::default());
    store
        .expect("a file")
        .write(|tx| chassis::sqlite::replay_dead_letters(tx, None))
        .await
        .expect("dead letters")
}

struct Table {
    name: String,
    kind: String,
    sql: String,
}

fn tables(file: &Connection) -> Vec<Table> {
    let mut statement = file
        .prepare(
            "SELECT l.name, l.type, m.sql FROM pragma_table_list l JOIN sqlite_master m ON m.name = l.name AND m.type = 'table'
             WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite_%' ORDER BY l.name",
        )
        .unwrap();
    let tables = statement
        .query_map([], |row| {
            Ok(Table {
                name: row.get(0)?,
                kind: row.get(1)?,
                sql: row.get(2)?,
            })
        })
        .unwrap();
    tables.map(Result::unwrap).collect()
}

fn rows(file: &Connection, table: &str, sql: &mut String) {
    let columns = strings(
        file,
        &format!("SELECT name FROM pragma_table_info('{table}')"),
    );
    let quoted = columns
        .iter()
        .map(|column| format!("quote(\"{column}\")"))
        .collect::<Vec<_>>()
        .join(" || ', ' || ");
    let names = columns
        .iter()
        .map(|column| format!("\"{column}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let select = format!("SELECT {quoted} FROM \"{table}\" ORDER BY {names}");
    for row in strings(file, &select) {
        writeln!(sql, "INSERT INTO \"{table}\" ({names}) VALUES ({row});").unwrap();
    }
}

fn strings(file: &Connection, sql: &str) -> Vec<String> {
    let mut statement = file.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}
