//! What a login needs besides the password: a code of an authenticator app, or one of the recovery codes that stand in for a lost app.

use std::fmt;

use auth::{Role, TotpSecret, base32, step_at};
use kernel::{Invalid, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::User;

/// Who needs a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactorRule {
    /// Optional for everyone.
    Optional,
    /// Users with a role: without it their access tokens carry none.
    RequiredForOperators,
}

/// SHA-256 of a recovery code, in hexadecimal digits. The code itself is not stored. A fast hash is enough because a code has 120 random
/// bits.
pub(crate) type RecoveryDigest = String;

/// What a user gives as their second factor. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum FactorCode {
    /// Six digits of an app.
    App(u32),
    /// A recovery code.
    Recovery(RecoveryDigest),
}

impl FactorCode {
    const MAX: usize = 80;

    /// Parses six digits, or the 24 letters and digits of a recovery code in any case; spaces and hyphens do not count.
    ///
    /// # Errors
    /// `malformed_code`.
    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let plain = raw.replace([' ', '-'], "").to_ascii_uppercase();
        let is_recovery = plain.len() == RecoveryCode::LETTERS
            && plain
                .bytes()
                .all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
        let is_of_app = plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit());
        match plain.parse() {
            Ok(number) if is_of_app && raw.len() <= Self::MAX => Ok(Self::App(number)),
            _ if is_recovery && raw.len() <= Self::MAX => Ok(Self::Recovery(digest(&plain))),
            Ok(_) | Err(_) => {
                let detail = "must be the 6 digits of an authenticator app, or a recovery code";
                Err(Invalid::new("malformed_code", detail))
            }
        }
    }
}

impl fmt::Debug for FactorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FactorCode(..)")
    }
}

impl PartialSchema for FactorCode {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.max_length(Some(Self::MAX));
        let pattern = "^[ -]*(?:(?:[0-9][ -]*){6}|(?:[A-Za-z2-7][ -]*){24})$";
        text.pattern(Some(pattern)).into()
    }
}

impl ToSchema for FactorCode {}

/// A recovery code, for its owner, once. It does not print.
pub(crate) struct RecoveryCode(String);

impl RecoveryCode {
    /// How many a user gets.
    pub(crate) const COUNT: usize = 10;
    /// Random bytes of each: too many to be guessed, so that nothing has to slow a guess down.
    pub(crate) const BYTES: usize = 15;
    const LETTERS: usize = Self::BYTES * 8 / 5;

    /// The code of these random bytes.
    pub(crate) fn new(random: [u8; Self::BYTES]) -> Self {
        Self(base32(&random))
    }

    /// The code in groups of six letters.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place % 6 == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }

    pub(crate) fn digest(&self) -> RecoveryDigest {
        digest(&self.0)
    }
}

fn digest(plain: &str) -> RecoveryDigest {
    format!("{:x}", Sha256::digest(plain))
}

/// The second factor of a user. It counts once they have confirmed it, which [`User`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecondFactor {
    #[serde(rename = "_id")]
    pub(crate) user: UserId,
    pub(crate) secret: TotpSecret,
    /// The time step of the code that was used last. Codes up to it are used up.
    last_step: i64,
    /// The recovery codes that were not used.
    recovery: Vec<RecoveryDigest>,
}

/// What a code was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Used {
    /// One of the app.
    App,
    /// A recovery code.
    Recovery,
}

impl SecondFactor {
    /// One that is to be confirmed.
    pub(crate) const fn new(user: UserId, secret: TotpSecret) -> Self {
        Self {
            user,
            secret,
            last_step: 0,
            recovery: Vec::new(),
        }
    }

    /// With these recovery codes.
    pub(crate) fn with(self, recovery: Vec<RecoveryDigest>) -> Self {
        Self { recovery, ..self }
    }

    /// How many recovery codes are left.
    pub(crate) fn left(&self) -> usize {
        self.recovery.len()
    }

    /// The second factor after `code` was used at `now`, so that it is not good again, and what the code was. None if it is wrong or used up.
    /// The clock of the app may be half a minute ahead or behind.
    pub(crate) fn used(&self, code: &FactorCode, now: Timestamp) -> Option<(Self, Used)> {
        match code {
            FactorCode::App(number) => {
                let current = step_at(now);
                let mut steps = current.saturating_sub(1)..=current.saturating_add(1);
                let fits =
                    |step: &i64| *step > self.last_step && self.secret.code(*step) == *number;
                let last_step = steps.find(fits)?;
                let after = Self {
                    last_step,
                    ..self.clone()
                };
                Some((after, Used::App))
            }
            FactorCode::Recovery(digest) => {
                let place = self.recovery.iter().position(|one| one == digest)?;
                let mut after = self.clone();
                after.recovery.remove(place);
                Some((after, Used::Recovery))
            }
        }
    }
}

impl User {
    /// The roles that their access tokens do not carry because they have no second factor.
    pub(crate) fn withheld(&self, rule: SecondFactorRule) -> &[Role] {
        match rule {
            SecondFactorRule::RequiredForOperators if self.second_factor_since.is_none() => {
                &self.roles
            }
            SecondFactorRule::RequiredForOperators | SecondFactorRule::Optional => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::SystemIds;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_111_111_111_000);

    fn factor() -> SecondFactor {
        let secret = TotpSecret::new(*b"12345678901234567890");
        SecondFactor::new(UserId::new(&SystemIds::default()), secret)
    }

    fn at(steps: i64) -> FactorCode {
        FactorCode::App(factor().secret.code(step_at(NOW) + steps))
    }

    #[test]
    fn a_code_is_good_half_a_minute_before_and_after_its_time() {
        for (steps, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let used = factor().used(&at(steps), NOW);
            assert_eq!(used.is_some(), good, "{steps}");
        }
        assert_eq!(FactorCode::parse("050 471").unwrap(), at(0));
    }

    #[test]
    fn a_code_is_good_once_and_so_is_each_before_it() {
        let (after, used) = factor().used(&at(0), NOW).unwrap();
        assert_eq!(used, Used::App);
        for steps in [-1, 0] {
            assert_eq!(after.used(&at(steps), NOW), None, "{steps}");
        }
        assert!(after.used(&at(1), NOW).is_some());
    }

    #[test]
    fn a_recovery_code_is_good_once_however_it_is_written() {
        let codes = [RecoveryCode::new([1; 15]), RecoveryCode::new([2; 15])];
        let mine = factor().with(codes.iter().map(RecoveryCode::digest).collect());
        let text = codes[0].text();
        assert_eq!(text.len(), 27);
        let typed = text.to_lowercase().replace('-', " ");
        let (after, used) = mine.used(&FactorCode::parse(&typed).unwrap(), NOW).unwrap();
        assert_eq!((used, after.left()), (Used::Recovery, 1));
        assert_eq!(after.used(&FactorCode::parse(&text).unwrap(), NOW), None);
        let other = FactorCode::parse(&RecoveryCode::new([3; 15]).text()).unwrap();
        assert_eq!(after.used(&other, NOW), None);
    }

    #[test]
    fn what_can_be_no_code_is_told() {
        let (long, spaces) = ("A".repeat(25), format!("123456{}", " ".repeat(80)));
        for wrong in [
            "", "12345", "1234567", "12345a", "+12345", "A1", &long, &spaces,
        ] {
            assert_eq!(
                FactorCode::parse(wrong).unwrap_err().code,
                "malformed_code",
                "{wrong}"
            );
        }
        assert_eq!(
            format!("{:?}", FactorCode::parse("123456")),
            "Ok(FactorCode(..))"
        );
    }
}
