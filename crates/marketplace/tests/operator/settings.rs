//! Settings with odd values: each is accepted and works, or is refused by every command alike, with where it came from.

use std::collections::BTreeMap;

use serde_json::json;

use crate::directory::Directory;
use crate::run::run;
use crate::serving::Serving;

/// Values that somebody may write where a number belongs.
const ODD: [&str; 16] = [
    "0",
    "-0",
    "-1",
    "1",
    "1.5",
    "1e3",
    "1e400",
    "65536",
    "2147483648",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "NaN",
    "-inf",
    "",
    "caf\u{e9}",
];

fn environment(key: &str) -> String {
    let name = key.replace('.', "__").to_ascii_uppercase();
    format!("MARKETPLACE__{name}")
}

/// All settings that `config` prints, with their defaults.
fn all() -> BTreeMap<String, toml::Value> {
    let printed = run(&["config"], &[]).stdout;
    let mut found = BTreeMap::new();
    for (name, value) in printed.parse::<toml::Table>().unwrap() {
        if let toml::Value::Table(section) = value {
            let keys = section.into_iter();
            found.extend(keys.map(|(key, value)| (format!("{name}.{key}"), value)));
        } else {
            found.insert(name, value);
        }
    }
    found
}

#[test]
fn an_odd_value_of_any_setting_is_accepted_or_refused_with_where_it_came_from() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("m.toml");
    let is_thorough = std::env::var_os("MARKETPLACE_THOROUGH").is_some();
    for (key, default) in all() {
        let is_text = default.is_str();
        // A text may be anything: three of them will do. Of a number each kind is tried, and all of them in scripts/test --long.
        let step = match (is_text, is_thorough) {
            (true, _) => 6,
            (false, true) => 1,
            (false, false) => 5,
        };
        for odd in ODD.into_iter().step_by(step) {
            let name = environment(&key);
            let run_env = run(&["config"], &[(&name, odd)]);
            match run_env.code {
                Some(0) => assert!(run_env.stderr.is_empty(), "{name}={odd}: {run_env:?}"),
                Some(2) => assert!(
                    run_env.stderr.contains(&format!("{key} (from {name})")),
                    "{name}={odd}: {run_env:?}"
                ),
                _ => panic!("{name}={odd}: {run_env:?}"),
            }
            // The same in a file, on its third line.
            let written = if is_text || odd.is_empty() || odd.starts_with('c') {
                format!("\"{odd}\"")
            } else {
                odd.replace("NaN", "nan").replace("-0", "-0.0")
            };
            std::fs::write(&file, format!("# Settings\n\n{key} = {written}\n")).unwrap();
            let in_file = run(&["config", "--config", file.to_str().unwrap()], &[]);
            match in_file.code {
                Some(0) => assert!(in_file.stderr.is_empty(), "{key}={written}: {in_file:?}"),
                Some(2) => assert!(
                    in_file.stderr.contains(&key) && in_file.stderr.contains("m.toml:3"),
                    "{key}={written}: {in_file:?}"
                ),
                _ => panic!("{key}={written}: {in_file:?}"),
            }
        }
    }
}

#[test]
fn a_wrong_value_is_refused_by_every_command_in_the_same_words() {
    let directory = Directory::new();
    let data = directory.dir.path().to_str().unwrap();
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("files");
    for (name, value) in [
        ("MARKETPLACE__ORDERS__WAIT_SECONDS", "31"),
        ("MARKETPLACE__WALLET__COMMISSION_BASIS_POINTS", "10001"),
        ("MARKETPLACE__USERS__BCRYPT_COST", "99"),
        ("MARKETPLACE__CATALOGUE__LEASE_SECONDS", "1"),
        ("MARKETPLACE__AUTH__LEEWAY_SECONDS", "121"),
        ("MARKETPLACE__SERVER__WORKERS", "100000"),
        ("MARKETPLACE__LOG__FILTER", "a=b=c"),
        ("MARKETPLACE__LOG__LEVEL", "info"),
        ("MARKETPLACE__TELEMETRY__SAMPLE_RATIO", "NaN"),
        ("MARKETPLACE__MONGO__URI", "http://u:s3cret@h/"),
        ("MARKETPLACE__AMQP__URI", "s3cret"),
        ("MARKETPLACE__ORDERS__PRODUCTS_URL", "u:s3cret@h"),
        ("MARKETPLACE__PROFILE", "staging"),
        ("MARKETPLACE__PROFILE", "production"),
    ] {
        let refused = run(&["config"], &[(name, value)]);
        assert_eq!(refused.code, Some(2), "{name}={value}: {refused:?}");
        assert!(refused.stderr.contains(name), "{name}={value}: {refused:?}");
        assert!(!refused.stderr.contains("s3cret"), "{name}: {refused:?}");
        for arguments in [
            &["serve", "--listen", "127.0.0.1:0", "--data-dir", data][..],
            &["audit", "--data-dir", data],
            &["grant", "ada@example.com", "admin", "--data-dir", data],
            &["messages", "list", "--data-dir", data],
            &["messages", "replay", "--data-dir", data],
            &["health"],
            &["openapi"],
            &["gateway-files", "--out", out.to_str().unwrap()],
        ] {
            let again = run(arguments, &[(name, value)]);
            assert_eq!(again.code, Some(2), "{arguments:?}: {again:?}");
            assert_eq!(again.stderr, refused.stderr, "{arguments:?}");
        }
    }
    assert!(!out.exists());
}

#[test]
fn the_configuration_is_printed_without_secrets() {
    for (name, value) in [
        (
            "TELEMETRY__OTLP_ENDPOINT",
            "http://user:s3cret@127.0.0.1:4318",
        ),
        (
            "MONGO__URI",
            "mongodb://h/?tls=true&tlsCertificateKeyFilePassword=s3cret",
        ),
        (
            "MONGO__URI",
            "mongodb://h/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:s3cret",
        ),
        ("MONGO__URI", "mongodb://u:s3cret@h/?tls=perhaps"),
        ("AMQP__URI", "amqp://u:s3cret@h"),
        ("AUTH__JWKS_URL", "http://u:s3cret@h/keys?token=s3cret"),
        ("AUTH__REVOCATIONS_URL", "http://u:s3cret@h/"),
        ("ORDERS__PRODUCTS_URL", "http://u:s3cret@h"),
        ("USERS__ORDERS_URL", "http://u:s3cret@h"),
        ("MAIL__SMTP_URI", "smtps://u:s3cret@h"),
    ] {
        let name = format!("MARKETPLACE__{name}");
        let printed = run(&["config"], &[(&name, value)]);
        assert!(
            matches!(printed.code, Some(0 | 2)),
            "{name}={value}: {printed:?}"
        );
        assert!(!format!("{printed:?}").contains("s3cret"), "{printed:?}");
    }
}

/// Every setting that is a number: the least and the greatest value that is accepted. Hashes of the greatest cost take seconds, so the test
/// does without.
const RANGES: [(&str, &str, &str); 26] = [
    ("backup.keep", "1", "100000"),
    ("server.workers", "1", "512"),
    ("server.lists_per_minute", "0", "10000000"),
    ("server.creates_per_minute", "0", "10000000"),
    ("server.max_connections", "0", "1000000"),
    ("telemetry.sample_ratio", "0", "1"),
    ("auth.access_token_lifetime_seconds", "30", "86400"),
    ("auth.leeway_seconds", "0", "120"),
    ("users.bcrypt_cost", "4", "4"),
    ("users.refresh_token_lifetime_seconds", "60", "31536000"),
    ("users.login_lifetime_seconds", "60", "315360000"),
    ("catalogue.lease_seconds", "2", "3153600000"),
    ("catalogue.sweep_seconds", "1", "3600"),
    ("orders.wait_seconds", "0", "30"),
    ("orders.payment_deadline_seconds", "1", "1576800000"),
    ("orders.resend_after_seconds", "1", "3600"),
    ("orders.review_after_seconds", "1", "3153600000"),
    ("orders.release_after_seconds", "0", "3153600000"),
    ("orders.ship_within_seconds", "1", "3153600000"),
    ("orders.deliver_after_seconds", "1", "3153600000"),
    ("orders.return_window_seconds", "0", "3153600000"),
    ("orders.return_expires_seconds", "1", "3153600000"),
    ("orders.dispute_window_seconds", "0", "3153600000"),
    ("orders.sweep_milliseconds", "10", "3600000"),
    ("wallet.payout_hold_seconds", "0", "3153600000"),
    ("wallet.audit_interval_seconds", "0", "2678400"),
];

#[tokio::test]
async fn the_least_and_the_greatest_values_of_all_settings_serve_an_order() {
    let numbers = all()
        .into_iter()
        .filter(|(_, value)| value.is_integer() || value.is_float());
    let known = numbers.filter(|(key, _)| key != "wallet.commission_basis_points");
    let mut ranged: Vec<&str> = RANGES.iter().map(|(key, ..)| *key).collect();
    ranged.sort_unstable();
    assert!(
        known.map(|(key, _)| key).eq(ranged),
        "a setting has no range here"
    );
    for commission in ["0", "10000"] {
        let serving = Serving::start(":", |command| {
            command.env(environment("wallet.commission_basis_points"), commission);
            for (key, least, greatest) in RANGES {
                let value = if commission == "0" { least } else { greatest };
                command.env(environment(key), value);
            }
        });
        order(&serving).await;
    }
}

/// Places an order that is accepted, and waits until it is paid.
async fn order(serving: &Serving) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let send = async |method: &str, path: &str, token: &str, body: serde_json::Value| {
        let url = format!("{}{path}", serving.url);
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = client.request(method, url).bearer_auth(token).json(&body);
        let answer = host::testing::Answer::of(request).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.body
    };
    let enter = async |email: &str| {
        let person = json!({"name": "Ada", "email": email, "password": "correct horse battery"});
        send("POST", "/api/users/register", "", person).await;
        let login = json!({"email": email, "password": "correct horse battery"});
        let login = send("POST", "/api/users/login", "", login).await;
        login["token"].as_str().unwrap().to_owned()
    };
    let (seller, token) = (
        enter("grace@example.com").await,
        enter("ada@example.com").await,
    );
    let lamp = json!({"name": "Lamp", "description": "A lamp", "price": 100, "stock": 3, "category": "home"});
    let lamp = send("POST", "/api/products/create", &seller, lamp).await;
    send(
        "POST",
        "/api/wallet/credit",
        &token,
        json!({"amount": 1000}),
    )
    .await;
    let wanted = json!({"items": [{"productId": lamp["id"], "quantity": 1}]});
    let order = send("POST", "/api/orders/create", &token, wanted).await;
    let path = format!("/api/orders/{}", order["id"].as_str().unwrap());
    for _ in 0..1000 {
        let order = send("GET", &path, &token, json!(null)).await;
        match order["status"].as_str() {
            Some("paid") => return,
            Some("pending") => {}
            _ => panic!("{order}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the order was not paid");
}
