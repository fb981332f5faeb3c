//! Erases the caller: their personal data in this service, and by a message in the others. Orders and the journal still refer to the id,
//! which keeps a user without name, address or password. The email may be registered anew.

use auth::{Lane, OpaqueToken, Password, PasswordAttempt, PasswordHash, Revocation};
use contracts::sellers::SellerStatus;
use kernel::{AuditId, Timestamp, UserId};
use store::{Store, StoreError, StoreResult, Tx};

use super::admins::admins_with;
use super::confirm::confirmed;
use super::guesses::Origin;
use super::revocations::{Cut, end_all};
use super::seller::save as save_seller;
use super::{App, UserError};
use crate::domain::{
    AddressBook, AuditAction, AuditEntry, AuditState, Contact, Decision, Email, Notifications,
    SecondFactor, Seller, SellerProfile, Session, StandingRefusal, User, UserName,
    address_of_nobody,
};
use crate::records::USER;
use crate::{events, security};

/// The name of a user who is no more.
const NAME: &str = "Deleted user";
/// What is said of a seller who is no more.
const REASON: &str = "The account was deleted";

/// Most sessions that one transaction forgets.
const SESSIONS: usize = 500;

/// Erases the user, unless they have something to settle or are the last administrator.
pub(crate) async fn erase(
    app: &App,
    user: UserId,
    attempt: PasswordAttempt,
    origin: Origin,
) -> Result<(), UserError> {
    let password = confirmed(app, user, attempt, origin).await?;
    let left = app.settlements.left_of(user).await.map_err(|error| {
        let what = format!("it is unknown what the user has to settle: {error}");
        StoreError::Unavailable(what)
    })?;
    if !left.are_none() {
        return Err(UserError::ToSettle(left));
    }
    let nobody = nobody(app, user).await?;
    match erase_user(&app.store, password, nobody, app.cut()).await? {
        Erased::WrongPassword => Err(UserError::WrongPassword),
        Erased::LastAdmin => Err(UserError::Standing(StandingRefusal::LastAdmin)),
        Erased::Done(revocation) => {
            app.revoked(Some(&revocation));
            security::erased(user);
            // A login that was under way has opened its session by now, and other requests have stored their answers.
            forget_sessions(&app.store, user).await?;
            app.store.forget_answers(user).await?;
            Ok(())
        }
    }
}

/// Who takes the place of an erased user.
#[derive(Debug, Clone)]
pub(crate) struct Nobody {
    pub(crate) id: UserId,
    pub(crate) name: UserName,
    pub(crate) email: Email,
    pub(crate) password: PasswordHash,
    /// The id of the entry in the audit log, if they had a role.
    pub(crate) audit: AuditId,
}

/// A placeholder name and address, and a random password.
async fn nobody(app: &App, id: UserId) -> Result<Nobody, UserError> {
    let secret = OpaqueToken::generate()?;
    let password = Password::parse(secret.expose().to_owned())?;
    Ok(Nobody {
        id,
        name: UserName::parse(NAME)?,
        email: Email::parse(&address_of_nobody(id))?,
        password: app.hasher.hash(Lane::change(&id), password).await?,
        audit: AuditId::new(&*app.ids),
    })
}

/// What came of an erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Erased {
    /// The user is no more, and their access tokens are revoked.
    Done(Revocation),
    /// The last administrator.
    LastAdmin,
    /// The password was changed meanwhile.
    WrongPassword,
}

/// Puts `nobody` in the place of the user, ends their sessions, and tells the other services. Does nothing if `password` is no longer the
/// password, so of two concurrent requests one erases.
pub(crate) async fn erase_user(
    store: &Store,
    password: PasswordHash,
    nobody: Nobody,
    cut: Cut,
) -> StoreResult<Erased> {
    store
        .write(move |tx| {
            let found = tx.get::<User>(&nobody.id)?;
            let Some(found) = found.filter(|found| found.password_hash == password) else {
                return Ok(Erased::WrongPassword);
            };
            let erased = User {
                name: nobody.name.clone(),
                name_version: found.name_version.saturating_add(1),
                email: nobody.email.clone(),
                password_hash: nobody.password.clone(),
                roles: Vec::new(),
                second_factor_since: None,
                metadata: None,
                ..(*found).clone()
            };
            if found.is_active_admin() {
                let admins = admins_with(tx, &erased)?;
                if admins.users.is_empty() {
                    return Ok(Erased::LastAdmin);
                }
                tx.put(admins)?;
            }
            if !found.roles.is_empty() {
                tx.insert(left_roles(&found, &erased, nobody.audit, cut.at))?;
            }
            let (erased, revocation) = end_all(tx, &erased, cut)?;
            tx.put(erased.clone())?;
            delete_sessions(tx, found.id)?;
            tx.forget_answers(found.id)?;
            tx.discard_letters(found.id.as_uuid())?;
            tx.delete::<AddressBook>(&found.id)?;
            tx.delete::<Contact>(&found.id)?;
            tx.delete::<Notifications>(&found.id)?;
            tx.delete::<SecondFactor>(&found.id)?;
            erase_seller(tx, found.id, cut.at)?;
            tx.send(events::named(&erased, cut.at))?;
            tx.send(events::erased(found.id, cut.at))?;
            Ok(Erased::Done(revocation))
        })
        .await
}

/// The entry in the audit log that a user with roles has left.
fn left_roles(before: &User, after: &User, id: AuditId, at: Timestamp) -> AuditEntry {
    AuditEntry {
        id,
        subject: before.id,
        action: AuditAction::RoleRevoked,
        by: Some(before.id),
        reason: None,
        before: AuditState::from(before),
        after: AuditState::from(after),
        at,
    }
}

/// Deletes all sessions of a user: they say which devices and networks the user had.
pub(crate) async fn forget_sessions(store: &Store, user: UserId) -> StoreResult<()> {
    let delete = || store.write(move |tx| delete_sessions(tx, user));
    while delete().await? == SESSIONS {}
    Ok(())
}

/// Deletes some sessions of a user. Returns how many.
fn delete_sessions(tx: &mut Tx<'_>, user: UserId) -> StoreResult<usize> {
    let sessions = tx.find_by::<Session>(USER, user.as_uuid(), SESSIONS)?;
    for session in &sessions {
        tx.delete::<Session>(&session.id)?;
    }
    Ok(sessions.len())
}

/// A seller who is no more says nothing of themselves and sells nothing.
fn erase_seller(tx: &mut Tx<'_>, user: UserId, now: Timestamp) -> StoreResult<()> {
    let Some(seller) = tx.get::<Seller>(&user)? else {
        return Ok(());
    };
    let erased = Seller {
        status: SellerStatus::Suspended,
        profile: SellerProfile::default(),
        decision: Some(Decision {
            reason: REASON.to_owned(),
            by: user,
            at: now,
        }),
        version: seller.version.saturating_add(1),
        ..(*seller).clone()
    };
    save_seller(tx, &erased, now)
}
