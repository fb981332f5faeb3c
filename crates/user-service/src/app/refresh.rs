//! Exchanges a refresh token for the next one and a new access token.

use auth::OpaqueToken;

use super::{App, LoggedIn, UserError};
use crate::store::Rotated;

pub(crate) async fn refresh(app: &App, presented: &OpaqueToken) -> Result<LoggedIn, UserError> {
    let now = app.clock.now();
    let (refresh_token, next) = app.next_token(now)?;
    match app.store.rotate(presented.digest(), next, now).await? {
        Rotated::Done { user, session } => app.logged_in(*user, session, refresh_token, now),
        Rotated::SessionEnded { user, session } => {
            tracing::warn!(%user, %session, "a refresh token was used twice; its session was ended");
            Err(UserError::InvalidRefreshToken)
        }
        Rotated::Unknown => Err(UserError::InvalidRefreshToken),
    }
}
