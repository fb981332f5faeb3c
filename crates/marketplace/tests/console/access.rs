//! Accounts: mails and their links, logins, what is held on a user, and what operators decide about them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::world::{PASSWORD, World};

const OTHER: &str = "staple this instead";

async fn log_in(browser: &mut Browser, password: &str) {
    browser.open("/login").await;
    let fields = [("email", "ada@example.com"), ("password", password)];
    browser.send("/login", &fields).await;
}

#[tokio::test]
async fn a_new_user_confirms_their_address_and_sets_a_password_that_they_forgot() {
    let world = World::with_mails();
    let mut ada = world.browser();
    ada.open("/register").await;
    let fields = [
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    ada.send("/register", &fields).await;
    assert_eq!(ada.status, 200);
    ada.assert_shows("A mail to ada@example.com says how to go on.");
    let link = world.link_in_mail("/verify?token=").await;
    for _ in 0..2 {
        // To look is not to confirm.
        ada.open(&link).await;
        ada.assert_shows("Press the button");
    }
    let token = ada.hidden("token");
    ada.send("/verify", &[("token", &token)]).await;
    ada.assert_shows("Your email address is confirmed.");
    log_in(&mut ada, PASSWORD).await;
    assert_eq!((ada.status, ada.path.as_str()), (200, "/"));
    ada.open(&link).await;
    ada.send("/verify", &[("token", &token)]).await;
    assert_eq!(ada.status, 422);
    ada.assert_shows("This link is not valid any more.");

    let mut elsewhere = world.browser();
    elsewhere.open("/login").await;
    let forgot = elsewhere.link("/forgot");
    for email in ["nobody@example.com", "ada@example.com"] {
        elsewhere.open(&forgot).await;
        elsewhere.send("/forgot", &[("email", email)]).await;
        elsewhere.assert_shows(&format!("If {email} has an account, a mail is on its way."));
    }
    elsewhere
        .open(&world.link_in_mail("/reset?token=").await)
        .await;
    let token = elsewhere.hidden("token");
    let short = [("token", token.as_str()), ("password", "short")];
    elsewhere.send("/reset", &short).await;
    assert_eq!(elsewhere.status, 422);
    elsewhere.assert_shows("This is too short.");
    let fields = [("token", token.as_str()), ("password", OTHER)];
    elsewhere.send("/reset", &fields).await;
    elsewhere.assert_shows("Your new password is set.");
    log_in(&mut elsewhere, PASSWORD).await;
    assert_eq!(elsewhere.status, 422);
    log_in(&mut elsewhere, OTHER).await;
    assert_eq!(elsewhere.status, 200);
    ada.open("/account").await;
    assert!(ada.path.starts_with("/login"), "{}", ada.path);
}

#[tokio::test]
async fn an_address_changes_once_its_owner_follows_the_link() {
    let world = World::with_mails();
    let made = world.command(&["setup-token"]);
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let mut ada = world.browser();
    ada.open("/setup").await;
    let fields = [
        ("token", token.as_str()),
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    ada.send("/setup", &fields).await;
    ada.open("/account").await;
    let fields = [("email", "ada@example.org"), ("password", "not it at all")];
    ada.send("/account/email", &fields).await;
    assert_eq!(ada.status, 422);
    ada.assert_shows("The current password is wrong.");
    ada.assert_shows("value=\"ada@example.org\"");
    let fields = [("email", "ada@example.org"), ("password", PASSWORD)];
    ada.send("/account/email", &fields).await;
    ada.assert_shows("A mail is on its way.");
    ada.open(&world.link_in_mail("/verify?token=").await).await;
    let token = ada.hidden("token");
    ada.send("/verify", &[("token", &token)]).await;
    let mut again = world.browser();
    log_in(&mut again, PASSWORD).await;
    assert_eq!(again.status, 422, "the address is another one");
}

#[tokio::test]
async fn without_mails_a_locked_out_user_is_told_whom_to_ask() {
    let world = World::start();
    let mut ada = world.person("Ada").await;
    ada.open("/forgot").await;
    ada.send("/forgot", &[("email", "ada@example.com")]).await;
    assert_eq!(ada.status, 422);
    ada.assert_shows("No mails are sent here. Ask the operator");
    for path in ["/reset", "/verify"] {
        ada.open(path).await;
        ada.assert_shows("The link is incomplete.");
    }
}

#[tokio::test]
async fn a_user_sees_their_logins_and_ends_those_that_they_do_not_know() {
    let world = World::start();
    let mut here = world.person("Ada").await;
    let mut there = world.browser();
    log_in(&mut there, PASSWORD).await;
    here.open("/account").await;
    let page = here.link("/account/logins");
    here.open(&page).await;
    here.assert_shows("this browser");
    assert_eq!(here.page.matches("<section class=\"box\">").count(), 2);
    here.send("/account/logins/end-others", &[]).await;
    here.assert_shows("It is ended.");
    assert_eq!(here.page.matches("<section class=\"box\">").count(), 1);
    there.open("/account").await;
    assert!(there.path.starts_with("/login"), "{}", there.path);
    let own = here.action("/account/logins/0");
    here.send(&own, &[]).await;
    assert!(here.path.starts_with("/login"), "{}", here.path);
}

#[tokio::test]
async fn a_user_chooses_which_mails_they_get_and_in_which_language() {
    let world = World::start();
    let mut ada = world.person("Ada").await;
    ada.open("/account").await;
    let page = ada.link("/account/mails");
    ada.open(&page).await;
    assert_eq!(ada.page.matches(" checked>").count(), 5);
    assert!(!ada.page.contains("value=\"de\" selected>"));
    let fields = [("language", "de"), ("orders", "1"), ("refunds", "1")];
    ada.send("/account/mails", &fields).await;
    ada.assert_shows("It is saved.");
    assert_eq!(ada.page.matches(" checked>").count(), 2);
    ada.assert_shows("value=\"de\" selected>");
    let token = world.token("ada@example.com").await;
    let path = "/api/users/me/notifications";
    let kept = world.api(Method::GET, path, &token, Value::Null).await;
    let expected = json!({"language": "de", "orders": true, "shipments": false, "refunds": true, "returns": false, "payouts": false});
    assert_eq!(kept, expected);
    ada.send("/account/mails", &[("language", "")]).await;
    let kept = world.api(Method::GET, path, &token, Value::Null).await;
    assert_eq!(
        (&kept["orders"], kept.get("language")),
        (&json!(false), None)
    );
}

#[tokio::test]
async fn a_user_takes_their_data_along_and_deletes_their_account() {
    let world = World::start();
    let mut ada = world.person("Ada").await;
    ada.list("Lamp", "12.99", "3", "none").await;
    ada.open("/account/data").await;
    let file = ada.link("/account/data/export");
    ada.open(&file).await;
    assert_eq!(
        ada.headers["content-disposition"],
        "attachment; filename=\"my-data.json\""
    );
    let held: Value = serde_json::from_str(&ada.page).unwrap();
    assert_eq!(held.pointer("/user/name"), Some(&json!("Ada")));
    assert_eq!(held.pointer("/lists/products/0/name"), Some(&json!("Lamp")));
    ada.open("/account/data").await;
    ada.send("/account/data/erase", &[("password", "not it at all")])
        .await;
    assert_eq!(ada.status, 422);
    ada.assert_shows("The current password is wrong.");
    ada.send("/account/data/erase", &[("password", PASSWORD)])
        .await;
    ada.assert_shows("Your account is deleted.");
    log_in(&mut ada, PASSWORD).await;
    assert_eq!(ada.status, 422);
}

#[tokio::test]
async fn an_operator_suspends_and_promotes_users_and_the_log_keeps_it() {
    let world = World::start();
    let mut operator = world.operator().await;
    let mut ada = world.person("Ada").await;
    operator.open("/operate/users?email=ada").await;
    let page = operator.link("/operate/users/0");
    operator.open(&page).await;
    operator.send(&format!("{page}/suspend"), &[]).await;
    assert_eq!(operator.status, 422);
    operator.assert_shows("This is");
    operator
        .send(&format!("{page}/suspend"), &[("reason", "Stolen cards")])
        .await;
    operator.assert_shows("It is decided.");
    operator.assert_shows("Stolen cards");
    ada.open("/account").await;
    assert!(ada.path.starts_with("/login"), "{}", ada.path);
    log_in(&mut ada, PASSWORD).await;
    assert_eq!(ada.status, 422);
    operator.open("/operate/users?suspended=true").await;
    operator.assert_shows("ada@example.com");
    assert!(!operator.page.contains("olga@example.com"));
    operator.open(&page).await;
    operator
        .send(&format!("{page}/reinstate"), &[("reason", "A mistake")])
        .await;
    operator
        .send(&format!("{page}/roles/treasury/grant"), &[])
        .await;
    operator.assert_shows("Take the role");
    operator
        .send(&format!("{page}/roles/treasury/revoke"), &[])
        .await;
    let me = world.token("olga@example.com").await;
    let me = world.api(Method::GET, "/api/users/me", &me, Value::Null);
    let own = format!("/operate/users/{}", me.await["id"].as_str().unwrap());
    operator.open(&own).await;
    operator
        .send(&format!("{own}/roles/admin/revoke"), &[])
        .await;
    assert_eq!(operator.status, 409);
    operator.assert_shows("The last administrator stays.");
    let log = page.replace("/users/", "/log?user=");
    operator.open(&log).await;
    for text in [
        "suspended",
        "reinstated",
        "got a role",
        "lost a role",
        "Stolen cards",
    ] {
        operator.assert_shows(text);
    }
    ada.open("/operate/log").await;
    assert!(ada.path.starts_with("/login"), "{}", ada.path);
}
