//! A serving process, in surroundings of the test's choice.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::run::{clean, run};

/// A process that serves a data directory. It is killed when dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) url: String,
    /// Of its internal port.
    pub(crate) internal: String,
    address: String,
    data: Option<tempfile::TempDir>,
    _ports: [stack::Reservation; 2],
}

impl Serving {
    /// Starts one and waits until it is ready. `shell` prepares the surroundings, such as `ulimit -f 100`; `set` its standard streams and
    /// environment.
    pub(crate) fn start(shell: &str, set: impl FnOnce(&mut Command)) -> Self {
        Self::on(tempfile::tempdir().unwrap(), shell, set)
    }

    /// The same on the data directory `data`.
    pub(crate) fn on(data: tempfile::TempDir, shell: &str, set: impl FnOnce(&mut Command)) -> Self {
        let (port, reservation) = stack::free_port().unwrap();
        let address = format!("127.0.0.1:{port}");
        let (internal_port, internal_reservation) = stack::free_port().unwrap();
        let internal = format!("127.0.0.1:{internal_port}");
        let mut command = Command::new("sh");
        clean(&mut command);
        let serve = format!(r#"{shell}; exec "$0" serve --listen {address} --data-dir "$1""#);
        command
            .args(["-c", &serve, env!("CARGO_BIN_EXE_marketplace")])
            .arg(data.path())
            .env("MARKETPLACE__USERS__BCRYPT_COST", "4")
            .env("MARKETPLACE__INTERNAL__LISTEN", &internal)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        set(&mut command);
        let child = command.spawn().unwrap();
        let mut serving = Self {
            child,
            url: format!("http://{address}"),
            internal: format!("http://{internal}"),
            address,
            data: Some(data),
            _ports: [reservation, internal_reservation],
        };
        serving.becomes_ready(true);
        serving
    }

    /// Waits until `marketplace health` says that it is ready, or that it is not. Returns what it printed.
    pub(crate) fn becomes_ready(&mut self, ready: bool) -> String {
        for _ in 0..1000 {
            assert_eq!(self.child.try_wait().unwrap(), None, "it ended");
            let health = run(&["health", "--listen", &self.address], &[]);
            if health.code == Some(i32::from(!ready)) && !health.stdout.is_empty() {
                return health.stdout;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it never said whether it is ready: {ready}");
    }

    /// Kills the process, and returns the data directory.
    pub(crate) fn kill(mut self) -> tempfile::TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.data.take().unwrap()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
