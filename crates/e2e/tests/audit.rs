//! The audit of books with some thousand orders, of which some are damaged: it finds each violation, wherever in the books it is, and
//! nothing else, on both engines.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails by panicking; it opens the databases as a vandal would"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use e2e::books::{self, Size, id, order};
use e2e::{Launch, Run};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::{Client, Database};
use uuid::Uuid;

/// More than two pages of either engine, so that there are orders around the ends of pages.
const ORDERS: u32 = 2_003;

/// The invariants that are checked across services, as the audit names them.
const PAYMENTS: &str = "each order was debited once or not at all";
const PARTS: &str = "each part of an order is a part of its payment";
const REFUNDS: &str = "what was refunded of each line";
const RELEASES: &str = "each part is paid to its seller";
const STOCK: &str = "the stock of each paid order is sold";
const RETURNS: &str = "what came back of each order";

const ACROSS: [&str; 6] = [PAYMENTS, PARTS, REFUNDS, RELEASES, STOCK, RETURNS];

/// A change of one row, bypassing the services, and what the audit has to say of it.
struct Damage {
    service: &'static str,
    table: &'static str,
    row: Uuid,
    change: Change,
    findings: Vec<(&'static str, String)>,
}

/// In SQLite's terms, and in MongoDB's.
enum Change {
    Set(String, Document),
    Lost,
    CopiedTo(Uuid),
}
use Change::{CopiedTo, Lost, Set};

/// Sets one member of a row to a number or a text. `path` is that of the member in a JSON column.
fn set(column: &str, path: &[&str], value: impl Into<Bson>) -> Change {
    let value = value.into();
    let shown = if let Bson::String(text) = &value {
        format!("'{text}'")
    } else if let Bson::Binary(id) = &value {
        let id = Uuid::from_slice(&id.bytes).unwrap();
        // In a JSON column an id is a text.
        if path.is_empty() {
            format!("x'{}'", id.simple())
        } else {
            format!("'{id}'")
        }
    } else {
        value.to_string()
    };
    let sql = if path.is_empty() {
        format!("{column} = {shown}")
    } else {
        let steps = path.iter().map(|step| match step.parse::<u8>() {
            Ok(place) => format!("[{place}]"),
            Err(_) => format!(".{step}"),
        });
        let steps: String = steps.collect();
        format!("{column} = json_set({column}, '${steps}', {shown})")
    };
    let mut member = vec![column];
    member.extend(path);
    Set(sql, doc! { "$set": { member.join("."): value } })
}

const BEFORE_ALL: Uuid = Uuid::nil();
const AFTER_ALL: Uuid = Uuid::max();

/// Damage of each kind that can be between the services: to the first order and the last, to those around the ends of pages, and before and
/// after all orders.
#[expect(clippy::too_many_lines, reason = "a table")]
fn damages() -> Vec<Damage> {
    let damage = |table, row: Uuid, change, findings: &[(&'static str, &str)]| {
        let about = match &change {
            CopiedTo(other) => *other,
            Set(..) | Lost => row,
        };
        let findings = findings.iter();
        Damage {
            service: match table {
                "orders" => "orders",
                "payments" => "wallet",
                _ => "products",
            },
            table,
            row,
            change,
            findings: findings
                .map(|(invariant, text)| (*invariant, text.replace("{}", &about.to_string())))
                .collect(),
        }
    };
    let no_payment = (PAYMENTS, "payment of order {}: there is no such order");
    let no_sale = (
        STOCK,
        "reservation of order {}: it is sold, and there is no such order",
    );
    let (first, last) = (order(0), order(ORDERS - 1));
    let (line, part) = (|number| id(number, 50), |number| id(number, 51));
    let nobody = Uuid::nil();
    let another_buyer = format!(
        "order {{}}: its buyer is {}, but its payment is {nobody}'s",
        id(7, 13)
    );
    let another_seller = format!(
        "order {{}}, part {}: its seller is {}, but its payment is for {nobody}",
        part(24),
        id(24, 14)
    );
    let commission = format!(
        "order {{}}, line {}: its commission is 100, but 99 to its payment",
        line(20)
    );
    let refunded = format!(
        "order {{}}, line {}: it has refunded 5 and 0 of its commission, of which 0 is under way, but its payment 0 and 0",
        line(21)
    );
    let unreleased = format!(
        "order {{}}, part {}: its money is Released, but its payment has not released it",
        part(27)
    );
    let returned = format!(
        "order {{}}: 0 of product {} came back, of which 0 are under way, but 1 are in the stock book",
        id(22, 1)
    );
    let more = format!(
        "order {{}}: 1 of product {} are ordered, but 2 are reserved",
        id(23, 1)
    );
    let back = doc! { "product": bytes(id(22, 1)), "restocked": 1_i64, "written_off": 0_i64 };
    let back_in_json = format!(
        r#"returned = '[{{"product":"{}","restocked":1,"written_off":0}}]'"#,
        id(22, 1)
    );
    vec![
        damage("orders", first, Lost, &[no_payment, no_sale]),
        damage("payments", order(1), CopiedTo(BEFORE_ALL), &[no_payment]),
        damage("payments", order(1), CopiedTo(AFTER_ALL), &[no_payment]),
        damage("reservations", order(1), CopiedTo(id(0, 1)), &[no_sale]),
        damage(
            "reservations",
            order(1),
            CopiedTo(id(ORDERS, 9)),
            &[no_sale],
        ),
        // Stock is held before there is an order, and may be returned without one.
        damage("reservations", last, CopiedTo(id(ORDERS, 8)), &[]),
        damage("reservations", order(8), CopiedTo(id(ORDERS, 7)), &[]),
        damage(
            "reservations",
            last,
            Lost,
            &[(
                STOCK,
                "order {}: it is Pending, but its reservation is missing",
            )],
        ),
        damage(
            "reservations",
            order(28),
            Lost,
            &[(
                STOCK,
                "order {}: it is Refunded, but its reservation is missing",
            )],
        ),
        damage(
            "payments",
            order(ORDERS - 2),
            Lost,
            &[(PAYMENTS, "order {}: it is Paid, but its payment is missing")],
        ),
        damage(
            "orders",
            order(999),
            set("state", &[], "paid"),
            &[(
                PAYMENTS,
                "order {}: it is Paid, but its payment is Cancelled",
            )],
        ),
        damage(
            "reservations",
            order(1_000),
            set("state", &[], "released"),
            &[(
                STOCK,
                "order {}: it is Paid, but its reservation is released",
            )],
        ),
        damage(
            "orders",
            order(1_001),
            set("total", &["amount"], 999_i64),
            &[(
                PAYMENTS,
                "order {}: it costs 999 USD, but its payment is over 1000 USD",
            )],
        ),
        damage(
            "payments",
            order(7),
            set("buyer", &[], bytes(nobody)),
            &[(PAYMENTS, &another_buyer)],
        ),
        damage(
            "payments",
            order(24),
            set("parts", &["0", "seller"], bytes(nobody)),
            &[(PARTS, &another_seller)],
        ),
        damage(
            "payments",
            order(20),
            set("parts", &["0", "lines", "0", "commission"], 99_i64),
            &[(PARTS, &commission)],
        ),
        damage(
            "orders",
            order(21),
            set(
                "fulfilments",
                &["0", "lines", "0", "refunded_amount"],
                5_i64,
            ),
            &[(REFUNDS, &refunded)],
        ),
        damage(
            "orders",
            order(27),
            set("fulfilments", &["0", "money"], "released"),
            &[(RELEASES, &unreleased)],
        ),
        damage(
            "reservations",
            order(22),
            Set(back_in_json, doc! { "$set": { "returned": [back] } }),
            &[(RETURNS, &returned)],
        ),
        damage(
            "reservations",
            order(23),
            set("lines", &["0", "quantity"], 2_i64),
            &[(STOCK, &more)],
        ),
        damage(
            "reservations",
            order(9),
            set("state", &[], "sold"),
            &[(
                STOCK,
                "order {}: it is Declined, but its reservation is sold",
            )],
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
    let mut expected: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (invariant, sentence) in damages().into_iter().flat_map(|one| one.findings) {
        expected.entry(invariant).or_default().insert(sentence);
    }
    for invariant in ACROSS {
        let expected = expected.remove(invariant).unwrap_or_default();
        assert!(!expected.is_empty(), "nothing breaks {invariant:?}");
        assert_eq!(findings(audit, invariant), expected, "{invariant}");
    }
}

/// A directory with the books, which no process serves.
async fn filled(data_dir: &Path) -> Launch {
    let launch = Launch::on(data_dir);
    let server = launch.serve();
    assert_eq!(server.client().get("/readyz").await.status, 200);
    assert_eq!(server.terminate(), Some(0));
    books::sqlite::fill(data_dir, &Size::of(ORDERS)).unwrap();
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
                    "payments" => "buyer, state, amount, currency, debit, parts",
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
        books::mongo::fill(&client, &prefix, &Size::of(ORDERS))
            .await
            .unwrap();
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
