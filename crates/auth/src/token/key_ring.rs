//! The keys of one moment, with the tokens that they were found to have signed. Both are replaced together, so that nothing is
//! remembered on behalf of a key that is gone, not even by a check that was under way when it went.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use kernel::Timestamp;
use moka::sync::Cache;

use crate::{Caller, VerificationKeys};

/// Tokens whose signature is remembered as good. Some 300 bytes each.
const REMEMBERED: u64 = 10_000;

/// What a good token says.
pub(super) struct Verified {
    pub(super) caller: Caller,
    pub(super) not_before: Timestamp,
    pub(super) expires: Timestamp,
}

/// See the module.
pub(super) struct KeyRing {
    keys: HashMap<String, DecodingKey>,
    /// Good tokens by their SHA-256: a client sends the same token again and again, and a signature that was right stays
    /// right. Time is checked on every use.
    verified: Cache<[u8; 32], Arc<Verified>>,
}

impl KeyRing {
    /// These keys; nothing is remembered yet. What will be, is for `remember`.
    pub(super) fn new(keys: VerificationKeys, remember: Duration) -> Self {
        let keys = keys
            .into_keys()
            .map(|key| (key.kid, DecodingKey::from_ed_der(key.key.as_bytes())));
        Self {
            keys: keys.collect(),
            verified: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(remember)
                .build(),
        }
    }

    /// Whether its keys are these. A key's id is its thumbprint, so the ids tell.
    pub(super) fn holds(&self, keys: &VerificationKeys) -> bool {
        keys.iter().count() == self.keys.len()
            && keys.iter().all(|key| self.keys.contains_key(&key.kid))
    }

    /// The key `kid`.
    pub(super) fn key(&self, kid: &str) -> Option<&DecodingKey> {
        self.keys.get(kid)
    }

    /// A token that was found good before.
    pub(super) fn recall(&self, digest: &[u8; 32]) -> Option<Arc<Verified>> {
        self.verified.get(digest)
    }

    /// Remembers a token that was found good.
    pub(super) fn remember(&self, digest: [u8; 32], verified: Arc<Verified>) {
        self.verified.insert(digest, verified);
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}
