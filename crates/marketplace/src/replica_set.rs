//! Prepares a new MongoDB replica set for the marketplace: initiates it, and creates the administrator's account and the services'
//! account. Each step checks first and changes only what is missing, so it is safe to run at every start.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use host::output;
use host::settings::MongoConfig;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::client_options;
use store_mongo::mongodb::error::{Error, ErrorKind};
use store_mongo::mongodb::options::{ClientOptions, Credential, ServerAddress};
use store_mongo::mongodb::{Client, Database};

/// The account that administers the set.
const ADMIN: &str = "admin";

/// Timeout for the server to start, and again for the set to elect its primary.
const PATIENCE: Duration = Duration::from_secs(60);

/// Polling interval.
const LOOK: Duration = Duration::from_millis(250);

/// MongoDB's error codes for a failed authentication and for a user that already exists.
const AUTHENTICATION_FAILED: i32 = 18;
const USER_EXISTS: i32 = 51_003;

/// Performs the missing steps and prints each one. `at` is a member on this machine; `file` holds the administrator's password.
pub(crate) async fn prepare(
    config: &MongoConfig,
    at: &str,
    members: &[String],
    file: &Path,
) -> anyhow::Result<()> {
    let admin_password = std::fs::read_to_string(file)
        .with_context(|| format!("--admin-password-file {}", file.display()))?;
    let admin_password = admin_password.trim();
    let uri = config.resolved_uri().map_err(anyhow::Error::msg)?;
    let services = client_options(&uri).await.context("mongo.uri")?;
    let at = ServerAddress::parse(at).context("--at")?;
    let stranger = admin_database(&at, None)?;
    let member = within("MongoDB answers", async || {
        stranger.run_command(doc! {"hello": 1}).await
    })
    .await?;
    if member.contains_key("setName") {
        output::line("The replica set is there.")?;
    } else {
        let set = services.repl_set_name.as_deref();
        initiate(&stranger, set, members).await?;
    }
    within("the set has a primary", async || {
        let hello = stranger.run_command(doc! {"hello": 1}).await?;
        if hello.get_bool("isWritablePrimary").unwrap_or_default() {
            Ok(())
        } else {
            Err(Error::custom("this member is not primary"))
        }
    })
    .await?;
    let credential = Credential::builder()
        .username(ADMIN.to_owned())
        .password(admin_password.to_owned())
        .build();
    let mut admin = admin_database(&at, Some(credential.clone()))?;
    match admin.run_command(doc! {"ping": 1}).await {
        Ok(_) => output::line("The administrator's account is there.")?,
        Err(error) if is(&error, AUTHENTICATION_FAILED) => {
            stranger
                .run_command(account("createUser", ADMIN, admin_password, vec!["root"]))
                .await
                .context("the administrator's account cannot be made; if there is one, this is not its password")?;
            output::line("The administrator's account is made.")?;
            // The driver caches the authentication failure, so use a new client.
            admin = admin_database(&at, Some(credential))?;
        }
        Err(error) => return Err(error.into()),
    }
    services_account(&admin, &services.credential.unwrap_or_default(), config).await
}

async fn initiate(stranger: &Database, set: Option<&str>, hosts: &[String]) -> anyhow::Result<()> {
    let set = set.context("mongo.uri names no replica set; add ?replicaSet=rs0 to it")?;
    let members: Vec<Document> = (0_i32..)
        .zip(hosts)
        .map(|(id, host)| doc! {"_id": id, "host": host})
        .collect();
    stranger
        .run_command(doc! {"replSetInitiate": {"_id": set, "members": members}})
        .await
        .context("the replica set cannot be initiated")?;
    output::line(format_args!(
        "The replica set {set} is made of {}.",
        hosts.join(", ")
    ))?;
    Ok(())
}

/// The account named in the services' URI. It can read, write and define collections and indexes in the services' databases, and nothing
/// else. An existing account is updated, so that its password can be changed in the file.
async fn services_account(
    admin: &Database,
    credential: &Credential,
    config: &MongoConfig,
) -> anyhow::Result<()> {
    let (Some(name), Some(password)) = (&credential.username, &credential.password) else {
        bail!("mongo.uri names no account; it has to, as in mongodb://marketplace:password@…");
    };
    let roles: Vec<Document> = ["users", "products", "orders", "wallet"]
        .map(|service| config.database(service))
        .iter()
        .flat_map(|db| ["readWrite", "dbAdmin"].map(|role| doc! {"role": role, "db": db}))
        .collect();
    let made = admin
        .run_command(account("createUser", name, password, roles.clone()))
        .await;
    match made {
        Ok(_) => output::line(format_args!("The services' account {name} is made."))?,
        Err(error) if is(&error, USER_EXISTS) => {
            admin
                .run_command(account("updateUser", name, password, roles))
                .await?;
            output::line(format_args!("The services' account {name} is up to date."))?;
        }
        Err(error) => return Err(error).context("the services' account cannot be made"),
    }
    Ok(())
}

fn account(command: &str, name: &str, password: &str, roles: impl Into<Bson>) -> Document {
    doc! {command: name, "pwd": password, "roles": roles.into()}
}

/// A connection to the member itself, whatever its role in the set.
fn admin_database(at: &ServerAddress, credential: Option<Credential>) -> anyhow::Result<Database> {
    let options = ClientOptions::builder()
        .hosts(vec![at.clone()])
        .direct_connection(true)
        .credential(credential)
        .server_selection_timeout(Duration::from_secs(2))
        .connect_timeout(Duration::from_secs(2))
        .build();
    Ok(Client::with_options(options)?.database("admin"))
}

/// Retries until it succeeds or times out.
async fn within<T>(what: &str, attempt: impl AsyncFn() -> Result<T, Error>) -> anyhow::Result<T> {
    let tries = async {
        loop {
            match attempt().await {
                Ok(value) => return value,
                Err(error) => tracing::debug!(%error, what, "not yet"),
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, tries)
        .await
        .with_context(|| format!("{what}: not within {} s", PATIENCE.as_secs()))
}

fn is(error: &Error, code: i32) -> bool {
    if let ErrorKind::Command(command) = error.kind.as_ref() {
        return command.code == code;
    }
    code == AUTHENTICATION_FAILED && matches!(*error.kind, ErrorKind::Authentication { .. })
}
