//! Why a stack cannot do what it was asked to, as a sentence that says what to do next.

use std::path::{Path, PathBuf};

use crate::name::Name;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A file or directory cannot be read or written.
    #[error("{path} cannot be used: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The state file is not one.
    #[error(
        "{path} is no state of a stack ({reason}); if nothing of it runs any more, remove that file"
    )]
    BadState {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Somebody else is at it.
    #[error("another command is busy with the stack in {0}; wait for it to end")]
    Busy(PathBuf),
    /// It runs, in another shape.
    #[error(
        "a stack runs in {dir} with {what}; stop it first (./scripts/stack down), or choose another directory with --dir"
    )]
    OtherShape {
        /// Where.
        dir: PathBuf,
        /// What it is.
        what: String,
    },
    /// A port is taken.
    #[error(
        "port {port} of {name} is in use: see who listens with `ss -ltnp 'sport = :{port}'` and stop it, or choose other ports \
         with --base (--port for the gateway), or any free ones with --port 0"
    )]
    PortInUse {
        /// Which.
        port: u16,
        /// For what.
        name: String,
    },
    /// No free ports.
    #[error("there are not enough free ports on the loopback interface")]
    NoPorts,
    /// A program is not there.
    #[error("{program} is missing; {remedy}")]
    Missing {
        /// Which.
        program: String,
        /// What to do.
        remedy: String,
    },
    /// Something could not be run or failed.
    #[error("{command} failed: {reason}")]
    Failed {
        /// Which.
        command: String,
        /// What it said.
        reason: String,
    },
    /// A process ended when it should not have.
    #[error("{name} ended while it was waited for; the end of its log, {log}:\n{tail}")]
    Ended {
        /// Which.
        name: Name,
        /// Its log.
        log: PathBuf,
        /// The last lines.
        tail: String,
    },
    /// A process did not become ready.
    #[error(
        "{name} was not ready within {seconds} s ({reason}); the end of its log, {log}:\n{tail}"
    )]
    NotReady {
        /// Which.
        name: Name,
        /// The patience.
        seconds: u64,
        /// What it said last.
        reason: String,
        /// Its log.
        log: PathBuf,
        /// The last lines.
        tail: String,
    },
    /// A process that cannot be stopped.
    #[error("{name} (pid {pid}) does not end, even killed")]
    Immortal {
        /// Which.
        name: Name,
        /// Its pid.
        pid: i32,
    },
    /// No such process in this stack.
    #[error("this stack has no {0}")]
    NoSuchProcess(Name),
    /// The data is of a larger replica set.
    #[error(
        "the data in {dir} belongs to a replica set of {found} members; run it with --members {found}, or throw the data away with `down --wipe`"
    )]
    FewerMembers {
        /// Where.
        dir: PathBuf,
        /// How many it has.
        found: usize,
    },
    /// MongoDB refuses.
    #[error("MongoDB: {0}")]
    Mongo(#[from] mongodb::error::Error),
    /// An option that cannot be.
    #[error("{0}")]
    BadOption(String),
}

impl StackError {
    /// What went wrong with `path`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |error| Self::Io {
            path: path.to_owned(),
            error,
        }
    }
}
