//! `marketplace audit`.

use std::process::ExitCode;

use super::{Shape, runtime};
use crate::audit::{Books, Files, check};
use crate::data_dir::DataDir;
use host::settings::Settings;

/// Prints a line for each invariant, then its violations.
pub(crate) fn audit(settings: &Settings, shape: Shape) -> anyhow::Result<ExitCode> {
    let findings = runtime()?.block_on(async {
        let books: Box<dyn Books> = match shape {
            Shape::Embedded => Box::new(Files::open(&DataDir::existing(&settings.data_dir)?)?),
            Shape::Distributed => databases(settings).await?,
        };
        anyhow::Ok(check(&*books).await?)
    })?;
    let mut clean = true;
    for finding in &findings {
        let word = if finding.violations.is_empty() {
            "ok"
        } else {
            "VIOLATED"
        };
        println!(
            "{word:8} {} ({} checked)",
            finding.invariant, finding.checked
        );
        for violation in &finding.violations {
            clean = false;
            println!("         - {violation}");
        }
    }
    Ok(if clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[cfg(feature = "distributed")]
async fn databases(settings: &Settings) -> anyhow::Result<Box<dyn Books>> {
    Ok(Box::new(
        crate::audit::Databases::open(&settings.mongo).await?,
    ))
}

#[cfg(not(feature = "distributed"))]
#[expect(clippy::unused_async, reason = "as the one of the other build")]
async fn databases(_settings: &Settings) -> anyhow::Result<Box<dyn Books>> {
    Err(super::not_distributed())
}
