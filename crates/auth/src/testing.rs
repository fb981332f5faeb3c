//! For tests of services: generated keys, and tokens without a login.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, SessionId, SystemClock, SystemIds, UserId};

use crate::{Issuer, Role, SigningKey, Subject, TokenPolicy, Verifier};

/// A policy like that of the default settings.
#[must_use]
pub fn policy() -> TokenPolicy {
    TokenPolicy {
        issuer: "marketplace".to_owned(),
        audience: "marketplace".to_owned(),
        lifetime: Duration::from_mins(15),
        leeway: Duration::from_secs(5),
    }
}

/// A signer and its verifier, on the machine's clock.
#[must_use]
pub fn fixture() -> (Issuer, Verifier) {
    fixture_at(Arc::new(SystemClock))
}

/// A signer and its verifier, on `clock`.
///
/// # Panics
/// If no key can be made: then the test cannot run.
#[expect(
    clippy::expect_used,
    reason = "a test that cannot start its subject has failed"
)]
#[must_use]
pub fn fixture_at(clock: Arc<dyn Clock>) -> (Issuer, Verifier) {
    let issuer = Issuer::new(SigningKey::generate().expect("a key"), policy());
    let verifier = Verifier::new(issuer.verification_keys(), policy(), clock);
    (issuer, verifier)
}

/// A token for `user` in a new session, valid from now on the machine's clock.
///
/// # Panics
/// If it cannot be signed: then the test cannot run.
#[expect(
    clippy::expect_used,
    reason = "a test that cannot start its subject has failed"
)]
#[must_use]
pub fn token_for(issuer: &Issuer, user: UserId, roles: &[Role]) -> String {
    let subject = Subject {
        user,
        roles,
        session: SessionId::new(&SystemIds::default()),
        version: 0,
    };
    issuer.issue(&subject, SystemClock.now()).expect("a token")
}
