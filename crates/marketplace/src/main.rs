//! The command line. Each command is a file in `marketplace::commands`.

use std::process::ExitCode;

// For the many small, short-lived allocations of a request it costs half as much as the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    host::lifecycle::exit_code("marketplace", marketplace::cli::run())
}
