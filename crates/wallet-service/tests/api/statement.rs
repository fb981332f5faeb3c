//! `GET /api/wallet/transaction`.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Person, Wallet};

async fn furnished() -> (Wallet, Person) {
    let wallet = Wallet::start();
    let me = wallet.person();
    for amount in 1..=12 {
        wallet.fund(&me, amount).await;
    }
    for amount in 1..=3 {
        assert_eq!(
            wallet.debit(&me, &json!({ "amount": amount })).await.status,
            201
        );
    }
    (wallet, me)
}

fn sequences(page: &Value) -> Vec<i64> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["sequence"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_statement_pages_through_every_movement_once_newest_first() {
    let (wallet, me) = furnished().await;
    for limit in [1, 4, 15, 100] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = wallet
                .statement(&me, &format!("?limit={limit}{cursor}"))
                .await;
            assert_eq!(page.status, 200, "{page:?}");
            seen.extend(sequences(&page.body));
            match page.body["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, (1..=15).rev().collect::<Vec<i64>>());
    }
    assert_eq!(sequences(&wallet.statement(&me, "").await.body).len(), 15);
}

#[tokio::test]
async fn a_statement_of_nothing_is_an_empty_page() {
    let wallet = Wallet::start();
    let page = wallet.statement(&wallet.person(), "").await;
    assert_eq!(
        (page.status, page.body),
        (200, json!({"items": [], "nextCursor": null}))
    );
}

#[tokio::test]
async fn a_statement_filters_by_type_and_time() {
    let (wallet, me) = furnished().await;
    let all = wallet.statement(&me, "").await.body;
    assert_eq!(
        sequences(&wallet.statement(&me, "?type=debit").await.body),
        [15, 14, 13]
    );
    assert_eq!(
        sequences(&wallet.statement(&me, "?type=earning").await.body),
        [0; 0]
    );
    let (from, to) = (
        all["items"][4]["createdAt"].as_str().unwrap(),
        all["items"][0]["createdAt"].as_str().unwrap(),
    );
    let expected: Vec<i64> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["createdAt"].as_str().unwrap() >= from)
        .map(|item| item["sequence"].as_i64().unwrap())
        .collect();
    assert_eq!(
        sequences(&wallet.statement(&me, &format!("?from={from}")).await.body),
        expected
    );
    let before: Vec<i64> = sequences(&wallet.statement(&me, &format!("?to={to}")).await.body);
    assert!(before.len() < 15 && !before.contains(&15));
    // The same instant, written with an offset.
    let moment = "2020-01-01T02:00:00%2B02:00";
    assert_eq!(
        sequences(&wallet.statement(&me, &format!("?from={moment}")).await.body).len(),
        15
    );
    assert_eq!(
        sequences(&wallet.statement(&me, &format!("?to={moment}")).await.body),
        [0; 0]
    );
}

#[tokio::test]
async fn a_date_is_the_whole_day_in_utc_at_either_end() {
    let (wallet, me) = furnished().await;
    let all = wallet.statement(&me, "").await.body;
    let items = all["items"].as_array().unwrap();
    let days: Vec<&str> = items
        .iter()
        .map(|item| &item["createdAt"].as_str().unwrap()[..10])
        .collect();
    let (first, last) = (days.last().unwrap(), days.first().unwrap());
    let count = async |query: String| sequences(&wallet.statement(&me, &query).await.body).len();
    assert_eq!(count(format!("?from={first}&to={last}")).await, days.len());
    assert_eq!(
        count(format!("?to={last}T00:00:00Z&from=2020-01-01")).await,
        days.iter().filter(|day| *day < last).count()
    );
    assert_eq!(count("?from=2020-01-01&to=2020-01-01".to_owned()).await, 0);
    assert_eq!(count("?from=2999-12-31".to_owned()).await, 0);
}

#[rstest]
#[case("?type=gift", "?type", "unknown_value")]
#[case("?type=order_release", "?type", "unknown_value")]
#[case("?type=", "?type", "unknown_value")]
#[case("?from=yesterday", "?from", "invalid_time")]
#[case("?from=2026-02-30", "?from", "invalid_time")]
#[case("?to=20260131", "?to", "invalid_time")]
#[case("?to=2026-01-31T00:00:00", "?to", "invalid_time")]
#[case("?from=2026-01-02&to=2026-01-01", "?to", "out_of_range")]
#[case("?to=2026-13-01T00:00:00Z", "?to", "invalid_time")]
#[case(
    "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
    "?to",
    "out_of_range"
)]
#[case(
    "?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z",
    "?to",
    "out_of_range"
)]
#[case("?limit=0", "?limit", "out_of_range")]
#[case("?limit=101", "?limit", "out_of_range")]
#[case("?limit=ten", "?limit", "invalid_type")]
#[case("?cursor=nonsense", "?cursor", "invalid_cursor")]
#[case("?cursor=", "?cursor", "invalid_cursor")]
#[case("?page=2", "?page", "unknown_parameter")]
#[case("?limit=2&limit=3", "?limit", "repeated")]
#[tokio::test]
async fn a_query_that_breaks_a_rule_is_422(
    #[case] query: &str,
    #[case] pointer: &str,
    #[case] code: &str,
) {
    let wallet = Wallet::start();
    wallet
        .statement(&wallet.person(), query)
        .await
        .assert_faults(&[(pointer, code)]);
}

#[tokio::test]
async fn all_faults_of_a_query_are_named_at_once() {
    let wallet = Wallet::start();
    let answer = wallet
        .statement(&wallet.person(), "?type=x&from=x&limit=x&cursor=x&y=x")
        .await;
    let faults = [
        ("?type", "unknown_value"),
        ("?from", "invalid_time"),
        ("?limit", "invalid_type"),
        ("?cursor", "invalid_cursor"),
        ("?y", "unknown_parameter"),
    ];
    answer.assert_faults(&faults);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_filters_only() {
    let (wallet, me) = furnished().await;
    let page = wallet.statement(&me, "?limit=2&type=credit").await.body;
    let cursor = page["nextCursor"].as_str().unwrap();
    let refused = wallet
        .statement(&me, &format!("?limit=2&cursor={cursor}"))
        .await;
    refused.assert_faults(&[("?cursor", "invalid_cursor")]);
    let tampered = format!("?type=credit&cursor={}A", &cursor[..cursor.len() - 1]);
    if !cursor.ends_with('A') {
        wallet
            .statement(&me, &tampered)
            .await
            .assert_faults(&[("?cursor", "invalid_cursor")]);
    }
    // A cursor remains valid with another page size.
    let next = wallet
        .statement(&me, &format!("?limit=3&type=credit&cursor={cursor}"))
        .await
        .body;
    assert_eq!(sequences(&next), [10, 9, 8]);
}

#[tokio::test]
async fn nobody_sees_anothers_movements_not_even_with_their_cursor() {
    let (wallet, me) = furnished().await;
    let stranger = wallet.person();
    let page = wallet.statement(&me, "?limit=2").await.body;
    let cursor = page["nextCursor"].as_str().unwrap();
    for query in [String::new(), format!("?cursor={cursor}")] {
        assert_eq!(
            wallet.statement(&stranger, &query).await.body["items"],
            json!([])
        );
    }
    assert_eq!(wallet.available(&stranger).await, 0);
}

#[tokio::test]
async fn head_answers_like_get() {
    let (wallet, me) = furnished().await;
    let request = wallet
        .host
        .request(Method::HEAD, "/api/wallet/transaction", &me.token);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
}
