//! Cases in MongoDB: walks of the indexes of the collection `cases`.

use futures_util::future::try_join_all;
use kernel::Timestamp;
use serde::Deserialize;
use store::{Row as _, StoreResult};
use store_mongo::bson::raw::{RawDocument, RawDocumentBuf};
use store_mongo::bson::{Document, doc};
use store_mongo::mongodb::options::{FindOptions, Hint, ReadConcern};
use store_mongo::mongodb::{self};
use store_mongo::{Mongo, MongoRecord as _, READ_LIMIT, bson_of, decode};
use telemetry::metrics::Read;
use uuid::Uuid;

use crate::records::{CaseRecord, CaseState};
use crate::store::{CasesQuery, OpenOrders, Undecided, Whose};

/// The cases in one state, in the order of their ids: filter.
pub(super) fn filter(state: CaseState, whose: Whose, after: Option<Uuid>) -> Document {
    let mut filter = doc! { "state": state.to_string() };
    match whose {
        Whose::All => {}
        Whose::Seller(user) => drop(filter.insert("seller", bson_of(&user))),
        Whose::Buyer(user) => drop(filter.insert("buyer", bson_of(&user))),
    }
    if let Some(after) = after {
        filter.insert("_id", doc! { "$lt": bson_of(&after) });
    }
    filter
}

/// The newest first.
pub(super) fn sort() -> Document {
    doc! { "_id": -1 }
}

/// See [`OrderQueries::cases`](crate::store::OrderQueries::cases).
pub(super) async fn list(
    db: &Mongo,
    query: &CasesQuery,
    after: Option<Uuid>,
    most: i64,
) -> StoreResult<Vec<CaseRecord>> {
    let walks = query.states.iter().map(|state| {
        let options = FindOptions::builder()
            .sort(sort())
            .hint(Hint::Name(query.whose.index().to_owned()))
            .limit(most)
            .build();
        let filter = filter(*state, query.whose, after);
        let read = |document: &RawDocument| CaseRecord::decode(document);
        db.find_with(Read::List, CaseRecord::TABLE, filter, options, read)
    });
    let mut found: Vec<CaseRecord> = try_join_all(walks).await?.concat();
    found.sort_unstable_by_key(|case| std::cmp::Reverse(case.id));
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(found)
}

/// The pipeline that counts the cases in a state, by a walk of their index.
pub(super) fn undecided_stages(state: CaseState) -> Vec<Document> {
    vec![
        doc! { "$match": filter(state, Whose::All, None) },
        doc! { "$limit": OpenOrders::LOOKED_AT },
        doc! { "$group": { "_id": "", "count": { "$sum": 1_i64 }, "oldest": { "$min": "$since" } } },
    ]
}

/// The cases in `state`.
pub(super) async fn undecided(db: &Mongo, state: CaseState) -> StoreResult<Undecided> {
    #[derive(Deserialize)]
    struct Group {
        count: i64,
        oldest: Timestamp,
    }
    let _timed = db.reading(Read::List);
    let cases: mongodb::Collection<RawDocumentBuf> =
        db.database().await?.collection(CaseRecord::TABLE);
    let mut groups = cases
        .aggregate(undecided_stages(state))
        .hint(Hint::Name(Whose::All.index().to_owned()))
        .read_concern(ReadConcern::majority())
        .max_time(READ_LIMIT)
        .await?;
    let (mut count, mut oldest) = (0, None);
    if groups.advance().await? {
        let group: Group = decode(CaseRecord::TABLE, groups.current())?;
        (count, oldest) = (group.count, Some(group.oldest));
    }
    Ok(Undecided {
        state,
        count,
        oldest,
    })
}
