//! Records this release: plays the scenario on either store and writes down what it leaves behind.

use contracts::reservations::{
    Refusal, RequestedLine, ReserveAnswer, ReserveRequest, ReservedLine, Shortage,
};
use kernel::{Currency, ManualClock, Money, OrderId, ProductId, Quantity, SystemIds, UserId};
use marketplace::DataDir;
use serde::{Deserialize, Serialize};

use crate::documents::{self, Databases};
use crate::fixture::Fixture;
use crate::scenario::{BEGIN, Scenario};
use crate::world::{Place, SERVICES, World};
use crate::{files, messages, protocol};

/// What goes between services of one release and another, beside messages: the bodies of internal requests and of hints.
#[derive(Debug, Serialize, Deserialize)]
pub struct Internal {
    /// What the order service asks.
    pub request: ReserveRequest,
    /// Every kind of answer.
    pub answers: Vec<ReserveAnswer>,
    /// Orders, and the bytes by which one replica announces them to others.
    pub announced: (Vec<OrderId>, Vec<u8>),
}

impl Internal {
    /// One of each.
    #[must_use]
    pub fn of_this_release() -> Self {
        let ids = SystemIds::new(std::sync::Arc::new(ManualClock::at(BEGIN)));
        let (product, quantity) = (ProductId::new(&ids), Quantity::new(3).unwrap());
        let line = ReservedLine {
            product,
            seller: UserId::new(&ids),
            name: "Brass lamp".to_owned(),
            unit_price: Money::new(2500, Currency::USD),
            quantity,
        };
        let shortage = Shortage {
            product,
            requested: 3,
            available: 2,
        };
        let orders = vec![OrderId::new(&ids), OrderId::new(&ids)];
        Self {
            request: ReserveRequest {
                order: OrderId::new(&ids),
                buyer: UserId::new(&ids),
                lines: vec![RequestedLine { product, quantity }],
            },
            answers: vec![
                ReserveAnswer::Reserved(vec![line]),
                ReserveAnswer::Refused(Refusal::OutOfStock(vec![shortage])),
                ReserveAnswer::Refused(Refusal::UnknownProducts(vec![product])),
                ReserveAnswer::Refused(Refusal::OwnProducts(vec![product])),
                ReserveAnswer::Refused(Refusal::MixedCurrencies),
                ReserveAnswer::Refused(Refusal::TotalTooLarge),
                ReserveAnswer::Refused(Refusal::Over),
            ],
            announced: (orders.clone(), order_service::encode_announcement(&orders)),
        }
    }
}

/// Writes the recording of this release, over one that is there.
pub async fn record() -> Fixture {
    let fixture = Fixture::anew(env!("CARGO_PKG_VERSION"));
    let root = protocol::current();
    for file in protocol::files(&root) {
        let name = file.strip_prefix(&root).expect("a file under the root");
        let text = std::fs::read_to_string(&file).expect("a contract");
        fixture.write(&format!("proto/{}", name.display()), &text);
    }
    fixture.write_json("internal.json", &Internal::of_this_release());
    record_files(&fixture).await;
    record_databases(&fixture).await;
    fixture
}

async fn record_files(fixture: &Fixture) {
    let temp = tempfile::tempdir().expect("a folder");
    let dir = DataDir::create(temp.path()).expect("a data directory");
    let place = Place::Files(&dir);
    let world = play(fixture, "sqlite", place).await;
    for service in SERVICES {
        let path = files::path(&dir, service);
        let sql = files::dump(&path);
        // What is restored has to be what was there.
        let copy = temp.path().join(format!("{service}-copy.db"));
        files::restore(&copy, &sql);
        assert!(
            files::dump(&copy) == sql,
            "{service} is not restored as it was"
        );
        fixture.write(&format!("sqlite/{service}.sql"), &sql);
    }
    world.stop().await;
}

async fn record_databases(fixture: &Fixture) {
    let databases = Databases::new();
    let world = play(fixture, "mongo", Place::Databases(&databases)).await;
    for service in SERVICES {
        let database = databases.open(service).await;
        let json = documents::to_json(&documents::dump(&database).await);
        fixture.write(&format!("mongo/{service}.json"), &json);
    }
    world.stop().await;
}

/// Plays the scenario at `place` and writes down what is known of it. The world is left as the scenario left it, and nothing
/// moves in it any more.
async fn play(fixture: &Fixture, store: &str, place: Place<'_>) -> World {
    let world = World::start(place, BEGIN);
    let facts = Scenario::play(&world).await;
    world.comes_to_rest().await;
    let violations = place.violations().await;
    assert!(violations.is_empty(), "{violations:?}");
    let contracts = protocol::compile(&protocol::current()).expect("the contracts");
    let messages = messages::record(&world.gates, &protocol::messages_on_the_bus(&contracts));
    fixture.write_json(&format!("{store}/facts.json"), &facts);
    fixture.write_json(&format!("{store}/messages.json"), &messages);
    world
}
