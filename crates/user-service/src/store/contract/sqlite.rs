//! The suite on SQLite.

use async_trait::async_trait;
use kernel::UserId;
use rusqlite::params;
use store::StoreError;
use store_sqlite::Sqlite;
use telemetry::metrics::{Read, StoreMetrics};

use super::*;
use crate::store::open_sqlite;
use crate::store::sqlite::{BY_EMAIL_SQL, SUSPENDED_SQL, USERS_SQL, WITH_ROLE_SQL};

/// A SQLite file in its own directory.
struct File(tempfile::TempDir);

impl Default for File {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl File {
    fn database(&self) -> Sqlite {
        let path = self.0.path().join("users.db");
        let metrics = StoreMetrics::default();
        open_sqlite(&path, &metrics).unwrap()
    }
}

#[async_trait]
impl House for File {
    fn open(&self) -> Open {
        Open::new(self.database())
    }

    async fn damage(&self, user: UserId, damage: Damage) {
        let spoil = match damage {
            Damage::PasswordHash => {
                "UPDATE users SET password_hash = replace(password_hash, '$', 'x') WHERE id = ?1"
            }
            Damage::Email => "UPDATE users SET email = 'nonsense' WHERE id = ?1",
            Damage::Role => r#"UPDATE users SET roles = '["emperor"]' WHERE id = ?1"#,
        };
        self.database()
            .write(move |tx| Ok::<_, StoreError>(tx.execute(spoil, params![user.as_bytes()])?))
            .await
            .unwrap();
    }
}

suite!(File);

#[tokio::test]
async fn the_lists_of_users_walk_an_index_without_sorting() {
    let db = File::default().database();
    let walks = [
        (USERS_SQL, "SEARCH users USING PRIMARY KEY (id<?)"),
        (
            WITH_ROLE_SQL,
            "SEARCH users USING INDEX users_with_roles (id<?)",
        ),
        (
            SUSPENDED_SQL,
            "SEARCH users USING INDEX users_suspended (id<?)",
        ),
        (
            BY_EMAIL_SQL,
            "SEARCH users USING INDEX sqlite_autoindex_users_2 (email_key>? AND email_key<?)",
        ),
    ];
    for (sql, walk) in walks {
        let plan = db.read(Read::List, move |db| {
            let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let rows = statement.raw_query();
            let rows = rows.mapped(|row| row.get(3));
            Ok::<Vec<String>, StoreError>(rows.collect::<rusqlite::Result<_>>()?)
        });
        assert_eq!(plan.await.unwrap(), [walk]);
    }
}
