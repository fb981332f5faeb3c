//! Where log lines go: to standard error, by a thread of its own. A log that cannot be written (the disk is full, the reader is gone or
//! stalled) must not stop a server: the lines are dropped and counted.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tracing_subscriber::fmt::MakeWriter;

/// Maximum number of lines that wait to be written.
const QUEUE: usize = 8192;
/// Time limit for writing the last lines at shutdown.
const FINISH: Duration = Duration::from_secs(1);

enum Item {
    Line(Vec<u8>),
    /// Answered once all lines before it are written.
    Flush(Sender<()>),
}

/// Queues lines. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sink {
    queue: SyncSender<Item>,
    lost: Counter,
}

impl Sink {
    /// Lines to standard error. It is written past the lock of [`io::stderr`], which a write that never ends would keep.
    ///
    /// # Errors
    /// If the system can neither duplicate the descriptor nor start a thread.
    pub(crate) fn to_stderr() -> io::Result<Self> {
        Self::to(File::from(io::stderr().as_fd().try_clone_to_owned()?))
    }

    /// Lines to `out`, one write each.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub(crate) fn to(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (queue, items) = sync_channel(QUEUE);
        let lost = Counter::default();
        let failed = lost.clone();
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write(out, &items, &failed))?;
        Ok(Self { queue, lost })
    }

    /// Lines that were dropped.
    pub(crate) fn lost(&self) -> Counter {
        self.lost.clone()
    }

    /// Waits until the queued lines are written, for at most a second.
    pub(crate) fn flush(&self) {
        let (done, written) = channel();
        if self.queue.try_send(Item::Flush(done)).is_ok() {
            // Late or failed: the lines are lost either way, and the process ends.
            let _ = written.recv_timeout(FINISH);
        }
    }
}

fn write(mut out: impl Write, items: &Receiver<Item>, lost: &Counter) {
    for item in items {
        match item {
            Item::Line(line) => {
                if out.write_all(&line).is_err() {
                    lost.inc();
                }
            }
            // The one who asked may have stopped waiting.
            Item::Flush(done) => drop(done.send(())),
        }
    }
}

impl Write for Sink {
    /// Queues `line`, or drops it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Item::Line(line.to_vec())).is_err() {
            self.lost.inc();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Sink {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The sink of this process's log.
static STARTED: Mutex<Option<Sink>> = Mutex::new(None);

/// Makes `sink` the one that [`flush`] flushes.
pub(crate) fn started(sink: Sink) {
    *STARTED.lock().unwrap_or_else(PoisonError::into_inner) = Some(sink);
}

/// Waits until the log lines so far are written, for at most a second. To be called before the process ends.
pub fn flush() {
    let sink = STARTED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    if let Some(sink) = sink {
        sink.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that waits until the other end of the channel is dropped, and then fails.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_and_nobody_waits_for_them() {
        let (release, stuck) = channel();
        let mut sink = Sink::to(Stuck(stuck)).unwrap();
        let most = u64::try_from(QUEUE).unwrap();
        for _ in 0..QUEUE + 10 {
            sink.write_all(b"a line\n").unwrap();
        }
        // One line is with the thread, or none yet.
        assert!((9..=10).contains(&sink.lost().get()));
        drop(release);
        // The queue may stay full until the thread has taken a line from it: then a flush returns at once.
        while sink.lost().get() < most + 10 {
            sink.flush();
        }
        assert_eq!(sink.lost().get(), most + 10);
    }

    #[test]
    fn lines_are_written_in_order_and_before_a_flush_returns() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut sink = Sink::to(file.reopen().unwrap()).unwrap();
        let lines: Vec<String> = (0..100).map(|n| format!("line {n}\n")).collect();
        for line in &lines {
            sink.write_all(line.as_bytes()).unwrap();
        }
        sink.flush();
        assert_eq!(
            std::fs::read_to_string(file.path()).unwrap(),
            lines.concat()
        );
        assert_eq!(sink.lost().get(), 0);
    }
}
