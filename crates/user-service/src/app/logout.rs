//! Ends the session of a refresh token.

use auth::OpaqueToken;
use kernel::UserId;

use super::{App, UserError};

/// Does nothing if there is no such session any more, or it is someone else's.
pub(crate) async fn logout(app: &App, user: UserId, token: &OpaqueToken) -> Result<(), UserError> {
    Ok(app.store.end_session(user, token.digest()).await?)
}
