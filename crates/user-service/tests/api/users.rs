//! Users as operators see them.

use rstest::rstest;
use serde_json::{Value, json};

use crate::world::{Login, World};

async fn operator(world: &World) -> Login {
    world.register("olga@example.com").await;
    let email = user_service::Email::parse("olga@example.com").unwrap();
    let granted = world.users.grant(&email, auth::Role::Admin).await.unwrap();
    assert!(granted.is_some());
    world.login("olga@example.com").await
}

fn emails(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|user| user["email"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn operators_find_users_by_the_beginning_of_an_email_and_by_role() {
    let world = World::start();
    for email in ["Ada@example.com", "adam@example.com", "eve@example.com"] {
        world.register(email).await;
        world.later(std::time::Duration::from_millis(2));
    }
    let olga = operator(&world).await;
    let list = async |query: &str| {
        let path = format!("/api/users{query}");
        let page = world.host.get(&path, &olga.token).await;
        assert_eq!(page.status, 200, "{page:?}");
        page.body
    };
    let all = [
        "olga@example.com",
        "eve@example.com",
        "adam@example.com",
        "Ada@example.com",
    ];
    assert_eq!(emails(&list("").await), all);
    let ada = ["Ada@example.com", "adam@example.com"];
    assert_eq!(emails(&list("?email=aDA").await), ada);
    assert_eq!(emails(&list("?email=ADA%40EXAMPLE.com").await), ada[..1]);
    assert_eq!(emails(&list("?role=admin").await), all[..1]);
    assert_eq!(emails(&list("?role=admin&email=ada").await), [""; 0]);
    assert_eq!(emails(&list("?role=treasury").await), [""; 0]);
    let whole = list("?email=eve").await;
    let suspend = format!(
        "/api/users/{}/suspend",
        whole["items"][0]["id"].as_str().unwrap()
    );
    let reason = json!({"reason": "Stolen cards"});
    let suspended = world.host.post(&suspend, &olga.token, &reason).await;
    assert_eq!(suspended.status, 200, "{suspended:?}");
    let eve = ["eve@example.com"];
    assert_eq!(emails(&list("?suspended=true").await), eve);
    assert_eq!(emails(&list("?suspended=true&email=EV").await), eve);
    assert_eq!(emails(&list("?suspended=true&role=admin").await), [""; 0]);
    for filter in ["", "&email=ad", "&email=o&role=admin", "&suspended=true"] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list(&format!("?limit=1{filter}{cursor}")).await;
            found.extend(emails(&page).into_iter().map(str::to_owned));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let whole = list(&format!("?limit=100{filter}")).await;
        assert_eq!(found, emails(&whole), "{filter}");
    }
}

#[tokio::test]
async fn an_operator_sees_a_user_as_the_user_does() {
    let world = World::start();
    let ada = world.someone("ada@example.com").await;
    let me = world.me(&ada.token).await.body;
    let olga = operator(&world).await;
    let path = format!("/api/users/{}", me["id"].as_str().unwrap());
    assert_eq!(world.host.get(&path, &olga.token).await.body, me);
    for nobody in ["0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d", "nobody"] {
        let path = format!("/api/users/{nobody}");
        let unknown = world.host.get(&path, &olga.token).await;
        unknown.assert_problem(404, "user_not_found");
    }
    for path in [path.as_str(), "/api/users"] {
        let refused = world.host.get(path, &ada.token).await;
        refused.assert_problem(403, "forbidden");
        let refused = world.host.get(path, "").await;
        refused.assert_problem(401, "unauthenticated");
    }
}

#[rstest]
#[case("email=", &[("?email", "too_short")])]
#[case("role=emperor&limit=0", &[("?role", "unknown_value"), ("?limit", "out_of_range")])]
#[case("cursor=x", &[("?cursor", "invalid_cursor")])]
#[case("name=ada", &[("?name", "unknown_parameter")])]
#[tokio::test]
async fn a_filter_that_makes_no_sense_is_refused(
    #[case] query: &str,
    #[case] faults: &[(&str, &str)],
) {
    let world = World::start();
    let olga = operator(&world).await;
    let path = format!("/api/users?{query}");
    let refused = world.host.get(&path, &olga.token).await;
    refused.assert_faults(faults);
}

#[tokio::test]
async fn a_cursor_belongs_to_its_filter() {
    let world = World::start();
    world.register("ada@example.com").await;
    let olga = operator(&world).await;
    let page = world.host.get("/api/users?limit=1", &olga.token).await.body;
    let next = page["nextCursor"].as_str().unwrap();
    assert_ne!(page["items"], json!([]));
    for filter in ["email=ada", "role=admin"] {
        let path = format!("/api/users?{filter}&cursor={next}");
        let refused = world.host.get(&path, &olga.token).await;
        refused.assert_faults(&[("?cursor", "invalid_cursor")]);
    }
}
