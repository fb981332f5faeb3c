//! One process: started in a session of its own, known again by its pid and the moment it started, so that a pid that the
//! system has given to somebody else meanwhile is never signalled.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use crate::error::StackError;

/// How often a wait looks.
pub(crate) const LOOK: Duration = Duration::from_millis(25);

/// How a process is to be started.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// Directory of its own; also how what it leaves behind is known.
    pub(crate) run_dir: PathBuf,
    pub(crate) log: PathBuf,
}

/// A process that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Started {
    pub(crate) pid: i32,
    /// Clock ticks between the start of the system and that of the process; with the pid it names one process for ever.
    since: u64,
}

/// What /proc tells of a process.
struct Stat {
    state: char,
    session: i32,
    since: u64,
}

impl Plan {
    /// Starts it: its own session, nothing to read, its output at the end of its log.
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
        // `setsid` becomes the program: same pid, own session, out of reach of the terminal's signals.
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
        // Nobody asks for the exit code; without this a dead one would stay in the process table as long as we run.
        std::thread::spawn(move || child.wait());
        Ok(Started {
            pid,
            since: stat.since,
        })
    }
}

impl Started {
    /// Whether it runs.
    pub(crate) fn is_alive(self) -> bool {
        stat(self.pid)
            .is_some_and(|stat| stat.since == self.since && !matches!(stat.state, 'Z' | 'X'))
    }

    /// Asks it to end.
    pub(crate) fn terminate(self) {
        signal(self.pid, self.since, Signal::TERM);
    }

    /// Ends it, and all that it started and that is in its session, without asking.
    pub(crate) fn kill(self, run_dir: &Path) {
        let members = self.members(run_dir);
        signal(self.pid, self.since, Signal::KILL);
        for (pid, since) in members {
            signal(pid, since, Signal::KILL);
        }
    }

    /// Whether it or something that it left behind runs.
    pub(crate) fn is_anything_left(self, run_dir: &Path) -> bool {
        self.is_alive() || !self.members(run_dir).is_empty()
    }

    /// Waits for its end. Whether it came.
    pub(crate) fn wait_for_end(self, run_dir: &Path, deadline: Instant) -> bool {
        while self.is_anything_left(run_dir) {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        true
    }

    /// The others of its session: pid and start. A session's number is not given out again while a member of it lives; once
    /// the leader is gone, a member has to be in our directory, too.
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

/// Signals the process that has this pid and started then, and no other: the descriptor is opened first and checked after, so
/// what is checked is what is signalled. A process that is gone needs no signal.
fn signal(pid: i32, since: u64, signal: Signal) {
    let Some(descriptor) =
        Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok())
    else {
        return;
    };
    if stat(pid).is_some_and(|stat| stat.since == since) {
        // Fails only if it has ended meanwhile, or is not ours, which whoever waits for its end will see.
        let _ = pidfd_send_signal(descriptor, signal);
    }
}

/// Reads `/proc/PID/stat` (proc(5)): the name in parentheses may hold anything, so fields are counted from the last one.
fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        session: fields.get(3)?.parse().ok()?,
        since: fields.get(19)?.parse().ok()?,
    })
}

/// The last lines of a log, for a message.
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
