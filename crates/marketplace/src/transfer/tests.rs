//! Moves between real engines.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contracts::Envelope;
use host::service::{Deps, StoreConfig};
use host::settings::Settings;
use kernel::{Currency, MessageId, OrderId, SystemClock, SystemIds, Timestamp, UserId};
use store::idempotency::OnceKey;
use store::outbox::Fate;
use store::{Codec, Kind, Producer, Scan, Store, StoreError, StoreResult, Waiting};
use store_mongo::testing::TestDatabase;
use tempfile::TempDir;

use super::copy::{Source, bring, finish};
use super::places::{SERVICES, stores};
use super::tally::Tally;
use crate::composition::Marketplace;
use crate::data_dir::{DataDir, sqlite};
use crate::services::Services;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

type Four = [(&'static str, Store); 4];

fn deps() -> Deps {
    Deps::new(Arc::new(SystemClock), Currency::USD)
}

fn files(path: &Path) -> Four {
    let dir = DataDir::create(path).unwrap();
    stores(|service| Ok(sqlite(dir.file(service))), &deps()).unwrap()
}

/// Four databases, dropped at the end.
struct Databases(Vec<(&'static str, TestDatabase)>);

impl Databases {
    fn new() -> Self {
        Self(
            SERVICES
                .map(|service| (service, TestDatabase::new()))
                .into(),
        )
    }

    fn open(&self) -> Four {
        let at = |service: &str| {
            let (_, database) = self.0.iter().find(|(name, _)| *name == service).unwrap();
            Ok(StoreConfig::Mongo {
                uri: database.uri(),
                database: database.name.clone(),
            })
        };
        stores(at, &deps()).unwrap()
    }

    /// For an import.
    fn target(&self) -> Four {
        self.open()
            .map(|(service, store)| (service, store.for_import()))
    }
}

fn message(n: u8) -> Envelope {
    let order = OrderId::new(&SystemIds::default());
    Envelope {
        id: MessageId::of_step(order, "step"),
        name: format!("marketplace.test.v1.Number{n}"),
        kind: if n.is_multiple_of(2) {
            contracts::Kind::Command
        } else {
            contracts::Kind::Event
        },
        subject: order.as_uuid(),
        time: NOW.plus(Duration::from_millis(n.into())),
        traceparent: (n > 2)
            .then(|| "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        body: Bytes::copy_from_slice(&[0, n, 255]),
    }
}

/// Nobody logs in or out during the demo, keeps an address, begins with a second factor, switches off a mail, or forgets a password.
async fn log_in(settings: &Settings, services: &Services, dir: &DataDir) {
    let tokens = Arc::new(SystemClock);
    let marketplace = Marketplace::build(settings, services, dir, deps(), tokens).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = marketplace.start(listener, &settings.server).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for email in ["ada@demo.example", "gita@demo.example"] {
        let login = client
            .post(format!("http://{}/api/users/login", host.address))
            .json(&serde_json::json!({"email": email, "password": "demo-password"}));
        let login = login.send().await.unwrap();
        assert_eq!(login.status(), 200);
        let login: serde_json::Value = login.json().await.unwrap();
        let address = client
            .post(format!("http://{}/api/users/me/addresses", host.address))
            .bearer_auth(login["token"].as_str().unwrap())
            .json(&serde_json::json!({
                "name": "Ada", "line1": "1 High Street", "city": "York", "postalCode": "YO1 7HH", "country": "GB",
            }));
        assert_eq!(address.send().await.unwrap().status(), 201);
        let factor = client
            .post(format!("http://{}/api/users/me/totp", host.address))
            .bearer_auth(login["token"].as_str().unwrap())
            .json(&serde_json::json!({"currentPassword": "demo-password"}));
        assert_eq!(factor.send().await.unwrap().status(), 201);
        let mails = client
            .put(format!("http://{}/api/users/me/notifications", host.address))
            .bearer_auth(login["token"].as_str().unwrap())
            .json(&serde_json::json!({
                "orders": false, "shipments": true, "refunds": true, "returns": true, "payouts": true,
            }));
        assert_eq!(mails.send().await.unwrap().status(), 200);
        let forgotten = client
            .post(format!("http://{}/api/users/password/forgot", host.address))
            .json(&serde_json::json!({"email": email}));
        assert_eq!(forgotten.send().await.unwrap().status(), 202);
        if email.starts_with("gita") {
            let over = client
                .post(format!("http://{}/api/users/logout", host.address))
                .bearer_auth(login["token"].as_str().unwrap())
                .json(&serde_json::json!({"refreshToken": login["refreshToken"]}));
            assert_eq!(over.send().await.unwrap().status(), 204);
        }
    }
    let newcomer = client
        .post(format!("http://{}/api/users/register", host.address))
        .json(&serde_json::json!({
            "name": "Nora", "email": "nora@demo.example", "password": "demo-password",
        }));
    assert_eq!(newcomer.send().await.unwrap().status(), 202);
    host.stop().await.unwrap();
}

/// The week of the demo, and what it leaves none of: messages in every state of their delivery, and requests with and without an answer.
async fn shop(path: &Path) -> Four {
    let mut services = Services::default();
    services.users.bcrypt_cost = 4;
    let mut settings = Settings {
        data_dir: path.to_owned(),
        ..Settings::default()
    };
    settings.mail.transport = mail::Transport::Log;
    settings.server.public_url = "https://shop.example".to_owned().try_into().ok();
    let dir = DataDir::create(path).unwrap();
    crate::demo::fill(&settings, &services, &dir).await.unwrap();
    log_in(&settings, &services, &dir).await;
    let shop = files(path);
    for (service, store) in &shop {
        if *service == "users" {
            continue;
        }
        let sent: Vec<Envelope> = (0..6).map(message).collect();
        let key = OnceKey {
            user: UserId::new(&SystemIds::default()),
            route: "/api/test",
            key: format!("of {service}"),
            fingerprint: [7; 32],
        };
        let run = move |tx: &mut store::Tx<'_>| {
            for message in &sent {
                tx.send(message.clone())?;
            }
            tx.claim(&key, message(9).id.as_uuid(), NOW, Duration::from_secs(9))?;
            tx.once(message(8).subject.into(), message(8).id, NOW)
        };
        store.write(run).await.unwrap();
        let outbox = store.outbox();
        let waiting = outbox.fresh(0, 100).await.unwrap();
        let last: Vec<i64> = waiting.iter().rev().map(|one| one.seq).collect();
        let fates = vec![
            (
                last[0],
                Fate::Retry {
                    attempts: 3,
                    not_before: NOW.plus(Duration::from_secs(60)),
                },
            ),
            (
                last[1],
                Fate::Dead {
                    attempts: 6,
                    reason: "nobody knows it".to_owned(),
                },
            ),
        ];
        outbox.settle(fates, NOW).await.unwrap();
    }
    shop
}

async fn tallies(stores: &Four, codec: &Four) -> Vec<Vec<(&'static str, Tally)>> {
    let mut all = Vec::new();
    for ((service, store), (_, codec)) in stores.iter().zip(codec) {
        let codec = codec.codec().unwrap();
        let mut of = Vec::new();
        for kind in store.kinds() {
            let tally = super::copy::count(store, kind, &*codec).await.unwrap();
            of.push((*service, tally));
        }
        all.push(of);
    }
    all
}

async fn waiting(store: &Store) -> Vec<Waiting> {
    let mut scan = store.scan(Kind::of::<Waiting>(), None).unwrap();
    let mut found = Vec::new();
    while let Some(batch) = scan.next().await.unwrap() {
        let of = batch.into_iter().map(store::record_of::<Waiting>);
        found.extend(of.map(|one| (*one.unwrap()).clone()));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_each_service_keeps_is_the_same_on_the_other_engine_and_back_again() {
    let temp = TempDir::new().unwrap();
    let here = shop(&temp.path().join("here")).await;
    let databases = Databases::new();
    let there = databases.target();
    let back = files(&temp.path().join("back"));
    for (place, (service, from)) in here.iter().enumerate() {
        let codec = there[place].1.codec().unwrap();
        for (from, to) in [(from, &there[place].1), (&there[place].1, &back[place].1)] {
            bring(from, to, service, &*codec).await.unwrap().unwrap();
        }
    }
    let before = tallies(&here, &there).await;
    assert_eq!(before, tallies(&there, &there).await);
    assert_eq!(before, tallies(&back, &there).await);
    let mut empty: Vec<&str> = Vec::new();
    for (_, tally) in before.iter().flatten() {
        let name = tally.kind.name;
        let of = before.iter().flatten();
        let records: u64 = of
            .filter(|(_, tally)| tally.kind.name == name)
            .map(|(_, tally)| tally.records)
            .sum();
        if records == 0 {
            empty.push(name);
        }
    }
    assert!(
        empty.is_empty(),
        "nothing shows that these arrive: {empty:?}"
    );
    for place in 1..4 {
        let order = waiting(&here[place].1).await;
        assert!(order.len() >= 5);
        assert_eq!(
            order,
            waiting(&there[place].1).await,
            "in the order of sending"
        );
        assert_eq!(order, waiting(&back[place].1).await);
    }
}

/// Gives up after some records.
struct Cut<'a> {
    store: &'a Store,
    left: usize,
}

/// One record a batch.
async fn feed(all: &mut Scan, producer: &Producer, mut left: usize) -> StoreResult<()> {
    while let Some(batch) = all.next().await? {
        for record in batch {
            if left == 0 {
                return Err(StoreError::Unavailable("killed".to_owned()));
            }
            left -= 1;
            producer.send(vec![record]).await?;
        }
    }
    Ok(())
}

impl Source for Cut<'_> {
    fn kinds(&self) -> Vec<Kind> {
        self.store.kinds()
    }

    fn scan(&self, kind: Kind) -> StoreResult<Scan> {
        let mut all = self.store.scan(kind, None)?;
        let left = self.left;
        let (producer, scan) = Scan::new();
        tokio::spawn(async move {
            let outcome = feed(&mut all, &producer, left).await;
            producer.end(outcome).await;
        });
        Ok(scan)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_was_killed_goes_on_where_it_stopped_and_is_not_served_before() {
    let temp = TempDir::new().unwrap();
    let here = shop(&temp.path().join("here")).await;
    let databases = Databases::new();
    for (place, (service, from)) in here.iter().enumerate() {
        let mut cuts = 0;
        loop {
            let there = databases.target();
            let to = &there[place].1;
            let codec = to.codec().unwrap();
            let cut = Cut {
                store: from,
                left: (1 << cuts) / 2,
            };
            let outcome = bring(&cut, to, service, &*codec).await;
            let served = databases.open()[place].1.ping().await;
            let refused = matches!(&served, Err(StoreError::Unavailable(why)) if why.contains("not all there"));
            assert!(refused, "{served:?}");
            match outcome {
                Err(_) => cuts += 1,
                Ok(brought) => {
                    assert!(brought.is_some());
                    finish(to, NOW).await.unwrap();
                    assert_eq!(bring(from, to, service, &*codec).await.unwrap(), None);
                    break;
                }
            }
        }
        assert!(cuts > 2, "{service} was not cut off");
        databases.open()[place].1.ping().await.unwrap();
    }
    let there = databases.open();
    assert_eq!(tallies(&here, &there).await, tallies(&there, &there).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_brought_to_where_something_else_is() {
    let temp = TempDir::new().unwrap();
    let here = shop(&temp.path().join("here")).await;
    let (_, from) = &here[0];
    let refusal = async |to: &Store, source: &str, codec: &dyn Codec| {
        let refused = bring(from, to, source, codec).await;
        refused.unwrap_err().to_string()
    };
    let databases = Databases::new();
    let there = databases.target();
    let (_, to) = &there[0];
    let codec = to.codec().unwrap();
    let other = files(&temp.path().join("other"));
    bring(&other[0].1, to, "other", &*codec).await.unwrap();
    let said = refusal(to, "here", &*codec).await;
    assert!(said.contains("brought from other"), "{said}");
    // A shop of its own has no note of an import.
    let (_, used) = &here[0];
    let said = refusal(used, "here", &*codec).await;
    assert!(said.contains("not empty: there is a user"), "{said}");
}
