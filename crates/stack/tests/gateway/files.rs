//! Files that the gateway serves, as embedded mode serves them from memory.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::world::World;

#[tokio::test]
async fn the_docs_and_all_they_load_are_served_as_the_embedded_shape_does() {
    let world = World::start().await;
    let page = world.ask("GET", "/api/docs").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    let types = BTreeMap::from([
        ("js", "text/javascript; charset=utf-8"),
        ("css", "text/css; charset=utf-8"),
        ("png", "image/png"),
    ]);
    let assets: Vec<&str> = page
        .text
        .split('"')
        .filter(|text| text.starts_with("/api/docs/"))
        .collect();
    assert!(assets.len() >= 4, "{assets:?}");
    for path in assets {
        let asset = world.ask("GET", path).await;
        let kind = path.rsplit('.').next().unwrap();
        assert_eq!(
            (asset.status, asset.header("content-type")),
            (200, types[kind]),
            "{path}"
        );
        assert_eq!(
            asset.header("cache-control"),
            "public, max-age=3600",
            "{path}"
        );
        assert!(
            asset
                .header("content-security-policy")
                .contains("default-src 'self'"),
            "{path}"
        );
    }
    let document = world.ask("GET", "/api/openapi.json").await;
    assert_eq!(
        (document.status, document.header("content-type")),
        (200, "application/json")
    );
    assert!(
        document.json()["openapi"]
            .as_str()
            .unwrap()
            .starts_with("3.1")
    );
    let ranged = world
        .request("GET", "/api/openapi.json")
        .header("range", "bytes=99999999-")
        .send()
        .await
        .unwrap();
    assert_eq!(
        ranged.status().as_u16(),
        200,
        "ranges are not served, so none can be wrong"
    );
}

#[tokio::test]
async fn every_refusal_of_the_gateways_own_is_explained_in_the_same_words() {
    let world = World::start().await;
    let conf =
        std::fs::read_to_string(world.stack.gateway_dir().join("conf/problems.conf")).unwrap();
    let mut documents = 0;
    for line in conf
        .lines()
        .filter(|line| line.trim_start().starts_with("return "))
    {
        let text = line.split('\'').nth(1).unwrap();
        let problem: Value = serde_json::from_str(text).unwrap();
        let explained = world.ask("GET", problem["type"].as_str().unwrap()).await;
        assert_eq!(
            (explained.status, explained.header("content-type")),
            (200, "application/json"),
            "{problem}"
        );
        let explanation = explained.json();
        for member in ["type", "code", "status", "title"] {
            assert_eq!(explanation[member], problem[member], "{problem}");
        }
        assert!(
            line.contains(&format!("return {} ", problem["status"])),
            "{line}"
        );
        documents += 1;
    }
    assert_eq!(documents, 14);
    // A problem kind that only one service defines.
    assert_eq!(
        world.ask("GET", "/problems/out_of_stock").await.json()["status"],
        409
    );
}
