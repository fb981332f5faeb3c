//! `marketplace openapi` and `marketplace config`: print a document and exit.

use host::output;
use host::settings::Settings;

use crate::services::Services;

/// Prints the OpenAPI document.
pub(crate) fn openapi(services: &Services) -> anyhow::Result<bool> {
    output::line(crate::openapi(services)?.trim_end())?;
    Ok(true)
}

/// Prints the effective configuration, with the secrets in URIs hidden.
pub(crate) fn config(settings: &Settings, services: &Services) -> anyhow::Result<bool> {
    output::line(settings.print(services)?.trim_end())?;
    Ok(true)
}
