//! The measurements, as a Markdown table.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, bail};

/// Rows in measurement order, and the problems found.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<[String; 4]>,
    errors: Vec<String>,
}

impl Report {
    /// Adds a figure, its target and a remark.
    pub(crate) fn add(&mut self, what: &str, figure: String, target: &str, more: String) {
        eprintln!("{what}: {figure} {more}");
        self.rows
            .push([what.to_owned(), figure, target.to_owned(), more]);
    }

    /// Notes that a measurement cannot be trusted.
    pub(crate) fn error(&mut self, what: String) {
        self.errors.push(what);
    }

    /// Fails if a measurement cannot be trusted.
    pub(crate) fn errors(&self) -> Result<()> {
        if self.errors.is_empty() {
            return Ok(());
        }
        bail!("{}", self.errors.join("\n"))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | measured | target | |")?;
        writeln!(f, "| --- | --- | --- | --- |")?;
        for [what, figure, target, more] in &self.rows {
            writeln!(f, "| {what} | {figure} | {target} | {more} |")?;
        }
        Ok(())
    }
}

/// The median.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Milliseconds with two decimals.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}
