//! The order service as a process of its own, on MongoDB and RabbitMQ.

use std::process::ExitCode;
use std::sync::Arc;

use host::process::{Built, Context, Program};
use host::settings::Settings;
use kernel::WrongSetting;
use order_service::{Config, HttpReservations, Mails, OrderService};

#[global_allocator]
static ALLOCATOR: host::process::MiMalloc = host::process::MiMalloc;

struct Order;

impl Program for Order {
    const NAME: &'static str = "order-service";
    const SECTION: &'static str = "orders";
    type Config = Config;

    fn validate(_settings: &Settings, config: &Config) -> Result<(), WrongSetting> {
        config.validate()
    }

    fn build(config: &Config, context: &mut Context<'_>) -> anyhow::Result<Built> {
        let verifier = context.verifier()?;
        let reservations =
            Arc::new(HttpReservations::new(&config.products_url).map_err(anyhow::Error::msg)?);
        let announcer = context.announcer();
        let service = Arc::new(OrderService::build(
            config,
            context.store("orders")?,
            context.deps,
            verifier,
            reservations,
            Some(announcer),
            Mails::of(context.settings),
        )?);
        let parts = service.parts();
        Ok(Built {
            internal: Some(service.internal_routes()),
            on_hint: Some(Box::new(move |hint| {
                let service = service.clone();
                Box::pin(async move { service.hear(&hint).await })
            })),
            ..Built::new(parts)
        })
    }
}

fn main() -> ExitCode {
    host::process::main::<Order>()
}
