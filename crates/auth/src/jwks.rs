//! The public keys as a JWK set (RFC 7517, RFC 8037), for any party that verifies tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::key::x;
use crate::{KeyError, VerificationKeys};

/// A set of public keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JwkSet {
    /// The keys. A token's `kid` names one of them.
    pub keys: Vec<Jwk>,
}

/// A public Ed25519 key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Jwk {
    /// Key type, always `OKP`.
    #[schema(example = "OKP")]
    pub kty: String,
    /// Curve, always `Ed25519`.
    #[schema(example = "Ed25519")]
    pub crv: String,
    /// The key, base64url.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    pub x: String,
    /// Key id: its RFC 7638 thumbprint.
    #[schema(example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    pub kid: String,
    /// Its purpose, always `sig`.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    pub usage: String,
    /// Algorithm, always `EdDSA`.
    #[schema(example = "EdDSA")]
    pub alg: String,
}

impl From<&VerificationKeys> for JwkSet {
    fn from(keys: &VerificationKeys) -> Self {
        let keys = keys.0.iter().map(|(kid, key)| Jwk {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: x(key),
            kid: kid.clone(),
            usage: "sig".to_owned(),
            alg: "EdDSA".to_owned(),
        });
        Self {
            keys: keys.collect(),
        }
    }
}

impl TryFrom<&JwkSet> for VerificationKeys {
    type Error = KeyError;

    /// Takes the Ed25519 signing keys of the set, under ids derived from the keys themselves. Ignores other keys, as RFC 7517 section 5
    /// recommends.
    fn try_from(set: &JwkSet) -> Result<Self, KeyError> {
        let ours = |jwk: &&Jwk| jwk.kty == "OKP" && jwk.crv == "Ed25519" && jwk.usage == "sig";
        let read = |jwk: &Jwk| {
            URL_SAFE_NO_PAD
                .decode(&jwk.x)
                .ok()
                .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
                .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
                .ok_or_else(|| KeyError::Format(format!("key {} of the set", jwk.kid)))
        };
        set.keys.iter().filter(ours).map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;

    #[test]
    fn published_keys_read_back_and_hold_nothing_private() {
        let keys = SigningKey::generate().unwrap().verification_keys();
        let json = serde_json::to_value(JwkSet::from(&keys)).unwrap();
        let mut members: Vec<_> = json["keys"][0].as_object().unwrap().keys().collect();
        members.sort();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
        let set: JwkSet = serde_json::from_value(json).unwrap();
        assert_eq!(VerificationKeys::try_from(&set).unwrap(), keys);
    }
}
