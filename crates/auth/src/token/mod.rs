//! Access tokens: their contents, signing and verification.

mod follow;
mod issuer;
mod key_ring;
mod revocation;
#[cfg(test)]
mod tests;
mod verifier;

use std::time::Duration;

use kernel::{SessionId, UserId};
use serde::{Deserialize, Serialize};

pub use follow::{
    ListedRevocation, REVOCATIONS_PATH, RevocationPage, RevocationPlace, learn_revocations,
};
pub use issuer::{Issuer, Subject};
pub use revocation::Revocation;
pub use verifier::Verifier;

/// The rules shared by signing and verifying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPolicy {
    /// The issuer (`iss`).
    pub issuer: String,
    /// The audience (`aud`).
    pub audience: String,
    /// How long a token is valid.
    pub lifetime: Duration,
    /// Permitted clock skew between signer and verifier.
    pub leeway: Duration,
}

/// Why a token was not signed, or was rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token has expired.
    #[error("the token has expired")]
    Expired,
    /// The token is not one of ours. The reason is for logs.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    /// Its login has ended, or its owner's roles, password or standing changed since.
    #[error("the token was revoked")]
    Revoked,
    /// The keys, or what is revoked, have not been fetched yet, so the token cannot be judged. The token may be valid.
    #[error("there are no keys to check tokens with yet")]
    NoKeys,
    /// Signing failed.
    #[error("the token could not be signed: {0}")]
    Signing(String),
}

/// The type of access tokens (RFC 9068): what we sign for another purpose is no access token.
const TYPE: &str = "at+jwt";

/// The claims of a token (RFC 7519 section 4). Dates are seconds since the epoch.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    sid: SessionId,
    /// The version of the user when it was issued.
    #[serde(default)]
    ver: i64,
    /// Plain strings, so that a role unknown to this program grants nothing, and does not make the token invalid.
    roles: Vec<String>,
}
