//! Bodies that are not JSON, or not declared as JSON.

use e2e::Answer;
use reqwest::Method;

use crate::Scene;

const WITH_BODY: &[(&str, &str)] = &[
    ("POST", "/api/users/register"),
    ("POST", "/api/users/login"),
    ("POST", "/api/users/refresh"),
    ("POST", "/api/users/logout"),
    ("PATCH", "/api/users/me"),
    ("POST", "/api/users/me/password"),
    ("POST", "/api/products/create"),
    ("PUT", "/api/products/update"),
    ("PATCH", "/api/products/remove"),
    ("POST", "/api/orders/create"),
    ("POST", "/api/orders/{id}/cancel"),
    ("POST", "/api/orders/{id}/refunds"),
    ("POST", "/api/orders/{id}/fulfilments/{fid}/cancel"),
    ("POST", "/api/orders/{id}/fulfilments/{fid}/shipments"),
    (
        "POST",
        "/api/orders/{id}/fulfilments/{fid}/shipments/{sid}/deliver",
    ),
    ("POST", "/api/users/me/addresses"),
    ("POST", "/api/wallet/credit"),
    ("POST", "/api/wallet/debit"),
];

async fn send(
    scene: &Scene,
    (method, path): (&str, &str),
    media_type: Option<&str>,
    body: Vec<u8>,
) -> Answer {
    let method: Method = method.parse().unwrap();
    let path = scene.at(path);
    let mut request = scene.seller.request(method, &path).body(body);
    if let Some(media_type) = media_type {
        request = request.header("content-type", media_type);
    }
    Answer::of(request).await
}

#[tokio::test]
async fn what_is_not_json_is_refused_on_every_route() {
    let scene = Scene::set().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: [&[u8]; 9] = [
        b"",
        b"{",
        b"{'name': 'x'}",
        b"name=x",
        b"{\"name\": \"x\"} {}",
        b"{\"name\": \"\xff\xfe\"}",
        b"\xef\xbb\xbf{}",
        b"{\"amount\": NaN}",
        deep.as_bytes(),
    ];
    for route in WITH_BODY {
        for body in bodies {
            let answer = send(&scene, *route, Some("application/json"), body.to_vec()).await;
            answer.assert_problem(400, "malformed_json");
        }
    }
    scene.assert_unchanged("what is not JSON").await;
}

#[tokio::test]
async fn what_is_not_said_to_be_json_is_refused_on_every_route() {
    let scene = Scene::set().await;
    let types = [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonp"),
        Some(""),
    ];
    for route in WITH_BODY {
        for media_type in types {
            let answer = send(&scene, *route, media_type, b"{}".to_vec()).await;
            answer.assert_problem(415, "unsupported_media_type");
        }
    }
    scene.assert_unchanged("other media types").await;
}

#[tokio::test]
async fn a_body_above_256_kib_is_refused_on_every_route() {
    let scene = Scene::set().await;
    let just_right = format!("{{\"x\":\"{}\"}}", "x".repeat(256 * 1024 - 8));
    assert_eq!(just_right.len(), 256 * 1024);
    let too_large = format!("{just_right} ");
    for route in WITH_BODY {
        let answer = send(
            &scene,
            *route,
            Some("application/json"),
            just_right.clone().into_bytes(),
        )
        .await;
        answer.assert_problem(422, "validation_failed");
        let answer = send(
            &scene,
            *route,
            Some("application/json"),
            too_large.clone().into_bytes(),
        )
        .await;
        answer.assert_problem(413, "body_too_large");
    }
    scene.assert_unchanged("large bodies").await;
}
