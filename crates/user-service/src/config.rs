//! The section `users` of the settings.

use std::time::Duration;

use kernel::WrongSetting;
use serde::{Deserialize, Serialize};

/// Settings of the user service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Cost of a password hash: 2^cost rounds (4 to 16). 12 takes some 200 ms, 16 some 3 s; more would outlast a client's patience.
    pub bcrypt_cost: u32,
    /// How long a login lasts without being refreshed, in seconds.
    pub refresh_token_lifetime_seconds: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bcrypt_cost: 12,
            refresh_token_lifetime_seconds: 30 * 24 * 3600,
        }
    }
}

impl Config {
    /// Checks the rules that types do not express.
    ///
    /// # Errors
    /// The setting at fault, and what is allowed.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        WrongSetting::unless_within("users.bcrypt_cost", self.bcrypt_cost, 4..=16)?;
        WrongSetting::unless_within(
            "users.refresh_token_lifetime_seconds",
            self.refresh_token_lifetime_seconds,
            60..=365 * 24 * 3600,
        )
    }

    pub(crate) fn refresh_lifetime(&self) -> Duration {
        Duration::from_secs(self.refresh_token_lifetime_seconds.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_make_no_sense_are_refused_by_name() {
        assert_eq!(Config::default().validate(), Ok(()));
        for bcrypt_cost in [0, 3, 17] {
            let config = Config {
                bcrypt_cost,
                ..Config::default()
            };
            assert_eq!(config.validate().unwrap_err().keys, ["users.bcrypt_cost"]);
        }
        let config = Config {
            refresh_token_lifetime_seconds: 0,
            ..Config::default()
        };
        let refused = config.validate().unwrap_err();
        assert_eq!(refused.keys, ["users.refresh_token_lifetime_seconds"]);
    }
}
