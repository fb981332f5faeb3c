//! RabbitMQ: an instance of its own beside whatever the system runs. Own node name, ports, data, plugins and cookie; the name
//! server (epmd) that it registers with is started by us and not by Erlang, so that it can be stopped, too.

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

/// The node's name. It is alone with its name server, so that no other node can have the same; its data lies under it.
const NODE: &str = "marketplace@localhost";

/// The URI of the default virtual host, with the account that a new node has.
pub(crate) fn uri(ports: &Ports, tls: Tls) -> String {
    let scheme = match tls {
        Tls::On => "amqps",
        Tls::Off => "amqp",
    };
    format!("{scheme}://guest:guest@127.0.0.1:{}/%2f", ports.amqp)
}

/// How the name server is started.
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

/// How the node is started.
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
        // Its default of 50 MB is not a disk that a broker should work on, and a full one stops every publisher: 200 MB.
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
            // Its schedulers would spin before they sleep, and be as many as there are cores, all of which the other processes need, too
            // (RabbitMQ's runtime tuning guide).
            "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false +sbwt none +sbwtdcpu none +sbwtdio none +SP 50:50"
                .to_owned(),
        ),
        // The script then becomes the node instead of waiting for it: what is killed is the node, not a shell in front of it.
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

/// Where it listens, and how.
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

/// Whether the node talks AMQP 0-9-1: its first frame, Connection.Start, answers our header. With TLS, whether it listens at all, which it does
/// last.
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

/// Whether something listens there.
pub(crate) async fn check_epmd(ports: &Ports) -> Result<(), String> {
    TcpStream::connect(("127.0.0.1", ports.epmd))
        .await
        .map(drop)
        .map_err(|error| error.to_string())
}
