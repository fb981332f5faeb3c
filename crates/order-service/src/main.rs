//! The order service as a process of its own, on MongoDB and RabbitMQ.

use std::process::ExitCode;
use std::sync::Arc;

use bytes::Bytes;
use host::process::{Built, Context, Program};
use host::settings::Settings;
use kernel::OrderId;
use order_service::{
    Announcements, Config, HttpReservations, OrderService, decode_announcement, encode_announcement,
};
use tokio::sync::mpsc;

#[global_allocator]
static ALLOCATOR: host::process::MiMalloc = host::process::MiMalloc;

struct Order;

impl Program for Order {
    const NAME: &'static str = "order-service";
    const SECTION: &'static str = "orders";
    const DATABASE: &'static str = "orders";
    type Config = Config;

    fn validate(_settings: &Settings, config: &Config) -> Result<(), String> {
        config.validate()
    }

    fn build(config: &Config, context: &mut Context<'_>) -> anyhow::Result<Built> {
        let verifier = context.verifier()?;
        let reservations =
            Arc::new(HttpReservations::new(&config.products_url).map_err(anyhow::Error::msg)?);
        let announcer = Announcer(context.announcer());
        let service = Arc::new(OrderService::build(
            config,
            context.store(),
            context.deps,
            verifier,
            reservations,
            Some(Arc::new(announcer)),
        )?);
        let parts = service.parts();
        Ok(Built {
            on_hint: Some(Box::new(move |hint| {
                let service = service.clone();
                Box::pin(async move { hear(&service, &hint).await })
            })),
            ..Built::new(parts)
        })
    }
}

/// Hands announcements to the broker.
struct Announcer(mpsc::Sender<Bytes>);

impl Announcements for Announcer {
    fn announce(&self, orders: Vec<OrderId>) {
        if self
            .0
            .try_send(encode_announcement(&orders).into())
            .is_err()
        {
            tracing::debug!("an announcement was lost; whoever waits for it reads the store later");
        }
    }
}

async fn hear(service: &OrderService, hint: &Bytes) {
    let Some(orders) = decode_announcement(hint) else {
        tracing::warn!("what another replica announced cannot be understood");
        return;
    };
    if let Err(error) = service.heard(orders).await {
        tracing::warn!(%error, "orders settled elsewhere cannot be read");
    }
}

fn main() -> ExitCode {
    host::process::main::<Order>()
}
