//! `marketplace audit`.

use host::output;

use super::{Place, runtime};
#[cfg(feature = "distributed")]
use crate::audit::Databases;
use crate::audit::{Books, Files, Finding, check};

/// Audits a marketplace. Returns whether there is no violation.
pub(crate) fn audit(place: &Place) -> anyhow::Result<bool> {
    let findings = runtime()?.block_on(async {
        let books: Box<dyn Books> = match place {
            Place::Files(dir) => Box::new(Files::open(dir)?),
            #[cfg(feature = "distributed")]
            Place::Servers(settings) => Box::new(Databases::open(&settings.mongo).await?),
        };
        anyhow::Ok(check(&*books).await?)
    })?;
    print(&findings)
}

/// Prints a line for each invariant, then its violations. Returns whether there are none.
pub(super) fn print(findings: &[Finding]) -> anyhow::Result<bool> {
    for finding in findings {
        let word = if finding.violations.is_empty() {
            "ok"
        } else {
            "VIOLATED"
        };
        output::line(format_args!(
            "{word:8} {} ({} checked)",
            finding.invariant, finding.checked
        ))?;
        for violation in finding.violations.details() {
            output::line(format_args!("         - {violation}"))?;
        }
        if finding.violations.more() > 0 {
            output::line(format_args!(
                "         - and {} more",
                finding.violations.more()
            ))?;
        }
    }
    Ok(findings.iter().all(|finding| finding.violations.is_empty()))
}
