//! Which tokens are accepted: ours, while valid.

mod forged;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::{Signer, SigningKey as Dalek};
use kernel::{Clock, ManualClock, SessionId, SystemIds, Timestamp, UserId};
use serde_json::{Value, json};

use super::*;
use crate::{Caller, Role, SigningKey, VerificationKeys};

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const SEED: [u8; 32] = [7; 32];

struct World {
    clock: Arc<ManualClock>,
    issuer: Issuer,
    verifier: Verifier,
    user: UserId,
    session: SessionId,
}

fn policy() -> TokenPolicy {
    TokenPolicy {
        issuer: "marketplace".to_owned(),
        audience: "shop".to_owned(),
        lifetime: Duration::from_mins(15),
        leeway: Duration::from_secs(5),
    }
}

fn world() -> World {
    use ed25519_dalek::pkcs8::EncodePrivateKey;
    let pem = Dalek::from_bytes(&SEED)
        .to_pkcs8_pem(ed25519_dalek::pkcs8::spki::der::pem::LineEnding::LF)
        .unwrap();
    let key = SigningKey::from_pem(&pem).unwrap();
    let clock = Arc::new(ManualClock::at(START));
    let issuer = Issuer::new(key, policy());
    let verifier = Verifier::new(issuer.verification_keys(), policy(), clock.clone());
    let ids = SystemIds::default();
    World {
        clock,
        issuer,
        verifier,
        user: UserId::new(&ids),
        session: SessionId::new(&ids),
    }
}

impl World {
    fn issue(&self, roles: &[Role]) -> String {
        let now = self.clock.now();
        self.issuer.issue(&self.subject(roles), now).unwrap()
    }

    fn subject<'a>(&self, roles: &'a [Role]) -> Subject<'a> {
        Subject {
            user: self.user,
            roles,
            session: self.session,
            version: 1,
        }
    }

    fn header(&self) -> Value {
        let kid = self.issuer.active_key();
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid})
    }

    fn claims(&self) -> Value {
        let now = START.as_seconds();
        json!({
            "iss": "marketplace", "aud": "shop", "sub": self.user, "sid": self.session, "jti": "x",
            "iat": now, "nbf": now, "exp": now + 900, "ver": 1, "roles": ["admin"],
        })
    }
}

/// Signs any header and claims with the right key.
fn forge(header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let signature = Dalek::from_bytes(&SEED).sign(message.as_bytes());
    format!("{message}.{}", BASE64.encode(signature.to_bytes()))
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn invalid(outcome: Result<Caller, TokenError>) -> bool {
    outcome.is_err_and(|error| matches!(error, TokenError::Invalid(_)))
}

#[test]
fn a_token_of_ours_says_who_is_asking() {
    let world = world();
    let caller = world.verifier.verify(&world.issue(&[Role::Admin])).unwrap();
    assert_eq!((caller.user, caller.session), (world.user, world.session));
    assert!(caller.has(Role::Admin) && !caller.has(Role::Treasury));
}

#[test]
fn a_token_has_the_header_and_claims_that_are_documented() {
    let world = world();
    let token = world.issue(&[Role::Treasury]);
    let part = |index: usize| -> Value {
        let raw = token.split('.').nth(index).unwrap();
        serde_json::from_slice(&BASE64.decode(raw).unwrap()).unwrap()
    };
    assert_eq!(part(0), world.header());
    let mut claims = part(1);
    assert!(claims["jti"].take().as_str().unwrap().len() >= 20);
    let mut expected = world.claims();
    expected["jti"] = Value::Null;
    expected["roles"] = json!(["treasury"]);
    assert_eq!(claims, expected);
}

#[test]
fn while_a_key_is_replaced_tokens_of_both_are_taken() {
    let (old, new) = (world(), SigningKey::generate().unwrap());
    let keys = old.issuer.verification_keys().and(new.verification_keys());
    let verifier = Verifier::new(keys, policy(), old.clock.clone());
    let issuer = Issuer::new(new, policy());
    let token = issuer.issue(&old.subject(&[]), START).unwrap();
    assert!(verifier.verify(&token).is_ok());
    assert!(verifier.verify(&old.issue(&[])).is_ok());
    assert!(invalid(old.verifier.verify(&token)));
}

#[test]
fn a_revoked_token_is_refused_also_when_it_was_remembered() {
    let world = world();
    let (verifier, token) = (&world.verifier, world.issue(&[]));
    assert!(verifier.verify(&token).is_ok());
    let until = START.plus(Duration::from_mins(16));
    verifier.revoke(&[Revocation::of_user(world.user, 1, None, until)]);
    assert!(verifier.verify(&token).is_ok(), "it is not below version 1");
    verifier.revoke(&[Revocation::of_session(world.user, world.session, until)]);
    assert_eq!(verifier.verify(&token), Err(TokenError::Revoked));
    let other = Subject {
        session: SessionId::new(&SystemIds::default()),
        ..world.subject(&[])
    };
    let other = world.issuer.issue(&other, START).unwrap();
    assert!(verifier.clone().verify(&other).is_ok());
    verifier.revoke(&[Revocation::of_user(world.user, 2, None, until)]);
    assert_eq!(verifier.clone().verify(&other), Err(TokenError::Revoked));
}

#[test]
fn while_it_is_unknown_what_is_revoked_no_token_is_judged() {
    let world = world();
    let (verifier, token) = (&world.verifier, world.issue(&[]));
    verifier.await_revocations();
    assert!(!verifier.has_revocations());
    assert_eq!(verifier.verify(&token), Err(TokenError::NoKeys));
    verifier.revoke(&[]);
    assert!(verifier.has_revocations() && verifier.verify(&token).is_ok());
}

#[test]
fn without_keys_no_token_is_judged() {
    let world = world();
    let verifier = Verifier::waiting(policy(), world.clock.clone());
    let token = world.issue(&[]);
    assert!(!verifier.has_keys());
    for token in [&*token, "nonsense"] {
        assert_eq!(verifier.verify(token), Err(TokenError::NoKeys));
    }
    assert!(verifier.replace_keys(world.issuer.verification_keys()));
    assert!(verifier.has_keys() && verifier.verify(&token).is_ok());
}

#[test]
fn a_token_of_a_key_that_is_gone_is_refused_also_when_it_was_remembered() {
    let (old, new) = (world(), SigningKey::generate().unwrap());
    let (verifier, token) = (old.verifier.clone(), old.issue(&[]));
    assert!(verifier.verify(&token).is_ok());
    assert!(old.verifier.replace_keys(new.verification_keys()));
    assert!(invalid(verifier.verify(&token)));
    // The key is back, and no rejection was cached either.
    assert!(verifier.replace_keys(old.issuer.verification_keys().and(new.verification_keys())));
    assert!(verifier.verify(&token).is_ok());
    assert!(verifier.replace_keys(VerificationKeys::default()));
    assert!(invalid(verifier.verify(&token)));
}

#[test]
fn the_same_keys_again_change_nothing() {
    let world = world();
    let other = SigningKey::generate().unwrap().verification_keys();
    let mine = world.issuer.verification_keys();
    assert!(!world.verifier.replace_keys(mine.clone()));
    assert!(world.verifier.replace_keys(mine.clone().and(other.clone())));
    assert!(!world.verifier.replace_keys(other.and(mine)));
}

#[tokio::test]
async fn only_a_token_that_names_a_key_we_lack_asks_for_keys() {
    let world = world();
    let seen = world.verifier.unknown_key_seen();
    tokio::pin!(seen);
    let mut asked = async || {
        // A waiting task is notified on the next turn of the runtime.
        tokio::select! {
            biased;
            () = &mut seen => true,
            () = tokio::task::yield_now() => false,
        }
    };
    let mut header = world.header();
    for kid in [json!(null), world.header()["kid"].clone()] {
        header["kid"] = kid;
        world
            .verifier
            .verify(&forge(&header, &json!({})))
            .unwrap_err();
        assert!(!asked().await, "{header}");
    }
    header["kid"] = json!("new");
    world
        .verifier
        .verify(&forge(&header, &world.claims()))
        .unwrap_err();
    assert!(asked().await);
}

#[test]
fn a_token_is_good_until_it_expires_also_when_it_is_remembered() {
    let world = world();
    let token = world.issue(&[]);
    world.clock.advance(Duration::from_millis(904_999));
    assert!(world.verifier.verify(&token).is_ok());
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.verifier.verify(&token), Err(TokenError::Expired));
    let fresh = Verifier::new(
        world.issuer.verification_keys(),
        policy(),
        world.clock.clone(),
    );
    assert_eq!(fresh.verify(&token), Err(TokenError::Expired));
}

#[test]
fn a_token_outlives_a_clock_that_is_set_back() {
    let world = world();
    let token = world.issue(&[]);
    world.clock.set(START.minus(Duration::from_hours(1)));
    assert!(world.verifier.verify(&token).is_ok());
    let fresh = Verifier::new(
        world.issuer.verification_keys(),
        policy(),
        world.clock.clone(),
    );
    assert!(fresh.verify(&token).is_ok());
}
