//! A ledger in a temporary file.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use kernel::{OrderId, SystemIds, UserId};
use rusqlite::{Connection, Params};
use store::Store;
use store_sqlite::{SqliteOutbox, open_read_only};
use telemetry::metrics::StoreMetrics;

use super::{PastTheStore, Place, World, app_on};
use crate::audit::{PaymentRecord, payments};
use crate::store::sqlite::{SqliteWalletStore, open};

pub(super) struct File {
    path: PathBuf,
    _dir: tempfile::TempDir,
}

impl World {
    /// A fresh ledger on SQLite.
    pub(crate) fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wallet.db");
        let db = open(&path, &StoreMetrics::default()).unwrap();
        let ledger = Arc::new(SqliteWalletStore::new(db.clone(), &path));
        Self {
            app: app_on(Store::new(Arc::new(db.clone())), ledger),
            outbox: Arc::new(SqliteOutbox::new(db)),
            ids: SystemIds::default(),
            place: Place::Sqlite(File { path, _dir: dir }),
        }
    }

    /// A connection for reads and damage behind the store's back.
    pub(crate) fn vandal(&self) -> Connection {
        match &self.place {
            Place::Sqlite(file) => file.vandal(),
            #[cfg(feature = "mongo")]
            Place::Mongo(_) => panic!("it has no file"),
        }
    }
}

impl File {
    fn vandal(&self) -> Connection {
        let connection = open_read_only(&self.path).unwrap();
        connection
            .execute_batch("PRAGMA query_only = OFF; PRAGMA ignore_check_constraints = ON;")
            .unwrap();
        connection
    }

    fn damage(&self, sql: &str, params: impl Params) {
        let changed = self.vandal().execute(sql, params).unwrap();
        assert!(changed > 0, "{sql} changed nothing");
    }
}

#[async_trait]
impl PastTheStore for File {
    async fn set_balance(&self, owner: UserId, balance: i64) {
        let sql = "UPDATE balances SET balance = ?1 WHERE owner = ?2 AND bucket = 0";
        self.damage(sql, (balance, owner.as_bytes()));
    }

    async fn set_all_balances(&self, balance: i64) {
        self.damage("UPDATE balances SET balance = ?1", [balance]);
    }

    async fn spoil_earnings(&self, seller: UserId) {
        let sql = "UPDATE earnings SET currency = '???' WHERE seller = ?1";
        self.damage(sql, [seller.as_bytes()]);
    }

    async fn spoil_payment(&self, order: OrderId) {
        let sql = "UPDATE payments SET currency = '???' WHERE id = ?1";
        self.damage(sql, [order.as_bytes()]);
    }

    async fn held(&self, currency: &str) -> i64 {
        let sql = "SELECT (SELECT ifnull(sum(balance), 0) FROM balances WHERE currency = ?1)
                        + (SELECT ifnull(sum(amount), 0) FROM system_postings WHERE currency = ?1 AND account < 2)";
        self.vandal()
            .query_row(sql, [currency], |row| row.get(0))
            .unwrap()
    }

    async fn remembered(&self) -> usize {
        let sql = "SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM idempotency)";
        let count = self.vandal().query_row(sql, [], |row| row.get::<_, i64>(0));
        usize::try_from(count.unwrap()).unwrap()
    }

    async fn audited_payments(
        &self,
        order: OrderId,
    ) -> (Vec<PaymentRecord>, Option<PaymentRecord>) {
        let connection = open_read_only(&self.path).unwrap();
        let all = payments(&connection, None).collect::<Result<_, _>>();
        let one = payments(&connection, Some(order)).next();
        (all.unwrap(), one.transpose().unwrap())
    }
}
