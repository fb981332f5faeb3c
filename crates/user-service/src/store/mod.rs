//! What the service keeps, and the guarantees it needs. Each method is one atomic transaction.

#[cfg(test)]
mod contract;
#[cfg(feature = "mongo")]
mod mongo;
#[cfg(feature = "sqlite")]
mod sqlite;

use async_trait::async_trait;
use auth::{PasswordHash, Role};
use kernel::{SessionId, Timestamp, UserId};
use store::StoreResult;

use crate::domain::{Email, NewSession, NextToken, TokenDigest, User, UserName};

#[cfg(feature = "mongo")]
pub(crate) use mongo::{MongoUsers, collections};
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::{MIGRATIONS, SqliteUsers};

/// What came of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registered {
    /// The user is there.
    Done,
    /// Someone else has the email, in whatever case; nothing was written.
    EmailTaken,
}

/// What came of a refresh token that was presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rotated {
    /// It was good; the next one is in its place.
    Done {
        /// Whose it is, as they are now.
        user: Box<User>,
        /// The session that goes on.
        session: SessionId,
    },
    /// It was used before; the session is gone with all its tokens.
    SessionEnded {
        /// Whose session it was.
        user: UserId,
        /// Which one.
        session: SessionId,
    },
    /// There is no such token, or its time is over; nothing was written.
    Unknown,
}

/// The users and their sessions.
#[async_trait]
pub(crate) trait UserStore: Send + Sync {
    /// Adds `user`, unless their email is taken. Of two with one email, one wins.
    async fn register(&self, user: User) -> StoreResult<Registered>;

    /// The user `id`.
    async fn user(&self, id: UserId) -> StoreResult<Option<User>>;

    /// Who has `email`, in whatever case.
    async fn user_by_email(&self, email: &Email) -> StoreResult<Option<User>>;

    /// Renames `id` and returns them as they are now; None if there is no such user.
    async fn rename(&self, id: UserId, name: UserName) -> StoreResult<Option<User>>;

    /// Gives `role` to whoever has `email` and returns them as they are now; None if nobody has it. Twice is as good as once.
    async fn grant(&self, email: &Email, role: Role) -> StoreResult<Option<User>>;

    /// Records a session with its first token, if the user's password is still the one of `proven`. Returns whether it was.
    async fn open_session(&self, session: NewSession, proven: PasswordHash) -> StoreResult<bool>;

    /// Presents a token at `now`: marks it used and puts `next` in its place, or ends its session, or does nothing, as the domain
    /// judges. Of two presentations of one token, one is the second.
    async fn rotate(
        &self,
        presented: TokenDigest,
        next: NextToken,
        now: Timestamp,
    ) -> StoreResult<Rotated>;

    /// Ends the session of `token` if it is `user`'s: its tokens are gone with it.
    async fn end_session(&self, user: UserId, token: TokenDigest) -> StoreResult<()>;

    /// Puts `new` in the place of `old` and ends all of the user's sessions but `keep`; does neither and returns false if the
    /// password is not the one of `old` any more.
    async fn change_password(
        &self,
        user: UserId,
        old: PasswordHash,
        new: PasswordHash,
        keep: SessionId,
    ) -> StoreResult<bool>;

    /// Removes a batch of sessions and tokens that expired before `now`, where the store does not do so by itself.
    async fn forget(&self, now: Timestamp) -> StoreResult<()>;

    /// Answers if the store does.
    async fn ping(&self) -> StoreResult<()>;
}
