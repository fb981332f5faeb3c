//! Surroundings that are odd but legal. None makes the program panic: a command exits with 0, 1 or 2 and says why, a server serves on.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::ffi::OsStringExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use kernel::{Clock as _, SystemClock, Timestamp};
use marketplace::DataDir;
use rustix::process::Signal;
use serde_json::json;

use crate::directory::Directory;
use crate::run::{Run, clean, run};
use crate::serving::Serving;

fn not_utf_8(before: &str) -> OsString {
    OsString::from_vec([before.as_bytes(), b"caf\xe9"].concat())
}

/// A pipe that nobody reads.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A device without room.
fn full() -> Stdio {
    let device: File = OpenOptions::new().write(true).open("/dev/full").unwrap();
    device.into()
}

/// A pipe whose reader reads nothing. The reader is returned.
fn stuck() -> (Stdio, std::io::PipeReader) {
    let (reader, writer) = std::io::pipe().unwrap();
    (writer.into(), reader)
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_marketplace"));
    clean(&mut command);
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command whose path, environment or streams were set.
fn end(command: &mut Command) -> Run {
    Run::of(&command.output().unwrap())
}

#[test]
fn an_environment_that_is_not_utf_8_is_nobodys_business_unless_it_is_ours() {
    let run = end(command(&["config"]).env(not_utf_8("UNRELATED"), not_utf_8("")));
    assert_eq!(run.code, Some(0), "{run:?}");
    let run = end(command(&["config"]).env("MARKETPLACE__DATA_DIR", not_utf_8("")));
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(
        run.stderr.contains("data_dir (from MARKETPLACE__DATA_DIR)"),
        "{run:?}"
    );
}

#[test]
fn a_home_and_a_directory_for_temporary_files_are_not_needed() {
    let mut config = command(&["config"]);
    let run = end(config.env_clear().env("TMPDIR", "/nowhere"));
    assert_eq!(run.code, Some(0), "{run:?}");
    let directory = Directory::new();
    let mut audit = command(&["audit", "--data-dir"]);
    let run = end(audit.arg(directory.dir.path()).env_clear());
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn a_path_that_is_not_utf_8_is_used_or_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(not_utf_8("m-"));
    std::fs::write(&file, "currency = \"EUR\"\n").unwrap();
    let run = end(command(&["config", "--config"]).arg(&file));
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("currency = \"EUR\""), "{run:?}");
    std::fs::write(&file, "currency = 1\n").unwrap();
    let run = end(command(&["config", "--config"]).arg(&file));
    assert_eq!(run.code, Some(2), "{run:?}");
    for path in [dir.path().join(not_utf_8("data-")), not_utf_8("").into()] {
        let run = end(command(&["audit", "--data-dir"]).arg(path));
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(!run.stderr.is_empty(), "{run:?}");
    }
}

#[test]
fn a_data_directory_that_cannot_be_one_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let too_long = dir.path().join("x".repeat(300));
    for path in [&file, &file.join("below"), &too_long] {
        let path = path.to_str().unwrap();
        for arguments in [
            &["serve", "--listen", "127.0.0.1:0", "--data-dir", path][..],
            &["audit", "--data-dir", path],
        ] {
            let run = run(arguments, &[]);
            assert_eq!(run.code, Some(2), "{arguments:?}: {run:?}");
            assert!(run.stderr.starts_with("marketplace: "), "{run:?}");
        }
    }
}

#[test]
fn a_reader_that_left_is_no_error_and_a_full_disk_is_one() {
    let directory = Directory::new();
    let data = directory.dir.path().to_str().unwrap();
    for arguments in [
        &["config"][..],
        &["openapi"],
        &["--help"],
        &["audit", "--data-dir", data],
        &["messages", "list", "--data-dir", data],
    ] {
        let run = end(command(arguments).stdout(closed_pipe()));
        assert_eq!(run.code, Some(0), "{arguments:?}: {run:?}");
        // The library that prints the help ignores what becomes of it.
        let full_disk = if arguments == ["--help"] { 0 } else { 2 };
        let run = end(command(arguments).stdout(full()));
        assert_eq!(run.code, Some(full_disk), "{arguments:?}: {run:?}");
    }
    // The reason of an error, too, may find no reader.
    for stderr in [closed_pipe(), full()] {
        let run = end(command(&["audit", "--data-dir", "/nowhere"]).stderr(stderr));
        assert_eq!(run.code, Some(2), "{run:?}");
    }
}

#[tokio::test]
async fn a_server_serves_on_when_its_output_has_no_room_and_counts_the_lines_it_lost() {
    let (stuck_out, _reader) = stuck();
    let (stuck_err, _other) = stuck();
    // A pipe holds some 64 KiB; each line of `trace` is a part of that.
    for (name, stdout, stderr) in [
        ("closed pipe", closed_pipe(), closed_pipe()),
        ("full device", full(), full()),
        ("pipe that nobody reads", stuck_out, stuck_err),
    ] {
        let serving = Serving::start(":", |command| {
            command
                .env("MARKETPLACE__LOG__FILTER", "trace")
                .stdout(stdout)
                .stderr(stderr);
        });
        let metrics = format!("{}/metrics", serving.internal);
        let mut lost = 0.0;
        for _ in 0..2000 {
            let text = reqwest::get(&metrics).await.unwrap().text().await.unwrap();
            let scrape = host::testing::Scrape::of(text);
            lost = scrape.sum("marketplace_log_lines_lost_total", &[]).unwrap();
            if lost > 0.0 {
                break;
            }
        }
        assert!(lost > 0.0, "{name}");
    }
}

#[test]
fn a_server_drains_when_its_terminal_goes_and_stays_if_it_was_told_to() {
    let mut serving = Serving::start(":", |_| {});
    serving.signal(Signal::HUP);
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    // What nohup does.
    let mut serving = Serving::start("trap '' HUP", |_| {});
    serving.signal(Signal::HUP);
    serving.becomes_ready(true);
    serving.signal(Signal::TERM);
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn times_continue_after_the_last_write_although_the_clock_was_set_back() {
    let directory = Directory::new();
    let hour = Duration::from_hours(1);
    let files = [DataDir::users, DataDir::orders].map(|file| file(&directory.dir));
    // To a process that starts now, a machine's clock that was set back looks like a file of the future.
    let written = SystemTime::UNIX_EPOCH
        + Duration::from_millis(u64::try_from(SystemClock.now().as_millis()).unwrap())
        + hour;
    for file in files {
        let file = File::options().write(true).open(file).unwrap();
        file.set_modified(written).unwrap();
    }
    let serving = Serving::on(directory.into_temp(), ":", |_| {});
    let user =
        json!({"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"});
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(format!("{}/api/users/register", serving.url))
        .json(&user);
    let user = host::testing::Answer::of(request).await.body;
    let created: Timestamp = user["createdAt"].as_str().unwrap().parse().unwrap();
    let written = written.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert!(created >= Timestamp::from_millis(0).plus(written), "{user}");
}
