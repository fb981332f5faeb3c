//! Builds the four services and the console, and runs them behind one server.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Context as _;
use auth::{Issuer, Verifier, shared_secret};
use console::Console;
use host::Host;
use host::service::Deps;
use kernel::Clock;
use order_service::{Mails, OrderService};
use platform_http::{Fragment, complete};
use product_service::ProductService;
use user_service::{Ports, Post, UserService};
use utoipa::OpenApi;
use wallet_service::WalletService;

use crate::adapters::{InProcessReservations, InProcessSettlements};
use crate::data_dir::{DataDir, sqlite};
use crate::docs;
use crate::problems;
use crate::services::Services;
use host::settings::{Profile, ServerConfig, Settings};

/// The four services, built on one data directory.
pub struct Marketplace {
    pub(crate) deps: Deps,
    pub(crate) users: Arc<UserService>,
    pub(crate) products: Arc<ProductService>,
    pub(crate) orders: Arc<OrderService>,
    pub(crate) wallet: Arc<WalletService>,
    /// The pages, unless they are turned off.
    console: Option<Console>,
    /// The API document.
    document: String,
}

impl Marketplace {
    /// Opens the stores and builds the services. Access tokens are issued and verified by `token_clock`.
    ///
    /// # Errors
    /// If a setting is invalid or a store cannot be opened.
    pub fn build(
        settings: &Settings,
        services: &Services,
        dir: &DataDir,
        deps: Deps,
        token_clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let key_file = dir.signing_key(settings);
        if dir.open()? && !key_file.exists() {
            tracing::warn!(
                file = %key_file.display(),
                "the signing key is missing and is made anew: access tokens issued so far are refused, logins last"
            );
        }
        let policy = settings.auth.policy()?;
        let issuer = Issuer::of_file(key_file, policy.clone()).context("the signing key")?;
        let verifier = Verifier::new(issuer.verification_keys(), policy, token_clock);
        let store = sqlite(dir.products());
        let products = ProductService::build(
            &dir.catalogue(&services.catalogue)?,
            settings.sellers,
            settings.return_window.days(),
            store,
            &deps,
            verifier.clone(),
        )
        .context("the product service")?;
        let products = Arc::new(products);
        let store = sqlite(dir.wallet());
        let wallet = WalletService::build(&services.wallet, store, &deps, verifier.clone())
            .context("the wallet service")?;
        let reservations = Arc::new(InProcessReservations(products.clone()));
        let store = sqlite(dir.orders());
        let orders = OrderService::build(
            &services.orders,
            store,
            &deps,
            verifier.clone(),
            reservations,
            None,
            Mails::of(settings),
        )
        .context("the order service")?;
        let (orders, wallet) = (Arc::new(orders), Arc::new(wallet));
        let settlements = Arc::new(InProcessSettlements {
            orders: orders.clone(),
            wallet: wallet.clone(),
        });
        let store = sqlite(dir.users());
        let users = UserService::build(
            &services.users,
            settings,
            store,
            &deps,
            issuer,
            verifier,
            Ports {
                settlements,
                post: Post::of(settings)?,
            },
        )
        .context("the user service")?;
        let console = console(settings, services, dir, &deps)?;
        dir.opened()?;
        Ok(Self {
            deps,
            users: Arc::new(users),
            products,
            orders,
            wallet,
            console,
            document: compact_document(services)?,
        })
    }

    /// Reads which access tokens were revoked before this start. To be awaited before it serves.
    ///
    /// # Errors
    /// A store error.
    pub async fn learn_revocations(&self) -> anyhow::Result<()> {
        let learnt = self.users.learn_revocations().await;
        learnt.context("the revoked access tokens cannot be read")
    }

    /// Starts background work and serves on `listener` alone, the metrics included.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub fn start(&self, listener: TcpListener, server: &ServerConfig) -> anyhow::Result<Host> {
        self.start_on(listener, None, server)
    }

    /// Starts background work and serves on `listener`. The metrics are on the `internal` port, if there is one.
    ///
    /// # Errors
    /// If a listener cannot be used.
    pub fn start_on(
        &self,
        listener: TcpListener,
        internal: Option<TcpListener>,
        server: &ServerConfig,
    ) -> anyhow::Result<Host> {
        let parts = vec![
            self.users.parts(),
            self.products.parts(),
            self.orders.parts(),
            self.wallet.parts(),
        ];
        let own = [docs::routes(self.document.clone()), problems::routes()];
        let mut more = Vec::from(own);
        match &self.console {
            Some(console) => {
                let api = parts.iter().map(|part| part.routes.clone());
                more.push(console.routes(api.collect()));
            }
            None => more.push(docs::home_routes()),
        }
        Ok(Host::start_embedded(
            listener, internal, server, &self.deps, parts, more,
        )?)
    }
}

/// The console, unless it is turned off. Its key is beside the one that signs tokens.
fn console(
    settings: &Settings,
    services: &Services,
    dir: &DataDir,
    deps: &Deps,
) -> anyhow::Result<Option<Console>> {
    let config = &services.console;
    if !config.enabled {
        return Ok(None);
    }
    let beside = || dir.signing_key(settings).with_file_name("console.key");
    let secret = shared_secret(&config.key_file.clone().unwrap_or_else(beside))
        .context("the console's key")?;
    let secure = settings.profile == Profile::Production;
    let image_url = &services.catalogue.image_url;
    Console::build(config, &secret, secure, image_url, deps)
        .context("the console")
        .map(Some)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "MarketPlace",
        description = "People register, list products, fund a wallet, order from many sellers and get paid.\n\n\
            Amounts are integers of minor units with an ISO 4217 currency; times are RFC 3339 UTC; ids are UUIDs. Lists are \
            paged by cursor. Every refusal is `application/problem+json` (RFC 9457) with a stable `code`.\n\n\
            To try it: register, log in, press *Authorize* and paste the token."
    ),
    servers((url = "/", description = "The server that this document comes from")),
    paths(platform_http::health::live, platform_http::health::ready, docs::document, docs::page, problems::explain),
    tags((name = "operations", description = "Health and documentation"))
)]
struct Document;

fn fragments(services: &Services) -> [Fragment; 4] {
    [
        user_service::openapi(),
        product_service::openapi(&services.catalogue),
        order_service::openapi(),
        wallet_service::openapi(),
    ]
}

fn document(services: &Services) -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    complete(&mut document, fragments(services));
    document
}

/// The document in the form in which it is served.
pub(crate) fn compact_document(services: &Services) -> anyhow::Result<String> {
    document(services).to_json().context("the OpenAPI document")
}

/// The OpenAPI 3.1 document of the whole marketplace with these settings, as JSON.
///
/// # Errors
/// Never in practice: the document contains plain values only.
pub fn openapi(services: &Services) -> anyhow::Result<String> {
    Ok(document(services).to_pretty_json()?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_two_schemas_have_one_name() {
        let mut known = BTreeMap::new();
        for fragment in fragments(&Services::default()) {
            let schemas = fragment.operations.components.map(|all| all.schemas);
            for (name, schema) in schemas.unwrap_or_default() {
                let first = known.entry(name.clone()).or_insert_with(|| schema.clone());
                assert!(*first == schema, "two schemas are called {name}");
            }
        }
    }
}
