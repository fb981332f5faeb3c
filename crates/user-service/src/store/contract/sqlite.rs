//! The suite on SQLite.

use async_trait::async_trait;
use kernel::UserId;
use rusqlite::params;
use store::StoreError;
use store_sqlite::Sqlite;
use telemetry::metrics::StoreMetrics;

use super::*;
use crate::store::{MIGRATIONS, SqliteUsers};

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
        Sqlite::open(&path, MIGRATIONS, SqliteUsers::records(), &metrics).unwrap()
    }
}

#[async_trait]
impl House for File {
    fn open(&self) -> Open {
        let db = self.database();
        Open {
            store: Store::new(Arc::new(db.clone())),
            users: Arc::new(SqliteUsers::new(db)),
        }
    }

    async fn damage(&self, user: UserId, damage: Damage) {
        let spoil = match damage {
            Damage::PasswordHash => {
                "UPDATE users SET password_hash = replace(password_hash, '$', 'x') WHERE id = ?1"
            }
            Damage::Email => "UPDATE users SET email = 'nonsense' WHERE id = ?1",
            Damage::Role => "UPDATE users SET roles = 'emperor' WHERE id = ?1",
        };
        self.database()
            .write(move |tx| Ok::<_, StoreError>(tx.execute(spoil, params![user.as_bytes()])?))
            .await
            .unwrap();
    }
}

suite!(File);

#[tokio::test]
async fn what_expired_is_forgotten_and_nothing_else() {
    let house = File::default();
    let open = house.open();
    let (ada, _) = logged_in(&open, "ada@example.com", 1).await;
    let mut young = session(ada.id, 2);
    young.token.expires_at = NOW.plus(2 * LIFETIME);
    open_session(&open.store, young, hash('C')).await.unwrap();
    open.users
        .forget(NOW.plus(LIFETIME).plus(Duration::from_millis(1)))
        .await
        .unwrap();
    // At NOW both tokens would still be valid, so an unknown one was removed.
    assert_eq!(rotate(&open, 1, 11).await, Rotated::Unknown);
    assert!(matches!(rotate(&open, 2, 12).await, Rotated::Done { .. }));
    assert!(open.user(ada.id).await.unwrap().is_some());
}
