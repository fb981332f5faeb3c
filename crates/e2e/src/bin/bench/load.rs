//! Requests per second: reading, topping up, ordering.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::{Client, Launch, Person, Product, Server};
use futures_util::future::join_all;
use serde_json::json;

use crate::report::{Report, milliseconds};
use crate::wrk::{self, CONNECTIONS, Prepared};

const BUYERS: usize = 256;
const PRODUCTS: usize = 500;
/// More than can be spent in a run.
const PURSE: i64 = 1_000_000_000_000;
const STOCK: i64 = 1_000_000_000;

/// Who and what the load is made of.
struct Cast {
    buyers: Vec<Person>,
    products: Vec<Product>,
}

/// One kind of load.
struct Load {
    what: &'static str,
    target: &'static str,
    /// As the metrics name it.
    route: &'static str,
    /// The only good answer.
    status: u16,
    requests: Vec<Prepared>,
}

pub(crate) async fn measure(
    launch: &Launch,
    duration: Duration,
    report: &mut Report,
) -> Result<()> {
    let server = launch.serve();
    let cast = prepare(&server.client()).await;
    for load in loads(&cast)? {
        run(&server, load, duration, report).await?;
    }
    ensure!(
        server.terminate() == Some(0),
        "the server did not end well after the load"
    );
    Ok(())
}

async fn prepare(client: &Client) -> Cast {
    eprintln!("Preparing {BUYERS} buyers and {PRODUCTS} products.");
    let seller = client.join("Seller").await;
    let mut products = Vec::new();
    for n in 0..PRODUCTS {
        products.push(seller.lists(&format!("Product {n}"), 100, STOCK).await);
    }
    let mut buyers = Vec::new();
    while buyers.len() < BUYERS {
        let some = (0..16).map(|_| async {
            let buyer = client.join("Buyer").await;
            buyer.credit(PURSE).await;
            buyer
        });
        buyers.extend(join_all(some).await);
    }
    Cast { buyers, products }
}

fn loads(cast: &Cast) -> Result<Vec<Load>> {
    let (one_buyer, one_product) = (
        cast.buyers.first().context("a buyer")?,
        cast.products.first().context("a product")?,
    );
    let credit = |buyer: &Person| Prepared {
        method: "POST",
        path: "/api/wallet/credit".to_owned(),
        token: buyer.token.clone(),
        body: Some(json!({"amount": 100})),
    };
    let order = |buyer: &Person, product: &Product| Prepared {
        method: "POST",
        path: "/api/orders/create".to_owned(),
        token: buyer.token.clone(),
        body: Some(json!({"items": [{"productId": product.id, "quantity": 1}]})),
    };
    // 256 buyers and 500 products have no common factor but 4: each buyer gets round to every fourth product.
    let pairs = cast.buyers.iter().cycle().zip(cast.products.iter().cycle());
    Ok(vec![
        Load {
            what: "GET /api/products/{id}",
            target: "≥ 15 000/s",
            route: "/api/products/{id}",
            status: 200,
            requests: pairs
                .clone()
                .take(4_000)
                .map(|(buyer, product)| Prepared {
                    method: "GET",
                    path: format!("/api/products/{}", product.id),
                    token: buyer.token.clone(),
                    body: None,
                })
                .collect(),
        },
        Load {
            what: "POST /api/wallet/credit, 256 wallets",
            target: "≥ 5 000/s",
            route: "/api/wallet/credit",
            status: 201,
            requests: cast.buyers.iter().map(credit).collect(),
        },
        Load {
            what: "POST /api/wallet/credit, one wallet",
            target: "≥ 5 000/s",
            route: "/api/wallet/credit",
            status: 201,
            requests: vec![credit(one_buyer)],
        },
        Load {
            what: "POST /api/orders/create, settled, 256 buyers, 500 products",
            target: "≥ 2 000/s, p99 ≤ 100 ms",
            route: "/api/orders/create",
            status: 201,
            requests: pairs
                .take(4_000)
                .map(|(buyer, product)| order(buyer, product))
                .collect(),
        },
        Load {
            what: "POST /api/orders/create, settled, 256 buyers, one product",
            target: "≥ 2 000/s, p99 ≤ 100 ms",
            route: "/api/orders/create",
            status: 201,
            requests: cast
                .buyers
                .iter()
                .map(|buyer| order(buyer, one_product))
                .collect(),
        },
    ])
}

async fn run(server: &Server, load: Load, duration: Duration, report: &mut Report) -> Result<()> {
    let before = answered(server, load.route).await?;
    wrk::run(server.url(), &load.requests, Duration::from_secs(1))?;
    let outcome = wrk::run(server.url(), &load.requests, duration)?;
    let wrong: BTreeMap<u16, u64> = answered(server, load.route)
        .await?
        .into_iter()
        .map(|(status, count)| (status, count - before.get(&status).copied().unwrap_or(0)))
        .filter(|(status, count)| *status != load.status && *count > 0)
        .collect();
    if outcome.errors > 0 || !wrong.is_empty() {
        report.error(format!(
            "{}: {} errors seen by wrk; answers other than {}: {wrong:?}",
            load.what, outcome.errors, load.status
        ));
    }
    report.add(
        load.what,
        format!("{}/s", outcome.per_second),
        load.target,
        format!(
            "p50 {}, p99 {}, {CONNECTIONS} connections, {} errors",
            milliseconds(outcome.median),
            milliseconds(outcome.p99),
            outcome.errors + wrong.values().sum::<u64>()
        ),
    );
    Ok(())
}

/// Answers of a route so far by status, as the server counts them. wrk itself does not tell 201 from 202.
async fn answered(server: &Server, route: &str) -> Result<BTreeMap<u16, u64>> {
    let (_, _, metrics) = server.client().get_text("/metrics").await;
    let route = format!("route=\"{route}\"");
    let mut counts = BTreeMap::new();
    for line in metrics.lines() {
        if !line.starts_with("marketplace_http_requests_total{") || !line.contains(&route) {
            continue;
        }
        let status = line
            .split("status=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let count = line.rsplit(' ').next();
        let (Some(status), Some(count)) = (status, count) else {
            continue;
        };
        *counts.entry(status.parse()?).or_insert(0) += count.parse::<u64>()?;
    }
    Ok(counts)
}
