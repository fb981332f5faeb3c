//! Exchanges a refresh token for the next one and a new access token.

use auth::{OpaqueToken, Revocation};
use kernel::SessionId;
use store::{Store, StoreResult};

use super::guesses::{Origin, Refreshes};
use super::revocations::{Cut, end};
use super::sessions::known;
use super::{App, LoggedIn, UserError};
use crate::domain::{Device, NextToken, Presented, Session, Terms, TokenDigest, User, present};
use crate::security;

pub(crate) async fn refresh(
    app: &App,
    presented: &OpaqueToken,
    device: Device,
    origin: Origin,
) -> Result<LoggedIn, UserError> {
    let guesses = Refreshes::of(origin);
    guesses.check(&app.store, app.clock.now()).await?;
    let token = OpaqueToken::generate()?;
    // It was generated, so it can be sealed.
    let sealed = presented
        .seal(&token)
        .ok_or(UserError::InvalidRefreshToken)?;
    let next = NextToken {
        digest: token.digest(),
        sealed,
        device,
    };
    match rotate(&app.store, presented.digest(), next, app.terms, app.cut()).await? {
        Rotated::Done { user, session } => app.logged_in(*user, session, token),
        Rotated::Again {
            user,
            session,
            sealed,
        } => app.logged_in(*user, session, presented.unseal(sealed)),
        Rotated::SessionEnded(ended) => {
            app.revoked(Some(&ended));
            if let Some(session) = ended.session {
                security::token_reused(ended.user, session);
            }
            Err(UserError::InvalidRefreshToken)
        }
        Rotated::Unknown => {
            guesses.failed(&app.store, app.clock.now()).await?;
            Err(UserError::InvalidRefreshToken)
        }
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
    /// It was replaced a moment ago by the one that is sealed in this.
    Again {
        /// Its owner, as currently stored.
        user: Box<User>,
        /// The session, which continues.
        session: SessionId,
        /// The next token, sealed with the presented one.
        sealed: [u8; 32],
    },
    /// It was used before; the session and all its tokens are revoked.
    SessionEnded(Revocation),
    /// There is no such token, or it has expired; nothing was written.
    Unknown,
}

/// Presents a token: replaces it with `next`, gives its successor again, ends its session, or does nothing, as the domain decides. If a
/// token is presented twice concurrently, only one presentation counts as the first.
pub(crate) async fn rotate(
    store: &Store,
    presented: TokenDigest,
    next: NextToken,
    terms: Terms,
    cut: Cut,
) -> StoreResult<Rotated> {
    store
        .write(move |tx| {
            let Some(known) = known(tx, &presented)? else {
                return Ok(Rotated::Unknown);
            };
            let (user, session) = (Box::new((*known.user).clone()), known.session.id);
            match present(&known.token, &known.session, &terms, cut.at) {
                Presented::Refuse => Ok(Rotated::Unknown),
                Presented::Repeat(sealed) => {
                    tx.hold::<Session>(&session)?;
                    Ok(Rotated::Again {
                        user,
                        session,
                        sealed,
                    })
                }
                Presented::EndSession => end(tx, &known.session, cut).map(Rotated::SessionEnded),
                Presented::Rotate => {
                    let rotated = known.session.rotated(&next, &terms, cut.at);
                    tx.insert(rotated.unused_token())?;
                    tx.put(rotated)?;
                    Ok(Rotated::Done { user, session })
                }
            }
        })
        .await
}
