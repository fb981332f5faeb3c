//! What users are called: kept as the user service says it, copied into each new order, so that no read asks for names.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kernel::UserId;
use store::StoreResult;

use super::App;
use crate::records::UserName;

/// How long a name that was read is used without another look. Another replica may have been told a newer one.
const FRESH: Duration = Duration::from_secs(60);

/// Most names in memory. Beyond that, all are forgotten: they are cheap to read again.
const MOST: usize = 50_000;

/// Names that were read or told lately, so that a buyer's next order needs no look into the store.
#[derive(Default)]
pub(crate) struct Names(Mutex<HashMap<UserId, Known>>);

#[derive(Clone)]
struct Known {
    name: Option<String>,
    since: Instant,
}

impl Names {
    fn known(&self, user: UserId) -> Option<Known> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&user);
        known.filter(|known| known.since.elapsed() < FRESH).cloned()
    }

    fn learn(&self, user: UserId, name: Option<String>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        let since = Instant::now();
        known.insert(user, Known { name, since });
    }

    fn forget(&self, user: UserId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&user);
    }
}

/// What `user` is called, if that is known.
pub(crate) async fn name_of(app: &App, user: UserId) -> StoreResult<Option<String>> {
    if let Some(known) = app.names.known(user) {
        return Ok(known.name);
    }
    let found = app.store.get::<UserName>(&user).await?;
    let name = found.map(|found| found.name.clone());
    app.names.learn(user, name.clone());
    Ok(name)
}

/// Takes what the user service says about names, in one transaction. A later version replaces an earlier one; an older or repeated
/// message changes nothing. Returns one result for each.
pub(crate) async fn note_names(
    app: &App,
    names: Vec<UserName>,
) -> StoreResult<Vec<StoreResult<()>>> {
    let users: Vec<UserId> = names.iter().map(|name| name.id).collect();
    let results = app
        .store
        .write(move |tx| {
            tx.want::<UserName>(names.iter().map(|name| name.id))?;
            tx.each(&names, |tx, name| {
                let known = tx.get::<UserName>(&name.id)?;
                if known.is_some_and(|known| known.version >= name.version) {
                    tx.handled_before();
                    return Ok(());
                }
                tx.put(name.clone())
            })
        })
        .await?;
    for user in users {
        app.names.forget(user);
    }
    Ok(results)
}
