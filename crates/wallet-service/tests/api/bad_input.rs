//! Every request rule: breaking it returns a clear problem and writes nothing.

use host::testing::Answer;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::Wallet;

const CREDIT: &str = "/api/wallet/credit";
const DEBIT: &str = "/api/wallet/debit";
const MAX: i64 = 9_007_199_254_740_991;

#[rstest]
#[case(json!({}), &[("/amount", "required")])]
#[case(json!({"amount": 0}), &[("/amount", "out_of_range")])]
#[case(json!({"amount": -1}), &[("/amount", "out_of_range")])]
#[case(json!({"amount": MAX + 1}), &[("/amount", "out_of_range")])]
#[case(json!({"amount": i64::MAX}), &[("/amount", "out_of_range")])]
#[case(json!({"amount": u64::MAX}), &[("/amount", "out_of_range")])]
#[case(json!({"amount": 1e30}), &[("/amount", "out_of_range")])]
#[case(json!({"amount": 1.0}), &[("/amount", "invalid_type")])]
#[case(json!({"amount": 10.5}), &[("/amount", "invalid_type")])]
#[case(json!({"amount": "10"}), &[("/amount", "invalid_type")])]
#[case(json!({"amount": null}), &[("/amount", "invalid_type")])]
#[case(json!({"amount": true}), &[("/amount", "invalid_type")])]
#[case(json!({"amount": [1]}), &[("/amount", "invalid_type")])]
#[case(json!({"amount": {"amount": 1, "currency": "USD"}}), &[("/amount", "invalid_type")])]
#[case(json!({"amount": 1, "currency": "usd"}), &[("/currency", "invalid_currency")])]
#[case(json!({"amount": 1, "currency": "USDT"}), &[("/currency", "invalid_currency")])]
#[case(json!({"amount": 1, "currency": ""}), &[("/currency", "invalid_currency")])]
#[case(json!({"amount": 1, "currency": 840}), &[("/currency", "invalid_type")])]
#[case(json!({"amount": 1, "reference": ""}), &[("/reference", "too_short")])]
#[case(json!({"amount": 1, "reference": "  "}), &[("/reference", "too_short")])]
#[case(json!({"amount": 1, "reference": "x".repeat(201)}), &[("/reference", "too_long")])]
#[case(json!({"amount": 1, "reference": "a\u{0}b"}), &[("/reference", "invalid_character")])]
#[case(json!({"amount": 1, "reference": 7}), &[("/reference", "invalid_type")])]
#[case(json!({"amount": 1, "amonut": 2}), &[("/amonut", "unknown_field")])]
#[case(json!({"amount": 0, "currency": "x", "reference": "", "x": 1}),
    &[("/amount", "out_of_range"), ("/currency", "invalid_currency"), ("/reference", "too_short"), ("/x", "unknown_field")])]
#[case(json!([1]), &[("", "invalid_type")])]
#[case(json!(5), &[("", "invalid_type")])]
#[case(json!(null), &[("", "invalid_type")])]
#[tokio::test]
async fn a_body_that_breaks_a_rule_is_422_with_every_fault(
    #[case] body: Value,
    #[case] faults: &[(&str, &str)],
) {
    let wallet = Wallet::start();
    let me = wallet.person();
    wallet.fund(&me, 1000).await;
    for path in [CREDIT, DEBIT] {
        wallet
            .host
            .post(path, &me.token, &body)
            .await
            .assert_faults(faults);
    }
    assert_eq!(
        (wallet.available(&me).await, wallet.transactions().await),
        (1000, 1)
    );
}

#[rstest]
#[case(json!("not-an-id"), "invalid_id")]
#[case(json!("0199f3a05b1c7c3e9d526f0c1a2b3c4d"), "invalid_id")]
#[case(json!(7), "invalid_type")]
#[tokio::test]
async fn a_user_to_credit_is_named_by_an_id(#[case] user: Value, #[case] code: &str) {
    let wallet = Wallet::start();
    let me = wallet.person();
    wallet
        .credit(&me, &json!({"amount": 1, "userId": user}))
        .await
        .assert_faults(&[("/userId", code)]);
    assert_eq!(wallet.transactions().await, 0);
}

#[tokio::test]
async fn what_a_transfer_may_leave_out_may_be_null() {
    let wallet = Wallet::start();
    let me = wallet.person();
    let nulls = json!({"amount": 2, "currency": null, "reference": null, "userId": null});
    assert_eq!(wallet.credit(&me, &nulls).await.status, 201);
    let nulls = json!({"amount": 1, "currency": null, "reference": null});
    assert_eq!(wallet.debit(&me, &nulls).await.status, 201);
    assert_eq!(wallet.available(&me).await, 1);
}

#[tokio::test]
async fn a_debit_names_no_user() {
    let wallet = Wallet::start();
    let (me, other) = (wallet.person(), wallet.person());
    wallet.fund(&other, 10).await;
    let refused = wallet
        .debit(&me, &json!({"amount": 1, "userId": other.id}))
        .await;
    refused.assert_faults(&[("/userId", "unknown_field")]);
    assert_eq!(wallet.available(&other).await, 10);
}

#[rstest]
#[case(b"{\"amount\": 1".as_slice(), "application/json", 400, "malformed_json")]
#[case(b"".as_slice(), "application/json", 400, "malformed_json")]
#[case(b"{\"amount\": 1, \"reference\": \"\xff\xfe\"}".as_slice(), "application/json", 400, "malformed_json")]
#[case(b"{\"amount\": NaN}".as_slice(), "application/json", 400, "malformed_json")]
#[case(b"{\"amount\": 1}".as_slice(), "text/plain", 415, "unsupported_media_type")]
#[case(b"amount=1".as_slice(), "application/x-www-form-urlencoded", 415, "unsupported_media_type")]
#[tokio::test]
async fn what_is_not_json_is_refused(
    #[case] body: &'static [u8],
    #[case] media_type: &str,
    #[case] status: u16,
    #[case] code: &str,
) {
    let wallet = Wallet::start();
    let me = wallet.person();
    for path in [CREDIT, DEBIT] {
        let request = wallet
            .host
            .request(Method::POST, path, &me.token)
            .header("content-type", media_type);
        Answer::of(request.body(body))
            .await
            .assert_problem(status, code);
    }
    assert_eq!(wallet.transactions().await, 0);
}

#[tokio::test]
async fn a_body_over_256_kib_is_413() {
    let wallet = Wallet::start();
    let me = wallet.person();
    let body = json!({"amount": 1, "reference": "x".repeat(256 * 1024)});
    for path in [CREDIT, DEBIT] {
        wallet
            .host
            .post(path, &me.token, &body)
            .await
            .assert_problem(413, "body_too_large");
    }
    assert_eq!(wallet.transactions().await, 0);
}

#[tokio::test]
async fn nothing_is_done_without_a_good_token() {
    let wallet = Wallet::start();
    let body = json!({"amount": 1});
    for token in ["", "nonsense", "a.b.c"] {
        for path in [CREDIT, DEBIT] {
            let answer = wallet.host.post(path, token, &body).await;
            answer.assert_problem(401, "unauthenticated");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
        for path in [
            "/api/wallet/balance",
            "/api/wallet/transaction",
            "/api/wallet/audit",
        ] {
            wallet
                .host
                .get(path, token)
                .await
                .assert_problem(401, "unauthenticated");
        }
    }
    assert_eq!(wallet.transactions().await, 0);
}

#[tokio::test]
async fn other_methods_are_405_and_other_paths_404() {
    let wallet = Wallet::start();
    let me = wallet.person();
    let answer = wallet.host.get(CREDIT, &me.token).await;
    answer.assert_problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "POST");
    let answer = wallet
        .host
        .post("/api/wallet/balance", &me.token, &json!({}))
        .await;
    answer.assert_problem(405, "method_not_allowed");
    wallet
        .host
        .get("/api/wallet/nothing", &me.token)
        .await
        .assert_problem(404, "not_found");
}
