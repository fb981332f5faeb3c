//! `marketplace gateway-files`.

use std::path::Path;
use std::process::ExitCode;

/// Writes the files and prints how many there are.
pub(crate) fn gateway_files(out: &Path) -> anyhow::Result<ExitCode> {
    let count = crate::gateway_files::write(out)?;
    println!("{count} files are in {}.", out.display());
    Ok(ExitCode::SUCCESS)
}
