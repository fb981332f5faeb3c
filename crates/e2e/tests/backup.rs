//! Backups of a marketplace that serves: each is a whole one that has lost nothing that was answered before.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use e2e::{Answer, Answered, Crew, Launch, Person, Run, with_picture, within};
use host::testing::Scrape;
use reqwest::Method;

const BACKUPS: usize = 6;
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a command while clients go on.
async fn run(launch: &Launch, arguments: &[&str]) -> Run {
    let launch = launch.clone();
    let arguments: Vec<String> = arguments.iter().map(|&one| one.to_owned()).collect();
    let run = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        launch.run(&arguments)
    });
    run.await.unwrap()
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Restores the backup to a new directory and checks it against the responses that preceded it.
async fn check(backup: &Path, data_dir: &Path, answered: &[Answered]) {
    let launch = Launch::on(data_dir);
    let restored = launch.run(&["restore", backup.to_str().unwrap()]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    launch.assert_audit_is_clean();
    let server = launch.serve();
    let client = server.client();
    let mut people: BTreeMap<&str, (Person, Vec<&Answered>)> = BTreeMap::new();
    for one in answered {
        let entry = people.entry(&one.person.id);
        let entry = entry.or_insert_with(|| (one.person.at(&client), Vec::new()));
        entry.1.push(one);
    }
    for (person, answers) in people.values() {
        let list = format!("/api/orders/{}/byUser?limit=100", person.id);
        let orders = within(PATIENCE, "every order settles", async || {
            let orders = person.all(&list).await;
            let open = ["pending", "cancelling", "refunding"];
            let settled = |status: &str| !open.contains(&status);
            let all = orders
                .iter()
                .all(|order| settled(order["status"].as_str().unwrap()));
            all.then_some(orders)
        })
        .await;
        let history = person.all("/api/wallet/transaction?limit=100").await;
        for answer in answers {
            let id = &answer.body["id"];
            match (answer.path, answer.status) {
                ("/api/wallet/credit", 201) => {
                    let found = history.iter().any(|entry| entry["id"] == *id);
                    assert!(found, "{answer:?} is missing");
                }
                ("/api/orders/create", 201) => {
                    let found = orders.iter().find(|order| order["id"] == *id);
                    let status = &found.unwrap()["status"];
                    // It may have been cancelled since.
                    assert!(*status == "paid" || *status == "refunded", "{answer:?}");
                }
                _ => {}
            }
        }
    }
    // They can log in, and the access tokens from before are still good: the key came along.
    let (person, _) = people.values().next().unwrap();
    client.log_in(&person.email, &person.password).await;
    assert_eq!(server.terminate(), Some(0));
    launch.assert_audit_is_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_a_whole_marketplace_with_all_that_was_answered_before_it() {
    let temp = tempfile::tempdir().unwrap();
    let launch = Launch::on(&temp.path().join("data"));
    let server = launch.serve();
    let busy = Crew::gather(&server.client()).await.start(&server.client());
    let mut backups: Vec<(PathBuf, Vec<Answered>)> = Vec::new();
    for n in 0..BACKUPS {
        busy.answered(40, PATIENCE).await;
        let kind = if n % 2 == 0 { "" } else { ".tar" };
        let to = temp.path().join(format!("backup{n}{kind}"));
        let answered = busy.answered_so_far();
        let made = run(&launch, &["backup", "--to", to.to_str().unwrap()]).await;
        assert_eq!(made.code, Some(0), "{made:?}");
        backups.push((to, answered));
    }
    let paid = busy.stop().await.finish_and_check(&server.client()).await;
    assert!(paid > 0);
    assert_eq!(server.terminate(), Some(0));
    launch.assert_audit_is_clean();
    for (n, (backup, answered)) in backups.iter().enumerate() {
        let data_dir = temp.path().join(format!("restored{n}"));
        check(backup, &data_dir, answered).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_makes_backups_by_itself_and_keeps_the_newest() {
    let temp = tempfile::tempdir().unwrap();
    let place = temp.path().join("backups");
    std::fs::create_dir(&place).unwrap();
    std::fs::write(place.join("marketplace-is-mine.txt"), "").unwrap();
    // As a process leaves it that is killed during a backup.
    std::fs::create_dir(place.join(".marketplace-2026-01-31T12-00-00.000Z.incomplete")).unwrap();
    let launch = Launch::on(&temp.path().join("data"));
    let scheduled = ["--every", "1s", "--keep", "2", "--backup-to"].iter();
    let scheduled = scheduled.fold(launch.clone(), |launch, argument| launch.with(argument));
    let server = scheduled.with(place.to_str().unwrap()).serve();
    let client = server.client();
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let lamp = seller.lists("Lamp", 100, 10).await;
    buyer.credit(1_000).await;
    assert_eq!(buyer.orders(&lamp, 3).await.status, 201);
    let made = || -> Vec<String> {
        let names = names_in(&place).into_iter();
        names.filter(|name| name.ends_with('Z')).collect()
    };
    let first = within(PATIENCE, "two backups", async || {
        let made = made();
        (made.len() == 2).then_some(made)
    })
    .await;
    within(PATIENCE, "later ones in their place", async || {
        let made = made();
        let replaced = !made.iter().any(|name| first.contains(name));
        (made.len() == 2 && replaced).then_some(())
    })
    .await;
    let (_, _, metrics) = server.internal().get_text("/metrics").await;
    let scrape = Scrape::of(metrics);
    let value = |name: &str| {
        scrape
            .sum(&format!("marketplace_backup_{name}"), &[])
            .unwrap()
    };
    assert!((value("interval_seconds") - 1.0).abs() < f64::EPSILON);
    assert!(value("failures_total").abs() < f64::EPSILON);
    for name in [
        "timestamp_seconds",
        "bytes",
        "duration_seconds",
        "pause_seconds",
    ] {
        assert!(value(name) > 0.0, "{name}");
    }
    assert_eq!(server.terminate(), Some(0));
    let made = made();
    let left = names_in(&place);
    assert_eq!(left.len(), made.len() + 1, "only the other file: {left:?}");
    assert!(place.join("marketplace-is-mine.txt").exists());
    let newest = made.last().unwrap();
    let restored = Launch::on(&temp.path().join("restored"));
    let run = restored.run(&["restore", place.join(newest).to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{run:?}");
    restored.assert_audit_is_clean();
    let again = restored.serve();
    assert_eq!(buyer.at(&again.client()).balance().await, 700);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_clean_stop_everything_is_in_the_files_and_no_log_is_left() {
    let temp = tempfile::tempdir().unwrap();
    let data_dir = temp.path().join("data");
    let launch = Launch::on(&data_dir);
    for round in 0..15 {
        let server = launch.serve();
        let person = server.client().join("Ada").await;
        person.credit(5).await;
        assert_eq!(server.terminate(), Some(0));
        let expected = [
            "console.key",
            "lock",
            "orders.db",
            "products.db",
            "signing-key.pem",
            "users.db",
            "wallet.db",
        ];
        assert_eq!(names_in(&data_dir), expected, "round {round}");
    }
}

#[tokio::test]
async fn a_backup_has_the_pictures_of_products_and_a_restore_shows_them() {
    let temp = tempfile::tempdir().unwrap();
    let launch = Launch::on(&temp.path().join("data"));
    let server = launch.serve();
    let seller = server.client().join("Seller").await;
    let lamp = seller.lists("Lamp", 100, 5).await;
    let images = format!("/api/products/{}/images", lamp.id);
    let added = Answer::of(with_picture(seller.request(Method::POST, &images))).await;
    assert_eq!(added.status, 201, "{added:?}");
    let url = added.body["urls"]["320"].as_str().unwrap();
    for name in ["whole", "whole.tar"] {
        let backup = temp.path().join(name);
        let made = run(&launch, &["backup", "--to", backup.to_str().unwrap()]).await;
        assert_eq!(made.code, Some(0), "{made:?}");
        let restored = Launch::on(&temp.path().join(format!("restored {name}")));
        let run = restored.run(&["restore", backup.to_str().unwrap()]);
        assert_eq!(run.code, Some(0), "{run:?}");
        let server = restored.serve();
        let picture = server.client().request(Method::GET, url, "");
        let picture = picture.send().await.unwrap();
        assert_eq!(picture.status(), 200);
        assert!(picture.bytes().await.unwrap().starts_with(&[0xff, 0xd8]));
    }
    // A picture that is not what its name says is refused.
    let whole = temp.path().join("whole");
    let picture = whole.join("blobs").join(&url[8..10]).join(&url[8..]);
    std::fs::remove_file(&picture).unwrap();
    std::fs::write(&picture, "another").unwrap();
    let damaged = Launch::on(&temp.path().join("damaged"));
    let refused = damaged.run(&["restore", whole.to_str().unwrap()]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.stderr.contains("the backup is damaged"),
        "{refused:?}"
    );
    // One that is lost is lost in the backup, too, which says so.
    std::fs::remove_dir_all(temp.path().join("data/blobs")).unwrap();
    let last = temp.path().join("last");
    let made = run(&launch, &["backup", "--to", last.to_str().unwrap()]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(
        made.stdout.contains("2 pictures of products are missing"),
        "{made:?}"
    );
}
