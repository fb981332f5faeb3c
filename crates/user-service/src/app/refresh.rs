//! Exchanges a refresh token for the next one and a new access token.

use auth::OpaqueToken;
use kernel::{SessionId, Timestamp, UserId};
use store::{Store, StoreResult};

use super::sessions::known;
use super::{App, LoggedIn, UserError};
use crate::domain::{NextToken, Presented, Session, TokenDigest, User, present};

pub(crate) async fn refresh(app: &App, presented: &OpaqueToken) -> Result<LoggedIn, UserError> {
    let now = app.clock.now();
    let (refresh_token, next) = app.next_token(now)?;
    match rotate(&app.store, presented.digest(), next, now).await? {
        Rotated::Done { user, session } => app.logged_in(*user, session, refresh_token),
        Rotated::SessionEnded { user, session } => {
            tracing::warn!(%user, %session, "a refresh token was used twice; its session was ended");
            Err(UserError::InvalidRefreshToken)
        }
        Rotated::Unknown => Err(UserError::InvalidRefreshToken),
    }
}

/// The outcome of presenting a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rotated {
    /// It was valid; the next one replaces it.
    Done {
        /// Its owner, as currently stored.
        user: Box<User>,
        /// The session, which continues.
        session: SessionId,
    },
    /// It was used before; the session and all its tokens are revoked.
    SessionEnded {
        /// The session's user.
        user: UserId,
        /// The session.
        session: SessionId,
    },
    /// There is no such token, or it has expired; nothing was written.
    Unknown,
}

/// Presents a token at `now`: replaces it with `next`, ends its session, or does nothing, as the domain decides. If a token is
/// presented twice concurrently, only one presentation counts as the first.
pub(crate) async fn rotate(
    store: &Store,
    presented: TokenDigest,
    next: NextToken,
    now: Timestamp,
) -> StoreResult<Rotated> {
    store
        .write(move |tx| {
            let Some(known) = known(tx, &presented)? else {
                return Ok(Rotated::Unknown);
            };
            let (user, session) = (known.session.user, known.session.id);
            match present(&known.token, &known.session, now) {
                Presented::Refuse => Ok(Rotated::Unknown),
                Presented::EndSession => {
                    tx.delete::<Session>(&session)?;
                    Ok(Rotated::SessionEnded { user, session })
                }
                Presented::Rotate => {
                    let rotated = Session {
                        token: next.digest,
                        expires_at: next.expires_at,
                        ..(*known.session).clone()
                    };
                    tx.insert(rotated.unused_token())?;
                    tx.put(rotated)?;
                    Ok(Rotated::Done {
                        user: Box::new((*known.user).clone()),
                        session,
                    })
                }
            }
        })
        .await
}
