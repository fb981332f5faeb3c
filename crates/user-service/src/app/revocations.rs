//! Which access tokens are refused before they expire. A use case that takes something from a user, or ends a login, writes the revocation
//! in its own transaction; this process refuses the tokens as soon as that is committed, and all others learn of it by reading the list.

use std::time::Duration;

use auth::{Revocation, RevocationPage, RevocationPlace, learn_revocations};
use kernel::{SessionId, Timestamp, UserId};
use store::{StoreResult, Tx};

use super::App;
use crate::domain::{Session, User};
use crate::records::KeptRevocation;

/// How long a revocation outlives the tokens that it is about: the clocks of processes may differ.
const SLACK: Duration = Duration::from_mins(1);

/// When something is revoked, and until when that has to be known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) at: Timestamp,
    pub(crate) until: Timestamp,
}

impl App {
    /// Now.
    pub(super) fn cut(&self) -> Cut {
        let (at, policy) = (self.clock.now(), self.issuer.policy());
        let until = at.plus(policy.lifetime).plus(policy.leeway).plus(SLACK);
        Cut { at, until }
    }

    /// Refuses tokens from now on, in this process.
    pub(super) fn revoked(&self, revocation: Option<&Revocation>) {
        self.verifier.revoke(revocation);
    }
}

/// Deletes a session, and writes that its access tokens are revoked.
pub(super) fn end(tx: &mut Tx<'_>, session: &Session, cut: Cut) -> StoreResult<Revocation> {
    let revocation = Revocation::of_session(session.user, session.id, cut.until);
    tx.delete::<Session>(&session.id)?;
    tx.put(KeptRevocation::new(&revocation, cut.at))?;
    Ok(revocation)
}

/// Writes that the access tokens of `user` with an earlier version are revoked, except those of the session `kept`.
pub(super) fn outdate(
    tx: &mut Tx<'_>,
    user: &User,
    kept: Option<SessionId>,
    cut: Cut,
) -> StoreResult<Revocation> {
    let revocation = Revocation::of_user(user.id, user.access_version, kept, cut.until);
    tx.put(KeptRevocation::new(&revocation, cut.at))?;
    Ok(revocation)
}

/// Ends all sessions of `user`, with their access tokens. Returns the user, not saved yet, and the revocation.
pub(super) fn end_all(tx: &mut Tx<'_>, user: &User, cut: Cut) -> StoreResult<(User, Revocation)> {
    let ended = ended(user);
    let revocation = outdate(tx, &ended, None, cut)?;
    Ok((ended, revocation))
}

/// The user after all their sessions and access tokens.
fn ended(user: &User) -> User {
    User {
        password_version: user.password_version.saturating_add(1),
        access_version: user.access_version.saturating_add(1),
        ..user.clone()
    }
}

/// Ends all sessions of `user` but `kept`, with their access tokens. Returns the user, not saved yet, and the revocation.
pub(super) fn end_others(
    tx: &mut Tx<'_>,
    user: &User,
    kept: SessionId,
    cut: Cut,
) -> StoreResult<(User, Revocation)> {
    let ended = ended(user);
    let found = tx.get::<Session>(&kept)?;
    let stays = found.filter(|session| {
        session.user == user.id && session.password_version == user.password_version
    });
    if let Some(session) = stays {
        tx.put(Session {
            password_version: ended.password_version,
            ..(*session).clone()
        })?;
    }
    let revocation = outdate(tx, &ended, Some(kept), cut)?;
    Ok((ended, revocation))
}

/// The revocations after a place.
pub(crate) async fn list_revocations(
    app: &App,
    after: RevocationPlace,
) -> StoreResult<RevocationPage> {
    let most = i64::try_from(RevocationPage::FULL).unwrap_or(i64::MAX);
    let kept = app.queries.revocations(after, most).await?;
    let items = kept.iter().map(KeptRevocation::listed).collect();
    Ok(RevocationPage { items })
}

/// Learns what was revoked since the last time, also by other processes on the same store.
pub(crate) async fn learn(app: &App) -> StoreResult<()> {
    let mut seen = app.seen_revocations.lock().await;
    let read = |after| list_revocations(app, after);
    learn_revocations(&app.verifier, &mut seen, read).await
}

/// Ends a login of a user, if it is theirs. Returns what is revoked.
pub(crate) async fn end_one(
    store: &store::Store,
    user: UserId,
    session: SessionId,
    cut: Cut,
) -> StoreResult<Option<Revocation>> {
    store
        .write(move |tx| match tx.get::<Session>(&session)? {
            Some(found) if found.user == user => end(tx, &found, cut).map(Some),
            Some(_) | None => Ok(None),
        })
        .await
}
