//! Users and sessions in MongoDB. What is read through a unit is one snapshot, and a transaction that writes what another has
//! changed since runs again; so each rule hangs on a document that all who must not race write:
//!
//! - a rotation and an end write the session, which names its one unused token: of two that present a token, one is the second,
//!   and used tokens need no mark of their own;
//! - a changed password raises the user's `password_version`. A session counts only while it has the same one, so that all others
//!   end with one write, also those that a login opens at the same moment without having seen it;
//! - an email is taken by whoever the unique index lets in first.
//!
//! What expires is deleted by the server (TTL indexes), some time later: until then the domain refuses it.

mod row;
mod schema;

use async_trait::async_trait;
use auth::{PasswordHash, Role};
use kernel::{SessionId, Timestamp, UserId};
use store::{StoreError, StoreResult};
use store_mongo::{Mongo, Unit, date, id};

use super::{Registered, Rotated, UserStore};
use crate::domain::{
    Email, NewSession, NextToken, Presented, RefreshToken, TokenDigest, User, UserName, present,
};
use row::{SessionRow, TokenRow, UserRow};

pub(crate) use schema::collections;

/// The [`UserStore`] on MongoDB.
pub(crate) struct MongoUsers {
    pub(super) db: Mongo,
}

impl MongoUsers {
    /// A store on `db`, which has [`collections`].
    pub(crate) fn new(db: Mongo) -> Self {
        Self { db }
    }
}

/// A token that a session which still counts has, or had.
struct Known {
    token: RefreshToken,
    session: SessionRow,
    user: UserRow,
}

/// Whose the token is. None if nobody has it, or its session is over.
fn known(unit: &mut Unit, digest: &TokenDigest) -> StoreResult<Option<Known>> {
    let Some(token) = unit.get::<TokenRow>(&row::digest(digest))? else {
        return Ok(None);
    };
    unit.want::<UserRow>([token.user])?;
    let Some(session) = unit.get::<SessionRow>(&token.session)? else {
        return Ok(None);
    };
    let user = unit
        .get::<UserRow>(&token.user)?
        .ok_or_else(|| StoreError::Corrupt(format!("session {} has no user", token.session)))?;
    if session.password_version != user.password_version {
        return Ok(None);
    }
    let (session, user) = (SessionRow::clone(&session), UserRow::clone(&user));
    let token = token.read(&session);
    Ok(Some(Known {
        token,
        session,
        user,
    }))
}

#[async_trait]
impl UserStore for MongoUsers {
    async fn register(&self, user: User) -> StoreResult<Registered> {
        let row = UserRow::of(&user);
        let written = self
            .db
            .write(move |unit| {
                // Asked first, so that an email which is taken does not spoil the batch of others.
                if row::by_email(unit, &row.email_key)?.is_some() {
                    return Ok(Registered::EmailTaken);
                }
                unit.put(row.clone())?;
                Ok(Registered::Done)
            })
            .await;
        match written {
            // The unique index has the last word: the email is another replica's. (The id is new, so it is not that.)
            Err(StoreError::Duplicate(_)) => Ok(Registered::EmailTaken),
            other => other,
        }
    }

    async fn user(&self, user: UserId) -> StoreResult<Option<User>> {
        let found = self.db.get::<UserRow>(&id(user)).await?;
        found.map(UserRow::read).transpose()
    }

    async fn user_by_email(&self, email: &Email) -> StoreResult<Option<User>> {
        let found = row::find_by_email(&self.db, email.key()).await?;
        found.map(UserRow::read).transpose()
    }

    async fn rename(&self, user: UserId, name: UserName) -> StoreResult<Option<User>> {
        self.db
            .write(move |unit| {
                let Some(found) = unit.get::<UserRow>(&id(user))? else {
                    return Ok(None);
                };
                let mut row = UserRow::clone(&found);
                name.as_str().clone_into(&mut row.name);
                unit.put(row.clone())?;
                row.read().map(Some)
            })
            .await
    }

    async fn grant(&self, email: &Email, role: Role) -> StoreResult<Option<User>> {
        let key = email.key().to_owned();
        self.db
            .write(move |unit| {
                let Some(found) = row::by_email(unit, &key)? else {
                    return Ok(None);
                };
                let mut row = UserRow::clone(&found);
                if !row.roles.iter().any(|word| word == role.as_str()) {
                    row.roles.push(role.as_str().to_owned());
                    unit.put(row.clone())?;
                }
                row.read().map(Some)
            })
            .await
    }

    async fn open_session(&self, session: NewSession, proven: PasswordHash) -> StoreResult<bool> {
        self.db
            .write(move |unit| {
                let user = unit.get::<UserRow>(&id(session.user))?;
                let Some(user) = user.filter(|user| user.password_hash == proven.as_str()) else {
                    return Ok::<_, StoreError>(false);
                };
                let row = SessionRow::open(&session, user.password_version);
                unit.put(TokenRow::of(&session.token, &row))?;
                unit.put(row)?;
                Ok(true)
            })
            .await
    }

    async fn rotate(
        &self,
        presented: TokenDigest,
        next: NextToken,
        now: Timestamp,
    ) -> StoreResult<Rotated> {
        self.db
            .write(move |unit| {
                let Some(known) = known(unit, &presented)? else {
                    return Ok::<_, StoreError>(Rotated::Unknown);
                };
                let session = known.session.id();
                match present(&known.token, now) {
                    Presented::Refuse => Ok(Rotated::Unknown),
                    Presented::EndSession => {
                        unit.delete::<SessionRow>(&known.session.id)?;
                        let user = known.user.id();
                        Ok(Rotated::SessionEnded { user, session })
                    }
                    Presented::Rotate => {
                        let mut row = known.session;
                        row.token = row::digest(&next.digest);
                        row.expires_at = date(next.expires_at);
                        unit.put(TokenRow::of(&next, &row))?;
                        unit.put(row)?;
                        let user = Box::new(known.user.read()?);
                        Ok(Rotated::Done { user, session })
                    }
                }
            })
            .await
    }

    async fn end_session(&self, user: UserId, token: TokenDigest) -> StoreResult<()> {
        self.db
            .write(move |unit| match known(unit, &token)? {
                Some(known) if known.user.id() == user => {
                    unit.delete::<SessionRow>(&known.session.id)
                }
                Some(_) | None => Ok(()),
            })
            .await
    }

    async fn change_password(
        &self,
        user: UserId,
        old: PasswordHash,
        new: PasswordHash,
        keep: SessionId,
    ) -> StoreResult<bool> {
        self.db
            .write(move |unit| {
                unit.want::<SessionRow>([id(keep)])?;
                let found = unit.get::<UserRow>(&id(user))?;
                let Some(found) = found.filter(|user| user.password_hash == old.as_str()) else {
                    return Ok::<_, StoreError>(false);
                };
                let mut row = UserRow::clone(&found);
                new.as_str().clone_into(&mut row.password_hash);
                row.password_version += 1;
                let kept = unit.get::<SessionRow>(&id(keep))?.filter(|session| {
                    session.user == row.id && session.password_version == found.password_version
                });
                if let Some(kept) = kept {
                    let mut kept = SessionRow::clone(&kept);
                    kept.password_version = row.password_version;
                    unit.put(kept)?;
                }
                unit.put(row)?;
                Ok(true)
            })
            .await
    }

    /// Nothing to do: the server does.
    async fn forget(&self, _now: Timestamp) -> StoreResult<()> {
        Ok(())
    }

    async fn ping(&self) -> StoreResult<()> {
        self.db.ping().await
    }
}
