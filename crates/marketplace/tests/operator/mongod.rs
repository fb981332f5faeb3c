//! A MongoDB server in the state of a freshly created container: it has a key file for its replica set's members, so it requires
//! authentication; there are no accounts yet, and no set.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::error::{Error, ErrorKind};
use store_mongo::mongodb::options::{ClientOptions, Credential, ServerAddress};
use store_mongo::mongodb::{Client, Database};

/// MongoDB's error code for an account without the privilege.
const UNAUTHORIZED: i32 = 13;
/// MongoDB's error code for a failed authentication.
const AUTHENTICATION_FAILED: i32 = 18;

/// The server; it ends when dropped.
pub(crate) struct Mongod {
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    process: Child,
    dir: tempfile::TempDir,
    _port: stack::Reservation,
}

impl Mongod {
    /// Starts it. It may take a moment until it accepts connections.
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (port, reservation) = stack::free_port().unwrap();
        let mut key = OpenOptions::new();
        key.write(true).create_new(true).mode(0o400);
        let key_file = dir.path().join("key");
        let mut key = key.open(&key_file).unwrap();
        key.write_all(b"bm90IG9mIGFueSBvdGhlciBzZXQ=").unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let log = File::create(dir.path().join("log")).unwrap();
        let process = Command::new(stack::mongod().unwrap())
            .args(["--replSet", "rs0", "--bind_ip", "127.0.0.1", "--port"])
            .arg(port.to_string())
            .arg("--keyFile")
            .arg(key_file)
            .arg("--dbpath")
            .arg(data)
            .args(["--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"])
            .args(["--oplogSize", "64"])
            .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
            .stdin(Stdio::null())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        Self {
            address: format!("127.0.0.1:{port}"),
            process,
            dir,
            _port: reservation,
        }
    }

    /// Writes a file with `text` beside its data.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The database `name`, with an account or unauthenticated.
    pub(crate) fn database(&self, account: Option<(&str, &str)>, name: &str) -> Database {
        let credential = account.map(|(name, password)| {
            Credential::builder()
                .username(name.to_owned())
                .password(password.to_owned())
                .build()
        });
        let options = ClientOptions::builder()
            .hosts(vec![ServerAddress::parse(&self.address).unwrap()])
            .direct_connection(true)
            .credential(credential)
            // After an authentication failure the driver checks the server again before each further command.
            .heartbeat_freq(Duration::from_millis(500))
            .server_selection_timeout(Duration::from_secs(30))
            .build();
        Client::with_options(options).unwrap().database(name)
    }

    /// Its answer to `hello`, which describes its replica set.
    pub(crate) async fn hello(&self) -> Document {
        let stranger = self.database(None, "admin");
        stranger.run_command(doc! {"hello": 1}).await.unwrap()
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        // An error means that it has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether the error is missing privilege or failed authentication.
pub(crate) fn is_refused<T>(result: &Result<T, Error>) -> bool {
    let Err(error) = result else {
        return false;
    };
    if let ErrorKind::Command(command) = error.kind.as_ref() {
        return [UNAUTHORIZED, AUTHENTICATION_FAILED].contains(&command.code);
    }
    matches!(*error.kind, ErrorKind::Authentication { .. })
}
