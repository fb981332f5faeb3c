//! Erases users who are no more. Their name and what they said as sellers is replaced by what the user service says of them.

use kernel::UserId;
use store::StoreResult;

use super::App;

/// Deletes the stored answers to requests of each user. Returns one result for each, in order. A repeat changes nothing.
pub(crate) async fn erase_users(app: &App, users: Vec<UserId>) -> Vec<StoreResult<()>> {
    let mut results = Vec::with_capacity(users.len());
    for user in users {
        results.push(app.store.forget_answers(user).await);
    }
    results
}
