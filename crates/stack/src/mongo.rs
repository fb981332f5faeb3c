//! MongoDB: starts a member, initiates the replica set, finds the primary.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;
use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::error::{ErrorKind, Result};
use mongodb::options::{ClientOptions, TlsOptions};

use crate::Only;
use crate::name::Name;
use crate::process::detached;
use crate::stack::Stack;
use crate::tools;

/// The replica set's name.
const SET: &str = "rs0";

/// MongoDB's `NotYetInitialized`: what a fresh member answers before the set is initiated.
const NOT_YET_INITIALIZED: i32 = 94;

/// How to start a member.
pub(crate) fn command(stack: &Stack, member: usize) -> anyhow::Result<Command> {
    let mut command = detached(&tools::mongod()?);
    command
        .args(["--bind_ip", "127.0.0.1", "--nounixsocket", "--port"])
        .arg(stack.ports().mongo(member).to_string())
        .arg("--dbpath")
        .arg(stack.dir.data(Name::Mongo(member))?)
        .args(["--replSet", SET, "--oplogSize", "512"])
        // One machine runs all members; by default each would use half its memory.
        .args(["--wiredTigerCacheSizeGB", "0.5"])
        .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
        // A transaction left open by a killed service holds its rows this long; a service gives up after two seconds.
        .args(["--setParameter", "transactionLifetimeLimitSeconds=5"]);
    if stack.state.shape.only == Some(Only::Servers) {
        // Each test drops its databases. The server keeps what was dropped for this long, five minutes by default; with ten thousand files
        // of such, it stops for seconds at each checkpoint.
        command.args(["--setParameter", "minSnapshotHistoryWindowInSeconds=10"]);
    }
    if let Some(files) = stack.certificates() {
        command
            .arg("--tlsCertificateKeyFile")
            .arg(files.server)
            .arg("--tlsCAFile")
            .arg(files.authority)
            // Clients authenticate with a password, if at all.
            .args([
                "--tlsMode=requireTLS",
                "--tlsAllowConnectionsWithoutCertificates",
            ]);
    }
    Ok(command)
}

impl Stack {
    /// URI of the MongoDB replica set.
    #[must_use]
    pub fn mongo_uri(&self) -> String {
        let tls = match self.certificates() {
            Some(files) => format!("&tls=true&tlsCAFile={}", escaped(&files.authority)),
            None => String::new(),
        };
        format!(
            "mongodb://{}/?replicaSet={SET}{tls}",
            self.hosts().join(",")
        )
    }

    /// The member of the replica set that is primary, if there is one.
    pub async fn mongo_primary(&self) -> Option<Name> {
        for member in 0..self.state.shape.members {
            let hello = self.hello(member).await;
            if hello.is_ok_and(|hello| is(&hello, "isWritablePrimary")) {
                return Some(Name::Mongo(member));
            }
        }
        None
    }

    /// Checks that the member is a primary or a secondary.
    pub(crate) async fn check_member(&self, member: usize) -> std::result::Result<(), String> {
        let hello = self
            .hello(member)
            .await
            .map_err(|error| error.to_string())?;
        if is(&hello, "isWritablePrimary") || is(&hello, "secondary") {
            return Ok(());
        }
        Err("it is neither primary nor secondary".to_owned())
    }

    /// A member's answer to `hello`.
    pub(crate) async fn hello(&self, member: usize) -> Result<Document> {
        self.run_on(member, doc! {"hello": 1}).await
    }

    /// Initiates the replica set once. Later starts find it initiated, and only update its addresses if they have changed.
    pub(crate) async fn initiate(&self) -> anyhow::Result<()> {
        let current = match self.run_on(0, doc! {"replSetGetConfig": 1}).await {
            Ok(answer) => answer.get_document("config").cloned().unwrap_or_default(),
            Err(error) if matches!(&*error.kind, ErrorKind::Command(e) if e.code == NOT_YET_INITIALIZED) =>
            {
                let initiate = doc! {"replSetInitiate": self.set_config(1)};
                self.run_on(0, initiate).await?;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let members = current.get_array("members").cloned().unwrap_or_default();
        let known: Vec<&str> = members
            .iter()
            .filter_map(|member| member.as_document()?.get_str("host").ok())
            .collect();
        if known == self.hosts() {
            return Ok(());
        }
        ensure!(
            known.len() <= self.state.shape.members,
            "the data in {} belongs to a replica set of {found} members; run it with --members {found}, or throw the data away \
             with `down --wipe`",
            self.dir.display(),
            found = known.len()
        );
        let version = current.get_i32("version").unwrap_or(1).saturating_add(1);
        let reconfig = doc! {"replSetReconfig": self.set_config(version), "force": true};
        self.run_on(0, reconfig).await?;
        Ok(())
    }

    /// Runs a command on one member, whatever its role in the set.
    async fn run_on(&self, member: usize, command: Document) -> Result<Document> {
        let port = self.ports().mongo(member);
        let uri = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
        let mut options = ClientOptions::parse(uri).await?;
        options.server_selection_timeout = Some(Duration::from_secs(2));
        options.connect_timeout = Some(Duration::from_secs(2));
        options.tls = self.certificates().map(|files| {
            let authority = files.authority;
            TlsOptions::builder().ca_file_path(authority).build().into()
        });
        let client = Client::with_options(options)?;
        let answer = client.database("admin").run_command(command).await;
        client.shutdown().immediate(true).await;
        answer
    }

    fn hosts(&self) -> Vec<String> {
        (0..self.state.shape.members)
            .map(|member| format!("127.0.0.1:{}", self.ports().mongo(member)))
            .collect()
    }

    fn set_config(&self, version: i32) -> Document {
        let members: Vec<Document> = (0_i32..)
            .zip(self.hosts())
            .map(|(id, host)| doc! {"_id": id, "host": host})
            .collect();
        // On one machine, a primary that is silent for 4 s is dead; the default of 10 s allows for network delays.
        doc! {"_id": SET, "version": version, "members": members, "settings": {"electionTimeoutMillis": 4000}}
    }
}

fn is(hello: &Document, word: &str) -> bool {
    hello.get_bool(word).unwrap_or_default()
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
