//! The configuration of a process. All processes of a marketplace can read one file. [`Settings`] holds what they share, and each process
//! also reads the sections of the services that it runs ([`Layers::section`]).

mod file;
mod layers;
mod origins;
mod sections;

pub use layers::{Flag, Layers, PREFIX, SettingsError};
pub use sections::{AmqpConfig, InternalConfig, MongoConfig, Profile, ServerConfig};

use std::path::PathBuf;

use auth::AuthConfig;
use kernel::{Currency, WrongSetting};
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
    /// Reads the settings from `layers`, merged over the defaults. Every command reads all of them, also those that it does not need: a
    /// wrong one is found by whichever command runs first.
    ///
    /// # Errors
    /// [`SettingsError`], for the first thing that is wrong.
    pub fn read(layers: &Layers) -> Result<Self, SettingsError> {
        let settings: Self = layers.beside(&SECTIONS)?;
        layers.check(settings.validate())?;
        Ok(settings)
    }

    /// Checks the rules that types do not express.
    fn validate(&self) -> Result<(), WrongSetting> {
        self.server.validate()?;
        self.log.validate()?;
        self.telemetry.validate()?;
        self.auth.validate()?;
        self.mongo.validate()?;
        self.amqp.validate()
    }

    /// An equivalent settings file, including the `sections` of services. Secrets are left out.
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
    use kernel::SecretUri;

    use super::*;

    #[test]
    fn a_default_that_holds_a_password_keeps_it() {
        let layers = Layers::read(None, [("OTHER", "")], None).unwrap();
        let uri = Settings::read(&layers).unwrap().amqp.uri;
        assert_eq!(uri.expose(), "amqp://guest:guest@127.0.0.1:5672/%2f");
    }

    #[test]
    fn a_uri_of_the_wrong_kind_is_refused_and_shows_no_secret() {
        for (name, value) in [
            ("MONGO__URI", "amqp://u:s3cret@h/"),
            ("MONGO__URI", "u:s3cret@h"),
            ("AMQP__URI", "mongodb://u:s3cret@h/"),
            ("AUTH__JWKS_URL", "https://u:s3cret@h/"),
            ("TELEMETRY__OTLP_ENDPOINT", "ftp://u:s3cret@h/"),
        ] {
            let name = format!("MARKETPLACE__{name}");
            let layers = Layers::read(None, [(name.clone(), value)], None).unwrap();
            let error = Settings::read(&layers).unwrap_err().to_string();
            assert!(
                error.contains(&name) && !error.contains("s3cret"),
                "{error}"
            );
        }
    }

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
        let auth = Settings::read(&layers).unwrap().auth;
        assert_eq!(auth.signing_key_file, Some(PathBuf::from("/etc/key.pem")));
        assert_eq!(
            auth.jwks_url.as_ref().map(SecretUri::expose),
            Some("http://users:9081/.well-known/jwks.json")
        );
        assert_eq!(auth.leeway_seconds, 7);
    }
}
