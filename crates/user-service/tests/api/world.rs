//! A user service on a free port, with test users.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use auth::testing::policy;
use auth::{Issuer, Role, SigningKey, Verifier};
use contracts::dealings::Dealings;
use contracts::sellers::SellersMode;
use host::service::{Deps, StoreConfig};
use host::settings::{SellersConfig, Settings};
use host::testing::{Answer, TestHost, eventually};
use kernel::{Clock, Currency, ManualClock, SystemClock, SystemIds, UserId};
use reqwest::Method;
use serde_json::{Value, json};
use telemetry::metrics::Metrics;
use user_service::{Config, Email, Ports, Post, SecondFactorRule, Settlements, UserService};

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct World {
    pub(crate) host: TestHost,
    pub(crate) users: UserService,
    pub(crate) clock: Arc<ManualClock>,
    /// Signs with the service's own key.
    pub(crate) issuer: Issuer,
    pub(crate) verifier: Verifier,
    /// Its key.
    pem: String,
    /// What the other services say that users have to settle.
    pub(crate) left: Arc<Left>,
    /// Where the data is.
    pub(crate) dir: Arc<tempfile::TempDir>,
    /// Where the mails are.
    mails: Option<tempfile::TempDir>,
}

/// Where a process works, and how it sends mails.
struct Place {
    dir: Arc<tempfile::TempDir>,
    clock: Arc<ManualClock>,
    post: Option<Post>,
    second_factor: SecondFactorRule,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            dir: Arc::new(tempfile::tempdir().unwrap()),
            clock: Arc::new(ManualClock::at(SystemClock.now())),
            post: None,
            second_factor: SecondFactorRule::Optional,
        }
    }
}

/// The tokens from a login.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) token: String,
    pub(crate) refresh: String,
}

fn of_file(file: &Path) -> impl Fn() -> Issuer {
    || Issuer::of_file(file.to_owned(), policy()).unwrap()
}

fn of_pem(pem: &str) -> impl Fn() -> Issuer {
    || Issuer::new(SigningKey::from_pem(pem).unwrap(), policy())
}

impl Login {
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
        Self {
            token: text("token"),
            refresh: text("refreshToken"),
        }
    }
}

impl World {
    pub(crate) fn start() -> Self {
        Self::with_cost(4)
    }

    /// One whose hashes cost 2^`cost` rounds.
    pub(crate) fn with_cost(bcrypt_cost: u32) -> Self {
        Self::with(bcrypt_cost, SellersMode::Open)
    }

    /// One where these may sell.
    pub(crate) fn with_mode(mode: SellersMode) -> Self {
        Self::with(4, mode)
    }

    /// One whose signing keys are in `file`.
    pub(crate) fn signing_with(file: &Path) -> Self {
        Self::on(Place::default(), 4, SellersMode::Open, &of_file(file))
    }

    /// One where operators need a second factor.
    pub(crate) fn with_second_factors() -> Self {
        let place = Place {
            second_factor: SecondFactorRule::RequiredForOperators,
            ..Place::default()
        };
        Self::at(place, 4, SellersMode::Open)
    }

    /// One that sends mails to a directory.
    pub(crate) fn with_mail() -> Self {
        let mails = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        settings.server.public_url = "https://shop.example".to_owned().try_into().ok();
        settings.mail.transport = mail::Transport::File;
        settings.mail.directory = mails.path().into();
        let post = Post::of(&settings).unwrap();
        let mut world = Self::posting(4, SellersMode::Open, post);
        world.mails = Some(mails);
        world
    }

    /// A replica of it: another process on the same store, with the same keys.
    pub(crate) fn replica(&self, file: &Path) -> Self {
        Self::on(self.place(), 4, SellersMode::Open, &of_file(file))
    }

    /// Another process on the same store whose keys do not change.
    pub(crate) fn again(&self, bcrypt_cost: u32) -> Self {
        let pem = self.pem.clone();
        let mut again = Self::on(self.place(), bcrypt_cost, SellersMode::Open, &of_pem(&pem));
        again.pem = pem;
        again
    }

    fn with(bcrypt_cost: u32, mode: SellersMode) -> Self {
        Self::posting(bcrypt_cost, mode, None)
    }

    fn posting(bcrypt_cost: u32, mode: SellersMode, post: Option<Post>) -> Self {
        let place = Place {
            post,
            ..Place::default()
        };
        Self::at(place, bcrypt_cost, mode)
    }

    fn at(place: Place, bcrypt_cost: u32, mode: SellersMode) -> Self {
        let pem = SigningKey::generate()
            .unwrap()
            .to_pem()
            .unwrap()
            .to_string();
        let mut world = Self::on(place, bcrypt_cost, mode, &of_pem(&pem));
        world.pem = pem;
        world
    }

    /// Where another process works on the same data.
    fn place(&self) -> Place {
        Place {
            dir: self.dir.clone(),
            clock: self.clock.clone(),
            ..Place::default()
        }
    }

    fn on(
        Place {
            dir,
            clock,
            post,
            second_factor,
        }: Place,
        bcrypt_cost: u32,
        mode: SellersMode,
        issuer: &dyn Fn() -> Issuer,
    ) -> Self {
        let deps = Deps {
            clock: clock.clone(),
            ids: Arc::new(SystemIds::new(clock.clone())),
            metrics: Metrics::default(),
            currency: Currency::USD,
        };
        let verifier = Verifier::new(issuer().verification_keys(), policy(), clock.clone());
        let config = Config {
            bcrypt_cost,
            second_factor: Some(second_factor),
            ..Config::default()
        };
        let settings = Settings {
            sellers: SellersConfig { mode },
            ..Settings::default()
        };
        let left = Arc::new(Left::default());
        let path = dir.path().join("users.db");
        let store = StoreConfig::Sqlite { path };
        let users = UserService::build(
            &config,
            &settings,
            store,
            &deps,
            issuer(),
            verifier.clone(),
            Ports {
                settlements: left.clone(),
                post,
            },
        )
        .unwrap();
        let host = TestHost::start(&deps, vec![users.parts()]);
        Self {
            host,
            users,
            clock,
            issuer: issuer(),
            verifier,
            pem: String::new(),
            left,
            dir,
            mails: None,
        }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.host.post(path, "", body).await
    }

    pub(crate) async fn patch(&self, path: &str, token: &str, body: &Value) -> Answer {
        Answer::of(self.host.request(Method::PATCH, path, token).json(body)).await
    }

    pub(crate) async fn register(&self, email: &str) -> Answer {
        let body = json!({"name": "Ada", "email": email, "password": PASSWORD});
        let answer = self.post("/api/users/register", &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer
    }

    pub(crate) async fn try_login(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.post("/api/users/login", &body).await
    }

    pub(crate) async fn login(&self, email: &str) -> Login {
        Login::of(&self.try_login(email, PASSWORD).await)
    }

    /// Registers a user and logs them in.
    pub(crate) async fn someone(&self, email: &str) -> Login {
        self.register(email).await;
        self.login(email).await
    }

    pub(crate) async fn refresh(&self, refresh: &str) -> Answer {
        let body = json!({"refreshToken": refresh});
        self.post("/api/users/refresh", &body).await
    }

    pub(crate) async fn me(&self, token: &str) -> Answer {
        self.host.get("/api/users/me", token).await
    }

    /// Whether a user has this email.
    pub(crate) async fn knows(&self, email: &str) -> bool {
        let email = Email::parse(email).unwrap();
        self.users.find(&email).await.unwrap().is_some()
    }

    /// Makes a user an administrator.
    pub(crate) async fn make_admin(&self, email: &str) {
        let email = Email::parse(email).unwrap();
        let granted = self.users.grant(&email, Role::Admin).await.unwrap();
        assert!(granted.is_some());
    }

    /// The mails so far, in no order.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        let Some(mails) = &self.mails else {
            return Vec::new();
        };
        let files = std::fs::read_dir(mails.path())
            .unwrap()
            .map(|file| file.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "eml"));
        files
            .map(|path| Mail::of(&std::fs::read_to_string(path).unwrap()))
            .collect()
    }

    /// Where the mails are.
    pub(crate) fn mail_dir(&self) -> &std::path::Path {
        self.mails.as_ref().unwrap().path()
    }

    /// The one mail to `to` with `words` in its text that is not among `known`, as soon as it is there.
    pub(crate) async fn mail(&self, to: &str, words: &str, known: &[Mail]) -> Mail {
        let new = || {
            let mut new = self.mails();
            new.retain(|mail| mail.to == to && mail.text.contains(words) && !known.contains(mail));
            new
        };
        let new = eventually("the mail is there", || async {
            let new = new();
            (!new.is_empty()).then_some(new)
        })
        .await;
        assert_eq!(new.len(), 1, "{new:?}");
        new[0].clone()
    }

    /// Asks to register, where mails are sent.
    pub(crate) async fn ask_to_register(&self, email: &str, password: &str) -> Answer {
        let body = json!({"name": "Ada", "email": email, "password": password});
        self.post("/api/users/register", &body).await
    }

    /// Registers a user who follows the link in the mail, and logs them in.
    pub(crate) async fn verified(&self, email: &str) -> Login {
        let known = self.mails();
        assert_eq!(self.ask_to_register(email, PASSWORD).await.status, 202);
        let mail = self.mail(email, "/verify?", &known).await;
        assert_eq!(self.verify(&mail.token()).await.status, 204);
        self.login(email).await
    }

    pub(crate) async fn verify(&self, token: &str) -> Answer {
        self.post("/api/users/verify-email", &json!({"token": token}))
            .await
    }

    pub(crate) fn later(&self, span: Duration) {
        self.clock.advance(span);
    }
}

/// What the other services say that users have to settle; the same of all.
#[derive(Default)]
pub(crate) struct Left(pub(crate) Mutex<Option<Dealings>>);

#[async_trait]
impl Settlements for Left {
    async fn left_of(&self, _user: UserId) -> Result<Dealings, String> {
        let left = self.0.lock().unwrap().clone();
        left.ok_or_else(|| "nobody answers".to_owned())
    }
}

/// A mail in English, whose text is as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) id: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Mail {
    fn of(eml: &str) -> Self {
        let (headers, text) = eml.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let line = headers.split("\r\n").find(|line| line.starts_with(name));
            line.unwrap()[name.len()..].trim().to_owned()
        };
        Self {
            id: header("Message-ID:"),
            to: header("To:"),
            subject: header("Subject:"),
            text: text.to_owned(),
        }
    }

    /// The secret of its link.
    pub(crate) fn token(&self) -> String {
        let (_, rest) = self.text.split_once("?token=").unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    }
}

/// Asserts a 401 with a `WWW-Authenticate` challenge.
pub(crate) fn assert_challenged(answer: &Answer, code: &str) {
    answer.assert_problem(401, code);
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer realm=\"marketplace\""),
        "{challenge}"
    );
}
