//! MongoDB: starts a member, initiates the replica set, finds the primary.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::error::ErrorKind;
use mongodb::options::{ClientOptions, TlsOptions};

use crate::error::StackError;
use crate::name::Name;
use crate::options;
use crate::process::Plan;
use crate::state::{Dir, State};
use crate::tls::{Files, authority};
use crate::tools;

/// The replica set's name.
const SET: &str = "rs0";

/// MongoDB's `NotYetInitialized`: what a fresh member answers before the set is initiated.
const NOT_YET_INITIALIZED: i32 = 94;

/// The members, and how to connect to them.
#[derive(Debug)]
pub(crate) struct Members {
    ports: Vec<u16>,
    /// The TLS authority's certificate, if TLS is on.
    authority: Option<PathBuf>,
}

impl Members {
    pub(crate) fn of(dir: &Dir, state: &State) -> Self {
        Self {
            ports: state.ports.mongo.clone(),
            authority: authority(dir, state),
        }
    }

    /// The URI of the replica set.
    pub(crate) fn uri(&self) -> String {
        let hosts = hosts(&self.ports).join(",");
        let tls = self
            .authority
            .as_deref()
            .map(|authority| format!("&tls=true&tlsCAFile={}", escaped(authority)));
        format!(
            "mongodb://{hosts}/?replicaSet={SET}{}",
            tls.unwrap_or_default()
        )
    }

    /// A member's answer to `hello`.
    pub(crate) async fn hello(&self, port: u16) -> Result<Document, StackError> {
        self.command(port, doc! {"hello": 1}).await
    }

    /// Checks that the member is a primary or a secondary.
    pub(crate) async fn check(&self, port: u16) -> Result<(), String> {
        let hello = self.hello(port).await.map_err(|error| error.to_string())?;
        let is = |word| hello.get_bool(word).unwrap_or_default();
        if is("isWritablePrimary") || is("secondary") {
            return Ok(());
        }
        Err("it is neither primary nor secondary".to_owned())
    }

    /// Initiates the replica set once. Later starts find it initiated, and only update its addresses if they have changed.
    pub(crate) async fn initiate(&self, dir: &Dir) -> Result<(), StackError> {
        let ports = &self.ports;
        let Some(first) = ports.first().copied() else {
            return Ok(());
        };
        let current = match self.command(first, doc! {"replSetGetConfig": 1}).await {
            Ok(answer) => answer.get_document("config").cloned().unwrap_or_default(),
            Err(StackError::Mongo(error)) if is_command_error(&error, NOT_YET_INITIALIZED) => {
                let config = config(ports, 1);
                self.command(first, doc! {"replSetInitiate": config})
                    .await?;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let members = current.get_array("members").cloned().unwrap_or_default();
        let known: Vec<&str> = members
            .iter()
            .filter_map(|member| member.as_document()?.get_str("host").ok())
            .collect();
        if known == hosts(ports) {
            return Ok(());
        }
        if known.len() > ports.len() {
            return Err(StackError::FewerMembers {
                dir: dir.path().to_owned(),
                found: known.len(),
            });
        }
        let version = current.get_i32("version").unwrap_or(1);
        let reconfig =
            doc! {"replSetReconfig": config(ports, version.saturating_add(1)), "force": true};
        self.command(first, reconfig).await?;
        Ok(())
    }

    /// The member that is primary, if there is one.
    pub(crate) async fn primary(&self) -> Option<usize> {
        for (member, port) in self.ports.iter().enumerate() {
            let hello = self.hello(*port).await;
            if hello.is_ok_and(|hello| hello.get_bool("isWritablePrimary").unwrap_or_default()) {
                return Some(member);
            }
        }
        None
    }

    /// Runs a command on one member, whatever its role in the set.
    async fn command(&self, port: u16, command: Document) -> Result<Document, StackError> {
        let mut options =
            ClientOptions::parse(format!("mongodb://127.0.0.1:{port}/?directConnection=true"))
                .await?;
        options.server_selection_timeout = Some(Duration::from_secs(2));
        options.connect_timeout = Some(Duration::from_secs(2));
        if let Some(authority) = &self.authority {
            let tls = TlsOptions::builder()
                .ca_file_path(authority.clone())
                .build();
            options.tls = Some(tls.into());
        }
        let client = Client::with_options(options)?;
        let answer = client.database("admin").run_command(command).await;
        client.shutdown().immediate(true).await;
        Ok(answer?)
    }
}

/// How to start a member.
pub(crate) fn plan(
    dir: &Dir,
    name: Name,
    port: u16,
    tls: options::Tls,
) -> Result<Plan, StackError> {
    let data = dir.data(name);
    std::fs::create_dir_all(&data).map_err(StackError::io(&data))?;
    let arguments = [
        ("--bind_ip", "127.0.0.1".to_owned()),
        ("--port", port.to_string()),
        ("--replSet", SET.to_owned()),
        ("--dbpath", data.display().to_string()),
        // One machine runs all members; by default each would use half its memory.
        ("--wiredTigerCacheSizeGB", "0.5".to_owned()),
        ("--oplogSize", "512".to_owned()),
        (
            "--setParameter",
            "diagnosticDataCollectionEnabled=false".to_owned(),
        ),
        // A transaction left open by a killed service holds its rows this long; a service gives up after two seconds.
        (
            "--setParameter",
            "transactionLifetimeLimitSeconds=5".to_owned(),
        ),
    ];
    let mut arguments: Vec<String> = arguments
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value])
        .collect();
    arguments.push("--nounixsocket".to_owned());
    if tls == options::Tls::On {
        let files = Files::ensure(dir)?;
        arguments.extend([
            "--tlsMode=requireTLS".to_owned(),
            format!("--tlsCertificateKeyFile={}", files.server.display()),
            format!("--tlsCAFile={}", files.authority.display()),
            // Clients authenticate with a password, if at all.
            "--tlsAllowConnectionsWithoutCertificates".to_owned(),
        ]);
    }
    Ok(Plan {
        program: tools::mongod()?,
        arguments,
        environment: Vec::new(),
        run_dir: dir.run(name),
        log: dir.log(name),
    })
}

fn hosts(ports: &[u16]) -> Vec<String> {
    ports
        .iter()
        .map(|port| format!("127.0.0.1:{port}"))
        .collect()
}

fn config(ports: &[u16], version: i32) -> Document {
    let members: Vec<Document> = (0_i32..)
        .zip(hosts(ports))
        .map(|(id, host)| doc! {"_id": id, "host": host})
        .collect();
    // On one machine, a primary that is silent for 4 s is dead; the default of 10 s allows for network delays.
    doc! {"_id": SET, "version": version, "members": members, "settings": {"electionTimeoutMillis": 4000}}
}

/// Escapes a path for use as a URI option's value.
fn escaped(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    path.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn is_command_error(error: &mongodb::error::Error, code: i32) -> bool {
    if let ErrorKind::Command(command) = error.kind.as_ref() {
        return command.code == code;
    }
    false
}
