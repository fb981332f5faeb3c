//! A request for a page: who asks, in which language, and how the answer is sent. Whatever a form sends goes through
//! [`Visit::admit`] first, so that no handler can forget to.

mod admit;
mod answer;
mod first_step;
mod nowhere;
mod upload;

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::web::Bytes;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::Currency;
use minijinja::Value as Context;
use platform_http::{Client, Problem, whole_body};
use serde_json::{Value, json};

use crate::api::{Answer, Call};
use crate::cart::Cart;
use crate::failure::{Failure, Refusal};
use crate::fields::Fields;
use crate::lang::{Lang, chosen};
use crate::login::{KEPT, LOGIN, Login};
use crate::pages::Pages;

pub(crate) use answer::policy;
pub(crate) use nowhere::nowhere;

const CART: &str = "cart";
const LANGUAGE: &str = "language";
/// Names a browser, so that a form can be told to come from a page that it was shown.
const BROWSER: &str = "browser";
/// Seconds for which a browser keeps its cart, its language and its name.
const YEAR: u64 = 365 * 24 * 60 * 60;

/// What a handler gives.
pub(crate) type Outcome = Result<Reply, Failure>;

/// An answer.
pub(crate) enum Reply {
    /// A page with its status.
    Page(u16, &'static str, Context),
    /// Another page, to be read with GET.
    See(String),
    /// A page that holds a secret, with its status: it must not be cached.
    Secret(u16, &'static str, Context),
    /// A file to keep, in JSON.
    File(&'static str, Vec<u8>),
}

impl Reply {
    /// A page that is as it should be.
    pub(crate) const fn page(template: &'static str, context: Context) -> Self {
        Self::Page(200, template, context)
    }

    /// A form with its faults.
    pub(crate) const fn form(template: &'static str, context: Context) -> Self {
        Self::Page(422, template, context)
    }

    pub(crate) fn see(path: impl Into<String>) -> Self {
        Self::See(path.into())
    }
}

/// A request for a page.
pub(crate) struct Visit {
    pages: web::Data<Pages>,
    request: HttpRequest,
    lang: usize,
    browser: String,
    login: Option<Login>,
    pub(crate) query: Fields,
    pub(crate) form: Fields,
    /// The file of the form, if it has one.
    pub(crate) file: Option<Bytes>,
    pub(crate) cart: Cart,
    /// Why the form cannot be taken.
    unreadable: Option<Failure>,
    /// Whether some of the form was not read: then no other request can follow it.
    is_last: bool,
    /// `Set-Cookie`.
    set: Vec<String>,
}

/// A handler of a page as one of the framework.
pub(crate) fn page<F>(handler: F) -> impl Handler<(Visit,), Output = HttpResponse>
where
    F: AsyncFn(&mut Visit) -> Outcome + Clone + 'static,
{
    move |mut visit: Visit| {
        let handler = handler.clone();
        async move {
            let outcome = match visit.admit() {
                Ok(()) => handler(&mut visit).await,
                Err(failure) => Err(failure),
            };
            visit.finish(outcome)
        }
    }
}

impl FromRequest for Visit {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_post = request.method() == Method::POST;
        let request = request.clone();
        if is_post && upload::sends_a_file(&request) {
            let payload = web::Payload::from_request(&request, payload);
            return Box::pin(async move {
                let payload = payload.await.map_err(Problem::internal)?;
                let mut visit = Self::of(request)?;
                visit.renew().await;
                visit.receive(payload).await;
                Ok(visit)
            });
        }
        let body = is_post.then(|| whole_body(&request, payload));
        Box::pin(async move {
            let mut visit = Self::of(request)?;
            match body {
                None => {}
                Some(_) if !visit.sends_a_form() => {
                    let refusal = Refusal::own(415, "not_a_form");
                    visit.unreadable = Some(Failure::Refused(refusal));
                }
                Some(body) => match body.await {
                    Ok(bytes) => visit.form = Fields::parse(&bytes),
                    Err(problem) => {
                        let kind = problem.kind();
                        let refusal = Refusal::own(kind.status, kind.code);
                        visit.unreadable = Some(Failure::Refused(refusal));
                    }
                },
            }
            visit.renew().await;
            Ok(visit)
        })
    }
}

impl Visit {
    fn of(request: HttpRequest) -> Result<Self, Problem> {
        let pages = request.app_data::<web::Data<Pages>>().cloned();
        let pages = pages.ok_or_else(|| Problem::internal("the console was not set up"))?;
        let shared = &pages.shared;
        let cookie = |name| shared.cookies.read(request.headers(), name);
        let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|value| value.to_str().ok());
        let lang = chosen(
            &shared.langs,
            cookie(LANGUAGE),
            accepted.unwrap_or_default(),
        );
        let login = cookie(LOGIN).and_then(|sealed| shared.vault.open(LOGIN, sealed));
        let cart = cookie(CART).map_or_else(Cart::default, Cart::parse);
        let known = cookie(BROWSER).filter(|name| {
            let bytes = URL_SAFE_NO_PAD.decode(name);
            bytes.is_ok_and(|bytes| bytes.len() == 16)
        });
        let mut set = Vec::new();
        let browser = if let Some(name) = known {
            name.to_owned()
        } else {
            let random = crate::vault::random::<16>();
            let random = random.map_err(|error| Problem::internal(error.0))?;
            let name = URL_SAFE_NO_PAD.encode(random);
            set.push(shared.cookies.set(BROWSER, &name, YEAR));
            name
        };
        let query = Fields::parse(request.query_string().as_bytes());
        Ok(Self {
            lang,
            browser,
            login,
            query,
            form: Fields::default(),
            file: None,
            cart,
            unreadable: None,
            is_last: false,
            set,
            pages,
            request,
        })
    }

    /// Reads a form with a file. Unlike other forms, it is not kept during a login.
    async fn receive(&mut self, payload: web::Payload) {
        if self.login.is_none() {
            upload::discard(payload).await;
            self.unreadable = Some(Failure::LogIn);
            return;
        }
        match upload::read(&self.request, payload).await {
            Ok((form, file)) => (self.form, self.file) = (form, file),
            Err(refusal) => {
                self.is_last = true;
                self.unreadable = Some(Failure::Refused(refusal));
            }
        }
    }

    /// Renews the access token before it expires. A login that has ended is forgotten. Of two tabs that renew it at once, each gets the same
    /// successor from the API.
    async fn renew(&mut self) {
        let now = self.pages.shared.clock.now();
        let Some(login) = self.login.take() else {
            return;
        };
        if !login.is_old(now) {
            self.login = Some(login);
            return;
        }
        let call = Call::post("/api/users/refresh", json!({"refreshToken": login.refresh}));
        match self.send(call, false).await {
            Ok(answer) if answer.status == 200 => {
                self.set_login(Login::of(&answer.body, now));
            }
            Ok(answer) if answer.status == 401 => self.set_login(None),
            // Nothing is known of the login; the next page tries again.
            Ok(_) | Err(_) => self.login = Some(login),
        }
    }

    /// Logs this browser in, or out.
    pub(crate) fn set_login(&mut self, login: Option<Login>) {
        let (vault, cookies) = (&self.pages.shared.vault, self.pages.shared.cookies);
        let cookie = match &login {
            Some(login) => match vault.seal(LOGIN, login) {
                Ok(sealed) => cookies.set(LOGIN, &sealed, KEPT),
                Err(error) => {
                    tracing::error!(error = error.0, "a login cannot be sealed");
                    cookies.set(LOGIN, "", 0)
                }
            },
            None => cookies.set(LOGIN, "", 0),
        };
        self.set.push(cookie);
        self.login = login;
    }

    /// Keeps the cart as it is now.
    pub(crate) fn keep_cart(&mut self) {
        let cookies = self.pages.shared.cookies;
        self.set.push(cookies.set(CART, &self.cart.text(), YEAR));
    }

    /// Keeps a language, if it is one of ours.
    pub(crate) fn keep_language(&mut self, code: &str) {
        let shared = &self.pages.shared;
        if shared.langs.iter().any(|lang| lang.code == code) {
            self.set.push(shared.cookies.set(LANGUAGE, code, YEAR));
        }
    }

    pub(crate) fn lang(&self) -> &Lang {
        // `chosen` gives a place of the list.
        let lang = self.pages.shared.langs.get(self.lang);
        match lang {
            Some(lang) => lang,
            None => Lang::none(),
        }
    }

    /// The codes of all languages.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &str> {
        self.pages
            .shared
            .langs
            .iter()
            .map(|lang| lang.code.as_str())
    }

    pub(crate) fn currency(&self) -> Currency {
        self.pages.shared.currency
    }

    pub(crate) fn now(&self) -> kernel::Timestamp {
        self.pages.shared.clock.now()
    }

    /// A key under which a form does its work once, however often it is sent.
    pub(crate) fn fresh_key(&self) -> String {
        self.pages.shared.ids.next().to_string()
    }

    /// A part of the path.
    pub(crate) fn part(&self, name: &str) -> String {
        crate::fields::segment(self.request.match_info().query(name))
    }

    /// The logged-in user, if there is one.
    pub(crate) const fn who(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// Who is logged in.
    ///
    /// # Errors
    /// `Failure::LogIn` if the visitor is not logged in.
    pub(crate) fn me(&self) -> Result<&Login, Failure> {
        self.login.as_ref().ok_or(Failure::LogIn)
    }

    /// For operators.
    ///
    /// # Errors
    /// For everybody else.
    pub(crate) fn operator(&self) -> Result<&Login, Failure> {
        let me = self.me()?;
        if me.is_operator() {
            return Ok(me);
        }
        Err(Failure::Refused(Refusal::own(403, "forbidden")))
    }

    async fn send(&self, mut call: Call, with_token: bool) -> Result<Answer, Failure> {
        if with_token {
            call.token = self.login.as_ref().map(|login| login.token.clone());
        }
        // As the API would have it from the browser itself.
        let agent = self.request.headers().get(header::USER_AGENT);
        if let Some(Ok(agent)) = agent.map(|agent| agent.to_str()) {
            call.headers.push(("user-agent", agent.to_owned()));
        }
        call.client = Some(Client::of_request(&self.request));
        self.pages.api.call(call).await.map_err(Failure::Away)
    }

    /// The call. A mail that it causes is in the language of the page.
    pub(crate) fn in_language(&self, call: Call) -> Call {
        call.header("accept-language", self.lang().code.clone())
    }

    /// Reads from the API.
    ///
    /// # Errors
    /// If it refuses, or gives no answer.
    pub(crate) async fn get(&self, target: impl Into<String>) -> Result<Value, Failure> {
        match self.ask(Call::get(target)).await? {
            Ok(body) => Ok(body),
            Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
            Err(refusal) => Err(Failure::Refused(refusal)),
        }
    }

    /// Asks the API for something that it may refuse.
    ///
    /// # Errors
    /// If somebody has to log in first, or the API cannot answer.
    pub(crate) async fn ask(&self, call: Call) -> Result<Result<Value, Refusal>, Failure> {
        let Answer { status, body } = self.send(call, true).await?;
        if status < 400 {
            return Ok(Ok(body));
        }
        let refusal = Refusal::of(status, body);
        match status {
            401 if refusal.code == "unauthenticated" => Err(Failure::LogIn),
            // 501 is a refusal like others: this marketplace does without.
            500 | 502.. => Err(Failure::Refused(refusal)),
            _ => Ok(Err(refusal)),
        }
    }
}
