//! The command line. Commands live in `marketplace::commands`, one a file.

use std::process::ExitCode;

use marketplace::cli;

// Half the cost of the system's allocator for the many small, short-lived allocations of a request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("marketplace: {error:#}");
            ExitCode::from(2)
        }
    }
}
