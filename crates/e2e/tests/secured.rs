//! The distributed mode where MongoDB and RabbitMQ accept TLS only, as across networks.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use e2e::{Client, audit_distributed, operate};
use mongodb::bson::{Document, doc};
use stack::{Options, Stack};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A command that queries the broker.
const LETTERS: [&str; 2] = ["messages", "list"];

/// The same settings without the authority that signed the servers' certificates.
fn without_the_authority(config: &Path) -> PathBuf {
    let text = std::fs::read_to_string(config).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("ca_file"));
    let lines = lines.map(|line| match line.split_once("&tlsCAFile=") {
        // The default is to search for a trusted server for half a minute.
        Some((before, _)) => format!("{before}&serverSelectionTimeoutMS=2000\"\n"),
        None => format!("{line}\n"),
    });
    let path = config.with_file_name("public-authorities.toml");
    std::fs::write(&path, lines.collect::<String>()).unwrap();
    path
}

/// The broker's answer to a plain-text greeting, where it accepts TLS only.
async fn broker_in_the_clear(port: u16) -> Vec<u8> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let greeting = b"AMQP\x00\x00\x09\x01";
    connection.write_all(greeting).await.unwrap();
    let mut answer = Vec::new();
    // The broker may close the connection without an answer.
    drop(connection.read_to_end(&mut answer).await);
    answer
}

/// The result of a `hello` to MongoDB without TLS.
async fn mongo_in_the_clear(port: u16) -> mongodb::error::Result<Document> {
    let uri =
        format!("mongodb://127.0.0.1:{port}/?directConnection=true&serverSelectionTimeoutMS=1000");
    let client = mongodb::Client::with_uri_str(uri).await.unwrap();
    client.database("admin").run_command(doc! {"ping": 1}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_placed_and_settled_over_tls_and_over_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::for_tests(dir.path());
    options.shape.tls = true;
    let stack = Stack::up(options).await.unwrap();

    let client = Client::new(&stack.gateway_url());
    let (seller, buyer) = (client.join("Grace").await, client.join("Ada").await);
    let pen = seller.lists("Pen", 10, 100).await;
    buyer.credit(1_000).await;
    let ordered = buyer.orders(&pen, 3).await;
    assert_eq!(ordered.status, 201, "{ordered:?}");
    assert_eq!((buyer.balance().await, seller.stock(&pen).await), (970, 97));

    let config = stack.config_path();
    let audit = audit_distributed(&config);
    assert_eq!(audit.code, Some(0), "{audit:?}");
    let letters = operate(&config, &LETTERS);
    assert_eq!(letters.code, Some(0), "{letters:?}");

    let public = without_the_authority(&config);
    for refused in [audit_distributed(&public), operate(&public, &LETTERS)] {
        assert_ne!(refused.code, Some(0), "{refused:?}");
        let said = refused.stdout + &refused.stderr;
        assert!(said.contains("certificate"), "{said}");
    }

    let answer = broker_in_the_clear(stack.ports().amqp()).await;
    // A plain-text answer would begin with a frame of type "method".
    assert_ne!(answer.first(), Some(&1), "{answer:?}");
    mongo_in_the_clear(stack.ports().mongo(0))
        .await
        .unwrap_err();
    stack.down().unwrap();
}
