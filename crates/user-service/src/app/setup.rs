//! The first administrator: a token for the one who runs the marketplace, and the account that it makes.

use auth::{OpaqueToken, Password, Role};
use kernel::{AuditId, Timestamp};
use store::{Store, StoreError, StoreResult};

use super::admins::admins_with;
use super::guesses::Origin;
use super::register::{Registered, add, hashed};
use super::{App, UserError};
use crate::domain::{
    AuditAction, AuditEntry, AuditState, Email, Setup, SetupRefusal, TokenDigest, User, UserName,
};
use crate::security;

/// A new setup token, which takes the place of an earlier one. None if there is an administrator.
pub(crate) async fn offer_setup(store: &Store) -> Result<Option<OpaqueToken>, UserError> {
    let token = OpaqueToken::generate()?;
    let is_open = open_setup(store, token.digest()).await?;
    Ok(is_open.then_some(token))
}

/// Makes `token` the one that is taken. Returns whether the setup is still open.
pub(crate) async fn open_setup(store: &Store, token: TokenDigest) -> StoreResult<bool> {
    let open = || {
        store.write(move |tx| {
            if tx
                .get::<Setup>(&Setup::ID)?
                .is_some_and(|setup| setup.is_done())
            {
                return Ok(false);
            }
            tx.put(Setup::open(token))?;
            Ok(true)
        })
    };
    match open().await {
        // Another process made the first token at the same time: this one takes its place.
        Err(StoreError::Duplicate(_)) => open().await,
        other => other,
    }
}

/// Registers the first administrator.
pub(crate) async fn set_up(
    app: &App,
    token: &OpaqueToken,
    name: UserName,
    email: Email,
    password: Password,
    origin: Origin,
) -> Result<User, UserError> {
    let token = token.digest();
    // The transaction decides; looking first saves the hash that a wrong token would cost.
    let setup = app.store.get::<Setup>(&Setup::ID).await?;
    Setup::admit(setup.as_deref(), &token)?;
    if app.by_email(&email).await?.is_some() {
        return Err(UserError::EmailTaken);
    }
    let mut admin = hashed(app, name, email, password, origin).await?;
    admin.roles.push(Role::Admin);
    let entry = made(&admin, AuditId::new(&*app.ids), app.clock.now());
    match add_admin(&app.store, token, admin.clone(), entry.clone()).await?? {
        Registered::Done => {
            security::operated(&entry);
            Ok(admin)
        }
        Registered::EmailTaken => Err(UserError::EmailTaken),
    }
}

/// The entry of the audit log about the first administrator, who has no other to thank for it.
pub(crate) fn made(admin: &User, id: AuditId, at: Timestamp) -> AuditEntry {
    let mut before = admin.clone();
    before.roles.clear();
    AuditEntry {
        id,
        subject: admin.id,
        action: AuditAction::RoleGranted,
        by: None,
        reason: None,
        before: AuditState::from(&before),
        after: AuditState::from(admin),
        at,
    }
}

/// Adds the first administrator and ends the setup, if it still takes `token`. Of two at once, one is added.
pub(crate) async fn add_admin(
    store: &Store,
    token: TokenDigest,
    admin: User,
    entry: AuditEntry,
) -> StoreResult<Result<Registered, SetupRefusal>> {
    let written = store
        .write(move |tx| {
            let setup = tx.get::<Setup>(&Setup::ID)?;
            if let Err(refusal) = Setup::admit(setup.as_deref(), &token) {
                return Ok(Err(refusal));
            }
            let added = add(tx, &admin)?;
            if added == Registered::Done {
                tx.put(Setup::done())?;
                let admins = admins_with(tx, &admin)?;
                tx.put(admins)?;
                tx.insert(entry.clone())?;
            }
            Ok(Ok(added))
        })
        .await;
    match written {
        // The unique index decides: another replica registered the email.
        Err(StoreError::Duplicate(_)) => Ok(Ok(Registered::EmailTaken)),
        other => other,
    }
}
