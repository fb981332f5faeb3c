//! One process, started in its own session and its own working directory. Both together identify it and the processes that it starts, so
//! that a pid that the system has since reused is never signalled.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::name::Name;
use crate::state::{Dir, unusable};

/// Polling interval.
pub(crate) const LOOK: Duration = Duration::from_millis(25);

/// How long a killed process may take to end.
const DEATH: Duration = Duration::from_secs(10);

/// A command that runs `program` in its own session, out of reach of the terminal's signals. `setsid` execs the program, so that it has the
/// pid of the child.
pub(crate) fn detached(program: &Path) -> Command {
    let mut command = Command::new("setsid");
    command.arg(program);
    command
}

/// A process that was started.
#[derive(Debug)]
pub(crate) struct Started {
    name: Name,
    pub(crate) pid: Pid,
    run_dir: PathBuf,
}

impl Started {
    pub(crate) fn new(name: Name, pid: Pid, dir: &Dir) -> Self {
        Self {
            name,
            pid,
            run_dir: dir.run(name),
        }
    }

    /// Starts a [`detached`] command, with no standard input and its output appended to its log.
    pub(crate) fn start(mut command: Command, name: Name, dir: &Dir) -> anyhow::Result<Self> {
        let (run_dir, log) = (dir.run(name), dir.log(name));
        fs::create_dir_all(&run_dir).with_context(unusable(&run_dir))?;
        let output = OpenOptions::new().create(true).append(true).open(&log);
        let output = output.with_context(unusable(&log))?;
        let mut child = command
            .current_dir(run_dir)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("{name}: setsid (Debian package util-linux) failed"))?;
        let pid = Pid::from_child(&child);
        // Reap the child: its exit code is not needed, but a zombie would remain for as long as we run.
        std::thread::spawn(move || child.wait());
        Ok(Self::new(name, pid, dir))
    }

    /// Whether it is running.
    pub(crate) fn is_alive(&self) -> bool {
        self.has(self.pid)
    }

    /// Whether it, or anything that it left behind, is still running.
    pub(crate) fn is_anything_left(&self) -> bool {
        self.all().next().is_some()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal(self.pid, Signal::TERM);
    }

    /// Sends SIGKILL to it and to all other processes of its session until none is left.
    pub(crate) fn kill(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + DEATH;
        while self.is_anything_left() {
            ensure!(
                Instant::now() < deadline,
                "{} (pid {}) does not end, even killed",
                self.name,
                self.pid
            );
            self.all().for_each(|pid| self.signal(pid, Signal::KILL));
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// It and the other processes of its session that are running.
    fn all(&self) -> impl Iterator<Item = Pid> {
        fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
            .filter(|pid| self.has(*pid))
    }

    /// Whether `pid` is it or of its session. The system does not reuse a session id while a member of the session lives, but it does
    /// afterwards; hence the directory. A process that has ended has none, even if its parent has not noticed.
    fn has(&self, pid: Pid) -> bool {
        (pid == self.pid || session(pid) == Some(self.pid))
            && fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == self.run_dir)
    }

    /// Opens the pidfd before checking whose process it is, so the process that it checks is the process that it signals. A process that is
    /// gone needs no signal.
    fn signal(&self, pid: Pid, signal: Signal) {
        if let Ok(descriptor) = pidfd_open(pid, PidfdFlags::empty())
            && self.has(pid)
        {
            // Fails only if the process has since ended or belongs to another user; the caller's wait for its end reveals either.
            let _ = pidfd_send_signal(descriptor, signal);
        }
    }
}

/// The session in `/proc/PID/stat` (proc(5)). The name in parentheses may contain any character, so fields are counted from the last
/// parenthesis.
fn session(pid: Pid) -> Option<Pid> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let session = text.rsplit_once(')')?.1.split_whitespace().nth(3)?;
    Pid::from_raw(session.parse().ok()?)
}

/// The last bytes of a log, for an error message.
pub(crate) fn tail(log: &Path) -> String {
    const BYTES: usize = 2048;
    match fs::read(log) {
        Ok(bytes) if bytes.is_empty() => "(empty)".to_owned(),
        Ok(mut bytes) => {
            let end = bytes.split_off(bytes.len().saturating_sub(BYTES));
            String::from_utf8_lossy(&end).trim_end().to_owned()
        }
        Err(error) => format!("({error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(dir: &Dir, script: &str) -> Started {
        let mut command = detached(Path::new("sh"));
        command.args(["-c", script]);
        Started::start(command, Name::Epmd, dir).unwrap()
    }

    #[test]
    fn a_process_that_has_the_pid_in_another_directory_is_left_alone() {
        let temp = tempfile::tempdir().unwrap();
        let dir = Dir::create(temp.path()).unwrap();
        let real = start(&dir, "exec sleep 1000");
        let stranger = Started::new(Name::Rabbit, real.pid, &dir);
        assert!(real.is_alive() && !stranger.is_alive());
        stranger.terminate();
        stranger.kill().unwrap();
        assert!(!stranger.is_anything_left());
        std::thread::sleep(8 * LOOK);
        assert!(real.is_alive());
        real.terminate();
        let deadline = Instant::now() + DEATH;
        while real.is_anything_left() {
            assert!(Instant::now() < deadline, "it ends");
        }
    }

    #[test]
    fn what_a_dead_leader_left_behind_is_found_and_ended() {
        let temp = tempfile::tempdir().unwrap();
        let dir = Dir::create(temp.path()).unwrap();
        let leader = start(&dir, "sleep 1000 & sleep 1000");
        let deadline = Instant::now() + DEATH;
        while leader.all().count() < 3 {
            assert!(Instant::now() < deadline, "its children start");
        }
        leader.signal(leader.pid, Signal::KILL);
        while leader.is_alive() {
            assert!(Instant::now() < deadline, "it ends");
        }
        assert!(leader.is_anything_left());
        let stranger = Started::new(Name::Rabbit, leader.pid, &dir);
        assert!(!stranger.is_anything_left(), "not known to be ours");
        leader.kill().unwrap();
        assert!(!leader.is_anything_left());
    }
}
