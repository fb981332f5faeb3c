//! /api/users/me/totp and logins with a second factor.

use std::time::Duration;

use auth::testing::app_code;
use auth::{Caller, Role};
use host::testing::Answer;
use kernel::Clock as _;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::standing::operator;
use crate::world::{Login, PASSWORD, World, assert_challenged};

const PATH: &str = "/api/users/me/totp";
const CONFIRM: &str = "/api/users/me/totp/confirm";
const ADA: &str = "ada@example.com";

/// The time of a code.
const STEP: Duration = Duration::from_secs(30);

async fn set_up(world: &World, token: &str) -> Answer {
    let body = json!({"currentPassword": PASSWORD});
    world.host.post(PATH, token, &body).await
}

/// The secret that an app learns from a new set-up.
async fn secret(world: &World, token: &str) -> String {
    let made = set_up(world, token).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body["secret"].as_str().unwrap().to_owned()
}

async fn confirm(world: &World, token: &str, code: &str) -> Answer {
    world
        .host
        .post(CONFIRM, token, &json!({"code": code}))
        .await
}

/// Turns the second factor on. Returns the secret and the recovery codes. The next code is good from now on.
async fn turn_on(world: &World, token: &str) -> (String, Vec<String>) {
    let secret = secret(world, token).await;
    let on = confirm(world, token, &app_code(&secret, world.clock.now())).await;
    assert_eq!(on.status, 200, "{on:?}");
    assert_eq!(on.header("cache-control"), "no-store");
    world.later(STEP);
    let codes = on.body["recoveryCodes"].as_array().unwrap().iter();
    let codes = codes.map(|code| code.as_str().unwrap().to_owned());
    (secret, codes.collect())
}

async fn log_in(world: &World, email: &str, code: &str) -> Answer {
    let body = json!({"email": email, "password": PASSWORD, "code": code});
    world.post("/api/users/login", &body).await
}

async fn turn_off(world: &World, token: &str, password: &str, code: &str) -> Answer {
    let request = world.host.request(Method::DELETE, PATH, token);
    Answer::of(request.json(&json!({"password": password, "code": code}))).await
}

async fn state(world: &World, token: &str) -> Value {
    let state = world.host.get(PATH, token).await;
    assert_eq!(state.status, 200, "{state:?}");
    state.body
}

#[tokio::test]
async fn once_it_is_on_a_login_needs_a_code_and_other_logins_have_ended() {
    let world = World::start();
    let mine = world.someone(ADA).await;
    let other = world.login(ADA).await;
    let off = json!({"enabled": false, "recoveryCodesLeft": 0, "withheldRoles": []});
    assert_eq!(state(&world, &mine.token).await, off);
    let made = set_up(&world, &mine.token).await;
    assert_eq!((made.status, made.header("location")), (201, PATH));
    assert_eq!(made.header("cache-control"), "no-store");
    let secret = made.body["secret"].as_str().unwrap().to_owned();
    let uri = format!(
        "otpauth://totp/marketplace:ada%40example%2Ecom?secret={secret}&issuer=marketplace"
    );
    assert_eq!(made.body["uri"], uri);
    // Until it is confirmed, nothing has changed.
    assert_eq!(state(&world, &mine.token).await, off);
    world.login(ADA).await;

    let code = app_code(&secret, world.clock.now());
    let on = confirm(&world, &mine.token, &code).await;
    assert_eq!(on.body["recoveryCodes"].as_array().map(Vec::len), Some(10));
    let told = state(&world, &mine.token).await;
    assert_eq!(
        (&told["enabled"], &told["recoveryCodesLeft"]),
        (&json!(true), &json!(10))
    );
    assert_eq!(world.me(&mine.token).await.body["secondFactor"], true);
    assert_challenged(&world.me(&other.token).await, "unauthenticated");
    assert_challenged(
        &world.refresh(&other.refresh).await,
        "invalid_refresh_token",
    );
    Login::of(&world.refresh(&mine.refresh).await);

    world.later(STEP);
    let asked = world.try_login(ADA, PASSWORD).await;
    assert_challenged(&asked, "second_factor_required");
    // Only who has the password is asked.
    let code = app_code(&secret, world.clock.now());
    let body = json!({"email": ADA, "password": "not it at all", "code": code});
    let wrong = world.post("/api/users/login", &body).await;
    assert_challenged(&wrong, "invalid_credentials");
    let wrong = world.try_login(ADA, "not it at all").await;
    assert_challenged(&wrong, "invalid_credentials");
    Login::of(&log_in(&world, ADA, &code).await);
    assert_challenged(&log_in(&world, ADA, &code).await, "invalid_code");
}

#[tokio::test]
async fn a_recovery_code_is_good_once_in_place_of_a_code() {
    let world = World::start();
    let mine = world.someone(ADA).await;
    let (_, codes) = turn_on(&world, &mine.token).await;
    let typed = codes[3].to_lowercase().replace('-', " ");
    let login = Login::of(&log_in(&world, ADA, &typed).await);
    assert_eq!(state(&world, &login.token).await["recoveryCodesLeft"], 9);
    assert_challenged(&log_in(&world, ADA, &codes[3]).await, "invalid_code");
    Login::of(&log_in(&world, ADA, &codes[4]).await);
}

#[tokio::test]
async fn a_mail_tells_when_it_is_turned_on_or_off_and_when_a_recovery_code_is_used() {
    let world = World::with_mail();
    let mine = world.verified(ADA).await;
    let (secret, codes) = turn_on(&world, &mine.token).await;
    let on = world.mail(ADA, "was turned on", &[]).await;
    assert_eq!(on.subject, "A second factor was turned on");
    let code = app_code(&secret, world.clock.now());
    Login::of(&log_in(&world, ADA, &code).await);
    world.later(STEP);
    let login = Login::of(&log_in(&world, ADA, &codes[0]).await);
    world.mail(ADA, "one of its recovery codes", &[]).await;
    let code = app_code(&secret, world.clock.now());
    let off = turn_off(&world, &login.token, PASSWORD, &code).await;
    assert_eq!(off.status, 204, "{off:?}");
    let off = world.mail(ADA, "was turned off", &[]).await;
    assert!(
        off.text
            .contains("https://shop.example/account/second-factor")
    );
    for code in &codes {
        assert!(world.mails().iter().all(|mail| !mail.text.contains(code)));
    }
}

#[tokio::test]
async fn guesses_of_a_code_are_slowed_down_and_asking_without_one_forgives_none() {
    let world = World::start();
    let mine = world.someone(ADA).await;
    let (secret, _) = turn_on(&world, &mine.token).await;
    let right = app_code(&secret, world.clock.now());
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..5 {
        assert_challenged(&log_in(&world, ADA, wrong).await, "invalid_code");
        for _ in 0..3 {
            let refused = world.try_login(ADA, PASSWORD).await;
            assert!([401, 429].contains(&refused.status), "{refused:?}");
        }
    }
    let refused = log_in(&world, ADA, &right).await;
    refused.assert_problem(429, "too_many_requests");
    world.later(Duration::from_secs(1));
    Login::of(&log_in(&world, ADA, &right).await);
}

#[tokio::test]
async fn a_stolen_token_does_not_serve_to_guess_a_code_though_the_password_is_right() {
    let world = World::start();
    let mine = world.someone(ADA).await;
    let (secret, _) = turn_on(&world, &mine.token).await;
    let right = app_code(&secret, world.clock.now());
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..5 {
        let refused = turn_off(&world, &mine.token, PASSWORD, wrong).await;
        refused.assert_problem(403, "wrong_code");
        // This proves the password, and forgives no code.
        let refused = set_up(&world, &mine.token).await;
        refused.assert_problem(409, "second_factor_on");
    }
    let refused = turn_off(&world, &mine.token, PASSWORD, &right).await;
    refused.assert_problem(429, "too_many_requests");
    assert!(refused.header("ratelimit-policy").starts_with("\"codes\""));
    world.later(Duration::from_secs(1));
    let off = turn_off(&world, &mine.token, PASSWORD, &right).await;
    assert_eq!(off.status, 204, "{off:?}");
}

#[tokio::test]
async fn it_is_turned_off_with_the_password_and_a_code_only() {
    let world = World::start();
    let mine = world.someone(ADA).await;
    let none = turn_off(&world, &mine.token, PASSWORD, "123456").await;
    none.assert_problem(409, "second_factor_off");
    let none = confirm(&world, &mine.token, "123456").await;
    none.assert_problem(409, "second_factor_off");
    let (secret, codes) = turn_on(&world, &mine.token).await;
    let code = app_code(&secret, world.clock.now());
    let refused = turn_off(&world, &mine.token, "not it at all", &code).await;
    refused.assert_problem(403, "wrong_password");
    let unknown = "AAAAAA-AAAAAA-AAAAAA-AAAAAA";
    let refused = turn_off(&world, &mine.token, PASSWORD, unknown).await;
    refused.assert_problem(403, "wrong_code");
    let off = turn_off(&world, &mine.token, PASSWORD, &codes[0]).await;
    assert_eq!(off.status, 204, "{off:?}");
    let login = world.login(ADA).await;
    assert_eq!(state(&world, &login.token).await["enabled"], false);
    // Another secret may be set up.
    turn_on(&world, &login.token).await;
    assert_challenged(
        &world.try_login(ADA, PASSWORD).await,
        "second_factor_required",
    );
}

#[tokio::test]
async fn setting_up_needs_the_password_and_only_the_last_secret_is_confirmed() {
    let world = World::start();
    let mine = world.someone(ADA).await;
    let body = json!({"currentPassword": "not it at all"});
    let refused = world.host.post(PATH, &mine.token, &body).await;
    refused.assert_problem(403, "wrong_password");
    let first = secret(&world, &mine.token).await;
    let second = secret(&world, &mine.token).await;
    let now = world.clock.now();
    let (first, second) = (app_code(&first, now), app_code(&second, now));
    if first != second {
        let refused = confirm(&world, &mine.token, &first).await;
        refused.assert_problem(403, "wrong_code");
    }
    assert_eq!(confirm(&world, &mine.token, &second).await.status, 200);
    for (method, path) in [
        (Method::GET, PATH),
        (Method::POST, PATH),
        (Method::DELETE, PATH),
        (Method::POST, CONFIRM),
    ] {
        let answer = Answer::of(world.host.request(method, path, "").json(&json!({}))).await;
        assert_challenged(&answer, "unauthenticated");
    }
}

#[rstest]
#[case("12345")]
#[case("12345a")]
#[case("")]
#[tokio::test]
async fn what_can_be_no_code_is_told_and_is_no_guess(#[case] code: &str) {
    let world = World::start();
    let mine = world.someone(ADA).await;
    for _ in 0..8 {
        let refused = log_in(&world, ADA, code).await;
        refused.assert_faults(&[("/code", "malformed_code")]);
        let refused = confirm(&world, &mine.token, code).await;
        refused.assert_faults(&[("/code", "malformed_code")]);
    }
}

fn roles(world: &World, token: &str) -> Vec<Role> {
    let Caller { roles, .. } = world.verifier.verify(token).unwrap();
    roles
}

#[tokio::test]
async fn an_operators_token_carries_no_role_until_they_have_a_second_factor() {
    let world = World::with_second_factors();
    world.register(ADA).await;
    world.make_admin(ADA).await;
    let answer = world.try_login(ADA, PASSWORD).await;
    assert_eq!(answer.body["withheldRoles"], json!(["admin"]));
    assert_eq!(answer.body["user"]["roles"], json!(["admin"]));
    let mine = Login::of(&answer);
    assert_eq!(
        state(&world, &mine.token).await["withheldRoles"],
        json!(["admin"])
    );
    let refused = world.host.get("/api/users", &mine.token).await;
    refused.assert_problem(403, "forbidden");
    let again = world.refresh(&mine.refresh).await;
    assert_eq!(again.body["withheldRoles"], json!(["admin"]));
    let mine = Login::of(&again);
    assert_eq!(roles(&world, &mine.token), []);

    let (secret, _) = turn_on(&world, &mine.token).await;
    let with_role = world.refresh(&mine.refresh).await;
    assert_eq!(with_role.body.get("withheldRoles"), None);
    let mine = Login::of(&with_role);
    assert_eq!(roles(&world, &mine.token), [Role::Admin]);
    assert_eq!(world.host.get("/api/users", &mine.token).await.status, 200);

    let code = app_code(&secret, world.clock.now());
    assert_eq!(
        turn_off(&world, &mine.token, PASSWORD, &code).await.status,
        204
    );
    assert_challenged(
        &world.host.get("/api/users", &mine.token).await,
        "unauthenticated",
    );
    let mine = Login::of(&world.refresh(&mine.refresh).await);
    assert_eq!(roles(&world, &mine.token), []);
}

#[tokio::test]
async fn where_it_is_optional_operators_have_their_roles_without_it() {
    let world = World::start();
    let (_, boss) = operator(&world, "boss@example.com").await;
    assert_eq!(roles(&world, &boss.token), [Role::Admin]);
    turn_on(&world, &boss.token).await;
    let log = world.host.get("/api/audit-log?limit=1", &boss.token).await;
    let entry = &log.body["items"][0];
    assert_eq!(entry["action"], "second_factor_enabled");
    assert_eq!(entry["before"]["secondFactor"], false);
    assert_eq!(entry["after"]["secondFactor"], true);
}

#[tokio::test]
async fn a_password_that_was_reset_by_mail_does_not_replace_the_code() {
    let world = World::with_mail();
    let mine = world.verified(ADA).await;
    let (secret, _) = turn_on(&world, &mine.token).await;
    let known = world.mails();
    world
        .post("/api/users/password/forgot", &json!({"email": ADA}))
        .await;
    let token = world.mail(ADA, "/reset?", &known).await.token();
    let body = json!({"token": token, "password": "staple this instead"});
    assert_eq!(
        world.post("/api/users/password/reset", &body).await.status,
        204
    );
    let asked = world.try_login(ADA, "staple this instead").await;
    assert_challenged(&asked, "second_factor_required");
    let code = app_code(&secret, world.clock.now());
    let body = json!({"email": ADA, "password": "staple this instead", "code": code});
    Login::of(&world.post("/api/users/login", &body).await);
}

#[tokio::test]
async fn nothing_that_is_held_or_told_later_has_the_secret_or_a_recovery_code() {
    let world = World::start();
    let mine = world.someone(ADA).await;
    let (secret, codes) = turn_on(&world, &mine.token).await;
    for path in ["/api/users/me/export", "/api/users/me", PATH] {
        let told = world.host.get(path, &mine.token).await;
        let text = told.body.to_string();
        assert!(!text.contains(&secret), "{path}");
        assert!(!codes.iter().any(|code| text.contains(code)), "{path}");
    }
    // Of recovery codes not even the store has more than digests.
    for file in std::fs::read_dir(world.dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes).to_uppercase();
        for code in &codes {
            assert!(!text.contains(code) && !text.contains(&code.replace('-', "")));
        }
    }
}
