//! Builds the four services and runs them behind one server.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::Context as _;
use auth::{Issuer, SigningKey, Verifier};
use host::Host;
use host::service::Deps;
use kernel::Clock;
use order_service::OrderService;
use platform_http::complete;
use product_service::ProductService;
use user_service::UserService;
use utoipa::OpenApi;
use wallet_service::WalletService;

use crate::adapters::InProcessReservations;
use crate::data_dir::{DataDir, sqlite};
use crate::docs;
use crate::problems;
use crate::services::Services;
use host::settings::{ServerConfig, Settings};

/// The four services, built on one data directory.
pub struct Marketplace {
    pub(crate) deps: Deps,
    pub(crate) users: Arc<UserService>,
    pub(crate) products: Arc<ProductService>,
    pub(crate) orders: Arc<OrderService>,
    pub(crate) wallet: Arc<WalletService>,
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
        let key = SigningKey::load_or_create(&key_file).context("the signing key")?;
        let policy = settings.auth.policy()?;
        let verifier = Verifier::new(key.verification_keys(), policy.clone(), token_clock);
        let issuer = Issuer::new(key, policy);
        let store = sqlite(dir.users());
        let users = UserService::build(&services.users, store, &deps, issuer, verifier.clone())
            .context("the user service")?;
        let store = sqlite(dir.products());
        let products = ProductService::build(&services.catalogue, store, &deps, verifier.clone())
            .context("the product service")?;
        let products = Arc::new(products);
        let store = sqlite(dir.wallet());
        let wallet = WalletService::build(&services.wallet, store, &deps, verifier.clone())
            .context("the wallet service")?;
        let reservations = Arc::new(InProcessReservations(products.clone()));
        let store = sqlite(dir.orders());
        let config = &services.orders;
        let orders = OrderService::build(config, store, &deps, verifier, reservations, None)
            .context("the order service")?;
        dir.opened()?;
        Ok(Self {
            deps,
            users: Arc::new(users),
            products,
            orders: Arc::new(orders),
            wallet: Arc::new(wallet),
            document: compact_document(services)?,
        })
    }

    /// Starts background work and serves on `listener`.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub fn start(&self, listener: TcpListener, server: &ServerConfig) -> anyhow::Result<Host> {
        let parts = vec![
            self.users.parts(),
            self.products.parts(),
            self.orders.parts(),
            self.wallet.parts(),
        ];
        let more = vec![docs::routes(self.document.clone()), problems::routes()];
        Ok(Host::start_embedded(
            listener, server, &self.deps, parts, more,
        )?)
    }
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

fn document(services: &Services) -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let fragments = [
        user_service::openapi(),
        product_service::openapi(&services.catalogue),
        order_service::openapi(),
        wallet_service::openapi(),
    ];
    complete(&mut document, fragments);
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
