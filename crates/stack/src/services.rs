//! The four services and the console: their shared settings file, and how to start a replica.

use std::fs;
use std::process::Command;

use anyhow::Context as _;

use crate::name::Service;
use crate::process::detached;
use crate::stack::Stack;
use crate::state::unusable;
use crate::tools;

/// Writes the settings file. `marketplace audit --config` reads it too.
pub(crate) fn write_settings(stack: &Stack) -> anyhow::Result<()> {
    // A JSON string is a basic string of TOML, too.
    let quoted = |text: String| serde_json::Value::String(text).to_string();
    let signing_key = quoted(stack.dir.signing_key().display().to_string());
    let console_key = quoted(stack.dir.console_key().display().to_string());
    let inside = stack.ports().inside();
    let pictures = quoted(stack.dir.pictures().display().to_string());
    let (mongo, amqp) = (quoted(stack.mongo_uri()), quoted(stack.amqp_uri()));
    let ports = stack.ports();
    let users = match stack.state.shape.replicas {
        1 => ports.public(Service::User, 0),
        _ => ports.gateway,
    };
    let [revocations, products, orders, wallet] = [
        Service::User,
        Service::Product,
        Service::Order,
        Service::Wallet,
    ]
    .map(|service| quoted(stack.mesh_url(service)));
    let ca_file = match stack.certificates() {
        Some(files) => {
            let authority = quoted(files.authority.display().to_string());
            format!("ca_file = {authority}\n")
        }
        None => String::new(),
    };
    let unlimited = if stack.state.shape.no_rate_limits {
        "127.0.0.0/8"
    } else {
        ""
    };
    let text = format!(
        r#"# Written by the stack when it starts; changes are lost. MARKETPLACE__SECTION__KEY overrides.
profile = "development"

[server]
trusted_proxies = "127.0.0.1"
unlimited_clients = "{unlimited}"

[log]
format = "json"

[auth]
signing_key_file = {signing_key}
jwks_url = "http://127.0.0.1:{users}/.well-known/jwks.json"
revocations_url = {revocations}

[mongo]
uri = {mongo}
database_prefix = "marketplace"

[amqp]
uri = {amqp}
namespace = "marketplace"
{ca_file}
[catalogue]
image_store = {pictures}

[orders]
products_url = {products}

[console]
api_url = "http://127.0.0.1:{inside}"
key_file = {console_key}

[users]
orders_url = {orders}
wallet_url = {wallet}
"#
    );
    let path = stack.config_path();
    fs::write(&path, text).with_context(unusable(&path))
}

/// How to start a replica.
pub(crate) fn command(stack: &Stack, service: Service, replica: usize) -> anyhow::Result<Command> {
    let ports = stack.ports();
    let program = tools::ours(stack, service.binary())?;
    let mut command = detached(&program);
    command
        .arg("serve")
        .arg("--config")
        .arg(stack.config_path())
        .arg("--listen")
        .arg(format!("127.0.0.1:{}", ports.public(service, replica)))
        .arg("--internal-listen")
        .arg(format!("127.0.0.1:{}", ports.internal(service, replica)))
        .envs(stack.state.shape.settings.clone());
    Ok(command)
}
