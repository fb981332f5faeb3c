//! Verifies access tokens: type, algorithm, key, issuer, audience and time, all pinned (RFC 8725 section 3), and that they are not
//! revoked.
//!
//! The keys and what is revoked may change while tokens are being verified. Fetching them is not decided here: the code that fetches keys
//! passes them to [`Verifier::replace_keys`] and learns of missing keys from [`Verifier::unknown_key_seen`]; revocations come to
//! [`Verifier::revoke`].

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use kernel::{Clock, Timestamp};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::key_ring::{KeyRing, Verified};
use super::revocation::{Revocation, RevocationList};
use super::{Claims, TYPE, TokenError, TokenPolicy};
use crate::{Caller, VerificationKeys, backend};

/// Longest token that is examined, in bytes. Ours have some 500.
const LONGEST: usize = 4096;

/// Verifies access tokens. Cheap to clone; clones share the keys and the cache.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    /// None until there are keys. Locked only to copy the pointer. That takes tens of nanoseconds; verifying a cached token takes a
    /// microsecond.
    keys: RwLock<Option<Arc<KeyRing>>>,
    unknown_key: Notify,
    /// None while it is unknown what is revoked.
    revoked: RwLock<Option<RevocationList>>,
    validation: Validation,
    policy: TokenPolicy,
    clock: Arc<dyn Clock>,
}

impl Verifier {
    /// Accepts tokens signed with one of `keys`, following `policy`, at the time of `clock`.
    #[must_use]
    pub fn new(keys: VerificationKeys, policy: TokenPolicy, clock: Arc<dyn Clock>) -> Self {
        let verifier = Self::waiting(policy, clock);
        verifier.replace_keys(keys);
        verifier
    }

    /// The same, but without keys until [`Verifier::replace_keys`] provides some. Until then every token gets
    /// [`TokenError::NoKeys`], because its validity is unknown.
    #[must_use]
    pub fn waiting(policy: TokenPolicy, clock: Arc<dyn Clock>) -> Self {
        backend::install();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&policy.issuer]);
        validation.set_audience(&[&policy.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The library would read the wall clock; `Inner::now` reads ours.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self(Arc::new(Inner {
            keys: RwLock::new(None),
            unknown_key: Notify::new(),
            revoked: RwLock::new(Some(RevocationList::default())),
            validation,
            policy,
            clock,
        }))
    }

    /// From now on accepts only tokens signed with one of `keys`. Cached tokens of any other key are forgotten too. Passing the current
    /// keys changes nothing. Returns whether anything changed.
    pub fn replace_keys(&self, keys: VerificationKeys) -> bool {
        let policy = &self.0.policy;
        let remember = policy.lifetime + policy.leeway;
        let mut current = self.0.keys.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|ring| ring.holds(&keys)) {
            return false;
        }
        *current = Some(Arc::new(KeyRing::new(keys, remember)));
        true
    }

    /// Judges no token until [`Verifier::revoke`] has been called: until then every token gets [`TokenError::NoKeys`]. For a process that
    /// learns from others what is revoked.
    pub fn await_revocations(&self) {
        *self
            .0
            .revoked
            .write()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Refuses the tokens that these revocations are about from now on, and forgets revocations of tokens that have expired.
    pub fn revoke<'a>(&self, revocations: impl IntoIterator<Item = &'a Revocation>) {
        let mut revoked = self
            .0
            .revoked
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let list = revoked.get_or_insert_default();
        list.forget(self.0.clock.now());
        revocations.into_iter().for_each(|one| list.add(one));
    }

    /// Whether it knows what is revoked.
    #[must_use]
    pub fn has_revocations(&self) -> bool {
        let revoked = self
            .0
            .revoked
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        revoked.is_some()
    }

    /// The clock that tells whether a token has expired. Tokens are to be issued by the same.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock.clone()
    }

    /// Whether it has received keys.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.0.ring().is_some()
    }

    /// Returns once a token has named an unknown key since this last returned: the signer may have a new one. For a single task, which
    /// fetches the keys. Any client can send such a token, so that task must bound how often it fetches.
    pub async fn unknown_key_seen(&self) {
        self.0.unknown_key.notified().await;
    }

    /// Returns the holder of `token`.
    ///
    /// # Errors
    /// [`TokenError`] if the token is not one of ours, is not valid now, or if there are no keys yet.
    pub fn verify(&self, token: &str) -> Result<Caller, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Invalid("it is too long"));
        }
        let ring = self.0.ring().ok_or(TokenError::NoKeys)?;
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(known) = ring.recall(&digest) {
            return self.0.now(&known);
        }
        let verified = Arc::new(self.0.check(token, &ring)?);
        let caller = self.0.now(&verified)?;
        ring.remember(digest, verified);
        Ok(caller)
    }
}

impl Inner {
    /// The current keys.
    fn ring(&self) -> Option<Arc<KeyRing>> {
        // No code panics while it holds the lock, and the pointer is never half written.
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.clone()
    }

    /// Checks everything except the time and revocations.
    fn check(&self, token: &str, ring: &KeyRing) -> Result<Verified, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid("its header"))?;
        if header.alg != Algorithm::EdDSA {
            return Err(TokenError::Invalid("its algorithm"));
        }
        if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE)) {
            return Err(TokenError::Invalid("its type"));
        }
        if header.crit.is_some() {
            return Err(TokenError::Invalid("it has critical extensions"));
        }
        let kid = header.kid.ok_or(TokenError::Invalid("it names no key"))?;
        let Some(key) = ring.key(&kid) else {
            self.unknown_key.notify_one();
            return Err(TokenError::Invalid("its key is unknown"));
        };
        let claims = decode::<Claims>(token, key, &self.validation)
            .map_err(|error| TokenError::Invalid(reason(error.kind())))?
            .claims;
        Ok(Verified {
            caller: Caller {
                user: claims.sub,
                roles: claims
                    .roles
                    .iter()
                    .filter_map(|role| role.parse().ok())
                    .collect(),
                session: claims.sid,
            },
            version: claims.ver,
            expires: seconds(claims.exp),
        })
    }

    /// The holder of a good token, if it is valid now.
    ///
    /// A token with a time of issue in the future is valid: we signed it, so it only shows that a clock was set back since, or that the
    /// signer's is ahead. Refusing it would end a login.
    fn now(&self, verified: &Verified) -> Result<Caller, TokenError> {
        let now = self.clock.now();
        if now >= verified.expires.plus(self.policy.leeway) {
            return Err(TokenError::Expired);
        }
        let caller = &verified.caller;
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        let revoked = revoked.as_ref().ok_or(TokenError::NoKeys)?;
        if revoked.has(caller.user, caller.session, verified.version) {
            return Err(TokenError::Revoked);
        }
        Ok(caller.clone())
    }
}

fn seconds(date: i64) -> Timestamp {
    Timestamp::from_millis(date.saturating_mul(1000))
}

/// The reason as a word for the log.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library's list grows, and every other kind means the same to us"
)]
fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature => "its signature",
        ErrorKind::InvalidIssuer => "its issuer",
        ErrorKind::InvalidAudience => "its audience",
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => "its claims",
        _ => "its form",
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("keys", &self.0.ring())
            .field("policy", &self.0.policy)
            .finish_non_exhaustive()
    }
}
