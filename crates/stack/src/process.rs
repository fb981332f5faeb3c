//! One process, started in its own session. It is identified by its pid and start time, so that a pid that the system has since reused
//! is never signalled.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use crate::error::StackError;

/// Polling interval.
pub(crate) const LOOK: Duration = Duration::from_millis(25);

/// How to start a process.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// Its own working directory, which also identifies the processes that it leaves behind.
    pub(crate) run_dir: PathBuf,
    pub(crate) log: PathBuf,
}

/// A process that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Started {
    pub(crate) pid: i32,
    /// Clock ticks from system boot to the start of the process; together with the pid this identifies the process uniquely.
    since: u64,
}

/// The fields of `/proc/PID/stat` that are used here.
struct Stat {
    state: char,
    session: i32,
    since: u64,
}

impl Plan {
    /// Starts it in its own session, with no standard input and its output appended to its log.
    pub(crate) fn start(&self) -> Result<Started, StackError> {
        fs::create_dir_all(&self.run_dir).map_err(StackError::io(&self.run_dir))?;
        let open = || {
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(&self.log)
                .map_err(StackError::io(&self.log))
        };
        let (out, err) = (open()?, open()?);
        let failed = |reason: String| StackError::Failed {
            command: self.program.display().to_string(),
            reason,
        };
        // `setsid` execs the program: same pid, own session, out of reach of the terminal's signals.
        let mut child = Command::new("setsid")
            .arg(&self.program)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.run_dir)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|error| failed(format!("setsid (Debian package util-linux): {error}")))?;
        let pid = i32::try_from(child.id()).map_err(|error| failed(error.to_string()))?;
        let stat = stat(pid).ok_or_else(|| failed("it ended at once".to_owned()))?;
        // Reap the child. Nobody reads the exit code, but otherwise a zombie would remain for as long as we run.
        std::thread::spawn(move || child.wait());
        Ok(Started {
            pid,
            since: stat.since,
        })
    }
}

impl Started {
    /// Whether it is running.
    pub(crate) fn is_alive(self) -> bool {
        stat(self.pid)
            .is_some_and(|stat| stat.since == self.since && !matches!(stat.state, 'Z' | 'X'))
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(self) {
        signal(self.pid, self.since, Signal::TERM);
    }

    /// Sends SIGKILL to it and to all other processes of its session.
    pub(crate) fn kill(self, run_dir: &Path) {
        let members = self.members(run_dir);
        signal(self.pid, self.since, Signal::KILL);
        for (pid, since) in members {
            signal(pid, since, Signal::KILL);
        }
    }

    /// Whether it, or anything that it left behind, is still running.
    pub(crate) fn is_anything_left(self, run_dir: &Path) -> bool {
        self.is_alive() || !self.members(run_dir).is_empty()
    }

    /// Waits for it to end. Returns whether it ended before the deadline.
    pub(crate) fn wait_for_end(self, run_dir: &Path, deadline: Instant) -> bool {
        while self.is_anything_left(run_dir) {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        true
    }

    /// The other processes of its session: pid and start time. The system does not reuse a session id while a member of the session lives.
    /// Once the leader is gone, a member must also have our directory as its working directory.
    fn members(self, run_dir: &Path) -> Vec<(i32, u64)> {
        let leader = stat(self.pid);
        if leader
            .as_ref()
            .is_some_and(|leader| leader.since != self.since)
        {
            return Vec::new();
        }
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        let pids = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        pids.filter(|pid| *pid != self.pid)
            .filter_map(|pid| Some((pid, stat(pid)?)))
            .filter(|(pid, stat)| {
                stat.session == self.pid
                    && stat.since >= self.since
                    && !matches!(stat.state, 'Z' | 'X')
                    && (leader.is_some()
                        || fs::read_link(format!("/proc/{pid}/cwd"))
                            .is_ok_and(|cwd| cwd == run_dir))
            })
            .map(|(pid, stat)| (pid, stat.since))
            .collect()
    }
}

/// Signals only the process with this pid and start time. It opens the pidfd before checking the start time, so the process that it
/// checks is the process that it signals. A process that is gone needs no signal.
fn signal(pid: i32, since: u64, signal: Signal) {
    let Some(descriptor) =
        Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok())
    else {
        return;
    };
    if stat(pid).is_some_and(|stat| stat.since == since) {
        // Fails only if the process has since ended or belongs to another user; the caller's wait for its end reveals either.
        let _ = pidfd_send_signal(descriptor, signal);
    }
}

/// Reads `/proc/PID/stat` (proc(5)). The name in parentheses may contain any character, so fields are counted from the last parenthesis.
fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        session: fields.get(3)?.parse().ok()?,
        since: fields.get(19)?.parse().ok()?,
    })
}

/// The last lines of a log, for an error message.
pub(crate) fn tail(log: &Path) -> String {
    const BYTES: u64 = 2048;
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) if bytes.is_empty() => "(empty)".to_owned(),
        Ok(bytes) => String::from_utf8_lossy(&bytes).trim_end().to_owned(),
        Err(error) => format!("({error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(dir: &Path) -> Plan {
        Plan {
            program: "sleep".into(),
            arguments: vec!["1000".to_owned()],
            environment: Vec::new(),
            run_dir: dir.join("run"),
            log: dir.join("log"),
        }
    }

    #[test]
    fn a_process_that_has_the_pid_and_another_start_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let plan = sleeper(dir.path());
        let real = plan.start().unwrap();
        let stranger = Started {
            pid: real.pid,
            since: real.since + 1,
        };
        assert!(real.is_alive() && !stranger.is_alive());
        stranger.terminate();
        stranger.kill(&plan.run_dir);
        assert!(!stranger.is_anything_left(&plan.run_dir));
        assert!(!real.wait_for_end(&plan.run_dir, Instant::now() + Duration::from_millis(200)));
        real.terminate();
        assert!(real.wait_for_end(&plan.run_dir, Instant::now() + Duration::from_secs(10)));
    }

    #[test]
    fn what_a_dead_leader_left_behind_is_found_and_ended() {
        let dir = tempfile::tempdir().unwrap();
        let plan = Plan {
            program: "sh".into(),
            arguments: vec!["-c".to_owned(), "sleep 1000 & sleep 1000".to_owned()],
            ..sleeper(dir.path())
        };
        let leader = plan.start().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while leader.members(&plan.run_dir).len() < 2 {
            assert!(Instant::now() < deadline, "its children start");
            std::thread::sleep(LOOK);
        }
        signal(leader.pid, leader.since, Signal::KILL);
        while leader.is_alive() {
            assert!(Instant::now() < deadline, "it ends");
            std::thread::sleep(LOOK);
        }
        assert!(leader.is_anything_left(&plan.run_dir));
        assert!(
            !leader.is_anything_left(Path::new("/elsewhere")),
            "not known to be ours"
        );
        leader.kill(&plan.run_dir);
        assert!(leader.wait_for_end(&plan.run_dir, deadline));
    }
}
