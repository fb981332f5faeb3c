//! A serving `marketplace` process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use crate::client::Client;

/// Timeout for the line that reports readiness.
const START: Duration = Duration::from_secs(30);

/// A running marketplace. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    url: String,
    child: Child,
    printed: Mutex<Printed>,
}

/// Its output: the lines read so far, and the reader for more.
#[derive(Debug)]
struct Printed {
    lines: Vec<String>,
    more: Receiver<String>,
}

impl Server {
    /// Starts the command. Returns when the process prints its address.
    pub(super) fn started(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the marketplace can be started");
        let (sender, more) = mpsc::channel();
        let stdout = child.stdout.take().expect("a pipe");
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut server = Self {
            url: String::new(),
            child,
            printed: Mutex::new(Printed {
                lines: Vec::new(),
                more,
            }),
        };
        server.wait_until_ready();
        server
    }

    /// A client for it.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// A client for its internal port, which has the metrics.
    ///
    /// # Panics
    /// If it does not print where that is.
    #[must_use]
    pub fn internal(&self) -> Client {
        let deadline = Instant::now() + START;
        loop {
            let printed = self.printed();
            let line = printed.iter().find(|line| line.starts_with("Metrics: "));
            if let Some(url) = line.and_then(|line| address_in(line)) {
                return Client::new(&url);
            }
            assert!(Instant::now() < deadline, "no metrics in {printed:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `http://host:port`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The lines that it has printed so far.
    ///
    /// # Panics
    /// If another reader panicked.
    #[must_use]
    pub fn printed(&self) -> Vec<String> {
        let mut printed = self.printed.lock().expect("no reader panicked");
        let Printed { lines, more } = &mut *printed;
        lines.extend(more.try_iter());
        lines.clone()
    }

    /// Sends SIGKILL, so that it has no chance to clean up.
    ///
    /// # Panics
    /// If it cannot be killed.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Sends SIGTERM and waits for the process to end. Returns the exit code.
    ///
    /// # Panics
    /// If it does not end within 40 seconds.
    #[must_use]
    pub fn terminate(mut self) -> Option<i32> {
        self.ask_to_end();
        let deadline = Instant::now() + Duration::from_secs(40);
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it does not end after SIGTERM");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends SIGTERM without waiting.
    ///
    /// # Panics
    /// If it cannot be sent.
    pub fn ask_to_end(&self) {
        let sent = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .expect("kill can be run");
        assert!(sent.success(), "SIGTERM can be sent");
    }

    fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + START;
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            let printed = self.printed.get_mut().expect("no reader panicked");
            let Ok(line) = printed.more.recv_timeout(left) else {
                break;
            };
            let url = address_in(&line);
            printed.lines.push(line);
            if let Some(url) = url {
                self.url = url;
                return;
            }
        }
        let state = self.child.try_wait();
        panic!(
            "the marketplace printed no address ({state:?}); it printed {:?}",
            self.printed()
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first `http://host:port` in a line.
fn address_in(line: &str) -> Option<String> {
    let rest = line.get(line.find("http://")? + "http://".len()..)?;
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || ".:-[]".contains(c)))
        .unwrap_or(rest.len());
    let host = rest.get(..end)?.trim_end_matches(['.', ':']);
    let port = host.rsplit_once(':')?.1;
    port.parse::<u16>()
        .is_ok()
        .then(|| format!("http://{host}"))
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn the_address_is_found_in_a_sentence() {
        let line = "MarketPlace serves on http://127.0.0.1:4711/ (docs at http://x:1/api/docs)";
        assert_eq!(address_in(line).as_deref(), Some("http://127.0.0.1:4711"));
        assert_eq!(
            address_in("http://[::1]:80.").as_deref(),
            Some("http://[::1]:80")
        );
        assert_eq!(address_in("nothing here"), None);
    }
}
