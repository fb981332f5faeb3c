//! A rolling upgrade from one release to another and back, under order load. `scripts/test-upgrade` builds both and runs this.

use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::operated::{PATIENCE, SOME, check, given, load};
use e2e::{Busy, Client, Run};
use stack::{Name, Options, Service, Stack};

const REPLICAS: usize = 2;

/// Receivers of messages before their senders, as docs/OPERATIONS.md instructs operators.
const ORDER: [Service; 4] = [
    Service::Wallet,
    Service::Product,
    Service::User,
    Service::Order,
];

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_upgrade_and_the_way_back_answer_every_request_correctly() {
    let dir = PathBuf::from(given("MARKETPLACE_UPGRADE", "scripts/test-upgrade"));
    let (old, new) = (dir.join("old"), dir.join("new"));
    let mut options = Options::for_tests(dir.join("stack"));
    options.shape.replicas = REPLICAS;
    options.shape.binaries = Some(old.clone());
    let mut stack = Stack::up(options).await.unwrap();
    let client = Client::new(&stack.gateway_url());
    let busy = load(&client).await;

    let config = stack.config_path();

    for service in ORDER {
        replace(&mut stack, service, &new, &busy).await;
    }
    assert_no_dead_letters(&new, &config);
    if std::env::var_os("MARKETPLACE_UPGRADE_ONE_WAY").is_none() {
        for service in ORDER.into_iter().rev() {
            replace(&mut stack, service, &old, &busy).await;
        }
    }
    check(&client, busy, || operate(&new, &["audit"], &config)).await;
    assert_no_dead_letters(&new, &config);
    stack.down().unwrap();
}

/// Replaces the replicas of a service one by one, and lets the clients use each mix of releases.
async fn replace(stack: &mut Stack, service: Service, binaries: &Path, busy: &Busy) {
    stack.use_binaries(binaries);
    for replica in 0..REPLICAS {
        let name = Name::Service(service, replica);
        tokio::task::block_in_place(|| stack.stop(name)).unwrap();
        stack.start(name).unwrap();
        stack.wait_ready(name).await.unwrap();
        let pid = stack.pid(name).unwrap();
        let program = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
        assert_eq!(program, binaries.join(service.binary()));
        busy.answered(SOME, PATIENCE).await;
        let (answers, repeats) = (busy.answers(), busy.repeats());
        println!(
            "{name} runs {}: {answers} requests answered; sent again: {repeats:?}",
            program.display()
        );
    }
}

/// A message that one release cannot read becomes a dead letter. Its order may still settle, once the other release handles the message
/// that the order sweeper resends.
fn assert_no_dead_letters(binaries: &Path, config: &Path) {
    let letters = operate(binaries, &["messages", "list"], config);
    assert_eq!(letters.code, Some(0), "{letters:?}");
    // One line per message, and the total.
    assert_eq!(letters.stdout.lines().count(), 1, "{}", letters.stdout);
}

/// Runs a command of the `marketplace` in `binaries` against the stack.
fn operate(binaries: &Path, command: &[&str], config: &Path) -> Run {
    let mut program = Command::new(binaries.join("marketplace"));
    Run::of(
        program
            .args(command)
            .args(["--distributed", "--config"])
            .arg(config),
    )
}
