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
mod password;
mod secret;
#[cfg(feature = "testing")]
pub mod testing;
mod token;

pub use caller::{Caller, Role};
pub use config::AuthConfig;
pub use jwks::{Jwk, JwkSet};
pub use key::{KeyError, SigningKey, VerificationKeys};
pub use password::{HashError, Password, PasswordAttempt, PasswordHash, PasswordHasher};
pub use secret::{OpaqueToken, RandomnessError};
pub use token::{Issuer, TokenError, TokenPolicy, Verifier};
