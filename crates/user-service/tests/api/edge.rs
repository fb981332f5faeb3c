//! Behaviour common to every route: bodies, media types, paths, methods, request ids, readiness.

use host::testing::Answer;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::world::{PASSWORD, World};

const PATH: &str = "/api/users/register";
const LIMIT: usize = 256 * 1024;

async fn send(world: &World, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let mut request = world.host.request(Method::POST, PATH, "").body(body);
    if !content_type.is_empty() {
        request = request.header("content-type", content_type);
    }
    Answer::of(request).await
}

fn valid() -> String {
    json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD}).to_string()
}

#[rstest]
#[case::empty(b"".to_vec())]
#[case::no_json(b"name=Ada".to_vec())]
#[case::cut_off(b"{\"name\": \"A".to_vec())]
#[case::two(b"{}{}".to_vec())]
#[case::nan(b"{\"name\": NaN}".to_vec())]
#[case::deep("[".repeat(200_000).into_bytes())]
#[case::broken_utf8(b"{\"name\": \"A\xff\", \"email\": \"ada@example.com\", \"password\": \"correct horse\"}".to_vec())]
#[case::lone_surrogate(b"{\"name\": \"\\ud800\", \"email\": \"ada@example.com\", \"password\": \"correct horse\"}".to_vec())]
#[tokio::test]
async fn a_body_that_is_no_json_is_refused(#[case] body: Vec<u8>) {
    let world = World::start();
    let answer = send(&world, "application/json", body).await;
    answer.assert_problem(400, "malformed_json");
    assert!(!world.knows("ada@example.com").await);
}

#[tokio::test]
async fn a_body_has_at_most_256_kib_announced_or_not() {
    let world = World::start();
    let padded = |length: usize| {
        let mut body = valid();
        body.push_str(&" ".repeat(length - body.len()));
        body
    };
    let announced = send(&world, "application/json", padded(LIMIT + 1)).await;
    announced.assert_problem(413, "body_too_large");
    assert!(!world.knows("ada@example.com").await);
    let fits = send(&world, "application/json", padded(LIMIT)).await;
    assert_eq!(fits.status, 201, "{fits:?}");
}

#[rstest]
#[case("", 415)]
#[case("text/plain", 415)]
#[case("application/x-www-form-urlencoded", 415)]
#[case("application/jsonp", 415)]
#[case("application/json", 201)]
#[case("Application/JSON; charset=utf-8", 201)]
#[tokio::test]
async fn a_body_has_to_be_json(#[case] content_type: &str, #[case] status: u16) {
    let world = World::start();
    let answer = send(&world, content_type, valid()).await;
    if status == 415 {
        answer.assert_problem(415, "unsupported_media_type");
    } else {
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(world.knows("ada@example.com").await, status == 201);
}

#[rstest]
#[case("/api/user")]
#[case("/api/users/register/")]
#[case("/api/users/me/mail")]
#[case("/api/user/me")]
#[case("/%00")]
#[case("/api/users/me/%ff")]
#[tokio::test]
async fn an_unknown_path_is_a_problem(#[case] path: &str) {
    let world = World::start();
    world
        .host
        .get(path, "")
        .await
        .assert_problem(404, "not_found");
}

#[rstest]
#[case(Method::GET, "/api/users/register", "POST")]
#[case(Method::PUT, "/api/users/login", "POST")]
#[case(Method::PUT, "/api/users/me", "GET, HEAD, PATCH, DELETE")]
#[case(Method::GET, "/api/users/me/password", "POST")]
#[case(Method::POST, "/.well-known/jwks.json", "GET, HEAD")]
#[tokio::test]
async fn a_wrong_method_is_a_problem_that_names_the_right_ones(
    #[case] method: Method,
    #[case] path: &str,
    #[case] allowed: &str,
) {
    let world = World::start();
    let answer = Answer::of(world.host.request(method, path, "")).await;
    answer.assert_problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), allowed);
}

#[tokio::test]
async fn every_answer_has_the_requests_id_or_a_made_up_one() {
    let world = World::start();
    let with_id = async |id: &str| {
        let request = world.host.request(Method::GET, "/api/users/me", "");
        Answer::of(request.header("x-request-id", id)).await
    };
    let taken = with_id("my-request.7:a_B").await;
    assert_eq!(taken.header("x-request-id"), "my-request.7:a_B");
    assert_eq!(taken.body["instance"], "my-request.7:a_B");
    for insane in ["", "with space", "<script>", &"x".repeat(129)] {
        let answer = with_id(insane).await;
        let made_up = answer.header("x-request-id");
        assert_eq!(made_up.len(), 36, "{insane}: {made_up}");
    }
    let good = world.host.get("/.well-known/jwks.json", "").await;
    assert_eq!(good.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn the_service_is_ready_when_its_store_answers() {
    let world = World::start();
    let answer = world.host.get("/readyz", "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body["dependencies"],
        json!([{"name": "user store", "state": "up"}])
    );
}
