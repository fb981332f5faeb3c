//! The pages, which in the distributed mode are a process of their own behind the gateway.

use std::collections::BTreeMap;

use e2e::Shape;
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};

/// As browsers ask for a page.
const PAGE: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// A browser without JavaScript, which stays where it is redirected from.
struct Browser {
    url: String,
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn on(shape: &Shape) -> Self {
        let client = Client::builder().no_proxy().redirect(Policy::none());
        Self {
            url: shape.client().url().to_owned(),
            client: client.build().unwrap(),
            cookies: BTreeMap::new(),
        }
    }

    /// The status and the text of a page, or of the answer to a form.
    async fn ask(&mut self, path: &str, form: Option<String>) -> (u16, String) {
        let cookies = self.cookies.iter();
        let cookies: Vec<_> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let method = if form.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let request = self.client.request(method, format!("{}{path}", self.url));
        let mut request = request
            .header(ACCEPT, PAGE)
            .header(COOKIE, cookies.join("; "));
        if let Some(form) = form {
            let kind = "application/x-www-form-urlencoded";
            request = request.header(CONTENT_TYPE, kind).body(form);
        }
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap())
    }

    /// Sends the form of a page.
    async fn send(&mut self, path: &str, fields: &str) -> (u16, String) {
        let (status, page) = self.ask(path, None).await;
        assert_eq!(status, 200, "{page}");
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap();
        let token = rest.split('"').next().unwrap();
        self.ask(path, Some(format!("csrf={token}&{fields}"))).await
    }
}

#[tokio::test]
async fn somebody_registers_and_logs_in_on_the_pages() {
    let shape = Shape::start();
    let mut browser = Browser::on(&shape);
    let email = format!("{}%40example.com", e2e::unique());
    let password = "correct+horse+battery";
    let fields = format!("next=%2F&name=Ada+of+the+pages&email={email}&password={password}");
    let (status, page) = browser.send("/register", &fields).await;
    assert_eq!(status, 303, "{page}");
    let (status, page) = browser.ask("/account", None).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("Ada of the pages"), "{page}");

    let mut other = Browser::on(&shape);
    let (status, page) = other
        .send("/login", &format!("email={email}&password=wrong"))
        .await;
    assert_eq!(status, 422, "{page}");
    let right = format!("email={email}&password={password}&next=%2Faccount");
    assert_eq!(other.send("/login", &right).await.0, 303);
    assert_eq!(other.ask("/account", None).await.0, 200);
}

#[tokio::test]
async fn a_path_that_is_none_is_a_page_for_a_browser_and_a_problem_for_a_client() {
    let shape = Shape::start();
    let ask = async |path: &str, accept: &str| {
        let request = shape.client().request(Method::GET, path, "");
        let answer = request.header(ACCEPT, accept).send().await.unwrap();
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        (answer.status().as_u16(), kind)
    };
    let page = (404, "text/html; charset=utf-8".to_owned());
    let problem = (404, "application/problem+json".to_owned());
    assert_eq!(ask("/nothing/here", PAGE).await, page);
    assert_eq!(ask("/nothing/here", "*/*").await, problem);
    assert_eq!(ask("/api/nothing", PAGE).await, problem);
}
