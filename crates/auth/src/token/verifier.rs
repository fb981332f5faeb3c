//! Checking access tokens: algorithm, key, issuer, audience and time, all pinned (RFC 8725 section 3).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use kernel::{Clock, Timestamp};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::{Claims, TokenError, TokenPolicy};
use crate::{Caller, VerificationKeys, backend};

/// Tokens whose signature is remembered as good. Some 300 bytes each.
const REMEMBERED: u64 = 10_000;
/// Longest token that is looked at. Ours have some 500 bytes.
const LONGEST: usize = 4096;

/// Checks access tokens. Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
    policy: TokenPolicy,
    clock: Arc<dyn Clock>,
    /// Good tokens by their SHA-256: a client sends the same token again and again, and a signature that was right stays
    /// right. Time is checked on every use.
    verified: Cache<[u8; 32], Arc<Verified>>,
}

struct Verified {
    caller: Caller,
    not_before: Timestamp,
    expires: Timestamp,
}

impl Verifier {
    /// Takes tokens signed with one of `keys`, by the rules of `policy`, at the time of `clock`.
    #[must_use]
    pub fn new(keys: VerificationKeys, policy: TokenPolicy, clock: Arc<dyn Clock>) -> Self {
        backend::install();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&policy.issuer]);
        validation.set_audience(&[&policy.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The library would ask the wall clock; `Verified::at` asks ours.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let keys = keys
            .into_keys()
            .map(|key| (key.kid, DecodingKey::from_ed_der(key.key.as_bytes())));
        Self(Arc::new(Inner {
            keys: keys.collect(),
            validation,
            verified: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(policy.lifetime + policy.leeway)
                .build(),
            policy,
            clock,
        }))
    }

    /// Who holds `token`.
    ///
    /// # Errors
    /// [`TokenError`] if it is not one of ours or its time is not now.
    pub fn verify(&self, token: &str) -> Result<Caller, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Invalid("it is too long"));
        }
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(known) = self.0.verified.get(&digest) {
            return self.0.at_this_time(&known);
        }
        let verified = Arc::new(self.0.check(token)?);
        let caller = self.0.at_this_time(&verified)?;
        self.0.verified.insert(digest, verified);
        Ok(caller)
    }
}

impl Inner {
    /// Everything but the time.
    fn check(&self, token: &str) -> Result<Verified, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid("its header"))?;
        if header.alg != Algorithm::EdDSA {
            return Err(TokenError::Invalid("its algorithm"));
        }
        if header.crit.is_some() {
            return Err(TokenError::Invalid("it has critical extensions"));
        }
        let key = header
            .kid
            .and_then(|kid| self.keys.get(&kid))
            .ok_or(TokenError::Invalid("its key is unknown"))?;
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
            not_before: seconds(claims.nbf),
            expires: seconds(claims.exp),
        })
    }

    fn at_this_time(&self, verified: &Verified) -> Result<Caller, TokenError> {
        let now = self.clock.now();
        if now >= verified.expires.plus(self.policy.leeway) {
            return Err(TokenError::Expired);
        }
        if now.plus(self.policy.leeway) < verified.not_before {
            return Err(TokenError::NotYetValid);
        }
        Ok(verified.caller.clone())
    }
}

fn seconds(date: i64) -> Timestamp {
    Timestamp::from_millis(date.saturating_mul(1000))
}

/// A word for the log.
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
            .field("keys", &self.0.keys.keys())
            .field("policy", &self.0.policy)
            .finish_non_exhaustive()
    }
}
