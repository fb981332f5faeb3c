//! The product service as a process of its own, on MongoDB and RabbitMQ.

use std::process::ExitCode;

use host::process::{Built, Context, Program};
use host::settings::Settings;
use kernel::WrongSetting;
use product_service::{Config, ProductService};

#[global_allocator]
static ALLOCATOR: host::process::MiMalloc = host::process::MiMalloc;

struct Product;

impl Program for Product {
    const NAME: &'static str = "product-service";
    const SECTION: &'static str = "catalogue";
    type Config = Config;

    fn validate(_settings: &Settings, config: &Config) -> Result<(), WrongSetting> {
        config.validate()
    }

    fn build(config: &Config, context: &mut Context<'_>) -> anyhow::Result<Built> {
        let verifier = context.verifier()?;
        let (sellers, least_return_days) = (
            context.settings.sellers,
            context.settings.return_window.days(),
        );
        let store = context.store("products")?;
        let deps = context.deps;
        let service =
            ProductService::build(config, sellers, least_return_days, store, deps, verifier)?;
        Ok(Built {
            internal: Some(service.internal_routes()),
            ..Built::new(service.parts())
        })
    }
}

fn main() -> ExitCode {
    host::process::main::<Product>()
}
