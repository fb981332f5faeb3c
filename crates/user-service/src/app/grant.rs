//! Gives someone a role. Not on the API: an operator does it.

use auth::Role;
use store::StoreResult;

use super::App;
use crate::domain::{Email, User};

pub(crate) async fn grant(app: &App, email: &Email, role: Role) -> StoreResult<Option<User>> {
    let user = app.store.grant(email, role).await?;
    if let Some(user) = &user {
        tracing::info!(user = %user.id, %role, "a role was granted");
    }
    Ok(user)
}
