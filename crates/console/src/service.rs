//! Composition: what all pages need, and their routes.

use std::sync::Arc;

use actix_web::web;
use auth::SharedSecret;
use host::service::Deps;
#[cfg(feature = "http-client")]
use host::service::Parts;
use platform_http::{Inside, Routes};

#[cfg(feature = "http-client")]
use crate::api::HttpApi;
use crate::api::{Api, InProcess};
use crate::assets::Assets;
use crate::config::Config;
use crate::cookies::Cookies;
use crate::files::Files;
use crate::http;
use crate::lang::Lang;
use crate::pages::{Pages, Shared};
use crate::templates::Templates;
use crate::vault::Vault;
use crate::visit::policy;

/// The console, built and not yet serving.
pub struct Console {
    shared: Arc<Shared>,
}

impl Console {
    /// Reads its files. `secret` seals cookies; with `secure`, browsers send them over TLS only. `image_url` is where the pictures of products
    /// are, as `catalogue.image_url`.
    ///
    /// # Errors
    /// If a file of the theme cannot be used.
    pub fn build(
        config: &Config,
        secret: &SharedSecret,
        secure: bool,
        image_url: &str,
        deps: &Deps,
    ) -> anyhow::Result<Self> {
        let files = Files::new(config.theme.clone());
        let assets = Arc::new(Assets::new(&files)?);
        let langs = Lang::all(&files)?.into_iter().map(Arc::new);
        let langs: Vec<_> = langs.collect();
        let templates = langs.iter();
        let templates = templates.map(|lang| Templates::new(&files, lang, &assets));
        let templates: Vec<_> = templates.collect();
        if config.theme.is_some() {
            templates.iter().try_for_each(Templates::check)?;
        }
        Ok(Self {
            shared: Arc::new(Shared {
                langs,
                templates,
                assets,
                vault: Vault::new(secret),
                cookies: Cookies { secure },
                clock: deps.clock.clone(),
                ids: deps.ids.clone(),
                currency: deps.currency,
                policy: policy(image_url),
            }),
        })
    }

    /// The pages, for a process that answers the public API at `api` itself.
    #[must_use]
    pub fn routes(&self, api: Vec<Routes>) -> Routes {
        self.pages(move || Box::new(InProcess(Inside::new(api.clone()))))
    }

    /// The pages as a process of their own, which asks for the API elsewhere.
    #[cfg(feature = "http-client")]
    #[must_use]
    pub fn parts(&self, api: HttpApi) -> Parts {
        Parts {
            name: "console-service",
            routes: self.pages(move || Box::new(api.clone())),
            subscriptions: Vec::new(),
            outbox: None,
            periodic: Vec::new(),
            store: None,
            letters: None,
        }
    }

    /// The pages, with an `api` for each thread.
    fn pages(&self, api: impl Fn() -> Box<dyn Api> + Send + Sync + 'static) -> Routes {
        let shared = self.shared.clone();
        Arc::new(move |config| {
            config.app_data(web::Data::new(Pages {
                shared: shared.clone(),
                api: api(),
            }));
            http::declare(config);
        })
    }
}
