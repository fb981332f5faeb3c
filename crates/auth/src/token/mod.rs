//! Access tokens: what they say, who signs them, how they are checked.

mod issuer;
mod key_ring;
#[cfg(test)]
mod tests;
mod verifier;

use std::time::Duration;

use kernel::{SessionId, UserId};
use serde::{Deserialize, Serialize};

pub use issuer::Issuer;
pub use verifier::Verifier;

/// The rules that signing and verifying share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPolicy {
    /// Who signs (`iss`).
    pub issuer: String,
    /// Whom tokens are for (`aud`).
    pub audience: String,
    /// How long a token is good.
    pub lifetime: Duration,
    /// How far the clocks of signer and verifier may differ.
    pub leeway: Duration,
}

/// Why a token was not signed or is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It is not one of ours. The reason is for logs.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    /// Nobody can tell yet: the keys have not come. Not the token's fault.
    #[error("there are no keys to check tokens with yet")]
    NoKeys,
    /// It could not be signed.
    #[error("the token could not be signed: {0}")]
    Signing(String),
}

/// What a token says (RFC 7519 section 4). Dates are seconds since the epoch.
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
    /// Words, so that a role which this program does not know grants nothing instead of spoiling the token.
    roles: Vec<String>,
}
