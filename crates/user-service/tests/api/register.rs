//! POST /api/users/register.

use futures_util::future::join_all;
use host::testing::Answer;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use user_service::UserError;

use crate::world::{PASSWORD, World};

const PATH: &str = "/api/users/register";

fn valid() -> Value {
    json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD})
}

#[tokio::test]
async fn anyone_can_register_and_gets_a_profile_without_secrets() {
    let world = World::start();
    let body = json!({"name": "  Ada Lovelace ", "email": "Ada@Example.com", "password": PASSWORD});
    let answer = world.post(PATH, &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("location"), "/api/users/me");
    let mut profile = answer.body.clone();
    let id = profile["id"].take();
    assert_eq!(id.as_str().unwrap().len(), 36);
    assert!(profile["createdAt"].take().as_str().unwrap().ends_with('Z'));
    assert_eq!(
        profile,
        json!({"id": null, "name": "Ada Lovelace", "email": "Ada@Example.com", "roles": [], "secondFactor": false, "createdAt": null})
    );
}

#[tokio::test]
async fn an_email_is_taken_whatever_its_case() {
    let world = World::start();
    world.register("ada@example.com").await;
    for email in ["ada@example.com", "ADA@Example.COM"] {
        let mut body = valid();
        body["email"] = json!(email);
        let answer = world.post(PATH, &body).await;
        answer.assert_problem(409, "email_taken");
    }
}

async fn keyed(world: &World, key: &str, body: &Value) -> Answer {
    let request = world.host.request(Method::POST, PATH, "");
    Answer::of(request.header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn a_repeated_registration_with_a_key_gets_the_first_answer() {
    let world = World::start();
    let first = keyed(&world, "once", &valid()).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.header("idempotency-replayed"), "");
    let mut same = valid();
    same["name"] = json!(" Ada ");
    same["email"] = json!("ADA@example.com");
    for body in [valid(), same] {
        let again = keyed(&world, "once", &body).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("location"), "/api/users/me");
    }
}

#[tokio::test]
async fn another_key_name_or_password_is_another_registration() {
    let world = World::start();
    assert_eq!(keyed(&world, "once", &valid()).await.status, 201);
    for (member, other) in [("name", "Eve"), ("password", "another password 9")] {
        let mut body = valid();
        body[member] = json!(other);
        let reused = keyed(&world, "once", &body).await;
        reused.assert_problem(422, "idempotency_key_reused");
    }
    let another = keyed(&world, "twice", &valid()).await;
    another.assert_problem(409, "email_taken");
    let none = world.post(PATH, &valid()).await;
    none.assert_problem(409, "email_taken");
    let mut eve = valid();
    eve["email"] = json!("eve@example.com");
    let theirs = keyed(&world, "once", &eve).await;
    assert_eq!(theirs.status, 201, "a key belongs to its email");
}

#[tokio::test]
async fn an_internationalised_domain_is_one_address_in_all_its_spellings() {
    let world = World::start();
    let mut body = valid();
    body["email"] = json!(" ada@M\u{fc}nchen.de ");
    let answer = world.post(PATH, &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.body["email"], "ada@München.de");
    body["email"] = json!("ada@xn--mnchen-3ya.de");
    let again = world.post(PATH, &body).await;
    again.assert_problem(409, "email_taken");
    let login = json!({"email": "ADA@münchen.de", "password": PASSWORD});
    let login = world.post("/api/users/login", &login).await;
    assert_eq!(login.status, 200, "{login:?}");
}

#[tokio::test]
async fn of_many_who_register_one_email_at_once_one_wins() {
    let world = World::start();
    let body = valid();
    let answers = join_all((0..10).map(|_| world.post(PATH, &body))).await;
    let count = |status: u16| answers.iter().filter(|a| a.status == status).count();
    assert_eq!((count(201), count(409)), (1, 9));
}

#[rstest]
#[case::name_missing("name", None, "required")]
#[case::name_null("name", Some(json!(null)), "invalid_type")]
#[case::name_number("name", Some(json!(7)), "invalid_type")]
#[case::name_empty("name", Some(json!("")), "too_short")]
#[case::name_blank("name", Some(json!(" \t ")), "too_short")]
#[case::name_long("name", Some(json!("ä".repeat(101))), "too_long")]
#[case::name_control("name", Some(json!("a\u{0}b")), "invalid_character")]
#[case::email_missing("email", None, "required")]
#[case::email_list("email", Some(json!(["ada@example.com"])), "invalid_type")]
#[case::email_wrong("email", Some(json!("ada")), "invalid_email")]
#[case::email_blank("email", Some(json!(" ")), "too_short")]
#[case::email_long("email", Some(json!(format!("a@{}.com", "d".repeat(260)))), "too_long")]
#[case::password_missing("password", None, "required")]
#[case::password_number("password", Some(json!(12_345_678)), "invalid_type")]
#[case::password_short("password", Some(json!("1234567")), "too_short")]
#[case::password_73_bytes("password", Some(json!("x".repeat(73))), "too_long")]
#[case::password_37_umlauts("password", Some(json!("ä".repeat(37))), "too_long")]
#[case::password_nul("password", Some(json!("1234\u{0}5678")), "invalid_character")]
#[case::roles("roles", Some(json!(["admin"])), "unknown_field")]
#[case::id("id", Some(json!("1")), "unknown_field")]
#[tokio::test]
async fn what_breaks_a_rule_is_refused_and_nobody_is_registered(
    #[case] field: &str,
    #[case] value: Option<Value>,
    #[case] code: &str,
) {
    let world = World::start();
    let mut body = valid();
    match value {
        Some(value) => body[field] = value,
        None => drop(body.as_object_mut().unwrap().remove(field)),
    }
    let answer = world.post(PATH, &body).await;
    answer.assert_faults(&[(&format!("/{field}"), code)]);
    assert!(!world.knows("ada@example.com").await);
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let world = World::start();
    let body = json!({"name": "", "email": 1, "passwort": "x"});
    world.post(PATH, &body).await.assert_faults(&[
        ("/name", "too_short"),
        ("/email", "invalid_type"),
        ("/password", "required"),
        ("/passwort", "unknown_field"),
    ]);
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    let world = World::start();
    for body in [json!([]), json!("x"), json!(null), json!(1)] {
        world
            .post(PATH, &body)
            .await
            .assert_faults(&[("", "invalid_type")]);
    }
}

#[tokio::test]
async fn a_password_of_72_bytes_counts_to_its_last_byte() {
    let world = World::start();
    let longest = "ä".repeat(36);
    let mut body = valid();
    body["password"] = json!(longest);
    assert_eq!(world.post(PATH, &body).await.status, 201);
    let attempts = [
        (longest.clone(), 200),
        (format!("{longest}x"), 401),
        ("ä".repeat(35) + "ö", 401),
        ("ä".repeat(35), 401),
    ];
    for (attempt, status) in attempts {
        let answer = world.try_login("ada@example.com", &attempt).await;
        assert_eq!(answer.status, status, "{attempt}");
    }
}

#[tokio::test]
async fn the_same_can_be_done_within_the_process() {
    let world = World::start();
    let user = world
        .users
        .register("Ada", "ada@example.com", PASSWORD)
        .await;
    let login = world.login("ada@example.com").await;
    assert_eq!(
        world.me(&login.token).await.body["id"],
        user.unwrap().id.to_string()
    );
    let again = world
        .users
        .register("Eve", "ADA@example.com", PASSWORD)
        .await;
    assert!(matches!(again, Err(UserError::EmailTaken)));
    let short = world
        .users
        .register("Eve", "eve@example.com", "short")
        .await;
    assert!(matches!(short, Err(UserError::Invalid(_))));
}
