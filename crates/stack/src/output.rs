//! What the command line prints. `println!` panics if standard output is closed or its disk is full.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use anyhow::Context as _;

/// Prints a line. A reader that closed the pipe early (`| head`) has seen what it wanted.
///
/// # Errors
/// If the line cannot be written: the disk is full, for example.
pub fn say(text: impl Display) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("standard output cannot be written"),
    }
}

/// Prints a line to standard error. If that cannot be written, the exit code has to tell.
pub fn complain(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
