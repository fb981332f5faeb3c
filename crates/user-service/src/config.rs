//! The section `users` of the settings.

use std::time::Duration;

use kernel::Invalid;
use serde::{Deserialize, Serialize};

/// Settings of the user service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Cost of a password hash: 2^cost rounds (4 to 31). 12 takes some 200 ms.
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
    /// Checks that the settings are valid.
    ///
    /// # Errors
    /// Names the invalid setting and the allowed values.
    pub fn check(&self) -> Result<(), Invalid> {
        if !(4..=31).contains(&self.bcrypt_cost) {
            let detail = format!(
                "users.bcrypt_cost must be between 4 and 31, not {}",
                self.bcrypt_cost
            );
            return Err(Invalid::new("out_of_range", detail));
        }
        if !(60..=365 * 24 * 3600).contains(&self.refresh_token_lifetime_seconds) {
            let detail = format!(
                "users.refresh_token_lifetime_seconds must be between 60 and 31536000, not {}",
                self.refresh_token_lifetime_seconds
            );
            return Err(Invalid::new("out_of_range", detail));
        }
        Ok(())
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
        assert_eq!(Config::default().check(), Ok(()));
        for bcrypt_cost in [0, 3, 32] {
            let config = Config {
                bcrypt_cost,
                ..Config::default()
            };
            assert!(
                config
                    .check()
                    .unwrap_err()
                    .detail
                    .contains("users.bcrypt_cost")
            );
        }
        let config = Config {
            refresh_token_lifetime_seconds: 0,
            ..Config::default()
        };
        let refused = config.check().unwrap_err().detail;
        assert!(refused.contains("users.refresh_token_lifetime_seconds"));
    }
}
