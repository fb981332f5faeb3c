//! A marketplace in this process.

use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;

use auth::SharedSecret;
use console::{Console, HttpApi};
use host::service::Deps;
use host::settings::ServerConfig;
use host::{Host, Outside, Ports};
use kernel::{Clock as _, Currency, ManualClock, SystemClock};
use marketplace::{DataDir, Marketplace, Services, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::Browser;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// The marketplace.
pub(crate) struct World {
    /// Where the pages are.
    pub(crate) url: String,
    /// Where the API is.
    pub(crate) api_url: String,
    pub(crate) clock: Arc<ManualClock>,
    // Fields drop in this order: the stores before the directory that holds them.
    _marketplace: Marketplace,
    pub(crate) dir: tempfile::TempDir,
    mails: Option<tempfile::TempDir>,
}

impl World {
    /// As the tests of this program want it.
    pub(crate) fn start() -> Self {
        Self::of(&Settings::default(), |_| {})
    }

    /// The same, where operators need a second factor.
    pub(crate) fn with_second_factors() -> Self {
        Self::of(&Settings::default(), |users| {
            users.second_factor = Some(user_service::SecondFactorRule::RequiredForOperators);
        })
    }

    /// The same, where mails are sent: to files in the directory `mails`.
    pub(crate) fn with_mails() -> Self {
        let mails = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.server.public_url = "https://shop.example".to_owned().try_into().ok();
        settings.mail.transport = mail::Transport::File;
        mails.path().clone_into(&mut settings.mail.directory);
        Self {
            mails: Some(mails),
            ..Self::of(&settings, |_| {})
        }
    }

    fn of(settings: &Settings, change: impl FnOnce(&mut user_service::Config)) -> Self {
        let world = Self::together(settings, change);
        if !crate::APART {
            return world;
        }
        let api = world.api_url.clone();
        world.with_pages_that_ask(&api)
    }

    /// One whose API and pages are in one process.
    fn together(settings: &Settings, change: impl FnOnce(&mut user_service::Config)) -> Self {
        let mut services = Services::default();
        services.users.bcrypt_cost = 4;
        change(&mut services.users);
        let dir = tempfile::tempdir().unwrap();
        let data_dir = DataDir::create(dir.path()).unwrap();
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let deps = Deps::new(clock.clone(), Currency::USD);
        let marketplace =
            Marketplace::build(settings, &services, &data_dir, deps, clock.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let running = marketplace.start(listener, &ServerConfig::default());
        let url = format!("http://{}", running.unwrap().address);
        Self {
            api_url: url.clone(),
            url,
            clock,
            _marketplace: marketplace,
            dir,
            mails: None,
        }
    }

    /// The same with pages that ask for the API there.
    pub(crate) fn with_pages_that_ask(mut self, api: &str) -> Self {
        let api = HttpApi::new(&api.to_owned().into()).unwrap();
        let deps = Deps::new(self.clock.clone(), Currency::USD);
        let key = SharedSecret::new([7; 32]);
        let console =
            Console::build(&console::Config::default(), &key, false, "/images", &deps).unwrap();
        let ports = Ports {
            public: TcpListener::bind("127.0.0.1:0").unwrap(),
            server: &ServerConfig::default(),
            routes: Vec::new(),
            internal: None,
        };
        let outside = Outside {
            readiness: vec![Arc::new(api.clone())],
            ..Outside::default()
        };
        let running = Host::start(ports, &deps, vec![console.parts(api)], outside);
        self.url = format!("http://{}", running.unwrap().address);
        self
    }

    /// A command of an operator, on this marketplace.
    pub(crate) fn command(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_marketplace"));
        let command = command.args(arguments).arg("--data-dir");
        command.arg(self.dir.path()).output().unwrap()
    }

    /// The link that begins with `path` in the newest mail that has one, once it is there.
    pub(crate) async fn link_in_mail(&self, path: &str) -> String {
        let start = format!("https://shop.example{path}");
        let directory = self.mails.as_ref().unwrap().path();
        for _ in 0..200 {
            let files = std::fs::read_dir(directory).unwrap().map(Result::unwrap);
            let mut mails: Vec<_> = files
                .filter(|file| file.path().extension().is_some_and(|kind| kind == "eml"))
                .map(|file| (file.metadata().unwrap().modified().unwrap(), file.path()))
                .collect();
            mails.sort();
            let texts = mails.iter().rev();
            let mut texts = texts.map(|(_, path)| std::fs::read_to_string(path).unwrap());
            let found = texts.find_map(|text| {
                let line = text.lines().find(|line| line.starts_with(&start));
                line.map(str::to_owned)
            });
            if let Some(link) = found {
                return link.trim_start_matches("https://shop.example").to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("no mail with {start}");
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// A browser whose user has registered as `name` and is logged in.
    pub(crate) async fn person(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser.open("/register").await;
        let email = format!("{}@example.com", name.to_lowercase());
        let fields = [("name", name), ("email", &email), ("password", PASSWORD)];
        browser.send("/register", &fields).await;
        assert_eq!(browser.status, 200, "{}", browser.page);
        browser
    }

    /// Asks the API as the operator, who is there already.
    pub(crate) async fn as_operator(&self, method: Method, path: &str, body: &Value) -> Value {
        let token = self.token("olga@example.com").await;
        self.api(method, path, &token, body.clone()).await
    }

    /// A token for the API, of a person.
    pub(crate) async fn token(&self, email: &str) -> String {
        let body = json!({"email": email, "password": PASSWORD});
        let login = self.api(Method::POST, "/api/users/login", "", body).await;
        let token = login.get("token").and_then(Value::as_str);
        token.unwrap().to_owned()
    }

    /// What the API answers; it must not refuse.
    pub(crate) async fn api(&self, method: Method, path: &str, token: &str, body: Value) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.request(method, format!("{}{path}", self.api_url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// A browser of an operator.
    pub(crate) async fn operator(&self) -> Browser {
        let mut browser = self.person("Olga").await;
        let grant = self.command(&["grant", "olga@example.com", "admin"]);
        assert!(grant.status.success(), "{grant:?}");
        browser.send("/logout", &[]).await;
        browser.open("/login").await;
        let fields = [("email", "olga@example.com"), ("password", PASSWORD)];
        browser.send("/login", &fields).await;
        browser
    }
}
