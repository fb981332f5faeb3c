//! Credit, debit, balance, and who may top up.

use auth::Role;
use futures_util::future::join_all;
use host::testing::Answer;
use kernel::Money;
use serde_json::json;
use wallet_service::{Config, CreditError, Topups};

use crate::support::Wallet;

#[tokio::test]
async fn a_credit_and_a_debit_move_the_balance_and_say_how() {
    let wallet = Wallet::start();
    let me = wallet.person();
    let credit = wallet
        .credit(
            &me,
            &json!({"amount": 5000, "currency": "USD", "reference": " March salary "}),
        )
        .await;
    assert_eq!(credit.status, 201, "{credit:?}");
    assert_eq!(credit.header("content-type"), "application/json");
    assert!(credit.headers.get("idempotency-replayed").is_none());
    let mut body = credit.body.clone();
    let members = body.as_object_mut().unwrap();
    assert!(
        members
            .remove("id")
            .unwrap()
            .as_str()
            .unwrap()
            .parse::<kernel::TransactionId>()
            .is_ok()
    );
    assert!(
        members
            .remove("createdAt")
            .unwrap()
            .as_str()
            .unwrap()
            .parse::<kernel::Timestamp>()
            .is_ok()
    );
    let expected = json!({"type": "credit", "amount": 5000, "currency": "USD", "balanceAfter": 5000, "sequence": 1,
        "reference": "March salary"});
    assert_eq!(body, expected);
    let debit = wallet.debit(&me, &json!({"amount": 1500})).await;
    assert_eq!(debit.status, 201);
    assert_eq!(debit.body["type"], "debit");
    assert_eq!(debit.body["amount"], -1500);
    assert_eq!(debit.body["balanceAfter"], 3500);
    assert_eq!(debit.body["sequence"], 2);
    assert!(debit.body.get("reference").is_none() && debit.body.get("orderId").is_none());
    assert_eq!(wallet.available(&me).await, 3500);
}

#[tokio::test]
async fn a_user_who_has_never_held_money_has_zero() {
    let wallet = Wallet::start();
    let balance = wallet
        .host
        .get("/api/wallet/balance", &wallet.person().token)
        .await;
    assert_eq!(balance.status, 200);
    let none = json!({"currency": "USD", "available": 0, "pending": 0, "debt": 0});
    assert_eq!(
        balance.body,
        json!({"available": 0, "pending": 0, "debt": 0, "balances": [none]})
    );
}

#[tokio::test]
async fn a_balance_shows_the_marketplaces_currency_and_all_others() {
    let wallet = Wallet::start();
    let me = wallet.person();
    wallet
        .credit(&me, &json!({"amount": 7, "currency": "EUR"}))
        .await;
    wallet
        .credit(&me, &json!({"amount": 9, "currency": "ZAR"}))
        .await;
    wallet.fund(&me, 5).await;
    let balance = wallet.host.get("/api/wallet/balance", &me.token).await.body;
    assert_eq!(
        (&balance["available"], &balance["pending"]),
        (&json!(5), &json!(0))
    );
    let currencies: Vec<_> = balance["balances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|held| &held["currency"])
        .collect();
    assert_eq!(currencies, ["USD", "EUR", "ZAR"]);
    assert_eq!(balance["balances"][1]["available"], 7);
}

#[tokio::test]
async fn a_debit_beyond_the_balance_is_402_with_what_is_available_and_moves_nothing() {
    let wallet = Wallet::start();
    let me = wallet.person();
    wallet.fund(&me, 100).await;
    let refused = wallet.debit(&me, &json!({"amount": 101})).await;
    refused.assert_problem(402, "insufficient_funds");
    assert_eq!(
        refused.body["available"],
        json!({"amount": 100, "currency": "USD"})
    );
    wallet
        .debit(&me, &json!({"amount": 1, "currency": "EUR"}))
        .await
        .assert_problem(402, "insufficient_funds");
    assert_eq!(
        (wallet.available(&me).await, wallet.transactions().await),
        (100, 1)
    );
}

#[tokio::test]
async fn a_wallet_that_would_hold_too_much_refuses_the_credit() {
    let wallet = Wallet::start();
    let me = wallet.person();
    wallet.fund(&me, Money::MAX_AMOUNT).await;
    wallet
        .credit(&me, &json!({"amount": 1}))
        .await
        .assert_problem(422, "balance_limit");
    assert_eq!(
        (wallet.available(&me).await, wallet.transactions().await),
        (Money::MAX_AMOUNT, 1)
    );
}

#[tokio::test]
async fn of_500_concurrent_debits_of_1_on_100_exactly_100_succeed() {
    let wallet = Wallet::start();
    let me = wallet.person();
    wallet.fund(&me, 100).await;
    let body = json!({"amount": 1});
    let answers = join_all((0..500).map(|_| wallet.debit(&me, &body))).await;
    let count = |status| {
        answers
            .iter()
            .filter(|answer: &&Answer| answer.status == status)
            .count()
    };
    assert_eq!((count(201), count(402)), (100, 400));
    assert_eq!(
        (wallet.available(&me).await, wallet.transactions().await),
        (0, 101)
    );
}

#[tokio::test]
async fn self_service_tops_up_ones_own_wallet_only() {
    let wallet = Wallet::start();
    let (me, other) = (wallet.person(), wallet.person());
    let named = wallet
        .credit(&me, &json!({"amount": 5, "userId": me.id}))
        .await;
    assert_eq!(named.status, 201);
    let refused = wallet
        .credit(&me, &json!({"amount": 5, "userId": other.id}))
        .await;
    refused.assert_problem(403, "topups_not_allowed");
    assert_eq!(
        (wallet.available(&me).await, wallet.available(&other).await),
        (5, 0)
    );
}

#[tokio::test]
async fn trusted_topups_are_the_treasurys_and_name_the_user() {
    let wallet = Wallet::start_with(
        &Config {
            topups: Topups::Trusted,
            ..Config::default()
        },
        Vec::new(),
    );
    let (me, treasury, admin) = (
        wallet.person(),
        wallet.person_with(&[Role::Treasury]),
        wallet.person_with(&[Role::Admin]),
    );
    for (caller, body) in [
        (&me, json!({"amount": 5})),
        (&me, json!({"amount": 5, "userId": me.id})),
        (&admin, json!({"amount": 5, "userId": me.id})),
    ] {
        wallet
            .credit(caller, &body)
            .await
            .assert_problem(403, "topups_not_allowed");
    }
    wallet
        .credit(&treasury, &json!({"amount": 5}))
        .await
        .assert_faults(&[("/userId", "required")]);
    assert_eq!(wallet.transactions().await, 0);
    let done = wallet
        .credit(&treasury, &json!({"amount": 5, "userId": me.id}))
        .await;
    assert_eq!(done.status, 201, "{done:?}");
    assert_eq!(
        (
            wallet.available(&me).await,
            wallet.available(&treasury).await
        ),
        (5, 0)
    );
    // Users can still debit their own wallets.
    assert_eq!(wallet.debit(&me, &json!({"amount": 5})).await.status, 201);
}

#[tokio::test]
async fn demonstration_data_is_credited_past_the_topup_rule() {
    let wallet = Wallet::start_with(
        &Config {
            topups: Topups::Trusted,
            ..Config::default()
        },
        Vec::new(),
    );
    let me = wallet.person();
    let usd = |amount| Money::new(amount, kernel::Currency::USD);
    wallet
        .service
        .credit(me.id, usd(Money::MAX_AMOUNT), "Welcome")
        .await
        .unwrap();
    assert_eq!(
        wallet.service.credit(me.id, usd(1), "Too much").await,
        Err(CreditError::BalanceLimit)
    );
    assert!(matches!(
        wallet.service.credit(me.id, usd(1), "").await,
        Err(CreditError::Reference(_))
    ));
    assert_eq!(
        wallet.statement(&me, "").await.body["items"][0]["reference"],
        "Welcome"
    );
}
