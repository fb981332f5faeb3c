//! The wallet service as a process of its own, on MongoDB and RabbitMQ.

use std::process::ExitCode;

use host::process::{Built, Context, Program};
use host::settings::Settings;
use kernel::WrongSetting;
use wallet_service::{Config, WalletService};

#[global_allocator]
static ALLOCATOR: host::process::MiMalloc = host::process::MiMalloc;

struct Wallet;

impl Program for Wallet {
    const NAME: &'static str = "wallet-service";
    const SECTION: &'static str = "wallet";
    type Config = Config;

    fn validate(settings: &Settings, config: &Config) -> Result<(), WrongSetting> {
        config.validate()?;
        config.allowed_in(settings.profile, settings.allow_self_service_topups)
    }

    fn build(config: &Config, context: &mut Context<'_>) -> anyhow::Result<Built> {
        let verifier = context.verifier()?;
        let service =
            WalletService::build(config, context.store("wallet")?, context.deps, verifier)?;
        Ok(Built {
            internal: Some(service.internal_routes()),
            ..Built::new(service.parts())
        })
    }
}

fn main() -> ExitCode {
    host::process::main::<Wallet>()
}
