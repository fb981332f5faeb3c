//! A marketplace on a fresh directory and a free port, in this process.

use std::net::TcpListener;
use std::sync::Arc;

use host::service::Deps;
use host::settings::ServerConfig;
use host::testing::Answer;
use kernel::{Currency, SystemClock};
use marketplace::{DataDir, Marketplace, Services, Settings};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// The marketplace, and a client for it.
pub(crate) struct World {
    url: String,
    client: reqwest::Client,
    // Fields drop in this order: the stores before the directory that holds them.
    _marketplace: Marketplace,
    _dir: tempfile::TempDir,
}

/// A person who is logged in.
pub(crate) struct Person {
    pub(crate) token: String,
}

impl World {
    pub(crate) fn start() -> Self {
        Self::with(Services::default())
    }

    pub(crate) fn with(services: Services) -> Self {
        Self::on(services, &ServerConfig::default())
    }

    pub(crate) fn on(mut services: Services, server: &ServerConfig) -> Self {
        services.users.bcrypt_cost = 4;
        let dir = tempfile::tempdir().unwrap();
        let data_dir = DataDir::create(dir.path()).unwrap();
        let marketplace = {
            let deps = Deps::new(Arc::new(SystemClock), Currency::USD);
            let tokens = deps.clock.clone();
            Marketplace::build(&Settings::default(), &services, &data_dir, deps, tokens).unwrap()
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let running = marketplace.start(listener, server).unwrap();
        Self {
            url: format!("http://{}", running.address),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _marketplace: marketplace,
            _dir: dir,
        }
    }

    /// A request, without a token if `token` is empty.
    pub(crate) fn request(&self, method: &str, path: &str, token: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, format!("{}{path}", self.url));
        if token.is_empty() {
            request
        } else {
            request.bearer_auth(token)
        }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        Answer::of(self.request("GET", path, token)).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        Answer::of(self.request("POST", path, token).json(body)).await
    }

    /// Registers a person and logs them in.
    pub(crate) async fn join(&self, name: &str) -> Person {
        let email = format!("{}@example.com", name.to_lowercase());
        let password = "correct horse battery";
        let body = json!({"name": name, "email": email, "password": password});
        let registered = self.post("/api/users/register", "", &body).await;
        assert_eq!(registered.status, 201, "{registered:?}");
        let body = json!({"email": email, "password": password});
        let login = self.post("/api/users/login", "", &body).await;
        assert_eq!(login.status, 200, "{login:?}");
        Person {
            token: login.body["token"].as_str().unwrap().to_owned(),
        }
    }

    /// Lists a product of `seller`. Returns its id.
    pub(crate) async fn list(&self, seller: &Person, name: &str, price: i64, stock: i64) -> String {
        let body = json!({
            "name": name, "description": "", "price": price, "stock": stock, "category": "Home",
        });
        let listed = self
            .post("/api/products/create", &seller.token, &body)
            .await;
        assert_eq!(listed.status, 201, "{listed:?}");
        listed.body["id"].as_str().unwrap().to_owned()
    }
}
