//! One point in time across several files, without the help of the processes that write them: the source of a backup.
//!
//! All write locks are taken, in one order; then each file gets a read snapshot; then the locks are released. So writers wait only for as
//! long as that takes, and what is read afterwards is what a crash at that point would have left. A lock that cannot be had soon is not
//! waited for with others held: they are released, and tried again a little later.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use store::{StoreError, StoreResult};

/// Longest time for which one attempt holds locks while it waits for more of them.
const HOLD: Duration = Duration::from_millis(10);
/// Pause between two attempts.
const BETWEEN: Duration = Duration::from_millis(50);
/// Time after which no more attempts are made.
const PATIENCE: Duration = Duration::from_mins(1);
/// Pages copied between two looks at whether to go on: 4 MB.
const STEP: i32 = 1024;

/// Snapshots of several files at one point in time.
pub struct Moment {
    /// One for each file, in the given order.
    pub snapshots: Vec<Snapshot>,
    /// How long writers were kept waiting.
    pub pause: Duration,
}

/// One file as it was at that point. While it exists, the file's log is not folded beyond it.
pub struct Snapshot(Connection);

impl Moment {
    /// Takes snapshots of the files at `paths`, each opened by `open` for reading.
    ///
    /// # Errors
    /// As `open`; [`StoreError::Unavailable`] if the locks cannot be had at once for a minute.
    pub fn of<'a>(
        paths: impl Iterator<Item = &'a Path> + Clone,
        open: impl Fn(&Path) -> StoreResult<Connection>,
    ) -> StoreResult<Self> {
        let readers: Vec<Connection> = paths.clone().map(&open).collect::<StoreResult<_>>()?;
        for reader in &readers {
            // Reads the schema, so that the first read under the locks need not.
            first_read(reader)?;
        }
        let mut writers = Vec::with_capacity(readers.len());
        for path in paths {
            let writer = open(path)?;
            // What cannot be written needs no lock.
            if !writer.is_readonly("main")? {
                writer.busy_timeout(Duration::ZERO)?;
                writer.pragma_update(None, "query_only", false)?;
                writers.push(writer);
            }
        }
        let begun = Instant::now();
        loop {
            if let Some(pause) = attempt(&writers, &readers)? {
                let snapshots = readers.into_iter().map(Snapshot).collect();
                return Ok(Self { snapshots, pause });
            }
            if begun.elapsed() > PATIENCE {
                return Err(StoreError::Unavailable(
                    "the stores are written to without a gap; try again at a quieter time".into(),
                ));
            }
            std::thread::sleep(BETWEEN);
        }
    }
}

/// Begins a transaction of each reader at the same point in time. Returns for how long writers were locked out; None if a lock could not
/// be had in time.
fn attempt(writers: &[Connection], readers: &[Connection]) -> StoreResult<Option<Duration>> {
    let mut since = None;
    let locked = writers
        .iter()
        .try_fold(true, |all, writer| -> StoreResult<bool> {
            let had = all && lock(writer, since.unwrap_or_else(Instant::now))?;
            // No writer waits before the first lock is taken.
            since.get_or_insert_with(Instant::now);
            Ok(had)
        })
        .and_then(|all| {
            for reader in readers.iter().filter(|_| all) {
                reader.execute_batch("BEGIN")?;
                // A transaction gets its snapshot at its first read.
                first_read(reader)?;
            }
            Ok(all)
        });
    for writer in writers.iter().filter(|writer| !writer.is_autocommit()) {
        writer.execute_batch("ROLLBACK")?;
    }
    let pause = since.map_or(Duration::ZERO, |since| since.elapsed());
    Ok(locked?.then_some(pause))
}

fn first_read(reader: &Connection) -> StoreResult<()> {
    Ok(reader.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?)
}

/// Takes the write lock. Returns false if it is still taken [`HOLD`] after `since`. A busy group commit leaves it free for microseconds only:
/// a wait between two tries would miss them.
fn lock(writer: &Connection, since: Instant) -> StoreResult<bool> {
    loop {
        match writer.execute_batch("BEGIN IMMEDIATE") {
            Ok(()) => return Ok(true),
            Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => {
                return Err(error.into());
            }
            Err(_) if since.elapsed() > HOLD => return Ok(false),
            Err(_) => std::thread::yield_now(),
        }
    }
}

impl Snapshot {
    /// Copies the file to `path`, an empty file, and syncs it to disk. `go_on` is asked from time to time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the copy cannot be written, for one because the disk is full, or if it was told to stop.
    pub fn copy_to(&self, path: &Path, go_on: &dyn Fn() -> bool) -> StoreResult<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let named = |error: &dyn std::fmt::Display| {
            StoreError::Unavailable(format!("{}: {error}", path.display()))
        };
        let mut copy = Connection::open_with_flags(path, flags).map_err(|error| named(&error))?;
        // Nothing reads the copy before it is complete.
        copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
        let backup = Backup::new(&self.0, &mut copy)?;
        loop {
            match backup.step(STEP).map_err(|error| named(&error))? {
                StepResult::Done => break,
                StepResult::More if go_on() => {}
                StepResult::More => return Err(named(&"the copy was stopped")),
                StepResult::Busy | StepResult::Locked | _ => {
                    return Err(named(&"the copy is in use"));
                }
            }
        }
        drop(backup);
        drop(copy);
        File::open(path)
            .and_then(|file| file.sync_all())
            .map_err(|error| named(&error))
    }
}

/// Checks the structure of a file and reports the first fault.
///
/// # Errors
/// [`StoreError::Corrupt`] if it is damaged.
pub fn check_pages(connection: &Connection) -> StoreResult<()> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    let file = connection.path().unwrap_or_default();
    Err(StoreError::Corrupt(format!("{file}: {verdict}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::{Records, Sqlite, open_at_rest, open_read_only};
    use telemetry::metrics::StoreMetrics;

    const TABLE: &str = "CREATE TABLE t (x INTEGER NOT NULL UNIQUE) STRICT;";

    fn open(path: &Path) -> Sqlite {
        Sqlite::open(path, &[TABLE], Records::default(), &StoreMetrics::default()).unwrap()
    }

    async fn insert(store: &Sqlite, x: i64) {
        let written = store.write(move |tx| {
            tx.execute("INSERT INTO t VALUES (?1)", [x])?;
            Ok(())
        });
        written.await.unwrap();
    }

    fn count(connection: &Connection) -> i64 {
        connection
            .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .unwrap()
    }

    fn copied(snapshot: &Snapshot, path: &Path) -> Connection {
        File::create_new(path).unwrap();
        snapshot.copy_to(path, &|| true).unwrap();
        open_at_rest(path).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn copies_of_two_files_are_of_one_point_in_time_and_of_what_was_answered_before() {
        let dir = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = ["a.db", "b.db"].map(|name| dir.path().join(name)).into();
        let stores: Vec<Sqlite> = paths.iter().map(|path| open(path)).collect();
        let over = std::sync::Arc::new(AtomicBool::new(false));
        let (first, second, until) = (stores[0].clone(), stores[1].clone(), over.clone());
        // Each number is in the first file before it is in the second.
        let load = tokio::spawn(async move {
            let mut x = 0;
            while !until.load(Ordering::Relaxed) {
                insert(&first, x).await;
                insert(&second, x).await;
                x += 1;
            }
        });
        for round in 0..20 {
            insert(&stores[0], -1 - round).await;
            insert(&stores[1], -1 - round).await;
            let moment = Moment::of(paths.iter().map(PathBuf::as_path), open_read_only).unwrap();
            insert(&stores[0], 1_000_000 + round).await;
            let copy = |n: usize| {
                let path = dir.path().join(format!("copy{n}-{round}")).join("x");
                let path = path.with_file_name(paths[n].file_name().unwrap());
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                copied(&moment.snapshots[n], &path)
            };
            let (first, second) = (copy(0), copy(1));
            let answered_later = "SELECT count(*) FROM t WHERE x >= 1000000";
            let later: i64 = first
                .query_row(answered_later, [], |row| row.get(0))
                .unwrap();
            assert_eq!(later, round, "those of earlier rounds only");
            let ahead = count(&first) - later - count(&second);
            assert!((0..=1).contains(&ahead), "the first is {ahead} ahead");
            for copy in [first, second] {
                let before = "SELECT count(*) FROM t WHERE x < 0";
                let before: i64 = copy.query_row(before, [], |row| row.get(0)).unwrap();
                assert_eq!(before, round + 1);
            }
        }
        over.store(true, Ordering::Relaxed);
        load.await.unwrap();
    }

    #[tokio::test]
    async fn a_copy_that_is_told_to_stop_or_cannot_be_written_fails() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        let store = open(&path);
        for x in 0..4 {
            let fill =
                "WITH RECURSIVE n (x) AS (SELECT ?1 UNION ALL SELECT x + 1 FROM n LIMIT 200000)
                        INSERT INTO t SELECT x FROM n";
            let written = store.write(move |tx| Ok(tx.execute(fill, [x * 1_000_000])?));
            written.await.unwrap();
        }
        let moment = Moment::of([path.as_path()].into_iter(), open_read_only).unwrap();
        let copy = dir.path().join("copy.db");
        File::create_new(&copy).unwrap();
        let stopped = moment.snapshots[0].copy_to(&copy, &|| false).unwrap_err();
        assert!(stopped.to_string().contains("was stopped"), "{stopped}");
        let nowhere = dir.path().join("nowhere/copy.db");
        let failed = moment.snapshots[0].copy_to(&nowhere, &|| true).unwrap_err();
        assert!(matches!(failed, StoreError::Unavailable(_)), "{failed}");
    }
}
