//! The wallet's settings: section `wallet`.

use std::time::Duration;

use host::settings::Profile;
use kernel::WrongSetting;
use serde::{Deserialize, Serialize};

use crate::domain::Terms;
pub use crate::domain::Topups;

/// Section `wallet`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Who may credit a wallet: `self-service` (users credit their own) or `trusted` (only the role `treasury`, which names the user).
    pub topups: Topups,
    /// The platform's commission on each sale in basis points (hundredths of a percent), 0 to 10000. Fixed for each line of an order when it
    /// is paid, rounded half to even.
    pub commission_basis_points: u16,
    /// How long a seller's earnings stay pending after their release from escrow. Default three days, so that a buyer can complain first.
    pub payout_hold_seconds: u64,
    /// Interval between audits of the ledger, whose results the metrics show. 0 disables them. An audit reads the whole ledger, so a
    /// large ledger is audited less often: audits take at most 5% of the time.
    pub audit_interval_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            topups: Topups::default(),
            commission_basis_points: 0,
            payout_hold_seconds: 3 * 24 * 60 * 60,
            audit_interval_seconds: 60 * 60,
        }
    }
}

impl Config {
    /// The longest hold: 100 years, so that no time overflows.
    const MAX_HOLD_SECONDS: u64 = 100 * 365 * 24 * 60 * 60;
    /// The longest interval between audits: 31 days. 0 disables audits.
    const MAX_AUDIT_SECONDS: u64 = 31 * 24 * 60 * 60;

    /// Checks the rules that types do not express.
    ///
    /// # Errors
    /// The setting at fault, and what is allowed.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        WrongSetting::unless_within(
            "wallet.commission_basis_points",
            self.commission_basis_points,
            0..=10_000,
        )?;
        WrongSetting::unless_within(
            "wallet.payout_hold_seconds",
            self.payout_hold_seconds,
            0..=Self::MAX_HOLD_SECONDS,
        )?;
        WrongSetting::unless_within(
            "wallet.audit_interval_seconds",
            self.audit_interval_seconds,
            0..=Self::MAX_AUDIT_SECONDS,
        )
    }

    /// Rejects self-service top-ups in production unless they are explicitly `wanted`.
    ///
    /// # Errors
    /// The settings at fault, and what is allowed.
    pub fn allowed_in(&self, profile: Profile, wanted: bool) -> Result<(), WrongSetting> {
        if profile == Profile::Production && self.topups == Topups::SelfService && !wanted {
            return Err(WrongSetting::together(
                &["wallet.topups", "profile"],
                "\"self-service\" does not go with \"production\": anyone could give themselves money. Set wallet.topups = \
                 \"trusted\", or allow_self_service_topups = true if that is what you want",
            ));
        }
        Ok(())
    }

    pub(crate) fn audit_interval(&self) -> Duration {
        Duration::from_secs(self.audit_interval_seconds)
    }

    pub(crate) fn terms(&self) -> Terms {
        Terms {
            commission_basis_points: self.commission_basis_points,
            payout_hold: Duration::from_secs(self.payout_hold_seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_a_commission_above_all_is_not() {
        let config = Config::default();
        assert_eq!(config.validate(), Ok(()));
        let greedy = Config {
            commission_basis_points: 10_001,
            ..config.clone()
        };
        assert!(
            greedy
                .validate()
                .unwrap_err()
                .keys
                .contains(&"wallet.commission_basis_points")
        );
        let endless = Config {
            payout_hold_seconds: u64::MAX,
            ..config.clone()
        };
        let forgotten = Config {
            audit_interval_seconds: u64::MAX,
            ..config
        };
        assert!(
            forgotten
                .validate()
                .unwrap_err()
                .keys
                .contains(&"wallet.audit_interval_seconds")
        );
        assert!(
            endless
                .validate()
                .unwrap_err()
                .keys
                .contains(&"wallet.payout_hold_seconds")
        );
    }

    #[test]
    fn topups_are_written_as_the_settings_table_says() {
        let config: Config = serde_json::from_str(r#"{"topups": "trusted"}"#).unwrap();
        assert_eq!(config.topups, Topups::Trusted);
        assert!(serde_json::from_str::<Config>(r#"{"topups": "anyone"}"#).is_err());
        assert!(serde_json::from_str::<Config>(r#"{"topup": "trusted"}"#).is_err());
    }
}
