//! The connection below the HTTP framework. The framework answers by itself what it cannot read as a request, with a status and no body.
//! It has no hook for that, but it writes through this type, which sends a problem document instead. Every answer that is ours has a
//! request id, so one without is the framework's.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::ResponseError;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Sleep, sleep, timeout};

use super::connections::Guest;
use super::edge::{Edge, MAX_URI};
use super::headers;
use super::problem::{Problem, ProblemType, common};
use super::request::X_REQUEST_ID;

/// How long a refused client may take to read its answer and stop sending.
const LINGER: Duration = Duration::from_secs(2);

/// No refusal of the framework is longer.
const LONGEST: usize = 256;

/// A connection whose refusals are problem documents.
pub(super) struct Connection {
    /// None only while it is dropped.
    stream: Option<TcpStream>,
    edge: Rc<Edge>,
    guest: Guest,
    /// Runs while the client takes nothing more of what there is to send.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Whether anything was written since the last flush.
    has_written: bool,
    end: End,
    first_line: FirstLine,
    /// Whether an answer has said that it is the last. It was to a request whose body cannot be read, and the framework refuses that again.
    closes: bool,
    refusal: Option<Refusal>,
}

/// Whether a refusal has said that it is the last answer. The framework would still answer what it has read before. One that is written
/// together with an earlier answer is not noticed; then it does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    /// It is written and not yet sent.
    Said,
    /// Nothing more is read.
    Over,
}

/// A refusal on its way to the client. It is the last thing that a connection sends.
#[derive(Default)]
struct Refusal {
    bytes: Vec<u8>,
    sent: usize,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, edge: Rc<Edge>, guest: Guest) -> Self {
        Self {
            stream: Some(stream),
            edge,
            guest,
            stalled: None,
            has_written: false,
            end: End::Open,
            first_line: FirstLine::default(),
            closes: false,
            refusal: None,
        }
    }

    fn stream(&mut self) -> Result<Pin<&mut TcpStream>> {
        self.stream
            .as_mut()
            .map(Pin::new)
            .ok_or_else(|| Error::from(ErrorKind::NotConnected))
    }

    /// Writes what the client takes. One that does not take what was written at once within the time limit is cut off, and what it has
    /// not taken is forgotten.
    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = self.stream()?.poll_write(cx, bytes);
        if written.is_ready() {
            self.has_written = true;
            if self.end == End::Open && is_last_refusal(bytes) {
                self.end = End::Said;
            }
            return written;
        }
        let time = self.edge.write_time;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(stalled.as_mut().poll(cx));
        self.edge.metrics.http.closed("slow_reader");
        if let Some(stream) = &self.stream {
            // Without it, the system would keep what was not taken until the client's end answers.
            socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
        }
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }

    /// The refusal to send in place of `bare`. Counts it.
    fn refuse(&self, bare: &Bare<'_>) -> Result<Refusal> {
        let (kind, detail) = self.reason(bare.status);
        let id = self.edge.ids.next().to_string();
        let http = &self.edge.metrics.http;
        http.answered("unmatched", "other", kind.status, Duration::ZERO);
        let problem = Problem::new(kind, detail).instance(id.clone());
        let bytes = bare.with(&problem, &id)?;
        Ok(Refusal { bytes, sent: 0 })
    }

    fn reason(&self, status: u16) -> (&'static ProblemType, &'static str) {
        match status {
            400 | 431 if self.first_line.length > MAX_URI => {
                (&common::URI_TOO_LONG, "Its request line has to fit 16 KiB.")
            }
            408 => (
                &common::REQUEST_TIMEOUT,
                "Send all of the request within 10 seconds.",
            ),
            431 => (
                &common::HEADERS_TOO_LARGE,
                "Each has to fit 16 KiB, all of them 64 KiB.",
            ),
            500 => (
                &common::INTERNAL,
                "Please try again; if it stays, tell us the request id.",
            ),
            _ => (&common::INVALID_HEADER, "The request cannot be understood."),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.get_mut();
        if this.guest.must_leave(cx) || this.end == End::Over {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = this.stream()?.poll_read(cx, buffer);
        if buffer.filled().len() > before {
            this.guest.is_busy();
        }
        if !this.first_line.ended {
            let new = buffer.filled().get(before..).unwrap_or_default();
            this.first_line.read(new);
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        if this.refusal.is_none() {
            let Some(bare) = Bare::at_end_of(bytes) else {
                return this.write(cx, bytes);
            };
            if let Some(earlier) = bytes.get(..bare.start).filter(|some| !some.is_empty()) {
                this.closes |= says_close(earlier);
                return this.write(cx, earlier);
            }
            this.refusal = Some(if this.closes {
                Refusal::default()
            } else {
                this.refuse(&bare)?
            });
        }
        while let Some(rest) = this.refusal.as_ref().and_then(Refusal::rest) {
            // Borrowed from the field beside it, so not through `stream()`.
            let stream = this.stream.as_mut().ok_or(ErrorKind::NotConnected)?;
            let sent = ready!(Pin::new(stream).poll_write(cx, rest))?;
            if sent == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
            if let Some(refusal) = &mut this.refusal {
                refusal.sent += sent;
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        // The framework flushes when it has written all that it had.
        this.stalled = None;
        if std::mem::take(&mut this.has_written) {
            this.guest.is_idle();
        }
        if this.end == End::Said {
            this.end = End::Over;
            cx.waker().wake_by_ref();
        }
        this.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.get_mut().stream()?.poll_shutdown(cx)
    }
}

impl Drop for Connection {
    /// Closing a connection with unread bytes resets it, and the client may then lose what it was sent. A refused client has often sent
    /// more than was read.
    fn drop(&mut self) {
        if self.refusal.is_some()
            && let Some(stream) = self.stream.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(linger(stream));
        }
    }
}

/// Reads what the client still sends, until it closes the connection or takes too long.
async fn linger(mut stream: TcpStream) {
    let mut unread = [0; 4096];
    let until_it_closes = async {
        stream.shutdown().await?;
        while stream.read(&mut unread).await? > 0 {}
        Result::Ok(())
    };
    if let Ok(Err(error)) = timeout(LINGER, until_it_closes).await {
        tracing::debug!(%error, "a refused client left");
    }
}

impl Refusal {
    fn rest(&self) -> Option<&[u8]> {
        self.bytes.get(self.sent..).filter(|rest| !rest.is_empty())
    }
}

/// Whether one of these answers says that it is the last. The text of a body has no line ends.
fn says_close(answers: &[u8]) -> bool {
    let line = b"\r\nconnection: close\r\n";
    answers.windows(line.len()).any(|part| part == line)
}

/// Whether `written` begins with a refusal that says that it is the last answer.
fn is_last_refusal(written: &[u8]) -> bool {
    let Some(rest) = written.strip_prefix(b"HTTP/1.1 4") else {
        return false;
    };
    let end = rest.windows(4).position(|part| part == b"\r\n\r\n");
    let head = rest.get(..end.map_or(rest.len(), |end| end.saturating_add(2)));
    head.is_some_and(says_close)
}

/// The length of a connection's first line, as far as it was read. A first line that is too long is why its request is refused.
#[derive(Default)]
struct FirstLine {
    length: usize,
    ended: bool,
}

impl FirstLine {
    fn read(&mut self, bytes: &[u8]) {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        self.ended = end.is_some();
        self.length += end.unwrap_or(bytes.len());
    }
}

/// An answer of the framework itself: a head, without a request id and without a body.
struct Bare<'a> {
    start: usize,
    status: u16,
    lines: Vec<&'a str>,
}

impl<'a> Bare<'a> {
    /// The one that `bytes` end with, if they do. It is always the last of a connection.
    fn at_end_of(bytes: &'a [u8]) -> Option<Self> {
        let head = bytes.strip_suffix(b"\r\n\r\n")?;
        let from = head.len().saturating_sub(LONGEST);
        let tail = head.get(from..)?;
        let start = tail.windows(7).rposition(|word| word == b"HTTP/1.")?;
        let text = std::str::from_utf8(tail.get(start..)?).ok()?;
        let lines: Vec<&str> = text.split("\r\n").collect();
        let status = lines.first()?.split(' ').nth(1)?.parse().ok()?;
        let bare = |line: &&str| {
            ["content-length: 0", "connection: ", "date: "]
                .iter()
                .any(|known| line.starts_with(known))
        };
        (matches!(status, 400 | 408 | 431 | 500) && lines.iter().skip(1).all(bare)).then_some(
            Self {
                start: from + start,
                status,
                lines,
            },
        )
    }

    /// The same answer with `problem` as its body.
    fn with(&self, problem: &Problem, id: &str) -> Result<Vec<u8>> {
        let status = problem.status_code();
        let version = self.lines.first().and_then(|line| line.split(' ').next());
        let body = problem.to_json()?;
        let mut head = format!(
            "{} {status}\r\ncontent-length: {}\r\ncontent-type: {}\r\n{X_REQUEST_ID}: {id}\r\nconnection: close\r\n",
            version.unwrap_or("HTTP/1.1"),
            body.len(),
            Problem::MEDIA_TYPE,
        );
        for (name, value) in headers::ALWAYS {
            for part in [name.as_str(), ": ", value, "\r\n"] {
                head.push_str(part);
            }
        }
        for date in self.lines.iter().filter(|line| line.starts_with("date: ")) {
            head.push_str(date);
            head.push_str("\r\n");
        }
        Ok([head.as_bytes(), b"\r\n", &body].concat())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const BARE: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Sat, 28 Nov 2026 16:00:00 GMT\r\n\r\n";

    #[rstest]
    #[case("")]
    #[case("HTTP/1.1 204 No Content\r\nx-request-id: 7\r\ndate: x\r\n\r\n")]
    #[case("{\"name\":\"HTTP/1.1 400 Bad Request\"}")]
    fn an_answer_of_the_framework_is_found_at_the_end(#[case] earlier: &str) {
        let written = format!("{earlier}{BARE}");
        let found = Bare::at_end_of(written.as_bytes()).unwrap();
        assert_eq!((found.start, found.status), (earlier.len(), 400));
    }

    #[rstest]
    #[case("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: 7\r\ndate: x\r\n\r\n")]
    #[case("HTTP/1.1 204 No Content\r\ndate: x\r\n\r\n")]
    #[case("HTTP/1.1 100 Continue\r\n\r\n")]
    #[case("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: x\r\n\r\n{}")]
    #[case("\r\n\r\n")]
    #[case("")]
    fn an_answer_of_ours_is_none(#[case] written: &str) {
        assert!(Bare::at_end_of(written.as_bytes()).is_none());
    }
}
