//! The addresses that a user keeps.

use e2e::{Shape, address};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{column, items};

const PATH: &str = "/api/users/me/addresses";

#[tokio::test]
async fn addresses_are_kept_changed_removed_and_one_is_the_default() {
    let shape = Shape::start();
    let [ada, eve] = shape.join(["Ada", "Eve"]).await;
    assert!(items(&ada.get(PATH).await).is_empty());
    let home = ada.post(PATH, &address()).await;
    assert_eq!(home.status, 201, "{home:?}");
    let mut elsewhere = address();
    elsewhere["line1"] = json!("1 Hauptstraße");
    elsewhere["country"] = json!("DE");
    let work = ada.post(PATH, &elsewhere).await;
    assert_eq!(work.status, 201, "{work:?}");
    let (home, work) = (
        home.body["id"].as_str().unwrap(),
        work.body["id"].as_str().unwrap(),
    );
    let path = |id: &str| format!("{PATH}/{id}");

    let mut kept = column(items(&ada.get(PATH).await), "id");
    kept.sort();
    let mut expected = [home.to_owned(), work.to_owned()];
    expected.sort();
    assert_eq!(kept, expected);
    elsewhere["isDefault"] = json!(true);
    let made = ada.send(Method::PUT, &path(work), &elsewhere).await;
    assert_eq!(made.status, 200, "{made:?}");
    let default = async || -> Vec<String> {
        let all = ada.get(PATH).await;
        let kept = items(&all).iter();
        let default: Vec<Value> = kept
            .filter(|one| one["isDefault"] == true)
            .cloned()
            .collect();
        column(&default, "id")
    };
    assert_eq!(default().await, [work]);

    let mut moved = address();
    moved["postalCode"] = json!("E1 6AN");
    let changed = ada.send(Method::PUT, &path(home), &moved).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.body["postalCode"], "E1 6AN");
    let read = ada.get(&path(home)).await;
    assert_eq!(read.body, changed.body);
    for id in [home, work] {
        for foreign in [
            eve.get(&path(id)).await,
            eve.send(Method::PUT, &path(id), &moved).await,
        ] {
            foreign.assert_problem(404, "address_not_found");
        }
    }
    assert!(items(&eve.get(PATH).await).is_empty());
    let gone = ada.request(Method::DELETE, &path(home));
    assert_eq!(gone.send().await.unwrap().status(), 204);
    assert_eq!(column(items(&ada.get(PATH).await), "id"), [work]);
}
