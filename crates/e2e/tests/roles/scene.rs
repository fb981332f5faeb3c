//! The people, and an order of its own for each request.

use e2e::operated::granted;
use e2e::{
    Client, Launch, Part, Person, Product, Server, address, eventually, unique, with_picture,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::table::{DECISION, FORM, Row};

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nobody who is logged in.
    Anonymous,
    /// Who has placed the order.
    Buyer,
    /// Who sells the part of the order that a request is about.
    Seller,
    /// Who sells another part of it.
    OtherSeller,
    /// A user who has nothing to do with the order.
    Stranger,
    /// An operator, who has nothing to do with the order either.
    Admin,
    /// Somebody with the role `treasury`, likewise.
    Treasury,
}

impl Role {
    /// In the order of the table's columns.
    pub(crate) const ALL: [Self; 7] = [
        Self::Anonymous,
        Self::Buyer,
        Self::Seller,
        Self::OtherSeller,
        Self::Stranger,
        Self::Admin,
        Self::Treasury,
    ];
}

/// A marketplace and its people.
pub(crate) struct Cast {
    server: Server,
    launch: Launch,
    _data_dir: TempDir,
    /// Everybody but the one whom nobody knows.
    people: Vec<Person>,
    /// The seller that operators approve and suspend. The scenes have no order with them.
    shopkeeper: Person,
}

impl Cast {
    pub(crate) async fn gather() -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let launch = Launch::on(data_dir.path());
        let server = launch.serve();
        let client = server.client();
        let mut people = Vec::new();
        for role in &Role::ALL[1..] {
            let person = client.join(&format!("{role:?}")).await;
            person.credit(10_000_000).await;
            let grant = |arguments: &[&str]| launch.run(arguments);
            people.push(match role {
                Role::Admin => granted(&client, &person, "admin", grant).await,
                Role::Treasury => granted(&client, &person, "treasury", grant).await,
                Role::Anonymous
                | Role::Buyer
                | Role::Seller
                | Role::OtherSeller
                | Role::Stranger => person,
            });
        }
        let shopkeeper = client.join("Shopkeeper").await;
        let profile = json!({"description": "Odds and ends"});
        let profile = shopkeeper.send(Method::PUT, "/api/sellers/me", &profile);
        assert_eq!(profile.await.status, 200);
        let page = format!("/api/sellers/{}", shopkeeper.id);
        eventually("the seller's page", async || {
            (client.get(&page).await.status == 200).then_some(())
        })
        .await;
        Self {
            server,
            launch,
            _data_dir: data_dir,
            people,
            shopkeeper,
        }
    }

    pub(crate) fn client(&self) -> Client {
        self.server.client()
    }

    pub(crate) fn assert_audit_is_clean(&self) {
        self.launch.assert_audit_is_clean();
    }

    fn person(&self, role: Role) -> Option<&Person> {
        let place = Role::ALL[1..].iter().position(|one| *one == role)?;
        self.people.get(place)
    }

    fn buyer(&self) -> &Person {
        self.person(Role::Buyer).unwrap()
    }

    fn seller(&self) -> &Person {
        self.person(Role::Seller).unwrap()
    }
}

/// Three lamps of the seller, of which one is on its way, and a pen of the other seller; an address of the buyer; and a login of whoever
/// sends the request. For requests about returns and disputes the buyer has all lamps, and there is a return or a dispute if the request
/// names one.
pub(crate) struct Scene {
    lamp: Product,
    part: Part,
    package: String,
    /// The return or the dispute.
    opened: String,
    address: String,
    /// A category of its own.
    category: String,
    login: Person,
    /// The id of that login.
    session: String,
}

impl Scene {
    pub(crate) async fn set(cast: &Cast, role: Role, row: &Row) -> Self {
        let (buyer, seller) = (cast.buyer(), cast.seller());
        let lamp = seller.lists_to_ship("Lamp", 100, 10).await;
        let other = cast.person(Role::OtherSeller).unwrap();
        let pen = other.lists("Pen", 10, 10).await;
        let order = buyer.buys(&[(&lamp, 3), (&pen, 1)]).await;
        let part = Part::of(&order, seller);
        let is_of_case = ["{id}/returns", "{id}/disputes"]
            .iter()
            .any(|of| row.path.contains(of));
        let sent = if is_of_case { 3 } else { 1 };
        let package = seller.has_shipped(&part, &part.items(&[(0, sent)])).await;
        if is_of_case {
            assert_eq!(buyer.delivers(&part, &package).await.status, 200);
        }
        let opened = if row.path.contains("{rid}") {
            buyer.asks_back(&part, &part.items(&[(0, 2)])).await
        } else if row.path.contains("{did}") {
            buyer.disputes(&part).await
        } else {
            String::new()
        };
        buyer.sees(&Part::of(&order, other), "delivered").await;
        // A user keeps only so many: there is one from an earlier scene unless that removed it.
        let earlier = buyer.get("/api/users/me/addresses?limit=1").await.body;
        let kept = match earlier["items"].get(0) {
            Some(kept) => kept.clone(),
            None => buyer.post("/api/users/me/addresses", &address()).await.body,
        };
        let admin = cast.person(Role::Admin).unwrap();
        let names = json!({"names": {"en": unique()}});
        let category = admin.post("/api/categories", &names).await.body;
        if row.body == DECISION && row.path.ends_with("/reinstate") {
            let suspend = row.path.replace("reinstate", "suspend");
            let suspend = suspend.replace("{id}", &cast.shopkeeper.id);
            let body = serde_json::from_str(DECISION).unwrap();
            // 409 if the last scene left it so.
            let status = admin.post(&suspend, &body).await.status;
            assert!(matches!(status, 200 | 409), "{suspend}: {status}");
        }
        let person = cast.person(role).unwrap_or(buyer);
        let login = cast.client().log_in(&person.email, &person.password).await;
        let newest = login.get("/api/users/me/sessions?limit=1").await.body;
        Self {
            session: newest["items"][0]["id"].as_str().unwrap().to_owned(),
            lamp,
            part,
            package,
            opened,
            address: kept["id"].as_str().unwrap().to_owned(),
            category: category["id"].as_str().unwrap().to_owned(),
            login,
        }
    }

    /// What a request that is refused must not have changed: what belongs to the order, to its buyer and to its seller.
    pub(crate) async fn look(&self, cast: &Cast) -> Value {
        let mut seen = Vec::new();
        let order = self.part.order_path("");
        let timeline = self.part.order_path("/timeline");
        for person in [cast.buyer(), cast.seller()] {
            for path in [
                order.as_str(),
                timeline.as_str(),
                "/api/users/me",
                "/api/users/me/addresses",
                "/api/wallet/balance",
                &format!("/api/products/{}", self.lamp.id),
                &format!("/api/categories/{}", self.category),
            ] {
                seen.push(person.get(path).await.body);
            }
        }
        json!(seen)
    }

    /// The request of a row, by somebody in this role.
    pub(crate) fn request(&self, cast: &Cast, role: Role, row: &Row) -> RequestBuilder {
        let id = match row.path {
            path if path.ends_with("/byUser") => &cast.buyer().id,
            path if path.starts_with("/api/sellers/") => &cast.shopkeeper.id,
            path if path.starts_with("/api/products/") => &self.lamp.id,
            path if path.starts_with("/api/users/me/addresses") => &self.address,
            path if path.starts_with("/api/users/me/sessions") => &self.session,
            path if path.starts_with("/api/users/") => &cast.shopkeeper.id,
            path if path.starts_with("/api/categories/") => &self.category,
            _ => &self.part.order,
        };
        let filled = |text: &str| {
            let (line, _) = &self.part.lines[0];
            text.replace("{id}", id)
                .replace("{fid}", &self.part.id)
                .replace("{sid}", &self.package)
                .replace("{vid}", &self.lamp.id)
                .replace("{image}", &self.lamp.id)
                .replace("{name}", "none.jpg")
                .replace("{rid}", &self.opened)
                .replace("{did}", &self.opened)
                .replace("{code}", "not_found")
                .replace("{role}", "treasury")
                .replace("$FULFILMENT", &self.part.id)
                .replace("$LINE", line)
                .replace("$PRODUCT", &self.lamp.id)
                .replace("$ADDRESS", &address().to_string())
                .replace("$EMAIL", &self.login.email)
                .replace("$PASSWORD", &self.login.password)
                .replace("$REFRESH", &self.login.refresh)
                .replace("$UNIQUE", &unique())
        };
        let method: Method = row.method.parse().unwrap();
        // What ends all other logins must not end the one that sets the next scenes.
        let ends_others = [
            "/api/users/me/email",
            "/api/users/me/password",
            "/api/users/me/sessions",
        ];
        let is_theirs = row.method != "GET" && ends_others.contains(&row.path);
        let token = cast.person(role).map_or("", |person| {
            let sender = if is_theirs { person } else { &self.login };
            sender.token.as_str()
        });
        let path = filled(row.path);
        let request = cast.client().request(method, &path, token);
        if row.body.is_empty() {
            return request;
        }
        if row.body == FORM {
            return with_picture(request);
        }
        let body: Value = serde_json::from_str(&filled(row.body)).unwrap();
        request.json(&body)
    }
}
