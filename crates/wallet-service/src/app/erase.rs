//! Erases users who are no more. The journal is never changed: it knows them by their ids.

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
