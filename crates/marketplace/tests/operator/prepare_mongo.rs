//! `prepare-mongo`, on a fresh server.

use store_mongo::bson::{Document, doc};

use crate::mongod::{Mongod, is_refused};
use crate::run::{Run, run};

pub(crate) const ADMIN: (&str, &str) = ("admin", "an-administrator's");
pub(crate) const SERVICES: (&str, &str) = ("shop", "of-the-services");

/// The set's configuration and the accounts, without their stored credentials.
#[derive(Debug, PartialEq)]
struct Prepared {
    set: Document,
    accounts: Vec<Document>,
}

impl Mongod {
    /// The services' URI, with this password.
    fn uri(&self, password: &str) -> String {
        self.uri_of((SERVICES.0, password))
    }

    /// The URI of an account and its password.
    pub(crate) fn uri_of(&self, (name, password): (&str, &str)) -> String {
        format!(
            "mongodb://{name}:{password}@{}/?replicaSet=rs0",
            self.address
        )
    }

    pub(crate) fn prepare(&self, admin_password: &str, uri: &str) -> Run {
        let admin = self.file("admin-password", &format!("{admin_password}\n"));
        let uri = self.file("uri", &format!("{uri}\n"));
        run(
            &[
                "prepare-mongo",
                "--at",
                &self.address,
                "--members",
                &self.address,
                "--admin-password-file",
                admin.to_str().unwrap(),
            ],
            &[
                ("MARKETPLACE__MONGO__URI_FILE", uri.to_str().unwrap()),
                ("MARKETPLACE__MONGO__DATABASE_PREFIX", "shop"),
            ],
        )
    }

    async fn prepared(&self) -> Prepared {
        let admin = self.database(Some(ADMIN), "admin");
        let set = admin.run_command(doc! {"replSetGetConfig": 1}).await;
        let accounts = admin.run_command(doc! {"usersInfo": 1}).await.unwrap();
        let accounts = accounts.get_array("users").unwrap().iter();
        Prepared {
            set: set.unwrap().get_document("config").unwrap().clone(),
            accounts: accounts
                .map(|account| in_order(account.as_document().unwrap()))
                .collect(),
        }
    }

    /// Whether this account can do what the services do in `database`: create a collection, write and read.
    async fn lets_work(&self, account: (&str, &str), database: &str) -> bool {
        let database = self.database(Some(account), database);
        let things = database.collection::<Document>("things");
        let written = things.insert_one(doc! {"made": "by a service"}).await;
        let index =
            doc! {"createIndexes": "things", "indexes": [{"key": {"made": 1}, "name": "by_made"}]};
        let indexed = database.run_command(index).await;
        let validated = doc! {"collMod": "things", "validator": {"made": {"$type": "string"}}};
        let validated = database.run_command(validated).await;
        let read = things.find_one(doc! {}).await;
        if [&indexed, &validated].into_iter().all(is_refused) {
            assert!(is_refused(&written) && is_refused(&read));
            return false;
        }
        written.unwrap();
        indexed.unwrap();
        validated.unwrap();
        read.unwrap().is_some()
    }
}

/// The account with its roles sorted: the server returns them in any order.
fn in_order(account: &Document) -> Document {
    let mut account = account.clone();
    let roles = account.get_array_mut("roles").unwrap();
    roles.sort_by_key(ToString::to_string);
    account
}

#[tokio::test]
async fn a_new_server_becomes_a_set_with_an_administrator_and_an_account_for_the_services_databases()
 {
    let mongod = Mongod::start();
    // It may not accept connections yet.
    let prepared = mongod.prepare(ADMIN.1, &mongod.uri(SERVICES.1));
    assert_eq!(prepared.code, Some(0), "{prepared:?}");
    let said = [
        format!("The replica set rs0 is made of {}.", mongod.address),
        "The administrator's account is made.".to_owned(),
        "The services' account shop is made.".to_owned(),
    ];
    assert_eq!(prepared.stdout.lines().collect::<Vec<_>>(), said);

    let hello = mongod.hello().await;
    assert_eq!(hello.get_str("setName").ok(), Some("rs0"));
    assert_eq!(hello.get_str("primary").ok(), Some(mongod.address.as_str()));
    // The administrator may do anything, including reading the accounts.
    let accounts = mongod.prepared().await.accounts;
    let names: Vec<&str> = accounts
        .iter()
        .map(|account| account.get_str("user").unwrap())
        .collect();
    assert_eq!(names, ["admin", "shop"]);
    for service in ["users", "products", "orders", "wallet"] {
        assert!(
            mongod.lets_work(SERVICES, &format!("shop_{service}")).await,
            "{service}"
        );
    }
    for others in ["blog_users", "shop_invoices", "admin"] {
        assert!(!mongod.lets_work(SERVICES, others).await, "{others}");
    }
    let stranger = mongod.database(None, "shop_users");
    let things = stranger.collection::<Document>("things");
    assert!(is_refused(&things.find_one(doc! {}).await));
}

#[tokio::test]
async fn what_is_there_is_left_as_it_is_save_that_the_services_get_the_password_of_their_uri() {
    let mongod = Mongod::start();
    let first = mongod.prepare(ADMIN.1, &mongod.uri(SERVICES.1));
    assert_eq!(first.code, Some(0), "{first:?}");
    let before = mongod.prepared().await;
    for password in [SERVICES.1, "another-one"] {
        let again = mongod.prepare(ADMIN.1, &mongod.uri(password));
        assert_eq!(again.code, Some(0), "{again:?}");
        let said = [
            "The replica set is there.",
            "The administrator's account is there.",
            "The services' account shop is up to date.",
        ];
        assert_eq!(again.stdout.lines().collect::<Vec<_>>(), said);
        assert_eq!(mongod.prepared().await, before);
        assert!(mongod.lets_work(("shop", password), "shop_users").await);
    }
    assert!(!mongod.lets_work(SERVICES, "shop_users").await);
}

#[tokio::test]
async fn what_cannot_be_done_is_said_and_nothing_else_is_changed() {
    let refused = |run: &Run, sentence: &str| {
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains(sentence), "{sentence}: {run:?}");
    };
    let mongod = Mongod::start();
    let uri = mongod.uri(SERVICES.1);
    let no_set = mongod.prepare(ADMIN.1, uri.strip_suffix("?replicaSet=rs0").unwrap());
    refused(&no_set, "mongo.uri names no replica set");
    assert_eq!(mongod.hello().await.get_str("setName").ok(), None);

    let no_account = mongod.prepare(ADMIN.1, &uri.replace("shop:of-the-services@", ""));
    refused(&no_account, "mongo.uri names no account");
    let made = mongod.prepare(ADMIN.1, &uri);
    assert_eq!(made.code, Some(0), "{made:?}");

    let before = mongod.prepared().await;
    let not_the_password = mongod.prepare("somebody else's", &mongod.uri("another-one"));
    refused(
        &not_the_password,
        "if there is one, this is not its password",
    );
    assert_eq!(mongod.prepared().await, before);
    assert!(mongod.lets_work(SERVICES, "shop_users").await);

    let nowhere = run(
        &[
            "prepare-mongo",
            "--members",
            &mongod.address,
            "--admin-password-file",
            "/nowhere",
        ],
        &[],
    );
    refused(&nowhere, "--admin-password-file /nowhere");
}
