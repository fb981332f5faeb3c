//! The user service as a separate process, on MongoDB and RabbitMQ.

use std::process::ExitCode;

use auth::{Issuer, Verifier};
use host::process::{Built, Context, Program};
use host::settings::Settings;
use kernel::WrongSetting;
use user_service::{Config, UserService};

#[global_allocator]
static ALLOCATOR: host::process::MiMalloc = host::process::MiMalloc;

struct User;

impl Program for User {
    const NAME: &'static str = "user-service";
    const SECTION: &'static str = "users";
    const DATABASE: &'static str = "users";
    type Config = Config;

    fn validate(_settings: &Settings, config: &Config) -> Result<(), WrongSetting> {
        config.validate()
    }

    fn build(config: &Config, context: &mut Context<'_>) -> anyhow::Result<Built> {
        let key = context.signing_key()?;
        let policy = context.settings.auth.policy()?;
        let verifier = Verifier::new(
            key.verification_keys(),
            policy.clone(),
            context.deps.clock.clone(),
        );
        let issuer = Issuer::new(key, policy);
        let service = UserService::build(config, context.store(), context.deps, issuer, verifier)?;
        Ok(Built::new(service.parts()))
    }
}

fn main() -> ExitCode {
    host::process::main::<User>()
}
