//! The console as a process of its own, which asks the gateway for the API and keeps no state.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use auth::shared_secret;
use console::{Config, Console, HttpApi};
use host::process::{Built, Context, Program};
use host::settings::{Profile, Settings};
use kernel::WrongSetting;

#[global_allocator]
static ALLOCATOR: host::process::MiMalloc = host::process::MiMalloc;

struct Pages;

impl Program for Pages {
    const NAME: &'static str = "console-service";
    const SECTION: &'static str = "console";
    type Config = Config;

    fn validate(_settings: &Settings, config: &Config) -> Result<(), WrongSetting> {
        config.validate()?;
        if config.enabled {
            return Ok(());
        }
        let reason = "it is false, and console-service has nothing else to serve: do not start it";
        Err(WrongSetting::new("console.enabled", reason))
    }

    fn build(config: &Config, context: &mut Context<'_>) -> anyhow::Result<Built> {
        let file = config.key_file.as_deref().context(
            "console.key_file is not set: name a file that all replicas of console-service share",
        )?;
        let secret = shared_secret(file).context("the console's key")?;
        let secure = context.settings.profile == Profile::Production;
        let console = Console::build(config, &secret, secure, &config.image_url, context.deps)?;
        let api = HttpApi::new(&config.api_url).map_err(anyhow::Error::msg)?;
        context.needs(Arc::new(api.clone()));
        Ok(Built::new(console.parts(api)))
    }
}

fn main() -> ExitCode {
    host::process::main::<Pages>()
}
