//! The settings that all processes of the distributed shape share, and how one of them reads its own section. All read the same file.

use std::path::Path;

use crate::connections::{AmqpConfig, InternalConfig, MongoConfig, Profile, ServerConfig};
use crate::settings::{Flag, Scope, load_within};
use anyhow::Context as _;
use auth::AuthConfig;
use kernel::Currency;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use telemetry::{LogConfig, LogFormat, TelemetryConfig};

/// Sections and keys that are read by some processes only.
const OTHERS: [&str; 5] = ["users", "catalogue", "orders", "wallet", "data_dir"];

/// The shared settings.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `development` or `production`.
    pub profile: Profile,
    /// Currency of amounts that name none.
    pub currency: Currency,
    /// In production, users may not top up their own wallets for nothing unless this is true.
    pub allow_self_service_topups: bool,
    /// The public port.
    pub server: ServerConfig,
    /// The internal port.
    pub internal: InternalConfig,
    /// Log lines.
    pub log: LogConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
    /// Access tokens.
    pub auth: AuthConfig,
    /// The databases.
    pub mongo: MongoConfig,
    /// The message broker.
    pub amqp: AmqpConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: Profile::Development,
            currency: Currency::USD,
            allow_self_service_topups: false,
            server: ServerConfig::default(),
            internal: InternalConfig::default(),
            log: LogConfig {
                format: LogFormat::Json,
                ..LogConfig::default()
            },
            telemetry: TelemetryConfig::default(),
            auth: AuthConfig::default(),
            mongo: MongoConfig::default(),
            amqp: AmqpConfig::default(),
        }
    }
}

impl Settings {
    /// Reads the shared settings and the section `section`.
    ///
    /// # Errors
    /// A sentence that names the first setting that is wrong.
    pub fn load<C>(section: &str, file: Option<&Path>, flags: &[Flag]) -> anyhow::Result<(Self, C)>
    where
        C: Default + Serialize + DeserializeOwned,
    {
        let environment: Vec<(String, String)> = std::env::vars().collect();
        let shared = Scope {
            others: &OTHERS,
            ..Scope::default()
        };
        let own = Scope {
            section: Some(section),
            ..Scope::default()
        };
        Ok((
            load_within(shared, file, environment.clone(), flags)?,
            load_within(own, file, environment, flags)?,
        ))
    }

    /// Both, as a settings file that says the same. Passwords are left out.
    ///
    /// # Errors
    /// Never in practice: they are plain values.
    pub fn print<C: Serialize>(&self, section: &str, own: &C) -> anyhow::Result<String> {
        let mut table = toml::Table::try_from(self).context("the settings")?;
        table.insert(
            section.to_owned(),
            toml::Value::try_from(own).context("the settings")?,
        );
        Ok(toml::to_string_pretty(&table)?)
    }
}
