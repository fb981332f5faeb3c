//! The settings of the whole marketplace: one section a part, the same for every shape.

use std::path::PathBuf;

use host::connections::{AmqpConfig, InternalConfig, MongoConfig, Profile, ServerConfig};
use kernel::Currency;
use serde::{Deserialize, Serialize};
use telemetry::{LogConfig, TelemetryConfig};

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
    /// The internal port of a service that runs as a process of its own.
    pub internal: InternalConfig,
    /// Log lines.
    pub log: LogConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
    /// Access tokens.
    pub auth: auth::AuthConfig,
    /// The databases of the distributed shape.
    pub mongo: MongoConfig,
    /// The message broker of the distributed shape.
    pub amqp: AmqpConfig,
    /// The user service.
    pub users: user_service::Config,
    /// The product service.
    pub catalogue: product_service::Config,
    /// The order service.
    pub orders: order_service::Config,
    /// The wallet service.
    pub wallet: wallet_service::Config,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: Profile::Development,
            currency: Currency::USD,
            data_dir: PathBuf::from("./data"),
            allow_self_service_topups: false,
            server: ServerConfig::default(),
            internal: InternalConfig::default(),
            log: LogConfig::default(),
            telemetry: TelemetryConfig::default(),
            auth: auth::AuthConfig::default(),
            mongo: MongoConfig::default(),
            amqp: AmqpConfig::default(),
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
        self.telemetry.validate()?;
        self.wallet
            .allowed_in(self.profile, self.allow_self_service_topups)?;
        self.wallet.validate()?;
        let lease = self.catalogue.lease_seconds;
        let deadline = self.orders.payment_deadline_seconds;
        if deadline.saturating_mul(2) > lease {
            return Err(format!(
                "orders.payment_deadline_seconds ({deadline}) has to lie well inside catalogue.lease_seconds ({lease}): at \
                 most half of it, or paid orders lose their stock"
            ));
        }
        self.orders.validate()?;
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
