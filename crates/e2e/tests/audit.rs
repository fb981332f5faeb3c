//! The audit of books with some thousand orders, of which some are damaged: it finds each violation, wherever in the books it is, and
//! nothing else, on both engines.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; it opens the databases as a vandal would"
)]

use std::collections::BTreeSet;
use std::path::Path;

use e2e::books::{self, id, order};
use e2e::{Launch, Run};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::{Client, Database};
use uuid::Uuid;

/// More than two pages of either engine, so that there are orders around the ends of pages.
const ORDERS: u32 = 2_003;

/// The invariants that are checked across services, as the audit names them.
const PAYMENTS: &str = "each order was debited once or not at all";
const STOCK: &str = "the stock of each paid order is sold";

/// A change of one row, bypassing the services, and what the audit has to say of it.
struct Damage {
    service: &'static str,
    table: &'static str,
    row: Uuid,
    change: Change,
    payments: Option<String>,
    stock: Option<String>,
}

/// In SQLite's terms, and in MongoDB's.
enum Change {
    Set(&'static str, Document),
    Lost,
    CopiedTo(Uuid),
}
use Change::{CopiedTo, Lost, Set};

const BEFORE_ALL: Uuid = Uuid::nil();
const AFTER_ALL: Uuid = Uuid::max();

/// Damage of each kind that can be between the services: to the first order and the last, to those around the ends of pages, and before and
/// after all orders.
#[expect(clippy::too_many_lines, reason = "a table")]
fn damages() -> Vec<Damage> {
    let damage = |table, row: Uuid, change, payments: Option<&str>, stock: Option<&str>| {
        let about = match &change {
            CopiedTo(other) => *other,
            Set(..) | Lost => row,
        };
        let sentence = |text: &str| text.replace("{}", &about.to_string());
        Damage {
            service: match table {
                "orders" => "orders",
                "payments" => "wallet",
                _ => "products",
            },
            table,
            row,
            change,
            payments: payments.map(sentence),
            stock: stock.map(sentence),
        }
    };
    let no_payment = "payment of order {}: there is no such order";
    let no_sale = "reservation of order {}: it is sold, and there is no such order";
    let (first, last) = (order(0), order(ORDERS - 1));
    let another_buyer = format!(
        "order {{}}: its buyer is {}, but its payment is {}'s",
        id(7, 13),
        Uuid::nil()
    );
    vec![
        damage("orders", first, Lost, Some(no_payment), Some(no_sale)),
        damage(
            "payments",
            order(1),
            CopiedTo(BEFORE_ALL),
            Some(no_payment),
            None,
        ),
        damage(
            "payments",
            order(1),
            CopiedTo(AFTER_ALL),
            Some(no_payment),
            None,
        ),
        damage(
            "reservations",
            order(1),
            CopiedTo(id(0, 1)),
            None,
            Some(no_sale),
        ),
        damage(
            "reservations",
            order(1),
            CopiedTo(id(ORDERS, 9)),
            None,
            Some(no_sale),
        ),
        // Stock is held before there is an order, and may be returned without one.
        damage("reservations", last, CopiedTo(id(ORDERS, 8)), None, None),
        damage(
            "reservations",
            order(8),
            CopiedTo(id(ORDERS, 7)),
            None,
            None,
        ),
        damage(
            "reservations",
            last,
            Lost,
            None,
            Some("order {}: it is Pending, but its reservation is missing"),
        ),
        damage(
            "reservations",
            order(28),
            Lost,
            None,
            Some("order {}: it is Refunded, but its reservation is missing"),
        ),
        damage(
            "payments",
            order(ORDERS - 2),
            Lost,
            Some("order {}: it is Paid with its escrow Released, but its payment is missing"),
            None,
        ),
        damage(
            "orders",
            order(999),
            Set("state = 'paid'", doc! { "$set": { "state": "paid" } }),
            Some("order {}: it is Paid with its escrow Held, but its payment is Cancelled"),
            None,
        ),
        damage(
            "reservations",
            order(1_000),
            Set(
                "state = 'released'",
                doc! { "$set": { "state": "released" } },
            ),
            None,
            Some("order {}: it is Paid, but its reservation is released"),
        ),
        damage(
            "orders",
            order(1_001),
            Set(
                "total = json_set(total, '$.amount', 999)",
                doc! { "$set": { "total.amount": 999_i64 } },
            ),
            Some("order {}: it costs 999 USD, but its payment is over 1000 USD"),
            None,
        ),
        damage(
            "payments",
            order(7),
            Set(
                "buyer = zeroblob(16)",
                doc! { "$set": { "buyer": bytes(Uuid::nil()) } },
            ),
            Some(&another_buyer),
            None,
        ),
        damage(
            "orders",
            order(27),
            Set(
                "escrow = 'released'",
                doc! { "$set": { "escrow": "released" } },
            ),
            Some("order {}: it is Paid with its escrow Released, but its payment is Debited"),
            None,
        ),
        damage(
            "reservations",
            order(9),
            Set("state = 'sold'", doc! { "$set": { "state": "sold" } }),
            None,
            Some("order {}: it is Declined, but its reservation is sold"),
        ),
    ]
}

fn bytes(id: Uuid) -> Bson {
    Bson::Binary(Binary {
        subtype: BinarySubtype::Generic,
        bytes: id.into_bytes().to_vec(),
    })
}

/// What the audit says about the invariant whose name begins like this.
fn findings(audit: &Run, invariant: &str) -> BTreeSet<String> {
    let mut lines = audit.stdout.lines();
    lines
        .by_ref()
        .find(|line| line.contains(invariant))
        .unwrap_or_else(|| panic!("no line about {invariant:?}: {audit:?}"));
    let findings = lines.map_while(|line| line.strip_prefix("         - "));
    findings.map(str::to_owned).collect()
}

/// Asserts that the audit says what it has to, and nothing else, about what is across services.
fn assert_finds_all(audit: &Run) {
    assert_eq!(audit.code, Some(1), "{audit:?}");
    let expected = |of: fn(&Damage) -> &Option<String>| -> BTreeSet<String> {
        damages().iter().filter_map(|one| of(one).clone()).collect()
    };
    assert_eq!(findings(audit, PAYMENTS), expected(|one| &one.payments));
    assert_eq!(findings(audit, STOCK), expected(|one| &one.stock));
}

/// A directory with the books, which no process serves.
async fn filled(data_dir: &Path) -> Launch {
    let launch = Launch::on(data_dir);
    let server = launch.serve();
    assert_eq!(server.client().get("/readyz").await.status, 200);
    assert_eq!(server.terminate(), Some(0));
    books::sqlite::fill(data_dir, ORDERS).unwrap();
    launch
}

impl Damage {
    fn in_file(&self, data_dir: &Path) {
        let file = data_dir.join(format!("{}.db", self.service));
        let file = rusqlite::Connection::open(file).unwrap();
        file.execute_batch("PRAGMA ignore_check_constraints = ON")
            .unwrap();
        let (table, row) = (self.table, self.row.as_bytes());
        let changed = match &self.change {
            Set(assignment, _) => {
                let sql = format!("UPDATE {table} SET {assignment} WHERE id = ?1");
                file.execute(&sql, [row])
            }
            Lost => file.execute(&format!("DELETE FROM {table} WHERE id = ?1"), [row]),
            CopiedTo(other) => {
                let columns = match table {
                    "payments" => "buyer, state, amount, currency, debit, settlement",
                    _ => "buyer, state, lease_until, created_at, lines",
                };
                let sql = format!(
                    "INSERT INTO {table} (id, {columns}) SELECT ?2, {columns} FROM {table} WHERE id = ?1"
                );
                file.execute(&sql, [row, other.as_bytes()])
            }
        };
        assert_eq!(changed.unwrap(), 1, "{table} {}", self.row);
    }

    async fn in_database(&self, database: &Database) {
        let rows = database.collection::<Document>(self.table);
        let row = doc! { "_id": bytes(self.row) };
        let changed = match &self.change {
            Set(_, update) => {
                let update = rows.update_one(row, update.clone());
                update.await.unwrap().modified_count
            }
            Lost => rows.delete_one(row).await.unwrap().deleted_count,
            CopiedTo(other) => {
                let mut copy = rows.find_one(row).await.unwrap().unwrap();
                copy.insert("_id", bytes(*other));
                rows.insert_one(copy).await.unwrap();
                1
            }
        };
        assert_eq!(changed, 1, "{} {}", self.table, self.row);
    }
}

#[tokio::test]
async fn each_violation_between_files_is_found_wherever_it_is() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = filled(data_dir.path()).await;
    launch.assert_audit_is_clean();
    for damage in damages() {
        damage.in_file(data_dir.path());
    }
    assert_finds_all(&launch.audit());
}

/// A name for databases that no other test uses.
struct Databases {
    client: Client,
    launch: Launch,
    prefix: String,
}

impl Databases {
    async fn filled() -> Self {
        let uri = std::env::var("MARKETPLACE_TEST_MONGO")
            .expect("MARKETPLACE_TEST_MONGO: run ./scripts/test, which starts a MongoDB");
        let client = Client::with_uri_str(&uri).await.unwrap();
        let prefix = format!("test_{}", Uuid::new_v4().simple());
        books::mongo::fill(&client, &prefix, ORDERS).await.unwrap();
        let launch = Launch::on(Path::new("."))
            .set("MONGO__URI", &uri)
            .set("MONGO__DATABASE_PREFIX", &prefix);
        Self {
            client,
            launch,
            prefix,
        }
    }

    fn of(&self, service: &str) -> Database {
        self.client.database(&format!("{}_{service}", self.prefix))
    }

    fn audit(&self) -> Run {
        self.launch.run(&["audit", "--distributed"])
    }
}

#[tokio::test]
async fn each_violation_between_databases_is_found_wherever_it_is() {
    let databases = Databases::filled().await;
    let clean = databases.audit();
    assert_eq!(clean.code, Some(0), "{clean:?}");
    for damage in damages() {
        damage.in_database(&databases.of(damage.service)).await;
    }
    let audit = databases.audit();
    for service in ["orders", "wallet", "products"] {
        databases.of(service).drop().await.unwrap();
    }
    assert_finds_all(&audit);
}

#[tokio::test]
async fn where_everything_is_wrong_the_first_violations_are_named_and_the_rest_are_counted() {
    let data_dir = tempfile::tempdir().unwrap();
    let launch = filled(data_dir.path()).await;
    let wallet = rusqlite::Connection::open(data_dir.path().join("wallet.db")).unwrap();
    let lost = wallet.execute("DELETE FROM payments", []).unwrap();
    assert_eq!(lost, 2_002);
    let audit = launch.audit();
    assert_eq!(audit.code, Some(1), "{audit:?}");
    // The pending order needs no payment, nor does the wallet have a transaction for those that were declined or cancelled: 200.
    for (invariant, of) in [
        (PAYMENTS, 2_002),
        ("each payment has the transactions", 1_802),
    ] {
        let named = findings(&audit, invariant);
        assert_eq!(named.len(), 201, "{invariant}");
        assert!(
            named.contains(&format!("and {} more", of - 200)),
            "{audit:?}"
        );
    }
}
