//! Kinds of record that share a collection, and documents that do not decode.

use super::*;

/// A note beside the counters, in their collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    #[serde(rename = "_id")]
    id: i64,
    value: i64,
    text: String,
}

impl Record for Note {
    const NAME: &'static str = "note";
    type Key = i64;

    fn key(&self) -> i64 {
        self.id
    }
}

impl Plain for Note {
    const TABLE: &'static str = "counters";
}

fn counter(id: &str, value: i64) -> Counter {
    Counter {
        id: id.to_owned(),
        value,
    }
}

fn note(text: &str) -> Note {
    Note {
        id: 1,
        value: 0,
        text: text.to_owned(),
    }
}

#[tokio::test]
async fn two_kinds_of_record_in_one_collection_are_told_apart() {
    let database = TestDatabase::new();
    let records = records().with::<Note>();
    let store = Store::new(Arc::new(database.open(
        counters(),
        records,
        Arc::new(SystemClock),
    )));
    for round in 1..=3 {
        let text = store.write(move |tx| {
            tx.want::<Note>([1])?;
            tx.want::<Counter>(["a".to_owned()])?;
            let value = tx.get::<Counter>(&"a".to_owned())?.map_or(0, |a| a.value);
            let text = tx.get::<Note>(&1)?.map(|note| note.text.clone());
            tx.put(counter("a", value + 1))?;
            tx.put(note(&format!("round {round}")))?;
            Ok((value, text))
        });
        let before = (round > 1).then(|| format!("round {}", round - 1));
        assert_eq!(text.await, Ok((round - 1, before)));
    }
}

#[tokio::test]
async fn a_document_that_does_not_decode_fails_only_the_item_that_asks_for_it() {
    let database = TestDatabase::new();
    let mongo = open(&database);
    for id in ["a", "odd", "b"] {
        add(&mongo, id, 1).await.unwrap();
    }
    let raw = mongo.database().await.unwrap();
    raw.collection::<Document>("counters")
        .update_one(doc! { "_id": "odd" }, doc! { "$set": { "value": "many" } })
        .bypass_document_validation(true)
        .await
        .unwrap();
    let store = Store::new(Arc::new(mongo.clone()));
    let results = store.write(|tx| {
        let ids = ["a", "odd", "b"].map(str::to_owned);
        tx.want::<Counter>(ids.clone())?;
        tx.each(&ids, |tx, id| {
            let value = tx.get::<Counter>(id)?.map_or(0, |row| row.value);
            tx.put(counter(id, value + 1))
        })
    });
    let results = results.await.unwrap();
    assert!(matches!(
        results.as_slice(),
        [Ok(()), Err(StoreError::Corrupt(_)), Ok(())]
    ));
    assert_eq!(value(&mongo, "a").await, Some(2));
    assert_eq!(value(&mongo, "b").await, Some(2));
}
