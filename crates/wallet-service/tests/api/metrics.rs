//! What `/metrics` reports about the ledger.

use host::testing::eventually;
use serde_json::json;
use store_sqlite::open_read_only;
use wallet_service::Config;

use crate::support::Wallet;

const INVARIANTS: [&str; 12] = [
    "transactions_balance",
    "balances_are_postings",
    "nothing_negative",
    "debt_is_the_last_resort",
    "escrow_is_owed",
    "payments_are_complete",
    "parts_are_the_debit",
    "refunds_are_within_parts",
    "releases_are_whole",
    "commissions_follow_refunds",
    "sellers_have_their_share",
    "refunded_leaves_nothing",
];

fn audited_every_second() -> Wallet {
    let config = Config {
        audit_interval_seconds: 1,
        ..Config::default()
    };
    Wallet::start_with(&config, Vec::new())
}

/// Waits until the metric reports `holds` for the invariant.
async fn until(wallet: &Wallet, invariant: &str, holds: f64) {
    eventually(&format!("{invariant} = {holds}"), || async {
        let labels = [("invariant", invariant)];
        let scrape = wallet.host.metrics().await;
        let said = scrape.sum("marketplace_ledger_invariant_ok", &labels)?;
        ((said - holds).abs() < 0.5).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_ledger_is_audited_by_itself_and_what_breaks_is_named() {
    let wallet = audited_every_second();
    let ada = wallet.person();
    wallet.fund(&ada, 500).await;
    for invariant in INVARIANTS {
        until(&wallet, invariant, 1.0).await;
    }
    let scrape = wallet.host.metrics().await;
    assert_eq!(scrape.sum("marketplace_ledger_findings", &[]), Some(0.0));
    let read = scrape.sum("marketplace_ledger_postings", &[]);
    assert!(read.is_some(), "{scrape:?}");
    let interval = scrape.sum("marketplace_ledger_audit_interval_seconds", &[]);
    assert_eq!(interval, Some(1.0));
    let failures = scrape.sum("marketplace_ledger_audit_failures_total", &[]);
    assert_eq!(failures, Some(0.0));

    let file = open_read_only(&wallet.path).unwrap();
    file.execute_batch("PRAGMA query_only = OFF; UPDATE balances SET balance = 501;")
        .unwrap();
    until(&wallet, "balances_are_postings", 0.0).await;
    until(&wallet, "transactions_balance", 1.0).await;
    let scrape = wallet.host.metrics().await;
    let findings = scrape.sum("marketplace_ledger_findings", &[]);
    assert!(findings.is_some_and(|findings| findings >= 1.0));
}

#[tokio::test]
async fn a_ledger_that_is_never_audited_shows_no_invariants() {
    let config = Config {
        audit_interval_seconds: 0,
        ..Config::default()
    };
    let wallet = Wallet::start_with(&config, Vec::new());
    let ada = wallet.person();
    let credited = wallet.credit(&ada, &json!({ "amount": 5 })).await;
    assert_eq!(credited.status, 201);
    let scrape = wallet.host.metrics().await;
    let interval = scrape.sum("marketplace_ledger_audit_interval_seconds", &[]);
    assert_eq!(interval, Some(0.0));
    assert_eq!(scrape.sum("marketplace_ledger_invariant_ok", &[]), None);
}
