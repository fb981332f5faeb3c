//! The suite on SQLite.

use async_trait::async_trait;
use kernel::UserId;
use rusqlite::params;
use store::StoreError;
use store_sqlite::Sqlite;
use telemetry::metrics::StoreMetrics;

use super::*;
use crate::store::{MIGRATIONS, SqliteUsers};

/// A directory of its own.
struct File(tempfile::TempDir);

impl Default for File {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl House for File {
    type Store = SqliteUsers;

    fn open(&self) -> SqliteUsers {
        let path = self.0.path().join("users.db");
        SqliteUsers::new(Sqlite::open(&path, MIGRATIONS, &StoreMetrics::default()).unwrap())
    }

    async fn damage(&self, store: &SqliteUsers, user: UserId, damage: Damage) {
        let spoil = match damage {
            Damage::PasswordHash => {
                "UPDATE users SET password_hash = replace(password_hash, '$', 'x') WHERE id = ?1"
            }
            Damage::Email => "UPDATE users SET email = 'nonsense' WHERE id = ?1",
            Damage::Role => "INSERT INTO user_roles (user_id, role) VALUES (?1, 'emperor')",
        };
        store
            .db
            .write(move |tx| Ok::<_, StoreError>(tx.execute(spoil, params![user.as_bytes()])?))
            .await
            .unwrap();
    }
}

suite!(File);

#[tokio::test]
async fn what_expired_is_forgotten_and_nothing_else() {
    let house = File::default();
    let store = house.open();
    let (ada, _) = logged_in(&store, "ada@example.com", 1).await;
    let mut young = session(ada.id, 2);
    young.token.expires_at = NOW.plus(2 * LIFETIME);
    store.open_session(young, hash('C')).await.unwrap();
    store
        .forget(NOW.plus(LIFETIME).plus(Duration::from_millis(1)))
        .await
        .unwrap();
    // At NOW both would still be good, so what is unknown now was removed.
    assert_eq!(rotate(&store, 1, 11).await, Rotated::Unknown);
    assert!(matches!(rotate(&store, 2, 12).await, Rotated::Done { .. }));
    assert!(store.user(ada.id).await.unwrap().is_some());
}
