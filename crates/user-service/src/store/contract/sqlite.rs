//! The suite on SQLite.

use async_trait::async_trait;
use kernel::UserId;
use rusqlite::params;
use store::StoreError;
use store_sqlite::Sqlite;
use telemetry::metrics::StoreMetrics;

use super::*;
use crate::store::open_sqlite;

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
