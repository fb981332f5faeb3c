//! A browser without JavaScript: it keeps cookies, follows redirects and fills forms.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};

/// A browser.
pub(crate) struct Browser {
    url: String,
    client: reqwest::Client,
    pub(crate) cookies: BTreeMap<String, String>,
    /// The page that it shows, with its address, status and headers.
    pub(crate) page: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
}

impl Browser {
    /// One that has opened nothing yet.
    pub(crate) fn new(url: &str) -> Self {
        let policy = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().no_proxy().redirect(policy);
        Self {
            url: url.to_owned(),
            client: client.build().unwrap(),
            cookies: BTreeMap::new(),
            page: String::new(),
            status: 0,
            path: String::new(),
            headers: HeaderMap::new(),
        }
    }

    /// Opens a page.
    pub(crate) async fn open(&mut self, path: &str) {
        let request = self.client.get(format!("{}{path}", self.url));
        self.show(path, request).await;
    }

    /// Sends a form of the page that it shows, with the page's own token.
    pub(crate) async fn send(&mut self, action: &str, fields: &[(&str, &str)]) {
        let token = self.hidden("csrf");
        self.send_as_is(action, &[&[("csrf", token.as_str())], fields].concat())
            .await;
    }

    /// Sends a form that has just these fields.
    pub(crate) async fn send_as_is(&mut self, action: &str, fields: &[(&str, &str)]) {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self.client.post(format!("{}{action}", self.url));
        let form = "application/x-www-form-urlencoded";
        let request = request.header("content-type", form).body(body.finish());
        self.show(action, request).await;
    }

    /// Sends a form with a file.
    pub(crate) async fn send_file(&mut self, action: &str, fields: &[(&str, &str)], file: &[u8]) {
        const BOUNDARY: &str = "----browser";
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(head.as_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let request = self.client.post(format!("{}{action}", self.url));
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = request.header("content-type", kind).body(body);
        self.show(action, request).await;
    }

    /// The name of the first field that begins with `start`.
    pub(crate) fn field(&self, start: &str) -> String {
        let mark = format!("name=\"{start}");
        let (_, rest) = self
            .page
            .split_once(&mark)
            .unwrap_or_else(|| panic!("no field {start} at {}: {}", self.path, self.page));
        format!("{start}{}", rest.split('"').next().unwrap())
    }

    /// Opens a page again until it shows `text`: what another service says arrives by message.
    pub(crate) async fn open_until(&mut self, path: &str, text: &str) {
        for _ in 0..200 {
            self.open(path).await;
            if self.page.contains(text) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        self.assert_shows(text);
    }

    async fn show(&mut self, path: &str, request: reqwest::RequestBuilder) {
        let mut response = self.exchange(request).await;
        path.clone_into(&mut self.path);
        while response.status().is_redirection() {
            let to = response.headers()[LOCATION].to_str().unwrap().to_owned();
            response = self
                .exchange(self.client.get(format!("{}{to}", self.url)))
                .await;
            self.path = to;
        }
        self.status = response.status().as_u16();
        self.headers = response.headers().clone();
        self.page = response.text().await.unwrap().replace("&#x2f;", "/");
    }

    async fn exchange(&mut self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let response = request
            .header(COOKIE, cookies.join("; "))
            .send()
            .await
            .unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            assert!(text.contains("; HttpOnly; SameSite=Lax"), "{text}");
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    /// The value of the first hidden field `name`.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let start = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        let (_, rest) = self
            .page
            .split_once(&start)
            .unwrap_or_else(|| panic!("no field {name} at {}: {}", self.path, self.page));
        rest.split('"').next().unwrap().to_owned()
    }

    /// The address of the first link that begins with `start`.
    pub(crate) fn link(&self, start: &str) -> String {
        let mark = format!("href=\"{start}");
        let (_, rest) = self
            .page
            .split_once(&mark)
            .unwrap_or_else(|| panic!("no link {start} at {}: {}", self.path, self.page));
        format!("{start}{}", rest.split('"').next().unwrap())
    }

    /// The action of the first form that begins with `start`.
    pub(crate) fn action(&self, start: &str) -> String {
        let mark = format!("action=\"{start}");
        let (_, rest) = self.page.split_once(&mark).unwrap();
        format!("{start}{}", rest.split('"').next().unwrap())
    }

    pub(crate) fn assert_shows(&self, text: &str) {
        assert!(
            self.page.contains(text),
            "{text:?} is not at {}: {}",
            self.path,
            self.page
        );
    }

    /// Lists a product. Returns its id.
    pub(crate) async fn list(
        &mut self,
        name: &str,
        price: &str,
        stock: &str,
        delivery: &str,
    ) -> String {
        self.open("/sell/products/new").await;
        let key = self.hidden("key");
        let fields = [
            ("key", key.as_str()),
            ("name", name),
            ("description", "Good."),
            ("price", price),
            ("stock", stock),
            ("category", "Home"),
            ("delivery", delivery),
        ];
        self.send("/sell/products/new", &fields).await;
        self.assert_shows("Your product is in the shop.");
        self.link("/sell/products/0")
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    }

    /// Puts a product into the cart.
    pub(crate) async fn add(&mut self, product: &str, quantity: &str) {
        self.open(&format!("/products/{product}")).await;
        self.send("/cart/add", &[("product", product), ("quantity", quantity)])
            .await;
        self.assert_shows("It is in your cart.");
    }

    pub(crate) async fn top_up(&mut self, amount: &str) {
        self.open("/wallet").await;
        let key = self.hidden("key");
        self.send("/wallet", &[("key", &key), ("amount", amount)])
            .await;
        self.assert_shows("The money is in your wallet.");
    }
}

/// Orders what is in the cart. Returns the path of the order.
pub(crate) async fn order(buyer: &mut Browser, address: &[(&str, &str)]) -> String {
    buyer.open("/checkout").await;
    let key = buyer.hidden("key");
    let lines = buyer.page.split("name=\"line\" value=\"").skip(1);
    let lines = lines.map(|rest| rest.split('"').next().unwrap().to_owned());
    let lines: Vec<_> = lines.collect();
    let mut fields = vec![("key", key.as_str())];
    fields.extend(lines.iter().map(|line| ("line", line.as_str())));
    fields.extend(address);
    buyer.send("/checkout", &fields).await;
    buyer.path.split('?').next().unwrap().to_owned()
}

/// A new address, as typed at the checkout.
pub(crate) const ADDRESS: [(&str, &str); 6] = [
    ("address", "new"),
    ("name", "Ada Lovelace"),
    ("line1", "12 St James's Square"),
    ("city", "London"),
    ("postalCode", "SW1Y 4JH"),
    ("country", "gb"),
];
