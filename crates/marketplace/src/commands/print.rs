//! `marketplace openapi` and `marketplace config`: print and be done.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::settings::Settings;

/// Prints the OpenAPI document.
pub(crate) fn openapi() -> anyhow::Result<ExitCode> {
    print(&crate::openapi()?)
}

/// Prints the effective configuration. Settings hold no secrets themselves, only the names of files that do.
pub(crate) fn config(settings: &Settings) -> anyhow::Result<ExitCode> {
    print(&toml::to_string_pretty(settings).context("the settings")?)
}

/// A reader that has enough (`| head`) is no error.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
    }
}
