//! The distributed mode: four processes on MongoDB and RabbitMQ behind the gateway, which forwards `traceparent` unchanged.

use e2e::Client;
use stack::{Options, Stack};

use crate::collector::Collector;
use crate::order::{ASKING, TRACE, check_attributes, check_discretion, place};
use crate::tree::grows_to;

const ONE_ORDER: &str = "
POST /api/orders/create (server, order-service)
  POST /internal/reservations (client, order-service)
    POST /internal/reservations (server, product-service)
      commitTransaction marketplace_products (client, product-service)
  commitTransaction marketplace_orders (client, order-service)
  send marketplace.wallet.v1.DebitForOrder (producer, order-service)
    process marketplace.wallet.v1.DebitForOrder (consumer, wallet-service)
      commitTransaction marketplace_wallet (client, wallet-service)
      send marketplace.wallet.v1.OrderDebited (producer, wallet-service)
        process marketplace.wallet.v1.OrderDebited (consumer, order-service)
          commitTransaction marketplace_orders (client, order-service)
          send marketplace.product.v1.ConfirmReservation (producer, order-service)
            process marketplace.product.v1.ConfirmReservation (consumer, product-service)
              commitTransaction marketplace_products (client, product-service)
              send marketplace.product.v1.ReservationConfirmed (producer, product-service)
                process marketplace.product.v1.ReservationConfirmed (consumer, order-service)
                  commitTransaction marketplace_orders (client, order-service)
";

#[tokio::test(flavor = "multi_thread")]
async fn one_order_is_one_trace_through_gateway_services_and_broker() {
    let collector = Collector::start();
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::for_tests(dir.path());
    options.shape.settings.push((
        "MARKETPLACE__TELEMETRY__OTLP_ENDPOINT".to_owned(),
        collector.url().to_owned(),
    ));
    let stack = Stack::up(options).await.unwrap();
    let client = Client::new(&stack.gateway_url());
    let ordered = place(&client, &format!("00-{TRACE}-{ASKING}-01")).await;
    let spans = grows_to(&collector, TRACE, ASKING, ONE_ORDER).await;
    check_attributes(&spans, &ordered, "rabbitmq");
    stack.down().unwrap();
    check_discretion(&collector, &ordered);
}
