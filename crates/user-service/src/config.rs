//! The section `users` of the settings.

use std::time::Duration;

use host::settings::Profile;
use kernel::{SecretUri, WrongSetting};
use serde::{Deserialize, Serialize};

use crate::domain::{SecondFactorRule, Terms};

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
    /// Who needs a second factor: `optional` (nobody), `required-for-operators` (users with a role, whose access tokens carry none without
    /// it). Not set: in production `required-for-operators`, elsewhere `optional`.
    pub second_factor: Option<SecondFactorRule>,
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
            second_factor: None,
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
        let is_optional = self.second_factor_in(profile) == SecondFactorRule::Optional;
        if profile == Profile::Production && is_optional {
            return Err(WrongSetting::together(
                &["users.second_factor", "profile"],
                "\"optional\" does not go with \"production\": whoever learns an operator's password would have their role. Leave it out, or \
                 set \"required-for-operators\"",
            ));
        }
        Ok(())
    }

    /// Who needs a second factor where this is the profile.
    pub(crate) fn second_factor_in(&self, profile: Profile) -> SecondFactorRule {
        let by_profile = match profile {
            Profile::Production => SecondFactorRule::RequiredForOperators,
            Profile::Development => SecondFactorRule::Optional,
        };
        self.second_factor.unwrap_or(by_profile)
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
    fn operators_need_a_second_factor_in_production_and_elsewhere_if_it_is_set() {
        let with = |second_factor| Config {
            second_factor,
            ..Config::default()
        };
        let (optional, required) = (
            SecondFactorRule::Optional,
            SecondFactorRule::RequiredForOperators,
        );
        for (set, profile, rule) in [
            (None, Profile::Development, optional),
            (None, Profile::Production, required),
            (Some(required), Profile::Development, required),
        ] {
            assert_eq!(with(set).second_factor_in(profile), rule);
            assert_eq!(with(set).allowed_in(profile), Ok(()));
        }
        let refused = with(Some(optional)).allowed_in(Profile::Production);
        assert_eq!(
            refused.unwrap_err().keys,
            ["users.second_factor", "profile"]
        );
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
