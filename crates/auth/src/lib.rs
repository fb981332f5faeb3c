//! Authentication: access tokens (signing, verifying, publishing the keys), the extractors for handlers, and password
//! hashing. This crate stores nothing; users and sessions belong to the user service.
//!
//! Access tokens are JWTs (RFC 7519) signed with Ed25519 (RFC 8037) only, verified as RFC 8725 recommends.

mod backend;
mod caller;
mod config;
mod extract;
mod jwks;
mod key;
mod key_file;
mod key_set;
mod password;
mod secret;
mod shared_secret;
#[cfg(feature = "testing")]
pub mod testing;
mod token;
mod totp;
mod turns;

pub use caller::{Caller, Role};
pub use config::AuthConfig;
pub use extract::operators_only;
pub use jwks::{Jwk, JwkSet};
pub use key::{KeyError, SigningKey, VerificationKeys};
pub use key_set::{KeyRefusal, KeySet, KeyState, ListedKey};
pub use password::{HashError, Lane, Password, PasswordAttempt, PasswordHash, PasswordHasher};
pub use secret::{OpaqueToken, RandomnessError, masked, random};
pub use shared_secret::{SharedSecret, shared_secret};
pub use token::{
    Issuer, ListedRevocation, REVOCATIONS_PATH, Revocation, RevocationPage, RevocationPlace,
    Subject, TokenError, TokenPolicy, Verifier, learn_revocations,
};
pub use totp::{TotpSecret, base32, step_at};
pub use turns::{Creating, Listing};
