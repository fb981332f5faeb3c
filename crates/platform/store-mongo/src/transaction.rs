//! One transaction at the server: begin, write commands, commit; and the backoff between attempts.

use std::time::Duration;

use mongodb::bson::raw::RawDocumentBuf;
use mongodb::bson::{Bson, Document, rawdoc};
use mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};
use mongodb::{ClientSession, Database};
use tokio::time::Instant;

use super::codec::is_unknown_commit;
use super::failure::Failure;
use super::statements::{List, Owners, Statements};
use store::{StoreError, of_mongo_code as of_code};

/// First backoff delay, shortened at random by up to half; it doubles each time.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// Upper limit of these delays.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(32);

/// A random duration between half of `pause` and all of it, so that replicas that lost against each other do not collide again.
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

/// Begins a transaction with snapshot reads and a majority-committed, journaled commit.
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

/// Writes a collection's statements, with one command per kind.
pub(super) async fn write(
    db: &Database,
    session: &mut ClientSession,
    collection: &'static str,
    statements: Statements,
) -> Result<(), Failure> {
    let kinds: [(RawDocumentBuf, &mongodb::bson::raw::CStr, List); 3] = [
        (
            rawdoc! { "insert": collection },
            mongodb::bson::raw::cstr!("documents"),
            statements.inserts,
        ),
        (
            rawdoc! { "update": collection },
            mongodb::bson::raw::cstr!("updates"),
            statements.updates,
        ),
        (
            rawdoc! { "delete": collection },
            mongodb::bson::raw::cstr!("deletes"),
            statements.deletes,
        ),
    ];
    for (mut command, field, List { statements, owners }) in kinds {
        if owners.is_empty() {
            continue;
        }
        command.append(field, statements);
        let reply = db.run_raw_command(command).session(&mut *session).await?;
        check(collection, &reply, &owners)?;
    }
    Ok(())
}

/// Checks each statement: a write command's reply says `ok` even if a statement failed.
fn check(collection: &str, reply: &Document, owners: &[Owners]) -> Result<(), Failure> {
    let count = owners.len();
    if let Some(Bson::Array(errors)) = reply.get("writeErrors")
        && let Some(Bson::Document(error_reply)) = errors.first()
    {
        let code = error_reply.get_i32("code").unwrap_or_default();
        let text = format!(
            "{collection}: {}",
            error_reply.get_str("errmsg").unwrap_or_default()
        );
        let error = of_code(code, text);
        let index = usize::try_from(error_reply.get_i32("index").unwrap_or(-1)).ok();
        let owner = index.and_then(|index| owners.get(index));
        let place = owner.map(|owner| owner.to_blame(&error));
        return Err(Failure::Refused(error, place));
    }
    let done = match reply.get("n") {
        Some(Bson::Int32(n)) => usize::try_from(*n).ok(),
        Some(Bson::Int64(n)) => usize::try_from(*n).ok(),
        Some(_) | None => None,
    };
    if done == Some(count) {
        return Ok(());
    }
    let text = format!("{collection}: {done:?} of {count} statements found their document");
    Err(StoreError::Conflict(text).into())
}

/// Commits, and repeats the command while the outcome is unknown.
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
