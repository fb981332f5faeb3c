//! RabbitMQ: an instance separate from the system's, with its own node name, ports, data, plugins and cookie. We start its name server
//! (epmd) ourselves instead of leaving that to Erlang, so that we can also stop it.

use std::fs;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::StackError;
use crate::name::Name;
use crate::options::Tls;
use crate::ports::Ports;
use crate::process::Plan;
use crate::state::Dir;
use crate::tls::Files;
use crate::tools;

/// The node's name. Each node has its own name server, so the name cannot clash. Its data directory is named after it.
const NODE: &str = "marketplace@localhost";

/// The URI of the default virtual host, with the account that a new node creates.
pub(crate) fn uri(ports: &Ports, tls: Tls) -> String {
    let scheme = match tls {
        Tls::On => "amqps",
        Tls::Off => "amqp",
    };
    format!("{scheme}://guest:guest@127.0.0.1:{}/%2f", ports.amqp)
}

/// How to start the name server.
pub(crate) fn epmd_plan(dir: &Dir, ports: &Ports) -> Result<Plan, StackError> {
    let arguments = ["-port", &ports.epmd.to_string(), "-address", "127.0.0.1"];
    Ok(Plan {
        program: tools::epmd()?,
        arguments: arguments.map(str::to_owned).to_vec(),
        environment: Vec::new(),
        run_dir: dir.run(Name::Epmd),
        log: dir.log(Name::Epmd),
    })
}

/// How to start the node.
pub(crate) fn plan(dir: &Dir, ports: &Ports, tls: Tls) -> Result<Plan, StackError> {
    let data = dir.data(Name::Rabbit);
    fs::create_dir_all(&data).map_err(StackError::io(&data))?;
    let write = |name: &str, text: String| -> Result<String, StackError> {
        let path = data.join(name);
        fs::write(&path, text).map_err(StackError::io(&path))?;
        Ok(path.display().to_string())
    };
    let at = |name: &str| data.join(name).display().to_string();
    let config = write(
        "rabbitmq.conf",
        // 200 MB: the default of 50 MB leaves too little disk for a broker, and a full disk blocks every publisher.
        format!(
            "{}disk_free_limit.absolute = 200MB\n",
            listener(dir, ports, tls)?
        ),
    )?;
    let environment = [
        ("HOME", data.display().to_string()), // the cookie is there
        ("RABBITMQ_NODENAME", NODE.to_owned()),
        ("RABBITMQ_DIST_PORT", ports.dist.to_string()),
        ("ERL_EPMD_PORT", ports.epmd.to_string()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
        ("RABBITMQ_CONFIG_FILE", config),
        (
            "RABBITMQ_CONF_ENV_FILE",
            write("rabbitmq-env.conf", String::new())?,
        ), // not the system's
        (
            "RABBITMQ_ADVANCED_CONFIG_FILE",
            write("advanced.config", "[].\n".to_owned())?,
        ),
        (
            "RABBITMQ_ENABLED_PLUGINS_FILE",
            write("enabled_plugins", "[].\n".to_owned())?,
        ),
        ("RABBITMQ_GENERATED_CONFIG_DIR", at("generated")),
        ("RABBITMQ_MNESIA_BASE", at("mnesia")),
        ("RABBITMQ_LOG_BASE", at("log")),
        ("RABBITMQ_LOGS", "-".to_owned()), // to standard output, which is our log file
        ("RABBITMQ_PID_FILE", at("pid")),
        (
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            // By default there is one scheduler per core, and each spins before it sleeps; the other processes need those cores too
            // (RabbitMQ's runtime tuning guide).
            "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false +sbwt none +sbwtdcpu none +sbwtdio none +SP 50:50"
                .to_owned(),
        ),
        // The script then execs the node instead of waiting for it, so that a kill reaches the node and not a parent shell.
        ("detached", "true".to_owned()),
    ];
    Ok(Plan {
        program: tools::rabbitmq_server()?,
        arguments: Vec::new(),
        environment: environment
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        run_dir: dir.run(Name::Rabbit),
        log: dir.log(Name::Rabbit),
    })
}

/// The listener settings, with or without TLS.
fn listener(dir: &Dir, ports: &Ports, tls: Tls) -> Result<String, StackError> {
    let port = ports.amqp;
    if tls == Tls::Off {
        return Ok(format!("listeners.tcp.1 = 127.0.0.1:{port}\n"));
    }
    let files = Files::ensure(dir)?;
    let (authority, server) = (files.authority.display(), files.server.display());
    Ok(format!(
        "listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:{port}\nssl_options.cacertfile = {authority}\n\
         ssl_options.certfile = {server}\nssl_options.keyfile = {server}\nssl_options.verify = verify_none\n\
         ssl_options.versions.1 = tlsv1.3\nssl_options.versions.2 = tlsv1.2\n"
    ))
}

/// Whether the node speaks AMQP 0-9-1: its first frame, Connection.Start, answers our header. With TLS, whether it listens at all, which is
/// the last step of its startup.
pub(crate) async fn check(ports: &Ports, tls: Tls) -> Result<(), String> {
    let greet = async {
        let mut connection = TcpStream::connect(("127.0.0.1", ports.amqp)).await?;
        if tls == Tls::On {
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

/// Whether anything listens on the port.
pub(crate) async fn check_epmd(ports: &Ports) -> Result<(), String> {
    TcpStream::connect(("127.0.0.1", ports.epmd))
        .await
        .map(drop)
        .map_err(|error| error.to_string())
}
