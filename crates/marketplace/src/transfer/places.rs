//! The stores of the four services, and whether they are in use.

use anyhow::{Context as _, bail};
use futures_util::TryStreamExt as _;
use host::service::{Deps, StoreConfig};
use host::settings::MongoConfig;
use order_service::OrderService;
use product_service::ProductService;
use store::Store;
use store_mongo::bson::{Bson, Document, doc};
use store_mongo::mongodb::Client;
use store_mongo::mongodb::error::ErrorKind;
use store_mongo::mongodb::options::ClientOptions;
use user_service::UserService;
use wallet_service::WalletService;

/// The services, by the names of their files and databases.
pub(crate) const SERVICES: [&str; 4] = ["users", "products", "orders", "wallet"];

/// Opens the services' stores, each at the place that `at` names for it.
///
/// # Errors
/// A store error, or what `at` returns.
pub(crate) fn stores(
    at: impl Fn(&str) -> anyhow::Result<StoreConfig>,
    deps: &Deps,
) -> anyhow::Result<[(&'static str, Store); 4]> {
    let [users, products, orders, wallet] = SERVICES;
    Ok([
        (users, UserService::store(at(users)?, deps)?),
        (products, ProductService::store(at(products)?, deps)?),
        (orders, OrderService::store(at(orders)?, deps)?),
        (wallet, WalletService::store(at(wallet)?, deps)?),
    ])
}

/// MongoDB's code for an account without the privilege.
const UNAUTHORIZED: i32 = 13;

/// Those of the services' databases that a process is connected to: each connection names its database. Ask before opening them.
///
/// # Errors
/// If no server answers, or the account must not see the connections of others.
pub(crate) async fn in_use(config: &MongoConfig) -> anyhow::Result<Vec<String>> {
    let uri = config.resolved_uri().map_err(anyhow::Error::msg)?;
    let mut options = ClientOptions::parse(uri.expose())
        .await
        .context("the MongoDB URI")?;
    let mut names = SERVICES
        .map(|service| Bson::from(config.database(service)))
        .to_vec();
    // The URI may name the services' connections, too.
    let mine = "marketplace-transfer".to_owned();
    names.extend(options.app_name.replace(mine).map(Bson::from));
    // Sessions without a connection are what a process that was killed left open: it cannot go on with them.
    let connections = Client::with_options(options)?
        .database("admin")
        .aggregate([
            doc! { "$currentOp": { "allUsers": true, "idleConnections": true, "idleSessions": false } },
            doc! { "$match": { "appName": { "$in": names } } },
            doc! { "$group": { "_id": "$appName" } },
            doc! { "$sort": { "_id": 1 } },
        ])
        .await;
    let connections = match connections {
        Err(error) if matches!(&*error.kind, ErrorKind::Command(refusal) if refusal.code == UNAUTHORIZED) =>
        {
            bail!(
                "the account must not see who uses the databases; give it the role clusterMonitor, or name the administrator's account"
            )
        }
        connections => connections.context("MongoDB cannot be asked who uses it")?,
    };
    let found: Vec<Document> = connections.try_collect().await?;
    let name = |row: &Document| row.get_str("_id").map(str::to_owned);
    Ok(found.iter().flat_map(name).collect())
}
