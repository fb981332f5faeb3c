//! A collector that is down, or accepts connections and never answers: nothing waits for it.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use e2e::{Launch, Server, within};

use crate::order::{ASKING, TRACE, place};

/// Time to drain, including the three seconds allowed for the last spans.
const END: Duration = Duration::from_secs(8);

async fn orders_settle_without(endpoint: &str) -> (Server, tempfile::TempDir) {
    let data_dir = tempfile::tempdir().unwrap();
    let server = Launch::on(data_dir.path())
        .set("TELEMETRY__OTLP_ENDPOINT", endpoint)
        .serve();
    let client = server.client();
    let begun = Instant::now();
    for _ in 0..3 {
        // Panics unless the order is paid.
        place(&client, &format!("00-{TRACE}-{ASKING}-01")).await;
    }
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    (server, data_dir)
}

fn ends_in_time(server: Server) {
    let told = Instant::now();
    assert_eq!(server.terminate(), Some(0));
    assert!(told.elapsed() < END, "{:?}", told.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_spans_and_nothing_else() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (server, _dir) = orders_settle_without(&format!("http://{gone}")).await;
    let client = server.internal();
    within(END, "the lost spans are counted", async || {
        let (_, _, metrics) = client.get_text("/metrics").await;
        let lost = metrics.lines().find_map(|line| {
            line.strip_prefix("marketplace_trace_spans_total{outcome=\"failed\"} ")
        });
        (lost?.parse::<u64>().ok()? > 0).then_some(())
    })
    .await;
    ends_in_time(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_holds_up_neither_orders_nor_the_end() {
    // The operating system accepts the connections, and no process reads from them.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", deaf.local_addr().unwrap());
    let (server, _dir) = orders_settle_without(&endpoint).await;
    ends_in_time(server);
}
