//! `marketplace openapi` and `marketplace config`: print and be done.

use std::io::Write as _;
use std::process::ExitCode;

use host::settings::Settings;

use crate::services::Services;

/// Prints the OpenAPI document.
pub(crate) fn openapi() -> anyhow::Result<ExitCode> {
    print(&crate::openapi()?)
}

/// Prints the effective configuration. Settings hold no secrets themselves, only the names of files that do.
pub(crate) fn config(settings: &Settings, services: &Services) -> anyhow::Result<ExitCode> {
    print(&settings.print(services)?)
}

/// A reader that has enough (`| head`) is no error.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
    }
}
