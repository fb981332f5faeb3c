//! What `/metrics` reports about passwords, the store and the process.

use crate::world::World;

#[tokio::test]
async fn passwords_requests_and_reads_are_counted() {
    let world = World::start();
    world.someone("ada@example.com").await;
    let wrong = world.try_login("ada@example.com", "not the password").await;
    assert_eq!(wrong.status, 401);
    let scrape = world.host.metrics().await;
    let login = ("route", "/api/users/login");
    let users = ("store", "users");
    for (name, labels, expected) in [
        (
            "marketplace_password_hash_duration_seconds_count",
            &[("work", "hash")][..],
            1.0,
        ),
        (
            "marketplace_password_hash_duration_seconds_count",
            &[("work", "verify")],
            2.0,
        ),
        ("marketplace_password_hashes_waiting", &[], 0.0),
        ("marketplace_password_hashes_waiting_limit", &[], 512.0),
        ("marketplace_password_hashes_refused_total", &[], 0.0),
        (
            "marketplace_http_requests_total",
            &[login, ("status", "200")],
            1.0,
        ),
        (
            "marketplace_http_requests_total",
            &[login, ("status", "401")],
            1.0,
        ),
    ] {
        assert_eq!(
            scrape.sum(name, labels),
            Some(expected),
            "{name} {labels:?}"
        );
    }
    // A lower bound: a login may make further lookups.
    let gets = [users, ("kind", "get")];
    let reads = scrape.sum("marketplace_store_read_duration_seconds_count", &gets);
    assert!(reads.is_some_and(|reads| reads >= 2.0), "{reads:?}");
}

#[tokio::test]
async fn the_program_says_what_it_is_and_what_it_uses() {
    let world = World::start();
    let scrape = world.host.metrics().await;
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    assert_eq!(scrape.sum("marketplace_build_info", &version), Some(1.0));
    for name in [
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "process_threads",
        "process_open_fds",
        "process_max_fds",
    ] {
        let value = scrape.sum(name, &[]);
        assert!(value.is_some_and(|value| value > 0.0), "{name}: {value:?}");
    }
    assert!(scrape.sum("process_cpu_seconds_total", &[]).is_some());
}
