//! A headless Chromium, and the server of the page that it opens.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const PAGE: &str = include_str!("page.html");

/// How long a browser may take to start and to visit.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server of the page, an origin of its own.
pub(crate) struct Shop(TcpListener);

impl Shop {
    pub(crate) async fn open() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// Opens the page in a browser. Returns what it could read of the answers of `api`.
    pub(crate) async fn visit(&self, api: &str) -> Value {
        let _browser = Browser::open(&format!("{}/?api={api}", self.origin()));
        let seen = async {
            loop {
                let (connection, _) = self.0.accept().await.unwrap();
                if let Some(seen) = serve(connection).await {
                    return seen;
                }
            }
        };
        timeout(PATIENCE, seen)
            .await
            .expect("the page sends what it saw")
    }
}

/// Answers one request. Returns what the page saw, if this is what the request tells.
async fn serve(mut connection: TcpStream) -> Option<Value> {
    let mut read = Vec::new();
    let (head, body) = loop {
        if connection.read_buf(&mut read).await.unwrap() == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let line = line.to_ascii_lowercase();
            line.strip_prefix("content-length: ")?.parse().ok()
        });
        if body.len() >= length.unwrap_or(0) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let told = head.starts_with("POST /seen ");
    let page = if head.starts_with("GET /?") { PAGE } else { "" };
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    connection.write_all(answer.as_bytes()).await.unwrap();
    told.then(|| serde_json::from_str(&body).unwrap())
}

/// A browser with a profile of its own. Ends when dropped.
struct Browser {
    process: Child,
    _profile: TempDir,
}

impl Browser {
    fn open(url: &str) -> Self {
        let chromium = stack::debian("chromium", "chromium").unwrap();
        let profile = tempfile::tempdir().unwrap();
        let process = Command::new(chromium)
            // Root has no sandbox, and a container little shared memory. The port keeps the browser open.
            .args(["--headless", "--no-sandbox", "--disable-dev-shm-usage"])
            .args([
                "--disable-gpu",
                "--no-first-run",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            process,
            _profile: profile,
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
