//! Errors of a stack. Each message is a sentence that says what to do next.

use std::path::{Path, PathBuf};

use crate::name::Name;

/// Why a stack operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A file or directory cannot be read or written.
    #[error("{path} cannot be used: {error}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// The state file cannot be parsed.
    #[error(
        "{path} is no state of a stack ({reason}); if nothing of it runs any more, remove that file"
    )]
    BadState {
        /// The state file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another command holds the stack's lock.
    #[error("another command is busy with the stack in {0}; wait for it to end")]
    Busy(PathBuf),
    /// A stack with a different configuration is running.
    #[error(
        "a stack runs in {dir} with {what}; stop it first (./scripts/stack down), or choose another directory with --dir"
    )]
    OtherShape {
        /// Its directory.
        dir: PathBuf,
        /// Its configuration.
        what: String,
    },
    /// A port is in use.
    #[error(
        "port {port} of {name} is in use: see who listens with `ss -ltnp 'sport = :{port}'` and stop it, or choose other ports \
         with --base (--port for the gateway), or any free ones with --port 0"
    )]
    PortInUse {
        /// The port.
        port: u16,
        /// The process that needs it.
        name: String,
    },
    /// No free ports.
    #[error("there are not enough free ports on the loopback interface")]
    NoPorts,
    /// A program is not installed.
    #[error("{program} is missing; {remedy}")]
    Missing {
        /// The program.
        program: String,
        /// What to do.
        remedy: String,
    },
    /// A command could not be run, or failed.
    #[error("{command} failed: {reason}")]
    Failed {
        /// The command.
        command: String,
        /// Its error output, or why it did not run.
        reason: String,
    },
    /// A process ended unexpectedly.
    #[error("{name} ended while it was waited for; the end of its log, {log}:\n{tail}")]
    Ended {
        /// The process.
        name: Name,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// A process did not become ready.
    #[error(
        "{name} was not ready within {seconds} s ({reason}); the end of its log, {log}:\n{tail}"
    )]
    NotReady {
        /// The process.
        name: Name,
        /// The timeout in seconds.
        seconds: u64,
        /// Why the last check failed.
        reason: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// A process did not end, even after SIGKILL.
    #[error("{name} (pid {pid}) does not end, even killed")]
    Immortal {
        /// The process.
        name: Name,
        /// Its pid.
        pid: i32,
    },
    /// No such process in this stack.
    #[error("this stack has no {0}")]
    NoSuchProcess(Name),
    /// The data belongs to a larger replica set.
    #[error(
        "the data in {dir} belongs to a replica set of {found} members; run it with --members {found}, or throw the data away with `down --wipe`"
    )]
    FewerMembers {
        /// The data directory.
        dir: PathBuf,
        /// How many members it has.
        found: usize,
    },
    /// MongoDB returned an error.
    #[error("MongoDB: {0}")]
    Mongo(#[from] mongodb::error::Error),
    /// An invalid option.
    #[error("{0}")]
    BadOption(String),
}

impl StackError {
    /// Wraps an I/O error on `path`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |error| Self::Io {
            path: path.to_owned(),
            error,
        }
    }
}
