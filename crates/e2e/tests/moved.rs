//! The shop changes its stores: from SQLite to MongoDB and back, and from MongoDB to a backup and back, each with orders under way.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use e2e::operated::load;
use e2e::{Client, Crew, Launch, Run, audit_distributed, script};
use stack::{Name, Options, Service, Stack};

/// Long enough for the machine at its busiest.
const PATIENCE: Duration = Duration::from_secs(60);

async fn stack(dir: &Path) -> Stack {
    Stack::up(Options::for_tests(dir)).await.unwrap()
}

fn services(stack: &mut Stack, change: impl Fn(&mut Stack, Name)) {
    for service in Service::ALL {
        change(stack, Name::Service(service, 0));
    }
}

fn kill_services(stack: &mut Stack) {
    services(stack, |stack, name| stack.kill(name).unwrap());
}

async fn start_services(stack: &mut Stack) {
    services(stack, |stack, name| stack.start(name).unwrap());
    for service in Service::ALL {
        stack.wait_ready(Name::Service(service, 0)).await.unwrap();
    }
}

fn moving(stack: &Stack, arguments: &[&str]) -> Run {
    let config = stack.config_path().display().to_string();
    let at = ["move", "--config", &config];
    Launch::on(Path::new("nowhere")).run(&[&at[..], arguments].concat())
}

async fn check(crew: Crew, client: &Client, audit: Run) {
    let paid = crew.finish_and_check(client).await;
    assert!(paid > 0, "somebody bought something");
    assert_eq!(audit.code, Some(0), "{audit:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_under_way_settle_on_the_other_side_of_a_move_there_and_back() {
    let temp = tempfile::tempdir().unwrap();
    let small = temp.path().join("small");
    let launch = Launch::on(&small);
    let server = launch.serve();
    let busy = load(&server.client()).await;
    let from = small.display().to_string();
    let mut stack = stack(&temp.path().join("stack")).await;

    let early = moving(&stack, &["--from", &from, "--to-mongo"]);
    assert_eq!(early.code, Some(2), "{early:?}");
    assert!(
        early.stderr.contains("another marketplace serves"),
        "{early:?}"
    );
    server.kill();
    let crew = busy.stop().await;
    let used = moving(&stack, &["--from", &from, "--to-mongo"]);
    assert_eq!(used.code, Some(2), "{used:?}");
    assert!(used.stderr.contains("databases are in use"), "{used:?}");

    kill_services(&mut stack);
    let key = temp.path().join("stack/signing-key.pem");
    let other_key = moving(&stack, &["--from", &from, "--to-mongo"]);
    assert!(
        other_key.stderr.contains("holds another key"),
        "{other_key:?}"
    );
    std::fs::remove_file(key).unwrap();
    // It goes on where it was refused.
    let there = moving(&stack, &["--from", &from, "--to-mongo"]);
    assert_eq!(there.code, Some(0), "{there:?}");
    let again = moving(&stack, &["--from", &from, "--to-mongo"]);
    assert!(again.stderr.contains("was moved there before"), "{again:?}");
    let both = launch.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(both.code, Some(2), "{both:?}");
    assert!(both.stderr.contains("was moved to MongoDB"), "{both:?}");

    start_services(&mut stack).await;
    let client = Client::new(&stack.gateway_url());
    let busy = crew.start(&client);
    busy.answered(100, PATIENCE).await;
    kill_services(&mut stack);
    let crew = busy.stop().await;

    let back = temp.path().join("back");
    let returned = moving(&stack, &["--to-sqlite", &back.display().to_string()]);
    assert_eq!(returned.code, Some(0), "{returned:?}");
    let launch = Launch::on(&back);
    let server = launch.serve();
    let crew = {
        let busy = crew.start(&server.client());
        busy.answered(100, PATIENCE).await;
        busy.stop().await
    };
    check(crew, &server.client(), launch.audit()).await;
    launch.assert_audit_is_clean();
    stack.down().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_the_databases_under_load_is_one_moment_and_every_order_in_it_settles() {
    let temp = tempfile::tempdir().unwrap();
    let mut first = stack(&temp.path().join("first")).await;
    let client = Client::new(&first.gateway_url());
    let answered = load(&client).await.stop().await;
    let busy = answered.clone().start(&client);
    busy.answered(20, PATIENCE).await;
    let backups = temp.path().join("backups").display().to_string();
    let config = first.config_path();
    for _ in 0..3 {
        let backup = script("backup-mongo", &[&backups, "--keep", "2"], &config);
        assert_eq!(backup.code, Some(0), "{backup:?}");
    }
    busy.answered(20, PATIENCE).await;
    busy.stop().await;
    kill_services(&mut first);
    let kept = std::fs::read_dir(&backups).unwrap();
    let mut kept: Vec<PathBuf> = kept.map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    assert_eq!(kept.len(), 2, "{kept:?}");

    let mut second = stack(&temp.path().join("second")).await;
    kill_services(&mut second);
    let key = |name: &str| temp.path().join(name).join("signing-key.pem");
    std::fs::copy(key("first"), key("second")).unwrap();
    first.down().unwrap();
    let config = second.config_path();
    let restore = |from: &Path| script("restore-mongo", &[&from.display().to_string()], &config);
    let damaged = temp.path().join("damaged");
    damage(&kept[0], &damaged);
    let refused = restore(&damaged);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("damaged"), "{refused:?}");
    let restored = restore(&kept[0]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let other = restore(&kept[1]);
    assert!(
        other.stderr.contains("brought from the backup"),
        "{other:?}"
    );

    start_services(&mut second).await;
    let client = Client::new(&second.gateway_url());
    assert!(answered.check_kept(&client).await > 0);
    let audit = audit_distributed(&config);
    assert_eq!(audit.code, Some(0), "{audit:?}");
    second.down().unwrap();
}

/// Copies a backup and changes one bit of its largest file.
fn damage(backup: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    let mut largest = (0, PathBuf::new());
    for entry in std::fs::read_dir(backup).unwrap() {
        let entry = entry.unwrap();
        let copy = to.join(entry.file_name());
        let bytes = std::fs::copy(entry.path(), &copy).unwrap();
        largest = largest.max((bytes, copy));
    }
    let mut content = std::fs::read(&largest.1).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    std::fs::write(largest.1, content).unwrap();
}
