//! For tests of services: generated keys, and tokens without a login.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, SessionId, SystemClock, SystemIds, Timestamp, UserId};

use crate::totp::LETTERS;
use crate::{Issuer, Role, SigningKey, Subject, TokenPolicy, TotpSecret, Verifier, step_at};

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

/// What an authenticator app shows at `now` that has learnt `secret`, which is in base32.
///
/// # Panics
/// If it is no secret: then the test has failed.
#[expect(
    clippy::expect_used,
    reason = "a test that is given no secret has failed"
)]
#[must_use]
pub fn app_code(secret: &str, now: Timestamp) -> String {
    let letters = secret.chars().map(|letter| {
        let place = LETTERS.iter().position(|one| char::from(*one) == letter);
        u64::try_from(place.expect("a letter of base32")).expect("a small number")
    });
    let letters: Vec<u64> = letters.collect();
    let eights = letters.chunks(8).flat_map(|eight| {
        let bits = eight.iter().fold(0, |bits: u64, five| bits << 5 | five);
        bits.to_be_bytes().into_iter().skip(3)
    });
    let bytes: Vec<u8> = eights.collect();
    let secret = TotpSecret::new(bytes.try_into().expect("20 bytes"));
    format!("{:06}", secret.code(step_at(now)))
}
