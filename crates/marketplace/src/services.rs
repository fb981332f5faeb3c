//! The settings of the four services, of the console and of backups, and the rules that their combination must satisfy.

use host::settings::{Layers, Settings, SettingsError};
use kernel::WrongSetting;
use serde::Serialize;

use crate::backup::config::BackupConfig;

/// A section for each service, one for the console, and one for backups.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Services {
    /// The user service.
    pub users: user_service::Config,
    /// The product service.
    pub catalogue: product_service::Config,
    /// The order service.
    pub orders: order_service::Config,
    /// The wallet service.
    pub wallet: wallet_service::Config,
    /// The pages that people see.
    pub console: console::Config,
    /// Backups that `serve` makes.
    pub backup: BackupConfig,
}

impl Services {
    /// Reads all sections.
    ///
    /// # Errors
    /// [`SettingsError`], for the first invalid setting.
    pub(crate) fn read(layers: &Layers) -> Result<Self, SettingsError> {
        Ok(Self {
            users: layers.section("users")?,
            catalogue: layers.section("catalogue")?,
            orders: layers.section("orders")?,
            wallet: layers.section("wallet")?,
            console: layers.section("console")?,
            backup: layers.section("backup")?,
        })
    }

    /// Checks the rules that types do not express, also those that involve several services.
    ///
    /// # Errors
    /// The settings at fault, and what is allowed.
    pub fn validate(&self, settings: &Settings) -> Result<(), WrongSetting> {
        self.users.validate()?;
        self.users.allowed_in(settings.profile)?;
        self.catalogue.validate()?;
        self.orders.validate()?;
        self.wallet.validate()?;
        self.wallet
            .allowed_in(settings.profile, settings.allow_self_service_topups)?;
        let lease = self.catalogue.lease_seconds;
        let deadline = self.orders.payment_deadline_seconds;
        if deadline.saturating_mul(2) > lease {
            return Err(WrongSetting::together(
                &["orders.payment_deadline_seconds", "catalogue.lease_seconds"],
                format!(
                    "the deadline of {deadline} has to lie well inside the lease of {lease}: at most half of it, or paid orders lose \
                     their stock"
                ),
            ));
        }
        self.console.validate()?;
        self.backup.validate()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use host::settings::Profile;

    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Services::default().validate(&Settings::default()), Ok(()));
    }

    #[test]
    fn product_pages_and_orders_go_by_one_window_for_returns() {
        let shown = Settings::default().return_window.return_window_seconds;
        assert_eq!(shown, Services::default().orders.return_window_seconds);
    }

    #[test]
    fn production_refuses_self_service_topups_unless_told_so() {
        let services = Services::default();
        let mut settings = Settings {
            profile: Profile::Production,
            ..Settings::default()
        };
        let refused = services.validate(&settings).unwrap_err();
        assert_eq!(refused.keys, ["wallet.topups", "profile"]);
        settings.allow_self_service_topups = true;
        assert_eq!(services.validate(&settings), Ok(()));
    }

    #[test]
    fn a_payment_deadline_outside_the_lease_is_refused() {
        let mut services = Services::default();
        services.orders.payment_deadline_seconds = 3600;
        let refused = services.validate(&Settings::default()).unwrap_err();
        assert!(refused.keys.contains(&"catalogue.lease_seconds"));
    }
}
