//! `marketplace health`.

use std::process::ExitCode;

use host::health::ask;
use host::settings::Settings;

/// Prints the response of `/readyz`; succeeds if the process is ready.
pub(crate) fn health(settings: &Settings) -> ExitCode {
    let (ready, body) = match ask(settings.server.listen) {
        Ok(answer) => answer,
        Err(error) => {
            eprintln!("marketplace: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", body.trim_end());
    if ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
