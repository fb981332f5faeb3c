//! The `marketplace` binary as a process: start it on a data directory, kill it, run its commands.

mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

pub use server::Server;

/// How to start a marketplace.
#[derive(Debug, Clone)]
pub struct Launch {
    binary: PathBuf,
    data_dir: PathBuf,
    arguments: Vec<String>,
    settings: Vec<(String, String)>,
}

/// The result of a command.
#[derive(Debug)]
pub struct Run {
    /// Exit code; None if it was ended by a signal.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Run {
    /// Runs a command to completion.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn of(command: &mut Command) -> Self {
        let output = command
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        Self::from(output)
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Launch {
    /// The binary beside this test or bench, on `data_dir`, with the cheapest password hash.
    ///
    /// # Panics
    /// If the binary is not built.
    #[must_use]
    pub fn on(data_dir: &Path) -> Self {
        Self {
            binary: binary(),
            data_dir: data_dir.to_owned(),
            arguments: Vec::new(),
            settings: Vec::new(),
        }
        .set("USERS__BCRYPT_COST", "4")
        .set("LOG__FILTER", "error")
        // A test suite is one client that acts for many people.
        .set("SERVER__UNLIMITED_CLIENTS", "127.0.0.0/8")
    }

    /// Adds an argument to `serve`.
    #[must_use]
    pub fn with(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Sets `MARKETPLACE__{name}`.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings
            .push((format!("MARKETPLACE__{name}"), value.to_owned()));
        self
    }

    /// Starts serving on a free port. Returns when the process prints that it is ready.
    ///
    /// # Panics
    /// If it does not become ready.
    #[must_use]
    pub fn serve(&self) -> Server {
        Server::started(
            self.command(&["serve", "--listen", "127.0.0.1:0"])
                .args(&self.arguments),
        )
    }

    /// Runs a subcommand on the data directory to completion.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// Runs a subcommand to completion, as [`run`](Self::run). Also returns the most memory that it had resident, in kibibytes.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn measured(&self, arguments: &[&str]) -> (Run, u32) {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null());
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = piped.spawn().expect("the marketplace can be started");
        let status = format!("/proc/{}/status", child.id());
        let output = std::thread::spawn(move || child.wait_with_output());
        let mut peak = 0;
        while !output.is_finished() {
            // There is none once it has ended.
            let status = std::fs::read_to_string(&status).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|kib| kib.trim().trim_end_matches("kB").trim().parse().ok());
            peak = kib.unwrap_or(peak);
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = output.join().expect("no panic").expect("its output");
        (Run::from(output), peak)
    }

    /// Asserts that `marketplace audit` finds no violation.
    ///
    /// # Panics
    /// If the audit finds a violation.
    pub fn assert_audit_is_clean(&self) {
        let audit = self.audit();
        assert_eq!(audit.code, Some(0), "{audit:?}");
    }

    /// `marketplace audit` on the data directory.
    #[must_use]
    pub fn audit(&self) -> Run {
        self.run(&["audit"])
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MARKETPLACE__")) {
            command.env_remove(name);
        }
        command.envs(self.settings.iter().cloned()).args(arguments);
        let of_directory = matches!(
            arguments,
            ["serve" | "backup" | "restore", ..] | ["audit"] | ["grant", _, _]
        );
        if of_directory {
            command.arg("--data-dir").arg(&self.data_dir);
        }
        command
    }
}

/// `marketplace audit` on the databases that a settings file names.
///
/// # Panics
/// If the binary is not built.
#[must_use]
pub fn audit_distributed(config: &Path) -> Run {
    operate(config, &["audit"])
}

/// Runs a command of `marketplace` against a distributed marketplace that was started with the settings in `config`.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn operate(config: &Path, command: &[&str]) -> Run {
    let config_argument = config.display().to_string();
    let at = ["--distributed", "--config", &config_argument];
    Launch::on(config).run(&[command, &at].concat())
}

/// Runs a script of the repository that calls `marketplace`, with the settings in `config`.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn script(name: &str, arguments: &[&str], config: &Path) -> Run {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts");
    let mut command = Command::new(path.join(name));
    command.args(arguments).arg("--config").arg(config);
    Run::of(command.env("MARKETPLACE_BINARY", binary()))
}

/// Runs the audit program that `MARKETPLACE_AUDIT` names, if any, for a marketplace whose databases are not reachable from here.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn audit_by_program() -> Option<Run> {
    let program = std::env::var_os("MARKETPLACE_AUDIT")?;
    Some(Run::of(&mut Command::new(program)))
}

/// `marketplace` in this executable's directory or an ancestor of it: tests are in `target/<profile>/deps`.
fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("the path of this executable");
    let profile = here.ancestors().skip(1).take(2);
    profile
        .map(|directory| directory.join("marketplace"))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!(
                "there is no marketplace binary beside {}: run `cargo build -p marketplace` first",
                here.display()
            )
        })
}
