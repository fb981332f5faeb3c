//! The embedded mode: four services in one process.

use e2e::Launch;

use crate::collector::Collector;
use crate::order::{ASKING, TRACE, check_attributes, check_discretion, place};
use crate::tree::grows_to;

const ONE_ORDER: &str = "
POST /api/orders/create (server, marketplace)
  COMMIT orders (client, marketplace)
  reserve stock (internal, marketplace)
    COMMIT products (client, marketplace)
  send marketplace.wallet.v1.DebitForOrder (producer, marketplace)
    process marketplace.wallet.v1.DebitForOrder (consumer, marketplace)
      COMMIT wallet (client, marketplace)
      send marketplace.wallet.v1.OrderDebited (producer, marketplace)
        process marketplace.wallet.v1.OrderDebited (consumer, marketplace)
          COMMIT orders (client, marketplace)
          send marketplace.product.v1.ConfirmReservation (producer, marketplace)
            process marketplace.product.v1.ConfirmReservation (consumer, marketplace)
              COMMIT products (client, marketplace)
              send marketplace.product.v1.ReservationConfirmed (producer, marketplace)
                process marketplace.product.v1.ReservationConfirmed (consumer, marketplace)
                  COMMIT orders (client, marketplace)
";

#[tokio::test(flavor = "multi_thread")]
async fn one_order_is_one_trace_that_goes_on_from_the_clients() {
    let collector = Collector::start();
    let data_dir = tempfile::tempdir().unwrap();
    let server = Launch::on(data_dir.path())
        .set("TELEMETRY__OTLP_ENDPOINT", collector.url())
        .serve();
    let ordered = place(&server.client(), &format!("00-{TRACE}-{ASKING}-01")).await;
    let spans = grows_to(&collector, TRACE, ASKING, ONE_ORDER).await;
    check_attributes(&spans, &ordered, "memory");
    assert_eq!(server.terminate(), Some(0));
    check_discretion(&collector, &ordered);
}

const ONE_RELEASE: &str = "
sweep orders (internal, marketplace)
  COMMIT orders (client, marketplace)
  send marketplace.wallet.v1.ReleasePart (producer, marketplace)
    process marketplace.wallet.v1.ReleasePart (consumer, marketplace)
      COMMIT wallet (client, marketplace)
      send marketplace.wallet.v1.PartReleased (producer, marketplace)
        process marketplace.wallet.v1.PartReleased (consumer, marketplace)
          COMMIT orders (client, marketplace)
";

#[tokio::test(flavor = "multi_thread")]
async fn what_an_order_does_by_time_is_a_trace_of_its_own_found_by_the_order() {
    let collector = Collector::start();
    let data_dir = tempfile::tempdir().unwrap();
    let server = Launch::on(data_dir.path())
        .set("TELEMETRY__OTLP_ENDPOINT", collector.url())
        .set("ORDERS__RELEASE_AFTER_SECONDS", "1")
        .serve();
    let ordered = place(&server.client(), &format!("00-{TRACE}-{ASKING}-01")).await;
    let swept = host::testing::eventually("the sweep of the order", || async {
        collector.spans().into_iter().find(|span| {
            span.name == "sweep orders" && span.attributes["marketplace.order.id"] == ordered.id
        })
    })
    .await;
    assert_ne!(swept.trace, TRACE);
    grows_to(&collector, &swept.trace, "", ONE_RELEASE).await;
    assert_eq!(server.terminate(), Some(0));
    check_discretion(&collector, &ordered);
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_a_request_is_recorded_is_not_for_the_client_to_say() {
    let collector = Collector::start();
    let data_dir = tempfile::tempdir().unwrap();
    let launch = Launch::on(data_dir.path()).set("TELEMETRY__OTLP_ENDPOINT", collector.url());
    // The client asks not to be recorded; the settings say to record everything.
    let server = launch.serve();
    place(&server.client(), &format!("00-{TRACE}-{ASKING}-00")).await;
    grows_to(&collector, TRACE, ASKING, ONE_ORDER).await;
    // Recorded spans are sent before the process ends.
    assert_eq!(server.client().get("/api/products").await.status, 200);
    assert_eq!(server.terminate(), Some(0));
    let names: Vec<String> = collector
        .spans()
        .into_iter()
        .map(|span| span.name)
        .collect();
    assert!(names.contains(&"GET /api/products".to_owned()), "{names:?}");
    assert!(
        !names.iter().any(|name| name.contains("readyz")),
        "{names:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_share_of_nothing_nothing_is_sent_even_if_the_client_asks_for_it() {
    let collector = Collector::start();
    let data_dir = tempfile::tempdir().unwrap();
    let server = Launch::on(data_dir.path())
        .set("TELEMETRY__OTLP_ENDPOINT", collector.url())
        .set("TELEMETRY__SAMPLE_RATIO", "0")
        .serve();
    place(&server.client(), &format!("00-{TRACE}-{ASKING}-01")).await;
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(collector.spans().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_share_of_half_of_the_requests_about_half_are_whole_traces_and_the_rest_nothing() {
    let collector = Collector::start();
    let data_dir = tempfile::tempdir().unwrap();
    let server = Launch::on(data_dir.path())
        .set("TELEMETRY__OTLP_ENDPOINT", collector.url())
        .set("TELEMETRY__SAMPLE_RATIO", "0.5")
        .serve();
    let client = server.client();
    for _ in 0..200 {
        client.get("/api/products").await;
    }
    assert_eq!(server.terminate(), Some(0));
    let spans = collector.spans();
    // A deviation of more than 50 from 100 is less likely than an undetected disk error.
    assert!((50..=150).contains(&spans.len()), "{}", spans.len());
    assert!(
        spans.iter().all(|span| span.parent.is_empty()),
        "a client without a trace has none of ours as its parent"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_make_no_sense_are_refused_with_what_is_allowed() {
    let data_dir = tempfile::tempdir().unwrap();
    for (name, value, allowed) in [
        ("TELEMETRY__OTLP_ENDPOINT", "collector:4318", "http://"),
        ("TELEMETRY__SAMPLE_RATIO", "2", "0 to 1"),
        ("TELEMETRY__SAMPLE_RATIO", "often", "float"),
        (
            "TELEMETRY__ENDPOINT",
            "http://c:4318",
            "telemetry.otlp_endpoint",
        ),
    ] {
        let run = Launch::on(data_dir.path())
            .set(name, value)
            .run(&["config"]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(
            run.stderr.contains("telemetry.") && run.stderr.contains(allowed),
            "{run:?}"
        );
    }
}
