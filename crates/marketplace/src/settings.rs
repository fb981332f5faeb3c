//! The settings of the whole marketplace: one section a part, the same for every shape.

use std::net::SocketAddr;
use std::path::PathBuf;

use chassis::telemetry::LogConfig;
use kernel::Currency;
use serde::{Deserialize, Serialize};
use wallet_service::Topups;

/// What the process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Trying out, developing, testing.
    Development,
    /// Real money: settings that invite misuse are refused.
    Production,
}

/// All settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `development` or `production`.
    pub profile: Profile,
    /// Currency of amounts that name none.
    pub currency: Currency,
    /// Where the data is.
    pub data_dir: PathBuf,
    /// In production, users may not top up their own wallets for nothing unless this is true.
    pub allow_self_service_topups: bool,
    /// The HTTP server.
    pub server: ServerConfig,
    /// Log lines.
    pub log: LogConfig,
    /// Access tokens.
    pub auth: auth::AuthConfig,
    /// The user service.
    pub users: user_service::Config,
    /// The product service.
    pub catalogue: product_service::Config,
    /// The order service.
    pub orders: order_service::Config,
    /// The wallet service.
    pub wallet: wallet_service::Config,
}

/// Settings of the HTTP server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address to answer on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Threads that answer requests; 0 is one a core.
    pub workers: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            workers: 0,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: Profile::Development,
            currency: Currency::USD,
            data_dir: PathBuf::from("./data"),
            allow_self_service_topups: false,
            server: ServerConfig::default(),
            log: LogConfig::default(),
            auth: auth::AuthConfig::default(),
            users: user_service::Config::default(),
            catalogue: product_service::Config::default(),
            orders: order_service::Config::default(),
            wallet: wallet_service::Config::default(),
        }
    }
}

impl Settings {
    /// Checks what no single value shows.
    ///
    /// # Errors
    /// A sentence that names the settings and what is allowed.
    pub fn validate(&self) -> Result<(), String> {
        if self.profile == Profile::Production
            && self.wallet.topups == Topups::SelfService
            && !self.allow_self_service_topups
        {
            return Err(
                "profile = \"production\" does not go with wallet.topups = \"self-service\": anyone could give themselves \
                 money. Set wallet.topups = \"trusted\", or allow_self_service_topups = true if that is what you want"
                    .to_owned(),
            );
        }
        self.wallet.validate()?;
        let lease = self.catalogue.lease_seconds;
        let deadline = self.orders.payment_deadline_seconds;
        if deadline.saturating_mul(2) > lease {
            return Err(format!(
                "orders.payment_deadline_seconds ({deadline}) has to lie well inside catalogue.lease_seconds ({lease}): at \
                 most half of it, or paid orders lose their stock"
            ));
        }
        if self.orders.wait_seconds > 30 {
            return Err(format!(
                "orders.wait_seconds is {}; allowed: 0 to 30",
                self.orders.wait_seconds
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Settings::default().validate(), Ok(()));
    }

    #[test]
    fn production_refuses_self_service_topups_unless_told_so() {
        let mut settings = Settings {
            profile: Profile::Production,
            ..Settings::default()
        };
        assert!(settings.validate().unwrap_err().contains("wallet.topups"));
        settings.allow_self_service_topups = true;
        assert_eq!(settings.validate(), Ok(()));
    }

    #[test]
    fn a_payment_deadline_outside_the_lease_is_refused() {
        let mut settings = Settings::default();
        settings.orders.payment_deadline_seconds = 3600;
        assert!(
            settings
                .validate()
                .unwrap_err()
                .contains("catalogue.lease_seconds")
        );
    }
}
