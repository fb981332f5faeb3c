//! A gateway on free ports, a client for it, and stub services.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use stack::{Only, Options, Service, Shape, Stack};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A gateway. Fields drop in this order: it ends before its directory is removed.
pub(crate) struct World {
    pub(crate) stack: Stack,
    client: reqwest::Client,
    dir: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Shape)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::for_tests(dir.path());
        options.shape.only = Some(Only::Gateway);
        change(&mut options.shape);
        let stack = Stack::up(options).await.unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        Self { stack, client, dir }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client
            .request(method, format!("{}{path}", self.stack.gateway_url()))
    }

    /// A request to the port that only the console reaches.
    pub(crate) fn request_inside(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let port = self.stack.ports().inside();
        self.client
            .request(method, format!("http://127.0.0.1:{port}{path}"))
    }

    pub(crate) async fn ask(&self, method: &str, path: &str) -> Answer {
        Answer::of(self.request(method, path)).await
    }

    /// Sends these bytes. Returns everything received until the gateway closes the connection.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", self.stack.ports().gateway))
            .await
            .unwrap();
        connection.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// What the gateway has logged.
    pub(crate) fn log(&self) -> String {
        let logs = std::fs::read_dir(self.dir.path().join("logs")).unwrap();
        let texts = logs.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        texts.collect()
    }

    /// A stub replica.
    pub(crate) async fn serve(&self, service: Service, replica: usize, manner: Manner) -> StandIn {
        let port = self.stack.ports().public(service, replica);
        StandIn::start(port, manner).await
    }
}

/// A response, read completely.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
        Self {
            status,
            headers,
            text,
        }
    }

    /// A header's value, empty if it is missing. Asserts that it occurs at most once.
    pub(crate) fn header(&self, name: &str) -> &str {
        let values: Vec<_> = self.headers.get_all(name).iter().collect();
        assert!(values.len() < 2, "{name} twice: {self:?}");
        values.first().map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Asserts that this is a well-formed problem document with this status and code.
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        let body = self.json();
        assert_eq!(
            (self.status, body["code"].as_str()),
            (status, Some(code)),
            "{self:?}"
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["type"], format!("/problems/{code}"));
        assert_eq!(body["status"], status);
        assert_eq!(body["instance"], self.header("x-request-id"));
        for member in ["title", "detail", "instance"] {
            assert!(
                body[member].as_str().is_some_and(|text| !text.is_empty()),
                "{self:?}"
            );
        }
        if [429, 503].contains(&status) {
            assert!(
                self.header("retry-after").parse::<u32>().unwrap() > 0,
                "{self:?}"
            );
        }
    }
}

/// What a stub does with a request.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// Answers with this status, these header lines (each with its line ending) and this body.
    Answer(u16, &'static str, &'static str),
    /// Reads the request and closes the connection.
    BreakOff,
}

/// A stub service that records every request. Ends when dropped.
pub(crate) struct StandIn {
    seen: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl StandIn {
    async fn start(port: u16, manner: Manner) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = seen.clone();
        let task = tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                tokio::spawn(one(connection, manner, notes.clone()));
            }
        });
        Self { seen, task }
    }

    /// Stops it; afterwards its port is free.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        assert!((&mut self.task).await.unwrap_err().is_cancelled());
    }

    /// Every request's head and body, as received.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Handles one request of a connection.
async fn one(mut connection: TcpStream, manner: Manner, notes: Arc<Mutex<Vec<String>>>) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            });
            if body.len() >= length.unwrap_or(0) {
                break notes.lock().unwrap().push(text);
            }
        }
        if connection.read_buf(&mut bytes).await.unwrap() == 0 {
            return;
        }
    }
    if let Manner::Answer(status, headers, body) = manner {
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
        );
        connection.write_all(answer.as_bytes()).await.unwrap();
    }
}
