//! SQLite files of another release, opened by this one.

#![expect(
    clippy::unwrap_used,
    reason = "a recording that cannot be loaded fails the test"
)]

use chassis::bus::amqp::RecordedMessage;
use compat::facts::Facts;
use compat::files;
use compat::fixture::Fixture;
use compat::upgrade::{goes_on, handles};
use compat::world::{Place, SERVICES};
use marketplace::DataDir;

/// A data directory as `fixture`'s release left it.
fn restored(fixture: &Fixture) -> (tempfile::TempDir, DataDir, Facts) {
    let temp = tempfile::tempdir().unwrap();
    let dir = DataDir::create(temp.path()).unwrap();
    for service in SERVICES {
        let sql = fixture.text(&format!("sqlite/{service}.sql"));
        files::restore(&files::path(&dir, service), &sql);
    }
    (temp, dir, fixture.json("sqlite/facts.json"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_directory_of_another_release_goes_on_as_if_nothing_had_happened() {
    for fixture in Fixture::all() {
        let (_temp, dir, facts) = restored(&fixture);
        goes_on(Place::Files(&dir), &facts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_another_release_are_handled_on_its_rows_once_however_often_they_come() {
    for fixture in Fixture::all() {
        let (_temp, dir, facts) = restored(&fixture);
        let messages: Vec<RecordedMessage> = fixture.json("sqlite/messages.json");
        handles(Place::Files(&dir), &facts, &messages).await;
    }
}
