//! The only signature algorithm: a crypto backend for `jsonwebtoken`, built on ed25519-dalek alone.
//!
//! No other algorithm is compiled in. A token that asks for HMAC, RSA or `none` causes an error and never reaches a
//! verifier (RFC 8725 section 3.1). No function here panics.

use std::sync::OnceLock;

use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, Result};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use signature::{Signer, Verifier};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| Err(unsupported()),
        rsa_pub_components_from_public_key: |_| Err(unsupported()),
        ec_pub_components_from_private_key: |_, _| Err(unsupported()),
        ed_pub_components_from_private_key: |_, _| Err(unsupported()),
        compute_digest: |_, _| Err(unsupported()),
    },
};

/// Installs this backend for the process. Called before the first token is signed or verified; later calls do nothing.
pub(crate) fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        if PROVIDER.install_default().is_err() {
            // Verification stays correct (the verifier pins the algorithm as well), but operators should know.
            tracing::error!("another crypto backend for JSON Web Tokens was installed first");
        }
    });
}

fn unsupported() -> Error {
    ErrorKind::UnsupportedAlgorithm.into()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the library sets the signature"
)]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if *algorithm != Algorithm::EdDSA || key.family() != AlgorithmFamily::Ed {
        return Err(unsupported());
    }
    let key = SigningKey::from_pkcs8_der(key.as_bytes());
    let key = key.map_err(|_| ErrorKind::InvalidEddsaKey)?;
    Ok(Box::new(Ed25519Signer(key)))
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the library sets the signature"
)]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if *algorithm != Algorithm::EdDSA || key.family() != AlgorithmFamily::Ed {
        return Err(unsupported());
    }
    let bytes = <[u8; 32]>::try_from(key.try_get_as_bytes()?)
        .map_err(|_| Error::from(ErrorKind::InvalidEddsaKey))?;
    let key = VerifyingKey::from_bytes(&bytes).map_err(|_| ErrorKind::InvalidEddsaKey)?;
    Ok(Box::new(Ed25519Verifier(key)))
}

struct Ed25519Signer(SigningKey);

impl Signer<Vec<u8>> for Ed25519Signer {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        self.0
            .try_sign(message)
            .map(|signature: Signature| signature.to_bytes().to_vec())
    }
}

impl JwtSigner for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Ed25519Verifier(VerifyingKey);

impl Verifier<Vec<u8>> for Ed25519Verifier {
    fn verify(
        &self,
        message: &[u8],
        signature: &Vec<u8>,
    ) -> std::result::Result<(), signature::Error> {
        // Strict verification: each signature has one accepted form, and weak keys are rejected.
        self.0
            .verify_strict(message, &Signature::from_slice(signature)?)
    }
}

impl JwtVerifier for Ed25519Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_but_eddsa_is_an_error_and_no_panic() {
        for algorithm in [
            Algorithm::HS256,
            Algorithm::HS384,
            Algorithm::HS512,
            Algorithm::ES256,
            Algorithm::ES384,
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ] {
            assert!(signer(&algorithm, &EncodingKey::from_secret(&[1; 32])).is_err());
            assert!(verifier(&algorithm, &DecodingKey::from_secret(&[1; 32])).is_err());
            assert!(verifier(&algorithm, &DecodingKey::from_ed_der(&[1; 32])).is_err());
        }
    }

    #[test]
    fn a_key_of_another_family_or_size_is_an_error_and_no_panic() {
        let eddsa = Algorithm::EdDSA;
        assert!(signer(&eddsa, &EncodingKey::from_secret(&[1; 32])).is_err());
        assert!(signer(&eddsa, &EncodingKey::from_ed_der(b"not DER")).is_err());
        assert!(verifier(&eddsa, &DecodingKey::from_secret(&[1; 32])).is_err());
        assert!(verifier(&eddsa, &DecodingKey::from_ed_der(b"short")).is_err());
    }

    #[test]
    fn helpers_for_other_kinds_of_key_are_errors_and_no_panics() {
        let utils = &PROVIDER.key_utils;
        assert!((utils.rsa_pub_components_from_private_key)(&[]).is_err());
        assert!((utils.rsa_pub_components_from_public_key)(&[]).is_err());
        assert!((utils.ec_pub_components_from_private_key)(&[], Algorithm::ES256).is_err());
        assert!(
            (utils.ed_pub_components_from_private_key)(
                &[],
                &jsonwebtoken::jwk::EllipticCurve::Ed25519
            )
            .is_err()
        );
        assert!((utils.compute_digest)(&[], jsonwebtoken::jwk::ThumbprintHash::SHA256).is_err());
    }
}
