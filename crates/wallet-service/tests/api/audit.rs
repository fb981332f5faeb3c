//! `GET /api/wallet/audit`, and the same audit on the file.

use auth::Role;
use serde_json::json;
use store_sqlite::open_read_only;
use wallet_service::audit;

use crate::support::Wallet;

#[tokio::test]
async fn only_an_administrator_audits() {
    let wallet = Wallet::start();
    for roles in [&[][..], &[Role::Treasury]] {
        let person = wallet.person_with(roles);
        wallet
            .host
            .get("/api/wallet/audit", &person.token)
            .await
            .assert_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn a_sound_ledger_is_200_with_what_was_checked() {
    let wallet = Wallet::start();
    wallet.fund(&wallet.person(), 5).await;
    let answer = wallet.audit().await;
    assert_eq!(answer.status, 200);
    let expected = json!({"status": "clean", "transactions": 1, "postings": 2, "balances": 1, "payments": 0,
        "escrow": [], "fees": [], "debts": []});
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn a_broken_ledger_is_409_with_the_findings_and_so_is_its_file() {
    let wallet = Wallet::start();
    let me = wallet.person();
    wallet.fund(&me, 5).await;
    let file = open_read_only(&wallet.path).unwrap();
    file.execute_batch("PRAGMA query_only = OFF; UPDATE balances SET balance = 6;")
        .unwrap();
    let answer = wallet.audit().await;
    answer.assert_problem(409, "ledger_violation");
    let finding = format!(
        "user:{}:available: holds 6 USD, its postings sum to 5",
        me.id
    );
    assert_eq!(answer.body["findings"], json!([finding]));
    assert_eq!(audit::audit(&file).unwrap().details(), [finding]);
}
