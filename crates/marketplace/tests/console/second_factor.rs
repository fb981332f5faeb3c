//! A second factor: setting it up, logging in with it, and operators who need one.

use std::time::Duration;

use auth::testing::app_code;
use kernel::Clock as _;

use crate::browser::Browser;
use crate::world::{PASSWORD, World};

/// The time of a code.
const STEP: Duration = Duration::from_secs(30);

/// Sets it up and turns it on. Returns the secret and the recovery codes. The next code is good from now on.
async fn turn_on(world: &World, browser: &mut Browser) -> (String, Vec<String>) {
    browser.open("/account/second-factor").await;
    let page = "/account/second-factor";
    browser.send(page, &[("currentPassword", PASSWORD)]).await;
    let (uri, secret) = enrolment(browser);
    let code = app_code(&secret, world.clock.now());
    let fields = [("uri", uri.as_str()), ("code", &code)];
    browser.send(&format!("{page}/confirm"), &fields).await;
    assert_eq!(browser.status, 200, "{}", browser.page);
    let kept = browser.headers.get("cache-control").unwrap();
    assert_eq!(kept, "no-store");
    let codes = browser.page.split("<li><code>").skip(1);
    let codes = codes.map(|rest| rest.split('<').next().unwrap().to_owned());
    let codes: Vec<_> = codes.collect();
    assert_eq!(codes.len(), 10);
    world.clock.advance(STEP);
    (secret, codes)
}

/// The address and the secret that the page shows.
fn enrolment(browser: &Browser) -> (String, String) {
    let uri = browser.hidden("uri").replace("&amp;", "&");
    let (_, rest) = uri.split_once("secret=").unwrap();
    let secret = rest.split('&').next().unwrap().to_owned();
    (uri, secret)
}

/// The first step of a login.
async fn first_step(world: &World, email: &str) -> Browser {
    let mut browser = world.browser();
    browser.open("/login?next=/wallet").await;
    let fields = [
        ("email", email),
        ("password", PASSWORD),
        ("next", "/wallet"),
    ];
    browser.send("/login", &fields).await;
    browser
}

async fn second_step(browser: &mut Browser, code: &str) {
    let next = browser.hidden("next");
    let fields = [("code", code), ("next", &next)];
    browser.send("/login/code", &fields).await;
}

#[tokio::test]
async fn a_secret_is_shown_until_a_code_confirms_it_and_recovery_codes_once() {
    let world = World::start();
    let mut ada = world.person("Ada").await;
    ada.open("/account").await;
    ada.assert_shows("Your second factor is off.");
    let page = ada.link("/account/second-factor");
    ada.open(&page).await;
    ada.send(&page, &[("currentPassword", "not it at all")])
        .await;
    assert_eq!(ada.status, 422);
    ada.assert_shows("The current password is wrong.");
    ada.send(&page, &[("currentPassword", PASSWORD)]).await;
    assert_eq!(ada.headers["cache-control"], "no-store");
    ada.assert_shows("<svg class=\"qr\"");
    ada.assert_shows("href=\"otpauth://totp/marketplace:ada%40example%2Ecom?secret=");
    let (uri, secret) = enrolment(&ada);
    let confirm = format!("{page}/confirm");
    for (wrong, says) in [
        ("12", "Type the 6 digits"),
        (
            "AAAAAA-AAAAAA-AAAAAA-AAAAAA",
            "The code is wrong, or it was used.",
        ),
    ] {
        ada.send(&confirm, &[("uri", &uri), ("code", wrong)]).await;
        assert_eq!(ada.status, 422);
        ada.assert_shows(says);
        assert_eq!(enrolment(&ada).1, secret);
    }
    let code = app_code(&secret, world.clock.now());
    ada.send(&confirm, &[("uri", &uri), ("code", &code)]).await;
    ada.assert_shows("Keep them where you find them without your phone.");
    ada.open(&page).await;
    ada.assert_shows("10 recovery codes are left.");
    assert!(!ada.page.contains(&secret[..8]), "{}", ada.page);
    ada.open("/account").await;
    ada.assert_shows("Your second factor is on.");
}

#[tokio::test]
async fn a_login_takes_a_code_in_a_second_step_and_the_password_is_in_no_page() {
    let world = World::start();
    let mut ada = world.person("Ada").await;
    let (secret, codes) = turn_on(&world, &mut ada).await;
    let mut there = first_step(&world, "ada@example.com").await;
    assert_eq!(there.status, 200);
    there.assert_shows("You are logging in as ada@example.com.");
    let cookies = format!("{:?}", there.cookies);
    for text in [&there.page, &cookies] {
        assert!(
            !text.contains(PASSWORD) && !text.contains("horse"),
            "{text}"
        );
    }
    second_step(&mut there, "AAAAAA-AAAAAA-AAAAAA-AAAAAA").await;
    assert_eq!(there.status, 422);
    there.assert_shows("The code is wrong, or it was used.");
    there.assert_shows("ada@example.com");
    // Whoever comes back to the page finds it as it was.
    there.open("/login/code?next=/wallet").await;
    let code = app_code(&secret, world.clock.now());
    second_step(&mut there, &code).await;
    assert_eq!((there.status, there.path.as_str()), (200, "/wallet"));
    there.open("/login/code").await;
    assert_eq!(there.path, "/", "the first step is forgotten");

    let mut elsewhere = first_step(&world, "ada@example.com").await;
    second_step(&mut elsewhere, &code).await;
    assert_eq!(elsewhere.status, 422, "the code was used");
    second_step(&mut elsewhere, &codes[0]).await;
    assert_eq!(
        (elsewhere.status, elsewhere.path.as_str()),
        (200, "/wallet")
    );

    let mut slow = first_step(&world, "ada@example.com").await;
    world.clock.advance(Duration::from_mins(10));
    second_step(&mut slow, &codes[1]).await;
    assert_eq!(slow.status, 422);
    slow.assert_shows("That took too long. Log in again.");

    elsewhere.open("/account/second-factor").await;
    elsewhere.assert_shows("9 recovery codes are left.");
    let code = app_code(&secret, world.clock.now());
    let off = "/account/second-factor/off";
    let fields = [("password", "not it at all"), ("code", &code)];
    elsewhere.send(off, &fields).await;
    elsewhere.assert_shows("The current password is wrong.");
    let fields = [("password", PASSWORD), ("code", &code)];
    elsewhere.send(off, &fields).await;
    elsewhere.assert_shows("Your second factor is off.");
    let mut again = first_step(&world, "ada@example.com").await;
    assert_eq!(again.path, "/wallet");
    again.open("/account").await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn an_operator_is_led_to_their_second_factor_and_has_their_role_once_it_is_on() {
    let world = World::with_second_factors();
    let mut olga = world.operator().await;
    assert_eq!(olga.path, "/account/second-factor");
    olga.assert_shows("Your role needs a second factor.");
    olga.open("/operate").await;
    assert_eq!(olga.status, 403);
    olga.assert_shows("Your role needs a second factor.");
    turn_on(&world, &mut olga).await;
    olga.open("/operate").await;
    assert_eq!(olga.status, 200);
    assert!(!olga.page.contains("Your role needs"), "{}", olga.page);
    olga.open("/operate/log").await;
    olga.assert_shows("turned the second factor on");

    let reset = world.command(&["reset-access", "olga@example.com"]);
    let said = String::from_utf8(reset.stdout).unwrap();
    assert!(
        reset.status.success() && said.contains("The second factor is off"),
        "{said}"
    );
    let lost = first_step(&world, "olga@example.com").await;
    assert_eq!(lost.path, "/account/second-factor");
    lost.assert_shows("Your second factor is off.");
}
