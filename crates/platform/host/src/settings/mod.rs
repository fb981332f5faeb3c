//! The configuration of a process. All processes of a marketplace can read one file. [`Settings`] holds what they share, and each process
//! also reads the sections of the services that it runs ([`Layers::section`]).

mod layers;
mod origins;
mod sections;

pub use layers::{Flag, Layers, PREFIX, SettingsError};
pub use sections::{AmqpConfig, InternalConfig, MongoConfig, Profile, SecretUri, ServerConfig};

use std::path::PathBuf;

use auth::AuthConfig;
use kernel::Currency;
use serde::{Deserialize, Serialize};
use telemetry::{LogConfig, TelemetryConfig};

/// The sections that only some processes read: those of single services, and of the embedded mode's backups.
const SECTIONS: [&str; 5] = ["users", "catalogue", "orders", "wallet", "backup"];

/// The shared settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `development` or `production`.
    pub profile: Profile,
    /// Currency of amounts that name none.
    pub currency: Currency,
    /// Directory for the files of embedded mode.
    pub data_dir: PathBuf,
    /// In production, users may top up their own wallets for free only if this is true.
    pub allow_self_service_topups: bool,
    /// The public port.
    pub server: ServerConfig,
    /// The internal port of a service that runs as a process of its own.
    pub internal: InternalConfig,
    /// Log lines.
    pub log: LogConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
    /// Access tokens.
    pub auth: AuthConfig,
    /// The databases of distributed mode.
    pub mongo: MongoConfig,
    /// The message broker of distributed mode.
    pub amqp: AmqpConfig,
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
            auth: AuthConfig::default(),
            mongo: MongoConfig::default(),
            amqp: AmqpConfig::default(),
        }
    }
}

impl Settings {
    /// Reads the settings from `layers`, merged over `self`.
    ///
    /// # Errors
    /// A sentence that names the first invalid setting.
    pub fn merged(self, layers: &Layers) -> anyhow::Result<Self> {
        let settings: Self = layers.beside(&SECTIONS, &self)?;
        settings.telemetry.validate().map_err(anyhow::Error::msg)?;
        Ok(settings)
    }

    /// An equivalent settings file, including the `sections` of services. Passwords are left out.
    ///
    /// # Errors
    /// Never in practice: these are plain values.
    pub fn print(&self, sections: &impl Serialize) -> anyhow::Result<String> {
        let shared = toml::to_string_pretty(self)?;
        let sections = toml::to_string_pretty(sections)?;
        Ok(format!("{shared}\n{sections}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_can_be_given_also_those_without_a_default() {
        let environment = [
            ("MARKETPLACE__AUTH__SIGNING_KEY_FILE", "/etc/key.pem"),
            (
                "MARKETPLACE__AUTH__JWKS_URL",
                "http://users:9081/.well-known/jwks.json",
            ),
            ("MARKETPLACE__AUTH__LEEWAY_SECONDS", "7"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let layers = Layers::read(None, environment, None).unwrap();
        let auth = Settings::default().merged(&layers).unwrap().auth;
        assert_eq!(auth.signing_key_file, Some(PathBuf::from("/etc/key.pem")));
        assert_eq!(
            auth.jwks_url.as_deref(),
            Some("http://users:9081/.well-known/jwks.json")
        );
        assert_eq!(auth.leeway_seconds, 7);
    }
}
