//! Keeps what users are called, as the user service says.

use kernel::UserId;
use store::StoreResult;

use super::App;
use crate::records::Name;

/// Keeps the names in one transaction. Returns one result for each, in order. Messages come in any order and more than once: a name of an
/// earlier version is passed over.
pub(crate) async fn keep_names(app: &App, names: Vec<Name>) -> StoreResult<Vec<StoreResult<()>>> {
    let users: Vec<UserId> = names.iter().map(|name| name.user).collect();
    let kept = app
        .store
        .write(move |tx| {
            tx.want::<Name>(names.iter().map(|name| name.user))?;
            tx.each(&names, |tx, name| match tx.get::<Name>(&name.user)? {
                Some(known) if known.version >= name.version => {
                    tx.handled_before();
                    Ok(())
                }
                Some(_) | None => tx.put(name.clone()),
            })
        })
        .await?;
    app.names.forget(users);
    Ok(kept)
}
