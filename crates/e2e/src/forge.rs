//! Tokens that must be rejected. They are built by hand, because a library might refuse to build them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A token forged from a valid one, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Forgery {
    /// What is wrong, for messages.
    pub what: &'static str,
    /// The token.
    pub token: String,
}

/// Every forgery that can be made from a valid token and the published keys.
///
/// # Panics
/// If `good` is not a signed token.
#[must_use]
pub fn forge(good: &str, jwks: &Value) -> Vec<Forgery> {
    let [header, claims, signature] = parts(good);
    let key = &jwks["keys"][0];
    let public = key["x"].as_str().expect("a public key");
    let raw_key = URL_SAFE_NO_PAD.decode(public).expect("base64url");

    let mut admin = decode(claims);
    admin["roles"] = json!(["admin", "treasury"]);
    let mut later = decode(claims);
    later["exp"] = json!(4_102_444_800_u64);
    let mut earlier = decode(claims);
    earlier["exp"] = json!(1_000_000_000_u64);
    let none = |alg: &str| format!("{}.{claims}.", encode(&json!({"alg": alg, "typ": "JWT"})));
    let own_key = json!({"alg": "EdDSA", "typ": "JWT", "jwk": key});

    let mut flipped = signature.to_owned();
    let last = if flipped.starts_with('A') { "B" } else { "A" };
    flipped.replace_range(..1, last);

    vec![
        Forgery {
            what: "another signature",
            token: format!("{header}.{claims}.{flipped}"),
        },
        Forgery {
            what: "no signature",
            token: format!("{header}.{claims}."),
        },
        Forgery {
            what: "more rights",
            token: format!("{header}.{}.{signature}", encode(&admin)),
        },
        Forgery {
            what: "a longer life",
            token: format!("{header}.{}.{signature}", encode(&later)),
        },
        Forgery {
            what: "expired, and changed",
            token: format!("{header}.{}.{signature}", encode(&earlier)),
        },
        Forgery {
            what: "alg none",
            token: none("none"),
        },
        Forgery {
            what: "alg None",
            token: none("None"),
        },
        Forgery {
            what: "alg none, with the signature",
            token: format!("{}{signature}", none("none")),
        },
        Forgery {
            what: "HS256 with the public key's bytes",
            token: hs256(header, claims, &raw_key),
        },
        Forgery {
            what: "HS256 with the public key's text",
            token: hs256(header, claims, public.as_bytes()),
        },
        Forgery {
            what: "HS256 with the key set's text",
            token: hs256(header, claims, jwks.to_string().as_bytes()),
        },
        Forgery {
            what: "a key of its own",
            token: format!("{}.{claims}.{signature}", encode(&own_key)),
        },
        Forgery {
            what: "two tokens' worth of dots",
            token: format!("{good}.{signature}"),
        },
        Forgery {
            what: "not a token",
            token: "hello".to_owned(),
        },
    ]
}

/// `header` with its algorithm changed to HS256 and everything else kept, signed with `secret`.
fn hs256(header: &str, claims: &str, secret: &[u8]) -> String {
    let mut header = decode(header);
    header["alg"] = json!("HS256");
    let signed = format!("{}.{claims}", encode(&header));
    let mac = hmac_sha256(secret, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac_sha256(secret: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    let short = if secret.len() > block.len() {
        Sha256::digest(secret).to_vec()
    } else {
        secret.to_vec()
    };
    block[..short.len()].copy_from_slice(&short);
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

fn parts(token: &str) -> [&str; 3] {
    token
        .split('.')
        .collect::<Vec<_>>()
        .try_into()
        .expect("a token of three parts")
}

fn decode(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::hmac_sha256;

    #[test]
    fn the_mac_is_the_one_of_rfc_4231() {
        let mac = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(mac[..4], [0x5b, 0xdc, 0xc1, 0x46]);
        assert_eq!(mac[28..], [0x64, 0xec, 0x38, 0x43]);
    }
}
