//! `marketplace audit`.

use std::process::ExitCode;

use crate::audit::check;
use crate::data_dir::DataDir;
use crate::settings::Settings;

/// Prints a line for each invariant, then what breaks it.
pub(crate) fn audit(settings: &Settings) -> anyhow::Result<ExitCode> {
    let findings = check(&DataDir::existing(&settings.data_dir)?)?;
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
