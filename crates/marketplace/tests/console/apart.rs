//! The pages in a process of their own, which asks for the API over HTTP, and what it says when it cannot.

use std::net::TcpListener;

use reqwest::header::ACCEPT;
use serde_json::Value;

use crate::world::{PASSWORD, World};

/// One with its pages in a server of their own, which asks the other one for the API.
fn apart() -> World {
    let world = World::start();
    let api = world.api_url.clone();
    world.with_pages_that_ask(&api)
}

async fn get(url: &str, accept: &str) -> (u16, String, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(url).header(ACCEPT, accept).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap();
    let (status, kind) = (answer.status().as_u16(), kind.to_owned());
    (status, kind, answer.text().await.unwrap())
}

#[tokio::test]
async fn a_path_that_is_none_is_a_page_for_a_browser_and_a_problem_for_a_client() {
    for world in [World::start(), apart()] {
        let nothing = format!("{}/nothing?x=1", world.url);
        let (status, kind, page) = get(&nothing, "text/html,*/*;q=0.8").await;
        assert_eq!((status, &*kind), (404, "text/html; charset=utf-8"));
        assert!(page.contains("There is nothing here"), "{page}");
        for (path, accept) in [
            ("/nothing", "*/*"),
            ("/nothing", "application/json"),
            ("/api/nothing", "text/html,*/*;q=0.8"),
            ("/api", "text/html,*/*;q=0.8"),
        ] {
            let (status, kind, body) = get(&format!("{}{path}", world.url), accept).await;
            assert_eq!(
                (status, &*kind),
                (404, "application/problem+json"),
                "{path}"
            );
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["code"], "not_found");
        }
    }
}

#[tokio::test]
async fn without_the_api_a_page_says_so_and_readiness_names_what_is_missing() {
    let world = apart();
    let (status, _, report) = get(&format!("{}/readyz", world.url), "*/*").await;
    assert_eq!(status, 200, "{report}");
    // A port that nobody listens on any more.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let alone = apart().with_pages_that_ask(&format!("http://{}", closed.unwrap()));
    let (status, kind, page) = get(&format!("{}/", alone.url), "text/html").await;
    assert_eq!((status, &*kind), (503, "text/html; charset=utf-8"));
    assert!(page.contains("<h1>"), "{page}");
    let (status, _, report) = get(&format!("{}/readyz", alone.url), "*/*").await;
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(status, 503);
    assert_eq!(report["dependencies"][0]["name"], "gateway");
    assert_eq!(report["dependencies"][0]["state"], "down");
    let (status, _, _) = get(&format!("{}/assets/console.css", alone.url), "*/*").await;
    assert_eq!(status, 200, "what needs no API is served");
}

#[tokio::test]
async fn a_setup_token_makes_the_first_administrator_in_either_mode() {
    for world in [World::start(), apart()] {
        let made = world.command(&["setup-token"]);
        assert!(made.status.success(), "{made:?}");
        let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let mut olga = world.browser();
        olga.open("/setup").await;
        let fields = |token| {
            [
                ("token", token),
                ("name", "Olga"),
                ("email", "olga@example.com"),
                ("password", PASSWORD),
                ("next", "/operate"),
            ]
        };
        olga.send("/setup", &fields("wrong")).await;
        assert_eq!(olga.status, 422);
        olga.assert_shows("This is not the setup token that was made last.");
        olga.assert_shows("value=\"olga@example.com\"");
        assert!(!olga.page.contains(PASSWORD));
        olga.send("/setup", &fields(&token)).await;
        assert_eq!((olga.status, olga.path.as_str()), (200, "/operate"));

        let mut eve = world.browser();
        eve.open("/setup").await;
        eve.send("/setup", &fields(&token)).await;
        assert_eq!(eve.status, 422);
        eve.assert_shows("There is an administrator already.");
        let again = world.command(&["setup-token"]);
        assert_eq!(again.status.code(), Some(2), "{again:?}");
    }
}
