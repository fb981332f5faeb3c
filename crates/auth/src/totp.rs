//! One-time passwords that follow from the time (TOTP, RFC 6238), with what all authenticator apps have in common: HMAC-SHA-1, six digits,
//! half a minute.

use std::fmt;

use kernel::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sha1_smol::Sha1;

/// Milliseconds for which a code is shown.
const STEP: i64 = 30_000;

/// The letters of base32 (RFC 4648).
pub(crate) const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The time step of a time: the number of half minutes since 1970.
#[must_use]
pub const fn step_at(now: Timestamp) -> i64 {
    now.as_millis().div_euclid(STEP)
}

/// A secret that an authenticator app shares. It does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TotpSecret(#[serde(with = "serde_bytes")] [u8; TotpSecret::BYTES]);

impl TotpSecret {
    /// As long as the digest, as RFC 4226 recommends.
    pub const BYTES: usize = 20;

    /// The secret of these random bytes.
    #[must_use]
    pub const fn new(random: [u8; Self::BYTES]) -> Self {
        Self(random)
    }

    /// The code of a time step: six digits, as a number.
    #[must_use]
    pub fn code(&self, step: i64) -> u32 {
        let mac = hmac_sha1(&self.0, &step.to_be_bytes());
        // Dynamic truncation (RFC 4226 section 5.3).
        let offset = usize::from(mac.last().map_or(0, |last| last & 0x0f));
        let four = mac.iter().skip(offset).take(4);
        let number = four.fold(0, |number: u32, byte| number << 8 | u32::from(*byte));
        (number & 0x7fff_ffff) % 1_000_000
    }

    /// The secret in base32, as apps take it.
    #[must_use]
    pub fn text(&self) -> String {
        base32(&self.0)
    }

    /// The address by which an app learns the secret, as a link or a QR code. `account` tells it apart from others of `issuer`.
    #[must_use]
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let issuer = utf8_percent_encode(issuer, NON_ALPHANUMERIC);
        let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
        let secret = self.text();
        format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}")
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

/// RFC 2104, for keys that are no longer than a block.
fn hmac_sha1(key: &[u8; TotpSecret::BYTES], message: &[u8]) -> [u8; 20] {
    let keyed = |pad: u8| {
        let mut block = [pad; 64];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        let mut hash = Sha1::new();
        hash.update(&block);
        hash
    };
    let (mut inner, mut outer) = (keyed(0x36), keyed(0x5c));
    inner.update(message);
    outer.update(&inner.digest().bytes());
    outer.digest().bytes()
}

/// Base32 of bytes whose number is a multiple of five: it has no padding then.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let fives = bytes.chunks(5).map(|five| {
        let bits = five.iter();
        bits.fold(0, |bits: u64, byte| bits << 8 | u64::from(*byte))
    });
    let letters = fives.flat_map(|bits| (0..8).rev().map(move |place| bits >> (5 * place) & 31));
    let letters = letters.filter_map(|place| LETTERS.get(usize::try_from(place).ok()?));
    letters.map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: TotpSecret = TotpSecret::new(*b"12345678901234567890");

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, for SHA-1; the last six of its eight digits.
        for (seconds, code) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            let step = step_at(Timestamp::from_millis(seconds * 1000));
            assert_eq!(SECRET.code(step), code, "{seconds}");
        }
    }

    #[test]
    fn a_secret_is_told_to_apps_and_does_not_print() {
        assert_eq!(SECRET.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(base32(b"foobar1234"), "MZXW6YTBOIYTEMZU");
        assert_eq!(
            SECRET.uri("My shop", "ada+x@example.com"),
            "otpauth://totp/My%20shop:ada%2Bx%40example%2Ecom?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20shop"
        );
        assert_eq!(format!("{SECRET:?}"), "TotpSecret(..)");
    }
}
