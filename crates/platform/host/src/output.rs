//! What a command prints. `println!` panics if standard output is closed or its disk is full.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

/// Prints a line that a command was asked for. A reader that closed the pipe early (`| head`) has seen what it wanted.
///
/// # Errors
/// If the line cannot be written: the disk is full, for example.
pub fn line(text: impl Display) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("standard output cannot be written"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints a line that a server can do without.
pub fn notice(text: impl Display) {
    if let Err(error) = line(text) {
        tracing::warn!("{error:#}");
    }
}

/// Prints why `program` ends, or what it could not do.
pub fn complaint(program: &str, error: &anyhow::Error) {
    // If standard error cannot be written either, the exit code alone has to tell.
    let _ = writeln!(std::io::stderr().lock(), "{program}: {error:#}");
}
