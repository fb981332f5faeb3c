//! Backups that `serve` makes from time to time, of the directory that it serves, and how many of them are kept.

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use kernel::{Clock as _, SystemClock, Timestamp};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use telemetry::metrics;
use telemetry::metrics::{Metrics, NoLabels};

use super::config::BackupConfig;
use super::manifest::{self, Audit, Manifest};
use super::staging::{beside, is_beside};
use super::{Source, Taken, outside, take};

/// Begins the name of each backup; the time follows.
const PREFIX: &str = "marketplace-";
/// Longest time until a backup that failed is tried again.
const RETRY: Duration = Duration::from_mins(5);

metrics! {
    /// The metrics of scheduled backups.
    struct Gauges {
        /// Configured time between two backups
        backup_interval_seconds: Gauge = Gauge::default(),
        /// Time of the newest good backup, in seconds since 1970
        backup_timestamp_seconds: Family<NoLabels, Gauge> = Family::default(),
        /// How long the last backup took
        backup_duration_seconds: Family<NoLabels, Gauge<f64, AtomicU64>> = Family::default(),
        /// How long writers waited for the last backup
        backup_pause_seconds: Family<NoLabels, Gauge<f64, AtomicU64>> = Family::default(),
        /// Size of the last backup
        backup_bytes: Family<NoLabels, Gauge> = Family::default(),
        /// Backups that could not be made, or whose audit found a violation
        backup_failures: Counter = Counter::default(),
    }
}

/// The thread that makes the backups. It ends when this is dropped; a backup in progress is abandoned, and nothing is left of it.
pub(crate) struct Schedule {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Schedule {
    /// Starts to back `source` up as `config` says. None if it names no directory.
    ///
    /// # Errors
    /// If the directory cannot be used.
    pub(crate) fn start(
        config: &BackupConfig,
        source: Source,
        metrics: &Metrics,
    ) -> anyhow::Result<Option<Self>> {
        let Some(directory) = config.directory() else {
            return Ok(None);
        };
        outside(directory, &source.dir)?;
        ensure!(
            directory.is_dir(),
            "there is no directory {} for the backups; create it, or name another one with --backup-to",
            directory.display()
        );
        let work = Work {
            source,
            directory: directory.to_owned(),
            every: config.every.0,
            keep: config.keep,
            gauges: Gauges::new(metrics),
        };
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("backup".to_owned())
            .spawn(move || work.run(&stopped))
            .context("the thread for backups")?;
        Ok(Some(Self {
            stop: Some(stop),
            thread: Some(thread),
        }))
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread for backups panicked");
        }
    }
}

/// What the thread does.
struct Work {
    source: Source,
    directory: PathBuf,
    every: Duration,
    keep: usize,
    gauges: Gauges,
}

impl Work {
    fn run(&self, stopped: &Receiver<()>) {
        let interval = i64::try_from(self.every.as_secs()).unwrap_or(i64::MAX);
        self.gauges.backup_interval_seconds.set(interval);
        let mut wait = self.first_wait();
        while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            let begun = SystemClock.now();
            let go_on = || stopped.try_recv() == Err(TryRecvError::Empty);
            let result = self.back_up(begun, &go_on);
            if !go_on() {
                break;
            }
            let spent = SystemClock.now().since(begun);
            wait = match result {
                Ok(()) => self.every.saturating_sub(spent),
                Err(error) => {
                    self.gauges.backup_failures.inc();
                    tracing::error!(
                        error = format!("{error:#}"),
                        "a backup failed; it is tried again"
                    );
                    self.every.min(RETRY)
                }
            };
        }
    }

    /// The time until the first backup: what is left of the interval since the newest one, also across restarts.
    fn first_wait(&self) -> Duration {
        let newest = self.newest();
        if let Some(newest) = newest {
            self.show_time(newest);
        }
        newest.map_or(Duration::ZERO, |newest| {
            let due = newest.plus(self.every);
            due.since(SystemClock.now()).min(self.every)
        })
    }

    /// The time of the newest good backup.
    fn newest(&self) -> Option<Timestamp> {
        // A directory or a manifest that cannot be read holds no good backup; making the next one says why.
        let names = self.backups().unwrap_or_default();
        names
            .iter()
            .rev()
            .filter_map(|name| Manifest::in_directory(&self.directory.join(name)).ok())
            .find(|manifest| manifest.audit == Some(Audit::Clean))
            .map(|manifest| manifest.taken_at)
    }

    /// Makes one backup, and deletes older ones. If its books are not in order, it takes the place of others like it only: the last good
    /// ones are kept.
    fn back_up(&self, now: Timestamp, go_on: &dyn Fn() -> bool) -> anyhow::Result<()> {
        self.remove_unfinished()?;
        let time = now.to_string().replace(':', "-");
        let to = self.directory.join(format!("{PREFIX}{time}"));
        let taken = take(&self.source, &to, go_on)?;
        self.show(&taken);
        let mut replaced = self.backups()?;
        let first = taken
            .findings
            .iter()
            .find_map(|one| one.violations.details().first());
        if let Some(violation) = first {
            self.gauges.backup_failures.inc();
            tracing::error!(to = %to.display(), violation, "the audit of a backup found a violation");
            replaced.retain(|name| self.verdict(name) == Some(Audit::Violated));
        } else {
            self.show_time(taken.manifest.taken_at);
            tracing::info!(
                to = %to.display(),
                bytes = taken.manifest.bytes(),
                milliseconds = u64::try_from(taken.took.as_millis()).unwrap_or(u64::MAX),
                "backed up"
            );
        }
        let surplus = replaced.len().saturating_sub(self.keep);
        replaced
            .iter()
            .take(surplus)
            .try_for_each(|name| self.remove(name))
    }

    /// What the audit said about a backup. None if its manifest cannot be read.
    fn verdict(&self, name: &str) -> Option<Audit> {
        let manifest = Manifest::in_directory(&self.directory.join(name));
        manifest.ok().and_then(|manifest| manifest.audit)
    }

    /// The names of the complete backups, oldest first.
    fn backups(&self) -> anyhow::Result<Vec<String>> {
        let mut names = self.entries()?;
        names.retain(|name| {
            name.starts_with(PREFIX) && self.directory.join(name).join(manifest::NAME).is_file()
        });
        names.sort();
        Ok(names)
    }

    fn entries(&self) -> anyhow::Result<Vec<String>> {
        let unreadable = || format!("{} cannot be read", self.directory.display());
        let entries = std::fs::read_dir(&self.directory).with_context(unreadable)?;
        let mut names = Vec::new();
        for entry in entries {
            // Backups have names in UTF-8.
            names.extend(entry.with_context(unreadable)?.file_name().into_string());
        }
        Ok(names)
    }

    /// Deletes what a process left behind that was killed during a backup, or while it deleted one.
    fn remove_unfinished(&self) -> anyhow::Result<()> {
        for name in self.entries()? {
            if is_beside(&name) && name.contains(PREFIX) {
                std::fs::remove_dir_all(self.directory.join(&name))
                    .with_context(|| format!("{name} cannot be deleted"))?;
            }
        }
        Ok(())
    }

    /// Deletes a backup. It is first renamed to an unfinished one, so half a backup never passes for a whole one.
    fn remove(&self, name: &str) -> anyhow::Result<()> {
        let doomed = beside(&self.directory.join(name))?;
        std::fs::rename(self.directory.join(name), &doomed)
            .and_then(|()| std::fs::remove_dir_all(&doomed))
            .with_context(|| format!("the old backup {name} cannot be deleted"))
    }

    fn show(&self, taken: &Taken) {
        let gauges = &self.gauges;
        let seconds = |gauge: &Family<NoLabels, Gauge<f64, AtomicU64>>, time: Duration| {
            gauge.get_or_create(&[]).set(time.as_secs_f64());
        };
        seconds(&gauges.backup_duration_seconds, taken.took);
        seconds(&gauges.backup_pause_seconds, taken.pause);
        let bytes = i64::try_from(taken.manifest.bytes()).unwrap_or(i64::MAX);
        gauges.backup_bytes.get_or_create(&[]).set(bytes);
    }

    fn show_time(&self, time: Timestamp) {
        let gauge = &self.gauges.backup_timestamp_seconds;
        gauge.get_or_create(&[]).set(time.as_seconds());
    }
}
