//! `marketplace openapi` and `marketplace config`: print a document and exit.

use std::io::Write as _;

use host::settings::Settings;

use crate::services::Services;

/// Prints the OpenAPI document.
pub(crate) fn openapi() -> anyhow::Result<bool> {
    print(&crate::openapi()?)
}

/// Prints the effective configuration. Settings themselves contain no secrets, only the names of files that do.
pub(crate) fn config(settings: &Settings, services: &Services) -> anyhow::Result<bool> {
    print(&settings.print(services)?)
}

/// A reader that closes the pipe early (`| head`) is not an error.
fn print(text: &str) -> anyhow::Result<bool> {
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(true),
    }
}
