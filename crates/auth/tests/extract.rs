//! What a handler's callers get: their identity, or 401 with a challenge that RFC 6750 describes.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::test::TestRequest;
use actix_web::{FromRequest, HttpRequest, ResponseError, web};
use auth::testing::{fixture, fixture_at, policy, token_for};
use auth::{Caller, Role, Verifier};
use kernel::{Clock, ManualClock, SystemClock, SystemIds, UserId};
use platform_http::Problem;

fn request(verifier: &Verifier, authorization: &[&str]) -> HttpRequest {
    let mut request = TestRequest::get().app_data(web::Data::new(verifier.clone()));
    for value in authorization {
        request = request.append_header(("Authorization", *value));
    }
    request.to_http_request()
}

async fn caller(request: &HttpRequest) -> Result<Caller, Problem> {
    Caller::from_request(request, &mut Payload::None).await
}

fn challenge(problem: &Problem) -> String {
    let answer = problem.error_response();
    assert_eq!(
        (answer.status().as_u16(), problem.kind().code),
        (401, "unauthenticated")
    );
    let value = answer.headers().get(WWW_AUTHENTICATE).unwrap();
    value.to_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_valid_token_names_the_caller_whatever_the_case_of_the_scheme() {
    let (issuer, verifier) = fixture();
    let user = UserId::new(&SystemIds::default());
    let token = token_for(&issuer, user, &[Role::Treasury]);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = request(&verifier, &[&format!("{scheme} {token}")]);
        let caller = caller(&request).await.unwrap();
        assert!(caller.user == user && caller.has(Role::Treasury));
        assert_eq!(Caller::of(&request).unwrap(), Some(caller));
    }
}

#[actix_web::test]
async fn without_credentials_the_challenge_names_no_error() {
    let (_, verifier) = fixture();
    let request = request(&verifier, &[]);
    assert_eq!(
        challenge(&caller(&request).await.unwrap_err()),
        "Bearer realm=\"marketplace\""
    );
    assert_eq!(Caller::of(&request).unwrap(), None);
}

#[actix_web::test]
async fn a_token_that_is_not_valid_is_refused_also_where_none_is_needed() {
    let (issuer, verifier) = fixture();
    let token = token_for(&issuer, UserId::new(&SystemIds::default()), &[]);
    let twice = [format!("Bearer {token}"), format!("Bearer {token}")];
    for authorization in [
        vec!["Bearer nonsense"],
        vec!["Bearer "],
        vec![&*twice[0], &*twice[1]],
    ] {
        let request = request(&verifier, &authorization);
        for problem in [
            caller(&request).await.unwrap_err(),
            Caller::of(&request).unwrap_err(),
        ] {
            let challenge = challenge(&problem);
            assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        }
    }
}

#[actix_web::test]
async fn another_scheme_is_no_credential_of_ours() {
    let (_, verifier) = fixture();
    for authorization in ["Basic YTpi", "Bearer", "\u{e4}"] {
        let request = request(&verifier, &[authorization]);
        assert_eq!(
            challenge(&caller(&request).await.unwrap_err()),
            "Bearer realm=\"marketplace\""
        );
        assert!(Caller::of(&request).is_err(), "{authorization}");
    }
}

#[actix_web::test]
async fn while_no_keys_have_come_a_token_is_neither_taken_nor_refused() {
    let (issuer, _) = fixture();
    let verifier = Verifier::waiting(policy(), Arc::new(SystemClock));
    let token = token_for(&issuer, UserId::new(&SystemIds::default()), &[]);
    let sent = request(&verifier, &[&format!("Bearer {token}")]);
    for problem in [
        caller(&sent).await.unwrap_err(),
        Caller::of(&sent).unwrap_err(),
    ] {
        assert!(problem.to_string().contains("keys"), "{problem}");
        let answer = problem.error_response();
        assert_eq!(
            (answer.status().as_u16(), problem.kind().code),
            (503, "unavailable")
        );
        assert_eq!(answer.headers().get(RETRY_AFTER).unwrap(), "1");
    }
    // A request without a token needs no keys: it is challenged, or let in where a token is optional.
    let bare = request(&verifier, &[]);
    challenge(&caller(&bare).await.unwrap_err());
    assert_eq!(Caller::of(&bare).unwrap(), None);
}

#[actix_web::test]
async fn an_expired_token_is_told_apart_so_that_clients_know_to_refresh() {
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let (issuer, verifier) = fixture_at(clock.clone());
    let token = token_for(&issuer, UserId::new(&SystemIds::default()), &[]);
    clock.advance(Duration::from_hours(1));
    let request = request(&verifier, &[&format!("Bearer {token}")]);
    let problem = caller(&request).await.unwrap_err();
    assert!(challenge(&problem).contains("error_description=\"The token has expired.\""));
}
