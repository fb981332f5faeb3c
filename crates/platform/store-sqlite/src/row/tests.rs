//! Tests of rows: one record, its columns and its key.

use std::time::Duration;

use kernel::{OrderId, SystemIds};
use serde::Deserialize;
use serde_bytes::ByteBuf;
use store::StoreError;

use super::*;

/// Has a field of each kind that the mapping knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Parcel {
    #[serde(rename = "_id")]
    id: ParcelId,
    at: Timestamp,
    state: State,
    sealed: bool,
    weight: u32,
    label: ByteBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct ParcelId {
    order_id: OrderId,
    place: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum State {
    Open,
    Lost { since: Timestamp },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Item {
    order: OrderId,
    count: u8,
}

impl Record for Parcel {
    const NAME: &'static str = "parcel";
    type Key = ParcelId;

    fn key(&self) -> ParcelId {
        self.id.clone()
    }
}

impl Row for Parcel {
    const TABLE: &'static str = "parcels";
    const KEY: &'static [&'static str] = &["order_id", "place"];
    const LOOKUPS: &'static [&'static str] = &["note"];
    const FIXED: &'static [&'static str] = &["weight", "label"];
    const EXPIRES: Option<Expires> = Some(Expires {
        field: "at",
        after: Duration::from_millis(10),
    });
    type Id = ParcelId;
    type Fields = Self;

    fn id(key: &ParcelId) -> ParcelId {
        key.clone()
    }

    fn fields(&self) -> impl Serialize {
        self
    }

    fn from_fields(fields: Self) -> StoreResult<Self> {
        Ok(fields)
    }
}

fn table() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(
        "CREATE TABLE parcels (order_id BLOB NOT NULL, place INTEGER NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL,
            sealed INTEGER NOT NULL, weight INTEGER NOT NULL, label BLOB NOT NULL, note TEXT, items TEXT,
            PRIMARY KEY (order_id, place)) STRICT, WITHOUT ROWID",
    )
    .unwrap();
    db
}

fn parcel(place: i64) -> Parcel {
    let order_id = OrderId::new(&SystemIds::default());
    Parcel {
        id: ParcelId { order_id, place },
        at: Timestamp::from_millis(5),
        state: State::Open,
        sealed: true,
        weight: 7,
        label: ByteBuf::from(vec![0, 255]),
        note: Some("{fragile".to_owned()),
        items: vec![Item {
            order: order_id,
            count: 2,
        }],
    }
}

#[test]
fn a_row_reads_back_as_it_was_written_and_changed() {
    let (db, before) = (table(), parcel(1));
    parcel(1).insert(&db).unwrap();
    before.insert(&db).unwrap();
    assert_eq!(Parcel::load(&db, &before.id).unwrap(), Some(before.clone()));
    let after = Parcel {
        state: State::Lost {
            since: Timestamp::from_millis(3),
        },
        sealed: false,
        note: None,
        items: Vec::new(),
        ..before.clone()
    };
    after.update(&before, &db).unwrap();
    assert_eq!(Parcel::load(&db, &after.id).unwrap(), Some(after.clone()));
    let found = Parcel::find_by(&db, "note", &Value::from("{fragile"), 9);
    assert_eq!(found.unwrap().len(), 1);
    after.delete(&db).unwrap();
    assert_eq!(Parcel::load(&db, &after.id).unwrap(), None);
    assert!(matches!(after.delete(&db), Err(StoreError::Corrupt(_))));
}

#[test]
#[should_panic(expected = "never changes")]
fn a_change_of_a_fixed_field_is_a_defect() {
    let (db, before) = (table(), parcel(1));
    before.insert(&db).unwrap();
    let after = Parcel {
        weight: 8,
        ..before.clone()
    };
    _ = after.update(&before, &db);
}

#[test]
fn rows_are_forgotten_once_they_expire() {
    let db = table();
    (1..=3).for_each(|place| parcel(place).insert(&db).unwrap());
    let forget = |now| Parcel::forget(&db, Timestamp::from_millis(now), 2).unwrap();
    assert_eq!(
        [forget(14), forget(15), forget(15), forget(15)],
        [0, 2, 1, 0]
    );
}

#[test]
fn a_row_that_does_not_decode_is_corrupt() {
    let (db, parcel) = (table(), parcel(1));
    parcel.insert(&db).unwrap();
    for damage in [
        "weight = -1",
        "items = '[{}]'",
        "label = X''",
        "state = 'Sent'",
    ] {
        db.execute(&format!("UPDATE parcels SET {damage}"), [])
            .unwrap();
        let read = Parcel::load(&db, &parcel.id);
        let is_corrupt = matches!(read, Err(StoreError::Corrupt(_)));
        assert_eq!(is_corrupt, !damage.starts_with("label"), "{damage}");
        let fields = columns(&parcel).unwrap();
        let set: Vec<String> = fields
            .iter()
            .map(|(name, _)| format!("{name} = ?"))
            .collect();
        let values = fields.iter().map(|(_, value)| value);
        db.execute(
            &format!("UPDATE parcels SET {}", set.join(", ")),
            params_from_iter(values),
        )
        .unwrap();
    }
}
