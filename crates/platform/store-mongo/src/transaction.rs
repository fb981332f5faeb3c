//! One transaction at the server: begin, write commands, commit; and the backoff between attempts.

use std::time::Duration;

use kernel::Backoff;
use mongodb::bson::raw::RawDocumentBuf;
use mongodb::bson::{Bson, Document, rawdoc};
use mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};
use mongodb::{ClientSession, Database};
use tokio::time::Instant;

use super::codec::is_unknown_commit;
use super::failure::Failure;
use super::statements::{List, Owners, Statements};
use store::{StoreError, of_mongo_code as of_code};

/// Delays between attempts, with jitter so that replicas that lost against each other do not collide again.
pub(super) const BACKOFF: Backoff =
    Backoff::new(Duration::from_millis(2), Duration::from_millis(32));

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
    let mut backoff = BACKOFF;
    loop {
        let Err(error) = session.commit_transaction().await else {
            return Ok(());
        };
        let pause = backoff.delay();
        if !is_unknown_commit(&error) || Instant::now() + pause >= give_up {
            return Err(error.into());
        }
        tokio::time::sleep(pause).await;
    }
}
