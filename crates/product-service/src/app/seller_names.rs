//! The names of sellers, for the answers to reservations.
//!
//! Each order shows the name of its seller, and a name rarely changes. So a replica remembers what it read for some seconds: an order
//! costs no query for it. A change that this replica handles is known here at once, that of another replica after [`FRESH`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use contracts::reservations::ReservedLine;
use kernel::UserId;
use moka::sync::Cache;
use store::{Store, StoreResult};

use crate::records::Name;

/// How long a name is remembered.
const FRESH: Duration = Duration::from_secs(30);
/// How many names are remembered.
const MOST: u64 = 10_000;

/// Remembers names. Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub(crate) struct SellerNames(Cache<UserId, Option<Arc<str>>>);

impl Default for SellerNames {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(MOST).time_to_live(FRESH);
        Self(cache.build())
    }
}

impl SellerNames {
    /// Names the sellers of `lines`. A seller whose name has not come yet stays without one.
    pub(crate) async fn fill(&self, store: &Store, lines: &mut [ReservedLine]) -> StoreResult<()> {
        let mut names: HashMap<UserId, Option<Arc<str>>> = HashMap::new();
        let mut unknown = Vec::new();
        for line in &*lines {
            if let Entry::Vacant(free) = names.entry(line.seller) {
                let known = self.0.get(&line.seller);
                if known.is_none() {
                    unknown.push(line.seller);
                }
                free.insert(known.flatten());
            }
        }
        for read in store.get_many::<Name>(&unknown).await? {
            names.insert(read.user, Some(read.called.as_str().into()));
        }
        for seller in unknown {
            self.0.insert(seller, names.get(&seller).cloned().flatten());
        }
        for line in lines {
            let name = names.get(&line.seller).and_then(Option::as_deref);
            line.seller_name = name.map(str::to_owned);
        }
        Ok(())
    }

    /// Reads the names of `users` anew when they are next needed.
    pub(crate) fn forget(&self, users: Vec<UserId>) {
        for user in users {
            self.0.invalidate(&user);
        }
    }
}
