//! Compressed answers: for whom, and which never.

use std::io::Read as _;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{ContentType, ETag, EntityTag};
use flate2::read::GzDecoder;

use super::*;

pub(super) fn routes() -> Paths {
    Paths::default()
        .get("/texts/long", || async { numbers(300, |_| {}) })
        // Some 200 KB, which is compressed beside the thread of its connection.
        .get("/texts/huge", || async { numbers(10_000, |_| {}) })
        .get("/texts/short", || async { numbers(50, |_| {}) })
        .get("/texts/tagged", || async {
            let tag = ETag(EntityTag::new_strong("3".to_owned()));
            numbers(300, |answer| {
                answer.insert_header(tag);
            })
        })
        .get("/texts/secret", || async {
            let secret = ("cache-control", "no-store");
            numbers(300, |answer| {
                answer.insert_header(secret);
            })
        })
        .get("/texts/image", || async {
            numbers(300, |answer| {
                answer.insert_header(ContentType::png());
            })
        })
}

/// JSON with `count` numbers in it.
fn numbers(count: usize, change: impl FnOnce(&mut HttpResponseBuilder)) -> HttpResponse {
    let numbers: Vec<String> = (0..count)
        .map(|number| format!("number {number}"))
        .collect();
    let mut answer = HttpResponse::Ok();
    answer.content_type(ContentType::json());
    change(&mut answer);
    answer.body(serde_json::to_vec(&numbers).unwrap())
}

/// The answer's encoding, `Vary` and bytes.
async fn fetch(world: &World, path: &str, accepts: Option<&str>) -> (String, String, Vec<u8>) {
    let mut request = world.request("GET", path);
    if let Some(accepts) = accepts {
        request = request.header("accept-encoding", accepts);
    }
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    let header = |name: &str| {
        let value = answer.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    let (encoding, vary) = (header("content-encoding"), header("vary"));
    let length = header("content-length");
    let bytes = answer.bytes().await.unwrap().to_vec();
    assert_eq!(length, bytes.len().to_string(), "{path}");
    (encoding, vary, bytes)
}

fn unpack(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

#[tokio::test]
async fn text_is_compressed_for_clients_that_ask() {
    let world = World::start();
    for path in ["/texts/long", "/texts/huge"] {
        let (encoding, vary, plain) = fetch(&world, path, None).await;
        assert_eq!((&*encoding, &*vary), ("", "Accept-Encoding"), "{path}");
        for accepts in [
            "gzip",
            "gzip, deflate, br, zstd",
            "identity;q=0.5, gzip;q=1.0",
        ] {
            let (encoding, vary, packed) = fetch(&world, path, Some(accepts)).await;
            assert_eq!(
                (&*encoding, &*vary),
                ("gzip", "Accept-Encoding"),
                "{accepts}"
            );
            assert!(packed.len() * 3 < plain.len(), "{}", packed.len());
            assert_eq!(unpack(&packed), plain, "{path}");
        }
        for accepts in [
            "",
            "identity",
            "br",
            "gzip;q=0",
            "deflate, gzip;q=0",
            "*;q=0",
            "*",
        ] {
            let (encoding, vary, bytes) = fetch(&world, path, Some(accepts)).await;
            assert_eq!((&*encoding, &*vary), ("", "Accept-Encoding"), "{accepts}");
            assert_eq!(bytes, plain, "{accepts}");
        }
    }
    world.stop().await;
}

#[tokio::test]
async fn small_answers_tagged_ones_images_and_secrets_stay_as_they_are() {
    let world = World::start();
    for path in [
        "/texts/short",
        "/texts/tagged",
        "/texts/image",
        "/texts/secret",
    ] {
        let plain = fetch(&world, path, None).await;
        let asked = fetch(&world, path, Some("gzip")).await;
        assert_eq!(asked, plain, "{path}");
        assert_eq!((&*asked.0, &*asked.1), ("", ""), "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn head_tells_the_length_that_get_would_have() {
    let world = World::start();
    let (.., packed) = fetch(&world, "/texts/long", Some("gzip")).await;
    let head = world.request("HEAD", "/texts/long");
    let head = head.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(head.headers()["content-encoding"], "gzip");
    assert_eq!(head.headers()["content-length"], packed.len().to_string());
    world.stop().await;
}
