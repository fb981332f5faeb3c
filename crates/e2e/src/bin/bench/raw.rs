//! The raw throughput of the MongoDB server through the driver alone: the baseline for the services' figures.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::future::try_join_all;
use mongodb::bson::{Document, doc};
use mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};
use mongodb::{Client, Collection};

use crate::report::Report;
use crate::wrk::CONNECTIONS;

const DOCUMENTS: i64 = 500;

/// Measures reads and inserts. Returns reads per second.
pub(crate) async fn measure(uri: &str, duration: Duration, report: &mut Report) -> Result<u64> {
    let client = Client::with_uri_str(uri).await?;
    let database = client.database("bench_raw");
    let documents: Collection<Document> = database.collection("documents");
    let filled = (0..DOCUMENTS).map(|n| {
        doc! { "_id": n, "name": format!("Product {n}"), "price": 100_i64, "text": "x".repeat(300) }
    });
    documents.insert_many(filled).await?;
    let reads = repeat(duration, |n| {
        let documents = documents.clone();
        async move {
            documents
                .find_one(doc! { "_id": n % DOCUMENTS })
                .read_concern(ReadConcern::majority())
                .await
                .map(drop)
        }
    })
    .await?;
    report.add(
        "raw: find_one by _id, one driver",
        format!("{reads}/s"),
        "–",
        format!("{CONNECTIONS} at once"),
    );
    let majority = WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .build();
    let inserts = repeat(duration, |n| {
        let (documents, majority) = (documents.clone(), majority.clone());
        async move {
            documents
                .insert_one(doc! { "_id": format!("i{n}"), "value": n })
                .write_concern(majority)
                .await
                .map(drop)
        }
    })
    .await?;
    report.add(
        "raw: majority inserts, one driver",
        format!("{inserts}/s"),
        "–",
        format!("{CONNECTIONS} at once"),
    );
    database.drop().await?;
    Ok(reads)
}

/// Repeats `work`, with several running concurrently. Returns how often it ran per second.
async fn repeat<F>(duration: Duration, work: impl Fn(i64) -> F) -> Result<u64>
where
    F: Future<Output = mongodb::error::Result<()>>,
{
    let begun = Instant::now();
    let workers = (0_i64..).take(CONNECTIONS).map(|worker| {
        let work = &work;
        async move {
            let mut done = 0_u64;
            while begun.elapsed() < duration {
                let n = worker + i64::try_from(done)? * i64::try_from(CONNECTIONS)?;
                work(n).await?;
                done += 1;
            }
            anyhow::Ok(done)
        }
    });
    let done: u64 = try_join_all(workers).await?.into_iter().sum();
    Ok(done * 1_000 / u64::try_from(begun.elapsed().as_millis())?.max(1))
}
