//! The section `users` of the settings.

use std::time::Duration;

use host::settings::Profile;
use kernel::{SecretUri, WrongSetting};
use serde::{Deserialize, Serialize};

use crate::domain::Terms;

/// Settings of the user service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Cost of a password hash: 2^cost rounds (4 to 16). 12 takes some 200 ms, 16 some 3 s; more would outlast a client's patience.
    pub bcrypt_cost: u32,
    /// How long a login lasts without being refreshed, in seconds.
    pub refresh_token_lifetime_seconds: u32,
    /// How long a login lasts at most, however often it is refreshed, in seconds. Then the user gives their password again.
    pub login_lifetime_seconds: u32,
    /// Where the order service answers internal requests. Not used where both are one process.
    pub orders_url: SecretUri,
    /// Where the wallet service answers internal requests. Not used where both are one process.
    pub wallet_url: SecretUri,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bcrypt_cost: 12,
            refresh_token_lifetime_seconds: 30 * 24 * 3600,
            login_lifetime_seconds: 180 * 24 * 3600,
            orders_url: "http://127.0.0.1:9083".to_owned().into(),
            wallet_url: "http://127.0.0.1:9084".to_owned().into(),
        }
    }
}

impl Config {
    /// The least cost of a hash in production (OWASP, Password Storage Cheat Sheet).
    const LEAST_IN_PRODUCTION: u32 = 10;

    /// Checks the rules that types do not express.
    ///
    /// # Errors
    /// The setting at fault, and what is allowed.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        WrongSetting::unless_within("users.bcrypt_cost", self.bcrypt_cost, 4..=16)?;
        for (key, url) in [
            ("users.orders_url", &self.orders_url),
            ("users.wallet_url", &self.wallet_url),
        ] {
            if url.scheme() != Some("http") {
                let reason = format!(
                    "it is {url}; it has to be the http:// URL of a service's internal port"
                );
                return Err(WrongSetting::new(key, reason));
            }
        }
        WrongSetting::unless_within(
            "users.refresh_token_lifetime_seconds",
            self.refresh_token_lifetime_seconds,
            60..=365 * 24 * 3600,
        )?;
        WrongSetting::unless_within(
            "users.login_lifetime_seconds",
            self.login_lifetime_seconds,
            60..=10 * 365 * 24 * 3600,
        )
    }

    /// Checks what real money does not allow.
    ///
    /// # Errors
    /// The settings at fault.
    pub fn allowed_in(&self, profile: Profile) -> Result<(), WrongSetting> {
        if profile == Profile::Production && self.bcrypt_cost < Self::LEAST_IN_PRODUCTION {
            let reason = format!(
                "production refuses a cost of {}: a password of a stolen store is guessed too fast; allowed: {} to 16",
                self.bcrypt_cost,
                Self::LEAST_IN_PRODUCTION
            );
            return Err(WrongSetting::together(
                &["users.bcrypt_cost", "profile"],
                reason,
            ));
        }
        Ok(())
    }

    pub(crate) fn terms(&self) -> Terms {
        Terms {
            refresh_lifetime: Duration::from_secs(self.refresh_token_lifetime_seconds.into()),
            login_lifetime: Duration::from_secs(self.login_lifetime_seconds.into()),
        }
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

    #[test]
    fn production_refuses_a_cheap_hash_and_development_does_not() {
        let config = Config {
            bcrypt_cost: 9,
            ..Config::default()
        };
        assert_eq!(config.allowed_in(Profile::Development), Ok(()));
        let refused = config.allowed_in(Profile::Production).unwrap_err();
        assert_eq!(refused.keys, ["users.bcrypt_cost", "profile"]);
        assert_eq!(Config::default().allowed_in(Profile::Production), Ok(()));
    }
}
