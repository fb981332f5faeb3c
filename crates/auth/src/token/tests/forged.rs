//! Forged tokens are refused. They are built by hand, so that no library's safeguards interfere.

use rstest::rstest;
use sha2::{Digest, Sha256};

use super::*;

/// HMAC-SHA256 (RFC 2104) for keys of at most 64 bytes.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |byte: u8| -> Vec<u8> {
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        block.iter().map(|b| b ^ byte).collect()
    };
    let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}

fn merge(value: &mut Value, change: Value) {
    let Value::Object(change) = change else {
        unreachable!("a change is an object")
    };
    for (name, new) in change {
        if new.is_null() {
            value.as_object_mut().unwrap().remove(&name);
        } else {
            value[name] = new;
        }
    }
}

#[test]
fn a_hand_made_token_is_taken_if_it_is_right() {
    // Guards the tests below: it shows that a forgery is rejected only for what its test changes.
    let world = world();
    let token = forge(&world.header(), &world.claims());
    assert!(world.verifier.verify(&token).unwrap().has(Role::Admin));
}

#[test]
fn a_tampered_token_is_refused_wherever_it_was_touched() {
    let world = world();
    let token = world.issue(&[]);
    assert!(world.verifier.verify(&token).is_ok());
    let parts: Vec<&str> = token.split('.').collect();
    let mut claims: Value = serde_json::from_slice(&BASE64.decode(parts[1]).unwrap()).unwrap();
    claims["roles"] = json!(["admin"]);
    let raised = BASE64.encode(claims.to_string());
    assert!(invalid(
        world
            .verifier
            .verify(&format!("{}.{raised}.{}", parts[0], parts[2]))
    ));
    for place in [0, token.len() / 2, token.len() - 10] {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let touched = String::from_utf8(bytes).unwrap();
        assert!(invalid(world.verifier.verify(&touched)), "{place}");
    }
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let world = world();
    for algorithm in ["none", "None", "NONE"] {
        let mut header = world.header();
        header["alg"] = json!(algorithm);
        let unsigned = format!("{}.", message(&header, &world.claims()));
        assert!(invalid(world.verifier.verify(&unsigned)), "{algorithm}");
    }
    let stripped = format!("{}.", message(&world.header(), &world.claims()));
    assert!(invalid(world.verifier.verify(&stripped)));
}

#[test]
fn an_hs256_token_signed_with_the_public_key_is_refused() {
    let world = world();
    let mut header = world.header();
    header["alg"] = json!("HS256");
    let message = message(&header, &world.claims());
    let public = Dalek::from_bytes(&SEED).verifying_key().to_bytes();
    let text = BASE64.encode(public);
    for key in [&public[..], text.as_bytes()] {
        let signature = BASE64.encode(hmac(key, message.as_bytes()));
        assert!(invalid(
            world.verifier.verify(&format!("{message}.{signature}"))
        ));
    }
}

#[test]
fn every_other_algorithm_is_refused_even_with_a_right_ed25519_signature() {
    let world = world();
    for algorithm in ["HS256", "RS256", "ES256", "PS512", "Ed25519", "", "eddsa"] {
        let mut header = world.header();
        header["alg"] = json!(algorithm);
        let token = forge(&header, &world.claims());
        assert!(invalid(world.verifier.verify(&token)), "{algorithm}");
    }
}

#[rstest]
#[case::unknown_key(json!({"kid": "someone else's"}))]
#[case::no_key(json!({"kid": null}))]
#[case::no_type(json!({"typ": null}))]
#[case::the_general_type(json!({"typ": "JWT"}))]
#[case::a_token_for_another_purpose(json!({"typ": "reset+jwt"}))]
#[case::critical_extension(json!({"crit": ["b64"], "b64": false}))]
fn a_header_that_is_not_ours_is_refused(#[case] change: Value) {
    let world = world();
    let mut header = world.header();
    merge(&mut header, change);
    assert!(invalid(
        world.verifier.verify(&forge(&header, &world.claims()))
    ));
}

#[rstest]
#[case(json!({"iss": "someone else"}))]
#[case(json!({"iss": null}))]
#[case(json!({"aud": "another shop"}))]
#[case(json!({"aud": ["another shop"]}))]
#[case(json!({"aud": null}))]
#[case(json!({"sub": "me"}))]
#[case(json!({"sid": null}))]
#[case(json!({"exp": null}))]
#[case(json!({"exp": "tomorrow"}))]
#[case(json!({"nbf": null}))]
#[case(json!({"roles": "admin"}))]
fn claims_that_are_not_ours_are_refused(#[case] change: Value) {
    let world = world();
    let mut claims = world.claims();
    merge(&mut claims, change);
    assert!(invalid(
        world.verifier.verify(&forge(&world.header(), &claims))
    ));
}

#[test]
fn a_token_of_another_key_is_refused_also_under_our_key_id() {
    let world = world();
    let message = message(&world.header(), &world.claims());
    let signature = Dalek::from_bytes(&[8; 32]).sign(message.as_bytes());
    let token = format!("{message}.{}", BASE64.encode(signature.to_bytes()));
    assert!(invalid(world.verifier.verify(&token)));
}

#[rstest]
#[case("")]
#[case(".")]
#[case("..")]
#[case("...")]
#[case("a.b.c")]
#[case("ä.ö.ü")]
#[case("e30.e30.e30")]
fn what_is_no_token_is_refused(#[case] raw: &str) {
    assert!(invalid(world().verifier.verify(raw)));
}

#[test]
fn a_token_of_absurd_length_is_refused_unread() {
    let world = world();
    let mut claims = world.claims();
    claims["roles"] = json!(["x".repeat(5000)]);
    let token = forge(&world.header(), &claims);
    assert_eq!(
        world.verifier.verify(&token),
        Err(TokenError::Invalid("it is too long"))
    );
}

#[test]
fn a_role_that_we_do_not_know_grants_nothing() {
    let world = world();
    let mut claims = world.claims();
    claims["roles"] = json!(["emperor", "treasury"]);
    let caller = world
        .verifier
        .verify(&forge(&world.header(), &claims))
        .unwrap();
    assert_eq!(caller.roles, [Role::Treasury]);
}
