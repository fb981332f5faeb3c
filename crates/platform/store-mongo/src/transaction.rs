//! One transaction at the server: its begin, the commands that write, its commit; and how long to wait before the next.

use std::time::Duration;

use mongodb::bson::raw::{RawArrayBuf, RawDocumentBuf};
use mongodb::bson::{Bson, Document, rawdoc};
use mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};
use mongodb::{ClientSession, Database};
use tokio::time::Instant;

use super::codec::is_unknown_commit;
use super::failure::Failure;
use super::table::Statements;
use store::{StoreError, of_mongo_code};

/// Waits between two tries: half of this to all of it, then twice as long each time.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// Longest of these waits.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(32);

/// Half to all of `pause`, so that replicas that lost against each other do not meet again.
pub(super) fn jitter(pause: Duration) -> Duration {
    let share = u32::from(
        uuid::Uuid::new_v4()
            .as_bytes()
            .first()
            .copied()
            .unwrap_or(0),
    );
    pause / 2 + pause * share / 512
}

/// Begins a transaction: it reads one snapshot that a majority has, and is committed once a majority has it on its disks.
pub(super) async fn begin(session: &mut ClientSession) -> Result<(), Failure> {
    session
        .start_transaction()
        .read_concern(ReadConcern::snapshot())
        .write_concern(
            WriteConcern::builder()
                .w(Acknowledgment::Majority)
                .journal(true)
                .build(),
        )
        .await?;
    Ok(())
}

/// Writes a collection's statements: one command of each kind.
pub(super) async fn write(
    db: &Database,
    session: &mut ClientSession,
    collection: &'static str,
    statements: Statements,
) -> Result<(), Failure> {
    let Statements {
        inserts,
        insert_count,
        updates,
        update_count,
        deletes,
        delete_count,
    } = statements;
    let kinds: [(
        RawDocumentBuf,
        &mongodb::bson::raw::CStr,
        RawArrayBuf,
        usize,
    ); 3] = [
        (
            rawdoc! { "insert": collection },
            mongodb::bson::raw::cstr!("documents"),
            inserts,
            insert_count,
        ),
        (
            rawdoc! { "update": collection },
            mongodb::bson::raw::cstr!("updates"),
            updates,
            update_count,
        ),
        (
            rawdoc! { "delete": collection },
            mongodb::bson::raw::cstr!("deletes"),
            deletes,
            delete_count,
        ),
    ];
    for (mut command, field, list, count) in kinds {
        if count == 0 {
            continue;
        }
        command.append(field, list);
        let reply = db.run_raw_command(command).session(&mut *session).await?;
        check(collection, &reply, count)?;
    }
    Ok(())
}

/// A write command's reply says `ok` even if a statement failed.
fn check(collection: &str, reply: &Document, count: usize) -> Result<(), Failure> {
    if let Some(Bson::Array(errors)) = reply.get("writeErrors")
        && let Some(Bson::Document(error)) = errors.first()
    {
        let code = error.get_i32("code").unwrap_or_default();
        let text = format!(
            "{collection}: {}",
            error.get_str("errmsg").unwrap_or_default()
        );
        return Err(Failure::Refused(of_mongo_code(code, text)));
    }
    let done = match reply.get("n") {
        Some(Bson::Int32(n)) => usize::try_from(*n).ok(),
        Some(Bson::Int64(n)) => usize::try_from(*n).ok(),
        Some(_) | None => None,
    };
    if done == Some(count) {
        return Ok(());
    }
    Err(Failure::Refused(StoreError::Conflict(format!(
        "{collection}: {done:?} of {count} statements found their document"
    ))))
}

/// Commits, and asks again while nobody knows whether it did.
pub(super) async fn commit(session: &mut ClientSession, give_up: Instant) -> Result<(), Failure> {
    let mut pause = FIRST_PAUSE;
    loop {
        match session.commit_transaction().await {
            Ok(()) => return Ok(()),
            Err(error) if is_unknown_commit(&error) && Instant::now() + pause < give_up => {
                tokio::time::sleep(jitter(pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => return Err(error.into()),
        }
    }
}
