//! Many orders at once in an embedded marketplace, and SIGKILL amid what is done with them.

use std::path::Path;
use std::time::Duration;

use e2e::{Launch, Part, Person, Product, Server, unique};
use futures_util::future::join_all;
use reqwest::RequestBuilder;
use rusqlite::Connection;
use tokio::sync::mpsc;

pub(crate) const ROUNDS: usize = 8;
/// Orders of a round.
pub(crate) const BURST: usize = 40;
pub(crate) const PRICE: i64 = 1_000;
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A refund waits for the wallet.
pub(crate) const REFUNDING: &str = "json_extract(part.value, '$.refunds[0]') IS NOT NULL";

/// Buys a single lamp in each of a round's orders.
pub(crate) async fn burst(buyer: &Person, seller: &Person, lamp: &Product) -> Vec<Part> {
    let orders = (0..BURST).map(|_| async {
        let order = buyer.buys(&[(lamp, 1)]).await;
        Part::of(&order, seller)
    });
    let bought = join_all(orders).await;
    seller.has_sold(&bought.iter().collect::<Vec<_>>()).await;
    bought
}

/// How many parts are like this, in a directory that is not served.
pub(crate) fn parts(data_dir: &Path, like: &str) -> u32 {
    let orders = Connection::open(data_dir.join("orders.db")).unwrap();
    let sql =
        format!("SELECT COUNT(*) FROM orders, json_each(orders.fulfilments) AS part WHERE {like}");
    orders.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// Sends requests all at once, each with a key of its own, and kills the server after so many answers. `statuses` are those of a request
/// that was done. Returns each request's key; to most of them there is no answer.
pub(crate) async fn killed_amid(
    server: Server,
    requests: Vec<RequestBuilder>,
    answers: usize,
    statuses: &'static [u16],
) -> Vec<String> {
    let (sender, mut answered) = mpsc::unbounded_channel();
    let (mut keys, mut sent) = (Vec::new(), Vec::new());
    for request in requests {
        let key = unique();
        let request = request.header("idempotency-key", &key);
        keys.push(key);
        let sender = sender.clone();
        sent.push(tokio::spawn(async move {
            let Ok(response) = request.send().await else {
                return;
            };
            let status = response.status().as_u16();
            if response.bytes().await.is_ok() {
                assert!(statuses.contains(&status), "{status}");
                sender.send(()).ok();
            }
        }));
    }
    for _ in 0..answers {
        answered.recv().await.unwrap();
    }
    server.kill();
    for one in sent {
        one.await.unwrap();
    }
    keys
}

pub(crate) fn launch(data_dir: &Path) -> Launch {
    Launch::on(data_dir).set("WALLET__COMMISSION_BASIS_POINTS", "1000")
}
