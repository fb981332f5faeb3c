//! The console's section of the settings.

use std::path::PathBuf;

use kernel::{SecretUri, WrongSetting};
use serde::{Deserialize, Serialize};

/// The section `console`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether the pages are served. Without them, `/` leads to the API's documentation.
    pub enabled: bool,
    /// A directory whose files replace those of the console that have the same path: `templates/`, `messages/`, `assets/`.
    pub theme: Option<PathBuf>,
    /// The secret that seals cookies, created if missing. If not set, `console.key` beside the signing key. All replicas of
    /// `console-service` share it.
    pub key_file: Option<PathBuf>,
    /// The gateway's inner port, where `console-service` asks for the API. Not used where both are one process.
    pub api_url: SecretUri,
    /// Where the pictures of products are, as `catalogue.image_url` says: pages may show pictures from there. Not used where both are one
    /// process.
    pub image_url: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            theme: None,
            key_file: None,
            api_url: "http://127.0.0.1:8081".to_owned().into(),
            image_url: "/images".to_owned(),
        }
    }
}

impl Config {
    /// Checks the rules that types do not express.
    ///
    /// # Errors
    /// The setting at fault, and what is allowed.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        if self.api_url.scheme() != Some("http") {
            let reason = format!(
                "it is {}; it has to be the http:// URL of the gateway's inner port",
                self.api_url
            );
            return Err(WrongSetting::new("console.api_url", reason));
        }
        match &self.theme {
            Some(theme) if !theme.is_dir() => {
                let reason = format!("{} is no directory", theme.display());
                Err(WrongSetting::new("console.theme", reason))
            }
            Some(_) | None => Ok(()),
        }
    }
}
