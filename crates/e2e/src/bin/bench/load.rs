//! Requests per second: reading, topping up, ordering.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::capacity::Cost;
use e2e::{Client, Launch, Person, Product};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::cost::Meter;
use crate::report::{Report, median, milliseconds};
use crate::wrk::{self, CONNECTIONS, Prepared};

const BUYERS: usize = 256;
const PRODUCTS: usize = 500;
/// A large order: its sellers, and what it has of each.
const SELLERS: usize = 10;
const LINES_OF_EACH: usize = 2;
/// Orders of each size that are placed one after the other.
const PLACED: usize = 200;
/// More than a run can spend.
const PURSE: i64 = 1_000_000_000_000;
const STOCK: i64 = 1_000_000_000;

/// The people and products of the load.
struct Cast {
    buyers: Vec<Person>,
    products: Vec<Product>,
    /// What a large order is of.
    basket: Vec<Product>,
}

impl Cast {
    /// A large order: 20 lines from 10 sellers.
    fn large_order(&self) -> Value {
        let lines = self.basket.iter();
        let lines = lines.map(|product| json!({"productId": product.id, "quantity": 1}));
        json!({"items": lines.collect::<Value>()})
    }
}

fn small_order(product: &Product) -> Value {
    json!({"items": [{"productId": product.id, "quantity": 1}]})
}

/// Performance targets of a marketplace.
pub(crate) struct Targets {
    pub(crate) read: &'static str,
    pub(crate) credit: &'static str,
    pub(crate) credit_one: &'static str,
    pub(crate) order: &'static str,
    pub(crate) order_one: &'static str,
}

/// Targets for a single process that contains everything.
const EMBEDDED: Targets = Targets {
    read: "≥ 15 000/s",
    credit: "≥ 5 000/s",
    credit_one: "≥ 5 000/s",
    order: "≥ 2 000/s, p99 ≤ 100 ms",
    order_one: "≥ 2 000/s, p99 ≤ 100 ms",
};

/// The target of the load, and the processes that count its responses.
pub(crate) struct Subject {
    /// Where the requests are sent.
    pub(crate) client: Client,
    /// The processes that count responses, each with `/metrics`.
    pub(crate) counters: Vec<Client>,
    /// Measures the cost of each load.
    pub(crate) meter: Option<Meter>,
}

/// One kind of load.
struct Load {
    what: &'static str,
    target: &'static str,
    /// The route's label in the metrics.
    route: &'static str,
    /// The only acceptable response.
    status: u16,
    requests: Vec<Prepared>,
}

pub(crate) async fn measure(
    launch: &Launch,
    duration: Duration,
    report: &mut Report,
) -> Result<()> {
    let server = launch.serve();
    let subject = Subject {
        client: server.client(),
        counters: vec![server.internal()],
        meter: None,
    };
    against(&subject, &EMBEDDED, duration, report).await?;
    ensure!(
        server.terminate() == Some(0),
        "the server did not end well after the load"
    );
    Ok(())
}

/// Runs each kind of load on `subject`. Returns the result of each: reads, top-ups of many wallets and of one, orders of many products
/// and of one, large orders.
pub(crate) async fn against(
    subject: &Subject,
    targets: &Targets,
    duration: Duration,
    report: &mut Report,
) -> Result<Vec<Ran>> {
    let cast = prepare(&subject.client).await;
    let mut ran = Vec::new();
    for load in loads(&cast, targets)? {
        ran.push(run(subject, load, duration, report).await?);
    }
    large_beside_small(&cast, report).await?;
    Ok(ran)
}

/// How long a large order takes to settle, compared with one of a single line.
async fn large_beside_small(cast: &Cast, report: &mut Report) -> Result<()> {
    let buyer = cast.buyers.first().context("a buyer")?;
    let product = cast.products.first().context("a product")?;
    let (small, large) = (small_order(product), cast.large_order());
    let (mut of_small, mut of_large) = (Vec::new(), Vec::new());
    // They alternate, so that a slow moment of the machine affects both.
    for _ in 0..PLACED {
        for (order, times) in [(&small, &mut of_small), (&large, &mut of_large)] {
            let begun = Instant::now();
            let placed = buyer.post("/api/orders/create", order).await;
            times.push(begun.elapsed());
            ensure!(placed.status == 201, "{placed:?}");
        }
    }
    let (small, large) = (median(of_small), median(of_large));
    report.add(
        "an order of 20 lines from 10 sellers beside one of one line, settled",
        format!("{:.2}×", large.as_secs_f64() / small.as_secs_f64()),
        "≤ 2×",
        format!(
            "{} and {}, medians of {PLACED}, one client",
            milliseconds(large),
            milliseconds(small)
        ),
    );
    Ok(())
}

/// Runs only the reads, sent directly to one service. Returns reads per second.
pub(crate) async fn reads_against(
    subject: &Subject,
    people: &Client,
    target: &'static str,
    duration: Duration,
    report: &mut Report,
) -> Result<u64> {
    let cast = prepare(people).await;
    let targets = Targets {
        read: target,
        ..EMBEDDED
    };
    let load = loads(&cast, &targets)?
        .into_iter()
        .next()
        .context("a load")?;
    let load = Load {
        what: "GET /api/products/{id}, the service itself",
        ..load
    };
    Ok(run(subject, load, duration, report).await?.per_second)
}

/// The requests of the load that places orders of many buyers and products.
pub(crate) async fn orders(client: &Client) -> Result<Vec<Prepared>> {
    let load = loads(&prepare(client).await, &EMBEDDED)?
        .into_iter()
        .find(|load| load.route == "/api/orders/create");
    Ok(load.context("a load")?.requests)
}

async fn prepare(client: &Client) -> Cast {
    eprintln!("Preparing {BUYERS} buyers and {PRODUCTS} products.");
    let seller = client.join("Seller").await;
    let mut products = Vec::new();
    for n in 0..PRODUCTS {
        products.push(seller.lists(&format!("Product {n}"), 100, STOCK).await);
    }
    let mut basket = Vec::new();
    for n in 0..SELLERS {
        let seller = client.join(&format!("Seller {n}")).await;
        for m in 0..LINES_OF_EACH {
            basket.push(seller.lists(&format!("Thing {n}.{m}"), 100, STOCK).await);
        }
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
    Cast {
        buyers,
        products,
        basket,
    }
}

fn loads(cast: &Cast, targets: &Targets) -> Result<Vec<Load>> {
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
        body: Some(small_order(product)),
    };
    // The greatest common divisor of 256 buyers and 500 products is 4, so each buyer orders every fourth product.
    let pairs = cast.buyers.iter().cycle().zip(cast.products.iter().cycle());
    Ok(vec![
        Load {
            what: "GET /api/products/{id}",
            target: targets.read,
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
            target: targets.credit,
            route: "/api/wallet/credit",
            status: 201,
            requests: cast.buyers.iter().map(credit).collect(),
        },
        Load {
            what: "POST /api/wallet/credit, one wallet",
            target: targets.credit_one,
            route: "/api/wallet/credit",
            status: 201,
            requests: vec![credit(one_buyer)],
        },
        Load {
            what: "POST /api/orders/create, settled, 256 buyers, 500 products",
            target: targets.order,
            route: "/api/orders/create",
            status: 201,
            requests: pairs
                .take(4_000)
                .map(|(buyer, product)| order(buyer, product))
                .collect(),
        },
        Load {
            what: "POST /api/orders/create, settled, 256 buyers, one product",
            target: targets.order_one,
            route: "/api/orders/create",
            status: 201,
            requests: cast
                .buyers
                .iter()
                .map(|buyer| order(buyer, one_product))
                .collect(),
        },
        Load {
            what: "POST /api/orders/create, settled, 256 buyers, 20 lines from 10 sellers",
            target: "",
            route: "/api/orders/create",
            status: 201,
            requests: cast
                .buyers
                .iter()
                .map(|buyer| Prepared {
                    body: Some(cast.large_order()),
                    ..order(buyer, one_product)
                })
                .collect(),
        },
    ])
}

/// How the servers count a request whose client hung up before its answer.
const HUNG_UP: u16 = 499;

/// The result of a load.
pub(crate) struct Ran {
    pub(crate) per_second: u64,
    /// The cost of one request, if it was measured.
    pub(crate) cost: Option<Cost>,
}

async fn run(
    subject: &Subject,
    load: Load,
    duration: Duration,
    report: &mut Report,
) -> Result<Ran> {
    let before = answered(subject, load.route).await?;
    wrk::run(subject.client.url(), &load.requests, Duration::from_secs(1))?;
    let earlier = match &subject.meter {
        Some(meter) => Some(meter.read().await?),
        None => None,
    };
    let outcome = wrk::run(subject.client.url(), &load.requests, duration)?;
    let cost = match (&subject.meter, earlier) {
        (Some(meter), Some(earlier)) => {
            let count = f64::from(u32::try_from(outcome.requests)?);
            let took = outcome.took.as_secs_f64();
            Some(meter.read().await?.each(&earlier, count, took))
        }
        (Some(_) | None, _) => None,
    };
    let wrong: BTreeMap<u16, u64> = answered(subject, load.route)
        .await?
        .into_iter()
        .map(|(status, count)| (status, count - before.get(&status).copied().unwrap_or(0)))
        // wrk hangs up on the last requests when its time is over, and counts those that it waited for in vain itself.
        .filter(|(status, count)| ![load.status, HUNG_UP].contains(status) && *count > 0)
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
    Ok(Ran {
        per_second: outcome.per_second,
        cost,
    })
}

/// Responses of a route so far by status, as the servers count them. wrk itself does not distinguish 201 from 202.
async fn answered(subject: &Subject, route: &str) -> Result<BTreeMap<u16, u64>> {
    let route = format!("route=\"{route}\"");
    let mut counts = BTreeMap::new();
    for counter in &subject.counters {
        let (_, _, metrics) = counter.get_text("/metrics").await;
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
    }
    Ok(counts)
}
