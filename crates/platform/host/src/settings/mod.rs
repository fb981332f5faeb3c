//! The configuration of a process. All processes of a marketplace can read one file. [`Settings`] holds what they share, and each process
//! also reads the sections of the services that it runs ([`Layers::section`]).

mod file;
mod layers;
mod lists;
mod sections;

pub use layers::{Flag, Layers, PREFIX, SettingsError};
pub use sections::{
    AmqpConfig, InternalConfig, MongoConfig, Profile, ReturnWindow, SellersConfig, ServerConfig,
};

use std::path::PathBuf;

use auth::AuthConfig;
use kernel::{Currency, WrongSetting};
use mail::MailConfig;
use serde::{Deserialize, Serialize};
use telemetry::{LogConfig, TelemetryConfig};

/// The sections that only some processes read: those of single services, of the console, and of the embedded mode's backups.
const SECTIONS: [&str; 6] = [
    "users",
    "catalogue",
    "orders",
    "wallet",
    "console",
    "backup",
];

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
    /// Mails to users.
    pub mail: MailConfig,
    /// Who may sell.
    pub sellers: SellersConfig,
    /// The operator's minimum of time for returns, which is a setting of the section `orders`.
    #[serde(skip)]
    pub return_window: ReturnWindow,
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
            mail: MailConfig::default(),
            sellers: SellersConfig::default(),
            return_window: ReturnWindow::default(),
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
        let mut settings: Self = layers.beside(&SECTIONS)?;
        settings.return_window = layers.some_of("orders")?;
        layers.check(settings.validate())?;
        Ok(settings)
    }

    /// Checks the rules that types do not express.
    fn validate(&self) -> Result<(), WrongSetting> {
        self.server.validate()?;
        self.server.allowed_in(self.profile)?;
        self.log.validate()?;
        self.telemetry.validate()?;
        self.auth.validate()?;
        self.validate_mail()?;
        self.mongo.validate()?;
        self.amqp.validate()
    }

    /// Refuses servers that production must not rely on. For a process that uses the databases and the broker.
    ///
    /// # Errors
    /// The settings at fault.
    pub fn servers_allowed(&self) -> Result<(), WrongSetting> {
        self.mongo.allowed_in(self.profile)?;
        self.amqp.allowed_in(self.profile)
    }

    /// Mails hold links, which have to lead somewhere.
    fn validate_mail(&self) -> Result<(), WrongSetting> {
        self.mail.validate()?;
        if self.mail.is_on() && self.server.public_url.is_none() {
            let reason = "mails hold links: say where people reach the marketplace, such as https://shop.example";
            return Err(WrongSetting::together(
                &["server.public_url", "mail.transport"],
                reason,
            ));
        }
        match self.profile {
            Profile::Production => self.mail.allowed_in_production(),
            Profile::Development => Ok(()),
        }
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
    fn production_refuses_a_plain_port_for_all_a_guest_and_servers_without_credentials_by_name() {
        let read = |more: &[(&str, &str)]| {
            let own = [("PROFILE", "production")];
            let all = own.iter().chain(more);
            let all = all.map(|(name, value)| (format!("MARKETPLACE__{name}"), *value));
            Settings::read(&Layers::read(None, all.collect::<Vec<_>>(), None).unwrap())
        };
        let (mongo, amqp) = ("mongodb://u:p@h/", "amqp://shop:p@h/");
        let open = ("SERVER__LISTEN", "0.0.0.0:8080");
        let refused = read(&[open]).unwrap_err().to_string();
        assert!(refused.contains("server.listen"), "{refused}");
        assert!(read(&[open, ("SERVER__ALLOW_PLAIN_HTTP", "true")]).is_ok());
        for (mongo, amqp, fault) in [
            ("mongodb://h/", amqp, Some("mongo.uri")),
            ("mongodb://h/?authMechanism=MONGODB-X509", amqp, None),
            (mongo, "amqp://guest:p@h/", Some("amqp.uri")),
            (mongo, "amqp://h/", Some("amqp.uri")),
            (mongo, amqp, None),
        ] {
            let settings = read(&[("MONGO__URI", mongo), ("AMQP__URI", amqp)]).unwrap();
            let fault_found = settings.servers_allowed().err().map(|wrong| wrong.keys[0]);
            assert_eq!(fault_found, fault, "{mongo} {amqp}");
        }
        let tolerant = Settings::default();
        assert_eq!(tolerant.servers_allowed(), Ok(()));
    }

    #[test]
    fn mails_need_a_place_that_their_links_lead_to() {
        let given = |more: &[(&str, &str)]| {
            let all = [("MARKETPLACE__MAIL__TRANSPORT", "file")]
                .into_iter()
                .chain(more.iter().copied());
            let layers = Layers::read(
                None,
                all.map(|(name, value)| (name.to_owned(), value)),
                None,
            );
            Settings::read(&layers.unwrap())
        };
        let error = given(&[]).unwrap_err().to_string();
        assert!(error.contains("server.public_url"), "{error}");
        let place = ("MARKETPLACE__SERVER__PUBLIC_URL", "https://shop.example");
        let settings = given(&[place]).unwrap();
        assert!(settings.mail.is_on());
        let none = std::collections::BTreeMap::<String, String>::new();
        let printed = settings.print(&none).unwrap();
        assert!(
            printed.contains("public_url = \"https://shop.example\""),
            "{printed}"
        );
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
