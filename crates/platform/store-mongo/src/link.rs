//! The connection to one service's database. It is made on first use, and prepared (collections, validators, indexes) before anything is
//! read or written. If the server is down, the next caller tries again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kernel::SecretUri;
use mongodb::bson::{Document, doc};
use mongodb::event::EventHandler;
use mongodb::event::cmap::CmapEvent;
use mongodb::options::{Acknowledgment, ClientOptions, ConnectionString, WriteConcern};
use mongodb::{Client, Database};
use tokio::sync::OnceCell;

use super::schema::{Collection, ensure};
use store::{Import, Row as _, StoreError, StoreResult};
use telemetry::metrics::PoolWatch;

/// Time limit for a read outside a transaction.
pub const READ_LIMIT: Duration = Duration::from_secs(2);

/// How long an operation waits for a suitable server. Elections take longer; clients are asked to retry.
const SELECTION: Duration = Duration::from_secs(2);

/// Interval between the driver's checks of each server. A server that returns is found within it, also by a service that is idle.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Checks that `uri` is one that the driver understands.
///
/// # Errors
/// A sentence that shows no secret.
pub fn check_uri(uri: &SecretUri) -> Result<(), String> {
    let parsed = ConnectionString::parse(uri.expose()).map(drop);
    parsed.map_err(|error| format!("it is {uri}: {}", uri.hide_in(&error.to_string())))
}

/// The driver's options for `uri`. The driver's messages may quote an option's value, a secret among them.
///
/// # Errors
/// [`StoreError::Unavailable`] if the URI is invalid, or names hosts that cannot be looked up.
pub async fn client_options(uri: &SecretUri) -> StoreResult<ClientOptions> {
    ClientOptions::parse(uri.expose())
        .await
        .map_err(|error| StoreError::Unavailable(uri.hide_in(&error.to_string())))
}

/// See the module.
pub(super) struct Link {
    uri: SecretUri,
    name: String,
    collections: Vec<Collection>,
    pool: PoolWatch,
    client: OnceCell<Client>,
    ready: OnceCell<Database>,
    /// Whether the database may hold an unfinished import.
    importing: AtomicBool,
}

impl Link {
    pub(super) fn new(
        uri: SecretUri,
        name: &str,
        collections: Vec<Collection>,
        pool: PoolWatch,
    ) -> StoreResult<Self> {
        check_uri(&uri)
            .map_err(|reason| StoreError::Unavailable(format!("the MongoDB URI: {reason}")))?;
        Ok(Self {
            uri,
            name: name.to_owned(),
            collections,
            pool,
            client: OnceCell::new(),
            ready: OnceCell::new(),
            importing: AtomicBool::new(false),
        })
    }

    /// Opens the database even if it holds an unfinished import.
    pub(super) fn for_import(&self) {
        self.importing.store(true, Ordering::Relaxed);
    }

    /// The database's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The database, prepared for use.
    pub(super) async fn database(&self) -> StoreResult<Database> {
        let database = self
            .ready
            .get_or_try_init(|| async {
                let database = self.client().await?.database(&self.name);
                ensure(&database, &self.collections).await?;
                if !self.importing.load(Ordering::Relaxed) {
                    refuse_unfinished(&database).await?;
                }
                Ok::<_, StoreError>(database)
            })
            .await?;
        Ok(database.clone())
    }

    async fn client(&self) -> StoreResult<&Client> {
        self.client
            .get_or_try_init(|| async {
                let mut options = client_options(&self.uri).await?;
                options.app_name.get_or_insert_with(|| self.name.clone());
                options.server_selection_timeout.get_or_insert(SELECTION);
                options.connect_timeout.get_or_insert(SELECTION);
                options.heartbeat_freq.get_or_insert(HEARTBEAT);
                let most = options.max_pool_size.get_or_insert(64);
                self.pool.max.set(i64::from(*most));
                options.cmap_event_handler = Some(connections(&self.pool));
                options.write_concern = Some(
                    WriteConcern::builder()
                        .w(Acknowledgment::Majority)
                        .journal(true)
                        .build(),
                );
                Ok::<_, StoreError>(Client::with_options(options)?)
            })
            .await
    }
}

/// Part of a shop must not be served as if it were all of it.
async fn refuse_unfinished(database: &Database) -> StoreResult<()> {
    let imports = database.collection::<Document>(Import::TABLE);
    let unfinished = doc! { "_id": Import::ID, "finished_at": { "$exists": false } };
    if imports.find_one(unfinished).await?.is_some() {
        return Err(StoreError::Unavailable(format!(
            "what is brought into {} is not all there yet; run the command that brings it again until it succeeds",
            database.name()
        )));
    }
    Ok(())
}

/// Counts the driver's connections: one up or down for each event.
fn connections(pool: &PoolWatch) -> EventHandler<CmapEvent> {
    let pool = pool.clone();
    EventHandler::callback(move |event| {
        if let CmapEvent::ConnectionCheckedOut(_) = event {
            pool.in_use.inc();
        } else if let CmapEvent::ConnectionCheckedIn(_) = event {
            pool.in_use.dec();
        } else if let CmapEvent::ConnectionCreated(_) = event {
            pool.open.inc();
        } else if let CmapEvent::ConnectionClosed(_) = event {
            pool.open.dec();
        }
    })
}
