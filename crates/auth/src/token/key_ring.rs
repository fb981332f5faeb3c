//! The current keys, with the tokens whose signatures they verified. Both are replaced together, so that no cached token outlives its
//! key, not even one whose check was in progress during the replacement.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use kernel::Timestamp;
use moka::sync::Cache;

use crate::{Caller, VerificationKeys};

/// Maximum number of cached valid tokens, at some 300 bytes each.
const REMEMBERED: u64 = 10_000;

/// The contents of a valid token.
pub(super) struct Verified {
    pub(super) caller: Caller,
    pub(super) version: i64,
    pub(super) expires: Timestamp,
}

/// See the module.
pub(super) struct KeyRing {
    keys: HashMap<String, DecodingKey>,
    /// Valid tokens by their SHA-256. A client sends the same token again and again, and a valid signature stays valid. The time is
    /// checked on every use.
    verified: Cache<[u8; 32], Arc<Verified>>,
}

impl KeyRing {
    /// A ring of these keys with an empty cache. Tokens stay cached for `remember`.
    pub(super) fn new(keys: VerificationKeys, remember: Duration) -> Self {
        let keys = keys.0.into_iter();
        let keys = keys.map(|(kid, key)| (kid, DecodingKey::from_ed_der(key.as_bytes())));
        Self {
            keys: keys.collect(),
            verified: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(remember)
                .build(),
        }
    }

    /// Whether the ring holds exactly these keys. A key's id is its thumbprint, so comparing ids is enough.
    pub(super) fn holds(&self, keys: &VerificationKeys) -> bool {
        keys.0.len() == self.keys.len() && keys.0.keys().all(|kid| self.keys.contains_key(kid))
    }

    /// The key `kid`.
    pub(super) fn key(&self, kid: &str) -> Option<&DecodingKey> {
        self.keys.get(kid)
    }

    /// A token found valid earlier.
    pub(super) fn recall(&self, digest: &[u8; 32]) -> Option<Arc<Verified>> {
        self.verified.get(digest)
    }

    /// Caches a token found valid.
    pub(super) fn remember(&self, digest: [u8; 32], verified: Arc<Verified>) {
        self.verified.insert(digest, verified);
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}
