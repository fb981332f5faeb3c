//! Storage of users and sessions: the layout of records on each engine, and the queries other than by key.

#[cfg(test)]
mod contract;
#[cfg(feature = "mongo")]
mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

use async_trait::async_trait;
use kernel::Timestamp;
use store::StoreResult;

use auth::{PasswordHash, Role};
use kernel::{Invalid, UserId};
use store::StoreError;

use crate::domain::{Email, User, UserName};

#[cfg(feature = "mongo")]
pub(crate) use mongo::MongoUsers;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::{MIGRATIONS, SqliteUsers};

/// Queries about users.
#[async_trait]
pub(crate) trait Users: Send + Sync {
    /// The user with `email`, ignoring case.
    async fn by_email(&self, email: &Email) -> StoreResult<Option<User>>;
    /// Removes a batch of sessions and tokens that expired before `now`, unless the server does so itself.
    async fn forget(&self, now: Timestamp) -> StoreResult<()>;
}

/// A user's values as read from a row or document. A value that breaks a rule is reported as corrupt, never skipped.
struct UserFields {
    id: UserId,
    name: String,
    email: String,
    password_hash: String,
    roles: Vec<String>,
    created_at: i64,
}

impl UserFields {
    fn user(self) -> StoreResult<User> {
        let id = self.id;
        let wrong = |what: &str, invalid: &Invalid| {
            StoreError::Corrupt(format!("the {what} of user {id}: {}", invalid.code))
        };
        let roles = self.roles.iter().map(|word| word.parse());
        let mut roles = roles
            .collect::<Result<Vec<Role>, Invalid>>()
            .map_err(|invalid| wrong("roles", &invalid))?;
        roles.sort_unstable();
        Ok(User {
            id,
            name: UserName::parse(&self.name).map_err(|invalid| wrong("name", &invalid))?,
            email: Email::parse(&self.email).map_err(|invalid| wrong("email", &invalid))?,
            password_hash: PasswordHash::parse(self.password_hash)
                .map_err(|invalid| wrong("password hash", &invalid))?,
            roles,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}
