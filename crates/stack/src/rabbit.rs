//! RabbitMQ: an instance separate from the system's, with its own node name, ports, data, plugins and cookie. We start its name server
//! (epmd) ourselves instead of leaving that to Erlang, so that we can also stop it.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::name::Name;
use crate::process::detached;
use crate::stack::Stack;
use crate::state::unusable;
use crate::tools;

/// The Debian package, which comes with Erlang's name server.
const PACKAGE: &str = "rabbitmq-server";

/// RabbitMQ's start script, which runs the server in the foreground and is configured through the environment.
const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// The node's name. Each node has its own name server, so the name cannot clash. Its data directory is named after it.
const NODE: &str = "marketplace@localhost";

/// By default there is one scheduler per core, and each spins before it sleeps; the other processes need those cores too (RabbitMQ's
/// runtime tuning guide).
const ERLANG_ARGUMENTS: &str = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false +sbwt none +sbwtdcpu none +sbwtdio none +SP 50:50";

/// How to start the name server.
pub(crate) fn epmd_command(stack: &Stack) -> anyhow::Result<Command> {
    let mut command = detached(&tools::debian(PACKAGE, "epmd")?);
    command
        .args(["-address", "127.0.0.1", "-port"])
        .arg(stack.ports().epmd().to_string());
    Ok(command)
}

/// How to start the node.
pub(crate) fn command(stack: &Stack) -> anyhow::Result<Command> {
    let data = stack.dir.data(Name::Rabbit)?;
    // 200 MB: the default of 50 MB leaves too little disk for a broker, and a full disk blocks every publisher.
    let config = format!("{}disk_free_limit.absolute = 200MB\n", listener(stack));
    // Files of its own, so that it does not read the system's.
    let files = [
        ("RABBITMQ_CONFIG_FILE", "rabbitmq.conf", &*config),
        ("RABBITMQ_CONF_ENV_FILE", "rabbitmq-env.conf", ""),
        ("RABBITMQ_ADVANCED_CONFIG_FILE", "advanced.config", "[].\n"),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", "enabled_plugins", "[].\n"),
    ];
    let mut command = detached(&tools::debian(PACKAGE, SERVER)?);
    for (variable, name, text) in files {
        let path = data.join(name);
        fs::write(&path, text).with_context(unusable(&path))?;
        command.env(variable, path);
    }
    let ports = stack.ports();
    command
        .env("HOME", &data) // the cookie is there
        .env("RABBITMQ_GENERATED_CONFIG_DIR", data.join("generated"))
        .env("RABBITMQ_MNESIA_BASE", data.join("mnesia"))
        .env("RABBITMQ_LOG_BASE", data.join("log"))
        .env("RABBITMQ_LOGS", "-") // to standard output, which is our log file
        .env("RABBITMQ_PID_FILE", data.join("pid"))
        .env("RABBITMQ_NODENAME", NODE)
        .env("RABBITMQ_DIST_PORT", ports.dist().to_string())
        .env("ERL_EPMD_PORT", ports.epmd().to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", ERLANG_ARGUMENTS)
        // The script then execs the node instead of waiting for it, so that a kill reaches the node and not a parent shell.
        .env("detached", "true");
    Ok(command)
}

/// The listener settings, with or without TLS.
fn listener(stack: &Stack) -> String {
    let port = stack.ports().amqp();
    let Some(files) = stack.certificates() else {
        return format!("listeners.tcp.1 = 127.0.0.1:{port}\n");
    };
    let (authority, server) = (files.authority.display(), files.server.display());
    format!(
        "listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:{port}\nssl_options.cacertfile = {authority}\n\
         ssl_options.certfile = {server}\nssl_options.keyfile = {server}\nssl_options.verify = verify_none\n\
         ssl_options.versions.1 = tlsv1.3\nssl_options.versions.2 = tlsv1.2\n"
    )
}

impl Stack {
    /// URI of RabbitMQ: the default virtual host, with the account that a new node creates.
    #[must_use]
    pub fn amqp_uri(&self) -> String {
        let scheme = if self.state.shape.tls {
            "amqps"
        } else {
            "amqp"
        };
        format!(
            "{scheme}://guest:guest@127.0.0.1:{}/%2f",
            self.ports().amqp()
        )
    }

    /// Whether the node speaks AMQP 0-9-1: its first frame, Connection.Start, answers our header. With TLS, whether it listens at all,
    /// which is the last step of its startup.
    pub(crate) async fn check_rabbit(&self) -> Result<(), String> {
        let greet = async {
            let mut connection = TcpStream::connect(("127.0.0.1", self.ports().amqp())).await?;
            if self.state.shape.tls {
                return Ok(1);
            }
            connection.write_all(b"AMQP\x00\x00\x09\x01").await?;
            connection.read_u8().await
        };
        match timeout(Duration::from_secs(2), greet).await {
            Ok(Ok(1)) => Ok(()),
            Ok(Ok(_)) => Err("it does not speak AMQP 0-9-1".to_owned()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it does not answer".to_owned()),
        }
    }

    /// Whether anything listens on the name server's port.
    pub(crate) async fn check_epmd(&self) -> Result<(), String> {
        TcpStream::connect(("127.0.0.1", self.ports().epmd()))
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    }
}
