//! The user service as a separate process, on MongoDB and RabbitMQ.

use std::process::ExitCode;
use std::sync::Arc;

use auth::Verifier;
use host::process::{Built, Context, Program};
use host::settings::Settings;
use kernel::WrongSetting;
use user_service::{Config, HttpSettlements, Ports, Post, UserService};

#[global_allocator]
static ALLOCATOR: host::process::MiMalloc = host::process::MiMalloc;

struct User;

impl Program for User {
    const NAME: &'static str = "user-service";
    const SECTION: &'static str = "users";
    // People log in without it. Those who list their first product meanwhile become sellers later.
    const NEEDS_BROKER: bool = false;
    type Config = Config;

    fn validate(settings: &Settings, config: &Config) -> Result<(), WrongSetting> {
        config.validate()?;
        config.allowed_in(settings.profile)
    }

    fn build(config: &Config, context: &mut Context<'_>) -> anyhow::Result<Built> {
        let issuer = context.issuer()?;
        let verifier = Verifier::new(
            issuer.verification_keys(),
            issuer.policy().clone(),
            context.deps.clock.clone(),
        );
        context.await_revocations(&verifier);
        let store = context.store("users")?;
        let settings = context.settings;
        let post = Post::of(settings)?;
        let deps = context.deps;
        let settlements = HttpSettlements::new(&config.orders_url, &config.wallet_url);
        let settlements = Arc::new(settlements.map_err(anyhow::Error::msg)?);
        let ports = Ports { settlements, post };
        let service = UserService::build(config, settings, store, deps, issuer, verifier, ports)?;
        Ok(Built {
            internal: Some(service.internal_routes()),
            ..Built::new(service.parts())
        })
    }
}

fn main() -> ExitCode {
    host::process::main::<User>()
}
