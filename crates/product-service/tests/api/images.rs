//! The images of products: POST, PUT and DELETE under /api/products/{id}/images, and GET /images/{name}.

use std::time::Duration;

use host::service::StoreConfig;
use host::testing::Answer;
use images::png_of;
use images::testing::{chunk, png_head};
use product_service::Config;
use reqwest::{Method, RequestBuilder, Response};
use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{User, World, lamp};

const BOUNDARY: &str = "a-boundary";

/// A picture with a diagonal, in a colour of its own.
fn picture(width: u32, height: u32, colour: u8) -> Vec<u8> {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let rgb: Vec<u8> = pixels
        .flat_map(|(x, y)| [colour, if x > y { 200 } else { 20 }, 90])
        .collect();
    png_of(width, height, &rgb).unwrap()
}

fn part(name: &str, value: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"photo.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
    );
    [head.as_bytes(), value, b"\r\n"].concat()
}

impl World {
    fn images(&self, method: Method, user: &User, product: &Value, rest: &str) -> RequestBuilder {
        let path = format!(
            "/api/products/{}/images{rest}",
            product["id"].as_str().unwrap()
        );
        self.host.request(method, &path, &user.token)
    }

    fn form(&self, user: &User, product: &Value, parts: &[(&str, &[u8])]) -> RequestBuilder {
        let mut body = Vec::new();
        for (name, value) in parts {
            body.extend(part(name, value));
        }
        body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
        self.images(Method::POST, user, product, "")
            .header(
                "content-type",
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .body(body)
    }

    async fn upload(&self, user: &User, product: &Value, file: &[u8]) -> Answer {
        Answer::of(self.form(user, product, &[("file", file)])).await
    }

    /// Adds an image that must be accepted.
    async fn add_image(&self, user: &User, product: &Value, colour: u8) -> Value {
        let answer = self.upload(user, product, &picture(400, 300, colour)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body
    }

    async fn arrange(&self, user: &User, product: &Value, images: Value) -> Answer {
        let request = self.images(Method::PUT, user, product, "");
        Answer::of(request.json(&json!({"images": images}))).await
    }

    async fn remove_image(&self, user: &User, product: &Value, image: &Value) -> Answer {
        let rest = format!("/{}", image["id"].as_str().unwrap());
        Answer::of(self.images(Method::DELETE, user, product, &rest)).await
    }

    async fn load(&self, url: &Value) -> Response {
        let request = self.host.request(Method::GET, url.as_str().unwrap(), "");
        request.send().await.unwrap()
    }
}

/// A world with a seller and their lamp.
async fn shop() -> (World, User, Value) {
    let world = World::new();
    let seller = world.user();
    let product = world.list(&seller, &lamp()).await;
    (world, seller, product)
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn an_image_is_part_of_its_product_wherever_that_is_shown() {
    let (world, seller, product) = shop().await;
    assert_eq!(product["images"], json!([]));
    let parts: [(&str, &[u8]); 2] = [("alt", b" Our lamp "), ("file", &picture(1000, 500, 7))];
    let added = Answer::of(world.form(&seller, &product, &parts)).await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(added.header("etag"), "\"2\"");
    let image = &added.body;
    assert_eq!(added.header("location"), image["urls"]["1600"]);
    let about = (&image["alt"], &image["width"], &image["height"]);
    assert_eq!(about, (&json!("Our lamp"), &json!(1000), &json!(500)));
    let shown = world.get(&world.user(), &product).await;
    assert_eq!(
        (shown.header("etag"), &shown.body["images"]),
        ("\"2\"", &json!([image]))
    );
    world.list(&seller, &lamp()).await;
    let page = world.page(&seller, "").await.body;
    let listed = [&page["items"][0]["images"], &page["items"][1]["images"]];
    assert_eq!(listed, [&json!([]), &json!([image])]);
    let edited = world
        .update(&seller, &json!({"id": product["id"], "stock": 3}))
        .await;
    assert_eq!(edited.body["images"], json!([image]));
    world.assert_book_is_right();
}

#[tokio::test]
async fn a_picture_is_served_to_anyone_and_may_be_kept_for_good() {
    let (world, seller, product) = shop().await;
    let answer = world
        .upload(&seller, &product, &picture(1000, 500, 7))
        .await;
    let urls = &answer.body["urls"];
    for (width, expected) in [
        ("320", (320, 160)),
        ("800", (800, 400)),
        ("1600", (1000, 500)),
    ] {
        let response = world.load(&urls[width]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "content-type"), "image/jpeg");
        assert_eq!(
            header(&response, "cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        let tag = header(&response, "etag").to_owned();
        let bytes = response.bytes().await.unwrap();
        let size = images::pictures_of(&bytes).unwrap();
        let widest = size.last().unwrap();
        assert_eq!((widest.width, widest.height), expected);
        let again = world
            .host
            .request(Method::GET, urls[width].as_str().unwrap(), "");
        let again = again.header("if-none-match", tag).send().await.unwrap();
        assert_eq!(again.status(), 304);
    }
    let small = world
        .upload(&seller, &product, &picture(200, 100, 7))
        .await
        .body;
    assert_eq!(
        small["urls"]["320"], small["urls"]["1600"],
        "none is larger than the original"
    );
    let unknown = format!("/images/{}.jpg", "0".repeat(64));
    for nothing in [&*unknown, "/images/lamp.jpg", "/images/..%2Fproduct.sqlite"] {
        let answer = world.host.get(nothing, "").await;
        answer.assert_problem(404, "picture_not_found");
    }
}

#[rstest]
#[case(b"a text that somebody called photo.jpg".to_vec(), "unsupported_format")]
#[case(b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), "unsupported_format")]
#[case(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(), "unsupported_format")]
#[case(b"%PDF-1.7\xff\xd8\xff".to_vec(), "unsupported_format")]
#[case(Vec::new(), "unsupported_format")]
#[case(picture(300, 300, 1)[..400].to_vec(), "unreadable")]
#[case(png_head(0, 0), "unreadable")]
#[case(png_head(50_000, 50_000), "too_many_pixels")]
#[case(png_head(19_000, 19_000), "too_many_pixels")]
#[case([&picture(9, 9, 1)[..33], &chunk(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]), &picture(9, 9, 1)[33..]].concat(), "animated")]
#[tokio::test]
async fn a_file_that_is_no_picture_leaves_nothing(#[case] file: Vec<u8>, #[case] code: &str) {
    let (world, seller, product) = shop().await;
    let answer = world.upload(&seller, &product, &file).await;
    answer.assert_problem(422, "validation_failed");
    let errors = answer.body["errors"].as_array().unwrap();
    assert_eq!(
        (errors.len(), &errors[0]["pointer"], &errors[0]["code"]),
        (1, &json!("/file"), &json!(code))
    );
    assert_eq!(world.get(&seller, &product).await.body, product);
    assert!(world.blobs().is_empty());
}

#[tokio::test]
async fn only_pixels_are_kept_of_a_file() {
    let (world, seller, product) = shop().await;
    let clean = world.add_image(&seller, &product, 9).await;
    let photo = world
        .load(&clean["urls"]["1600"])
        .await
        .bytes()
        .await
        .unwrap();
    // Where it was taken (EXIF), and a web page and an archive behind the picture.
    let secret = b"Exif\0\0MM\0*\0\0\0\x08\0\0GPS 52.5200 N 13.4050 E";
    let length = u16::try_from(secret.len() + 2).unwrap().to_be_bytes();
    let polyglot = [
        &photo[..2],
        &[0xff, 0xe1],
        &length,
        secret,
        &photo[2..],
        b"<script>alert(1)</script>PK\x03\x04",
    ]
    .concat();
    let answer = world.upload(&seller, &product, &polyglot).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    for file in world.blobs() {
        let bytes = std::fs::read(&file).unwrap();
        for hidden in [&b"GPS"[..], b"Exif", b"script", b"PK\x03\x04"] {
            assert!(!bytes.windows(hidden.len()).any(|window| window == hidden));
        }
    }
}

#[tokio::test]
async fn all_faults_of_an_upload_are_told_at_once() {
    let (world, seller, product) = shop().await;
    let long = "x".repeat(301);
    let parts: [(&str, &[u8]); 3] = [("alt", long.as_bytes()), ("file", b"text"), ("size", b"9")];
    let answer = Answer::of(world.form(&seller, &product, &parts)).await;
    answer.assert_problem(422, "validation_failed");
    let errors = answer.body["errors"].as_array().unwrap();
    let found: Vec<_> = errors
        .iter()
        .map(|error| {
            (
                error["pointer"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("/size", "unknown_field"),
            ("/alt", "too_long"),
            ("/file", "unsupported_format")
        ]
    );
    let nothing = Answer::of(world.form(&seller, &product, &[])).await;
    nothing.assert_problem(422, "validation_failed");
    assert_eq!(nothing.body["errors"][0]["pointer"], "/file");
}

#[tokio::test]
async fn a_body_that_is_no_form_or_too_large_is_refused() {
    let (world, seller, product) = shop().await;
    let json = world
        .images(Method::POST, &seller, &product, "")
        .json(&json!({"file": "x"}));
    Answer::of(json)
        .await
        .assert_problem(415, "unsupported_media_type");
    let cut = world
        .images(Method::POST, &seller, &product, "")
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(part("file", b"cut off"));
    Answer::of(cut).await.assert_problem(400, "malformed_form");
    let most = vec![0; 10 * 1024 * 1024];
    world
        .upload(&seller, &product, &most)
        .await
        .assert_problem(422, "validation_failed");
    let large = vec![0; 10 * 1024 * 1024 + 1];
    // The server may close the connection before it has read all of it.
    if let Ok(response) = world
        .form(&seller, &product, &[("file", &large)])
        .send()
        .await
    {
        assert_eq!(response.status(), 413);
    }
    assert_eq!(world.get(&seller, &product).await.body, product);
    assert!(world.blobs().is_empty());
}

#[tokio::test]
async fn only_its_seller_changes_the_images_of_a_product() {
    let (world, seller, product) = shop().await;
    let image = world.add_image(&seller, &product, 1).await;
    let (stranger, nobody) = (
        world.user(),
        User {
            id: seller.id,
            token: String::new(),
        },
    );
    let before = world.get(&seller, &product).await.body;
    let files = world.blobs().len();
    for (user, status, code) in [
        (&stranger, 403, "not_owner"),
        (&nobody, 401, "unauthenticated"),
    ] {
        let placed = json!([{"id": image["id"]}]);
        world
            .upload(user, &product, &picture(40, 40, 2))
            .await
            .assert_problem(status, code);
        world
            .arrange(user, &product, placed)
            .await
            .assert_problem(status, code);
        world
            .remove_image(user, &product, &image)
            .await
            .assert_problem(status, code);
    }
    let elsewhere = json!({"id": world.unknown_product()});
    for unknown in [elsewhere, json!({"id": "lamp"})] {
        world
            .upload(&seller, &unknown, &picture(40, 40, 2))
            .await
            .assert_problem(404, "product_not_found");
        world
            .arrange(&seller, &unknown, json!([]))
            .await
            .assert_problem(404, "product_not_found");
        world
            .remove_image(&seller, &unknown, &image)
            .await
            .assert_problem(404, "product_not_found");
    }
    assert_eq!(world.get(&seller, &product).await.body, before);
    let gone = world.remove(&seller, &json!({"id": product["id"]})).await;
    assert_eq!(gone.status, 200);
    world
        .upload(&seller, &product, &picture(40, 40, 2))
        .await
        .assert_problem(404, "product_not_found");
    assert_eq!(world.blobs().len(), files);
}

#[tokio::test]
async fn a_repeated_upload_adds_one_image() {
    let (world, seller, product) = shop().await;
    let send = async |colour| {
        let request = world.form(&seller, &product, &[("file", &picture(400, 300, colour))]);
        Answer::of(request.header("idempotency-key", "once")).await
    };
    let first = send(3).await;
    let again = send(3).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    send(4).await.assert_problem(422, "idempotency_key_reused");
    let shown = world.get(&seller, &product).await.body;
    assert_eq!(
        (&shown["images"], &shown["version"]),
        (&json!([first.body]), &json!(2))
    );
}

#[tokio::test]
async fn a_change_for_another_version_is_refused() {
    let (world, seller, product) = shop().await;
    let image = world.add_image(&seller, &product, 1).await;
    let files = world.blobs().len();
    let stale = |request: RequestBuilder| Answer::of(request.header("if-match", "\"1\""));
    let delete = format!("/{}", image["id"].as_str().unwrap());
    let body = json!({"images": [{"id": image["id"]}]});
    for request in [
        world.form(&seller, &product, &[("file", &picture(40, 40, 2))]),
        world.images(Method::PUT, &seller, &product, "").json(&body),
        world.images(Method::DELETE, &seller, &product, &delete),
    ] {
        stale(request)
            .await
            .assert_problem(412, "precondition_failed");
    }
    assert_eq!(world.blobs().len(), files);
    let current = world.form(&seller, &product, &[("file", &picture(40, 40, 2))]);
    let answer = Answer::of(current.header("if-match", "\"2\"")).await;
    assert_eq!((answer.status, answer.header("etag")), (201, "\"3\""));
}

#[tokio::test]
async fn a_product_has_at_most_twelve_images() {
    let (world, seller, product) = shop().await;
    for colour in 0..12 {
        world.add_image(&seller, &product, colour).await;
    }
    let files = world.blobs().len();
    let answer = world
        .upload(&seller, &product, &picture(400, 300, 99))
        .await;
    answer.assert_problem(409, "too_many_images");
    assert_eq!(world.blobs().len(), files);
}

#[tokio::test]
async fn images_are_arranged_and_removed() {
    let (world, seller, product) = shop().await;
    let (a, b) = (
        world.add_image(&seller, &product, 1).await,
        world.add_image(&seller, &product, 2).await,
    );
    let placed = json!([{"id": b["id"], "alt": "The back"}, {"id": a["id"], "alt": null}]);
    let answer = world.arrange(&seller, &product, placed).await;
    assert_eq!((answer.status, answer.header("etag")), (200, "\"4\""));
    let images = &answer.body["images"];
    assert_eq!((&images[0]["alt"], &images[1]), (&json!("The back"), &a));
    assert_eq!(world.get(&seller, &product).await.body, answer.body);
    for others in [
        json!([]),
        json!([{"id": a["id"]}]),
        json!([{"id": a["id"]}, {"id": a["id"]}]),
    ] {
        world
            .arrange(&seller, &product, others)
            .await
            .assert_problem(409, "other_images");
    }
    let wrong = json!([{"id": "a", "alt": "x".repeat(301)}, {"id": b["id"], "place": 1}]);
    let refused = world.arrange(&seller, &product, wrong).await;
    refused.assert_problem(422, "validation_failed");
    assert_eq!(refused.body["errors"].as_array().unwrap().len(), 3);
    let removed = world.remove_image(&seller, &product, &a).await;
    assert_eq!((removed.status, removed.header("etag")), (204, "\"5\""));
    world
        .remove_image(&seller, &product, &a)
        .await
        .assert_problem(404, "image_not_found");
    let none = json!({"id": "none"});
    world
        .remove_image(&seller, &product, &none)
        .await
        .assert_problem(404, "image_not_found");
    let left = world.get(&seller, &product).await.body;
    assert_eq!(left["images"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_pictures_of_a_removed_image_are_gone_after_an_hour() {
    let (world, seller, product) = shop().await;
    let (a, b) = (
        world.add_image(&seller, &product, 1).await,
        world.add_image(&seller, &product, 2).await,
    );
    world.remove_image(&seller, &product, &a).await;
    assert_eq!(
        world.load(&a["urls"]["320"]).await.status(),
        200,
        "a page may still show it"
    );
    world.clock.advance(Duration::from_secs(3_700));
    assert_eq!(world.service.sweep_pictures().await, Ok(2));
    assert_eq!(world.load(&a["urls"]["320"]).await.status(), 404);
    assert_eq!(world.load(&b["urls"]["320"]).await.status(), 200);
    assert_eq!(world.blobs().len(), 2);
}

#[tokio::test]
async fn a_marketplace_without_a_place_for_images_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("product.sqlite");
    let world = World::with_store(&Config::default(), StoreConfig::Sqlite { path }, dir);
    let seller = world.user();
    let product = world.list(&seller, &lamp()).await;
    let answer = world.upload(&seller, &product, &picture(40, 40, 2)).await;
    answer.assert_problem(501, "images_not_kept");
    let name = format!("/images/{}.jpg", "0".repeat(64));
    world
        .host
        .get(&name, "")
        .await
        .assert_problem(404, "picture_not_found");
}
